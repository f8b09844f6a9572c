"""From what `desk.yaml` says of a system to the source that reads it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from urllib.parse import quote

from deskquorum.domain import Deadline, Facts
from deskquorum.errors import Problem
from deskquorum.facts.http_facts import HttpFacts
from deskquorum.facts.source import FactRequest, FactSource, FactSourceError
from deskquorum.facts.sql_facts import SqlFacts
from deskquorum.policy import EnvName, HttpSourceSpec, SourceSpec, SqlSourceSpec

if TYPE_CHECKING:
    from httpx import AsyncClient
    from sqlalchemy import Engine

__all__ = ["ClosedSource", "open_sources", "unset_variables"]


def unset_variables(
    specs: Iterable[SourceSpec], keys: Mapping[str, str], *, path: Path
) -> Iterator[Problem]:
    """Environment variables that sources name and that hold nothing, each at its place.

    Args:
        specs: The sources.
        keys: What is set: `os.environ`, say.
        path: The file that names them.
    """
    for spec in specs:
        for env in _variables(spec):
            if not keys.get(env.name):
                yield Problem(
                    path=str(path),
                    line=env.line,
                    column=env.column,
                    message=f"the environment variable {env.name} is not set",
                    hint=f"source '{spec.id}' can't be read without it",
                )


async def open_sources(
    specs: Iterable[SourceSpec], *, keys: Mapping[str, str], stack: AsyncExitStack
) -> tuple[FactSource, ...]:
    """Sources that are ready to be read; `stack` closes their connections.

    One that lacks a variable of the environment, or a driver, fails at each reading and says so.
    """
    specs = tuple(specs)
    client = None
    if any(isinstance(spec, HttpSourceSpec) for spec in specs):
        client = await stack.enter_async_context(_client())
    opened: list[FactSource] = []
    for spec in specs:
        unset = next((env.name for env in _variables(spec) if not keys.get(env.name)), None)
        if unset is not None:
            opened.append(ClosedSource(spec, why=f"unset-{unset}"))
            continue
        match spec:
            case HttpSourceSpec():
                opened.append(_http(spec, keys, client))
            case SqlSourceSpec():
                opened.append(_sql(spec, keys, stack))
            case _:
                assert_never(spec)
    return tuple(opened)


class ClosedSource:
    """A source that can't be read as things are."""

    def __init__(self, spec: SourceSpec, *, why: str) -> None:
        """Stand in for a source.

        Args:
            spec: The source.
            why: Kebab case: `unset-SHOP_TOKEN`, `no-driver`, `bad-address`.
        """
        self.name = spec.id
        self.facts = frozenset(spec.fields)
        self.why = why

    async def read(self, request: FactRequest, *, deadline: Deadline) -> Facts:  # noqa: ARG002 - nothing is read
        """Fail.

        Raises:
            FactSourceError: Always.
        """
        raise FactSourceError(self.name, self.why)


def _variables(spec: SourceSpec) -> tuple[EnvName, ...]:
    if isinstance(spec, SqlSourceSpec):
        return (spec.url,) if isinstance(spec.url, EnvName) else ()
    return tuple(header.env for header in spec.headers.values() if header.env is not None)


def _client() -> AsyncClient:
    from httpx import AsyncClient

    # INVARIANT: no cookie of one customer's record goes along when the next one's is read.
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    # Each source limits its own tries; proxies of the environment are nobody's decision here.
    return AsyncClient(trust_env=False, timeout=None, cookies=jar)  # noqa: S113 - see above


def _http(spec: HttpSourceSpec, keys: Mapping[str, str], client: AsyncClient | None) -> FactSource:
    headers = {
        name: header.prefix + ("" if header.env is None else keys[header.env.name].strip())
        for name, header in spec.headers.items()
    }
    return HttpFacts(
        spec.id,
        url=spec.url,
        fields=spec.fields,
        as_of=spec.as_of,
        headers=headers,
        client=client,
        tries=spec.tries,
        try_s=spec.timeout_s,
    )


def _sql(spec: SqlSourceSpec, keys: Mapping[str, str], stack: AsyncExitStack) -> FactSource:
    from sqlalchemy.exc import ArgumentError

    url = keys[spec.url.name] if isinstance(spec.url, EnvName) else spec.url
    try:
        engine = _engine(url, spec)
        source = SqlFacts(
            spec.id,
            engine=engine,
            query=spec.query,
            parameters=spec.parameters,
            fields=spec.fields,
            rows=spec.rows,
            as_of=spec.as_of,
            timeout_s=spec.timeout_s,
        )
    except ImportError:
        return ClosedSource(spec, why="no-driver")
    except (ArgumentError, ValueError):
        return ClosedSource(spec, why="bad-address")
    stack.callback(engine.dispose)
    return source


def _engine(url: str, spec: SqlSourceSpec) -> Engine:
    from sqlalchemy import create_engine, make_url

    made = make_url(url)
    if made.get_backend_name() != "sqlite":
        # Its driver waits for minutes unless it is told otherwise.
        known = made.get_driver_name() in {"psycopg", "psycopg2"}
        wait = {"connect_timeout": max(1, math.ceil(spec.timeout_s))} if known else {}
        return create_engine(made, pool_pre_ping=True, connect_args=wait)
    if made.database and made.database != ":memory:" and not made.database.startswith("file:"):
        # Opened for reading only: a wrong path must be an error and not a new, empty database.
        file = quote(str((spec.folder / made.database).absolute()))
        made = made.set(database=f"file:{file}", query={"mode": "ro", "uri": "true"})
    return create_engine(made, connect_args={"timeout": spec.timeout_s})
