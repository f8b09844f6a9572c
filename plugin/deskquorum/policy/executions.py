"""Reading `execution` of `desk.yaml`: the endpoints that carry actions out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from deskquorum.errors import Problem
from deskquorum.policy.desk_shapes import DeskShape
from deskquorum.policy.document import Document
from deskquorum.policy.fact_source_specs import EnvName
from deskquorum.policy.names import did_you_mean

__all__ = ["ExecutionSpec", "execution_misfits", "read_executions"]

_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY = "{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionSpec:
    """The endpoint that carries out one action."""

    action: str
    url: str
    secret: EnvName
    """The variable with the secret that calls are signed with."""
    timeout_s: float
    settle_s: float
    """A call takes effect no later than that after nobody waits for it any more."""
    read: str | None
    """Tells what became of a call; holds `{key}`."""
    undo: str | None
    idempotent: bool


def read_executions(
    document: Document[DeskShape], problems: list[Problem]
) -> Mapping[str, ExecutionSpec]:
    """The endpoints that the file describes; faulty ones are left out and reported."""
    found: dict[str, ExecutionSpec] = {}
    for action, shape in document.value.execution.items():
        faults = list(_faults(document, action))
        problems += faults
        if faults:
            continue
        line, column = document.place("execution", action, "secret_env")
        found[action] = ExecutionSpec(
            action=action,
            secret=EnvName(name=shape.secret_env, line=line, column=column),
            **shape.model_dump(exclude={"secret_env"}),
        )
    return found


def execution_misfits(
    document: Document[DeskShape], actions: Collection[str], dropped: Collection[str]
) -> Iterator[Problem]:
    """Endpoints of actions that no policy declares."""
    for action in document.value.execution:
        if action not in actions and action not in dropped:
            hint = did_you_mean(action, actions, what="actions")
            message = f"no policy declares the action '{action}'"
            yield document.key_problem(message, "execution", action, hint=hint)


def _faults(document: Document[DeskShape], action: str) -> Iterator[Problem]:
    shape, keys = document.value.execution[action], ("execution", action)
    for name, url in (("url", shape.url), ("read", shape.read), ("undo", shape.undo)):
        if url is not None and (fault := _fault(url)):
            yield document.problem(fault[0], *keys, name, hint=fault[1])
    if shape.read is not None and _KEY not in shape.read:
        message, hint = "an address that names no call", f"write {_KEY} where its key belongs"
        yield document.problem(message, *keys, "read", hint=hint)
    if _ENV.fullmatch(shape.secret_env) is None:
        message = f"'{shape.secret_env}' is no name of an environment variable"
        yield document.problem(message, *keys, "secret_env")


def _fault(url: str) -> tuple[str, str] | None:
    """What is wrong with an address, and how to mend it."""
    try:
        parts = urlsplit(url.replace(_KEY, "key"))
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"'{url}' is no address", "start it with https://HOST/"
    if parts.scheme not in {"http", "https"} or not host or _KEY in urlsplit(url).netloc:
        return f"'{url}' is no address", "start it with https://HOST/"
    if parts.username is not None or parts.password is not None:
        return "a password stands in this file", "calls are signed with the secret of secret_env"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "an address that anybody on the way can read", "write https://"
    return None
