"""From what `desk.yaml` says of endpoints to ports, and what is missing for carrying orders out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.errors import Problem
from deskquorum.execution import ActionPort, HttpPort
from deskquorum.host_key import HOST_KEY
from deskquorum.policy import ExecutionSpec, HelpdeskSpec, PolicyBook

if TYPE_CHECKING:
    from aiohttp import ClientSession

__all__ = ["open_ports", "unexecutable", "unset_secrets", "unset_tokens"]


def unset_secrets(
    specs: Iterable[ExecutionSpec], keys: Mapping[str, str], *, path: Path
) -> Iterator[Problem]:
    """Environment variables of secrets that hold nothing, each at its place."""
    for spec in specs:
        if not keys.get(spec.secret.name):
            yield Problem(
                path=str(path),
                line=spec.secret.line,
                column=spec.secret.column,
                message=f"the environment variable {spec.secret.name} is not set",
                hint=f"calls of '{spec.action}' can't be signed without it",
            )


def unset_tokens(
    specs: Iterable[HelpdeskSpec], keys: Mapping[str, str], *, path: Path
) -> Iterator[Problem]:
    """Environment variables of helpdesks' tokens that hold nothing, each at its place."""
    for spec in specs:
        for variable in (spec.token, spec.user_token):
            if variable is not None and not keys.get(variable.name):
                yield Problem(
                    path=str(path),
                    line=variable.line,
                    column=variable.column,
                    message=f"the environment variable {variable.name} is not set",
                    hint=f"{spec.name} can't be answered without it",
                )


def unexecutable(
    book: PolicyBook | None,
    actions: Collection[str],
    *,
    has_host_key: bool,
    asked: Mapping[str, str] | None,
) -> Iterator[Problem]:
    """Why actions that are to be carried out here can't be.

    Args:
        book: The policies; None where they can't be read, which is told elsewhere.
        actions: Those that functions of the host carry out.
        has_host_key: Whether raw values may be kept, sealed.
        asked: The environment; None where nobody will act, as when files are only checked.
    """
    if book is None:
        return
    desk = book.desk
    path = "" if desk is None else str(desk.path)
    for action in actions:
        if action not in book.actions:
            known = ", ".join(sorted(book.actions))
            message = f"no policy declares the action '{action}' that a function carries out"
            yield Problem(path=path, message=message, hint=f"the actions are {known}")
    described = {} if desk is None else desk.execution
    if not has_host_key and (actions or (described and asked is not None)):
        message = f"actions are to be carried out, and {HOST_KEY} is not set"
        hint = "their values are kept sealed: make a key with `deskquorum keys host`"
        yield Problem(path=path, message=message, hint=hint)


async def open_ports(
    specs: Iterable[ExecutionSpec],
    *,
    keys: Mapping[str, str],
    stack: AsyncExitStack,
    given: Mapping[str, ActionPort],
) -> Mapping[str, ActionPort]:
    """Action to what carries it out; a host's function goes before an endpoint.

    An endpoint whose secret is missing is left out, so that its orders go to a person.
    """
    signed = [spec for spec in specs if keys.get(spec.secret.name)]
    if not signed:
        return given
    session = await stack.enter_async_context(_session())
    described: dict[str, ActionPort] = {
        spec.action: HttpPort(
            session,
            url=spec.url,
            secret=keys[spec.secret.name],
            timeout_s=spec.timeout_s,
            settle_s=spec.settle_s,
            read=spec.read,
            undo=spec.undo,
            idempotent=spec.idempotent,
        )
        for spec in signed
    }
    return {**described, **given}


def _session() -> ClientSession:
    from aiohttp import ClientSession, DummyCookieJar, TCPConnector

    # A connection that was kept may break just when it is used, and nobody knows what arrived.
    return ClientSession(connector=TCPConnector(force_close=True), cookie_jar=DummyCookieJar())
