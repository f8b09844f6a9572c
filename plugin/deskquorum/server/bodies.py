"""Reads the body of a request: so long and no longer, JSON and nothing else, all faults at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from deskquorum.domain import JsonValue
from deskquorum.formats import AmbiguousJsonError, load_json
from deskquorum.policy.wrong_fields import wrong_fields
from deskquorum.server.problems import Fault, ProblemError

__all__ = [
    "Read",
    "json_text",
    "parsed",
    "parsed_object",
    "read_body",
    "read_json",
    "validated",
]

_DEEPEST = 32
"""Nesting of a body, at most."""

_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Generic[_M]):
    """A body: as it came, and what it says."""

    text: str
    value: _M


async def read_body(request: Request, *, limit: int) -> bytes:
    """The raw body; no more of it is read than allowed, whatever its headers say.

    Raises:
        ProblemError: It is too long, or was not sent whole.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > limit:
        raise _too_large(limit)
    chunks, size = list[bytes](), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect:
        raise ProblemError(status=400, code="bad-request") from None
    return b"".join(chunks)


async def read_json(request: Request, model: type[_M], *, limit: int) -> Read[_M]:
    """The body as the model that it has to be.

    Raises:
        ProblemError: It is too long, no JSON, or not what the model says.
    """
    _check_kind(request)
    text = json_text(request, await read_body(request, limit=limit))
    return Read(text=text, value=validated(parsed(text), model))


def json_text(request: Request, raw: bytes) -> str:
    """The text of a body that has to be JSON.

    Raises:
        ProblemError: It is sent as something else, or is not UTF-8.
    """
    _check_kind(request)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _not_json("not UTF-8") from None


def validated(value: object, model: type[_M]) -> _M:
    """What a body says.

    Raises:
        ProblemError: It is not what the model says; with all that is wrong, and no values.
    """
    try:
        return model.model_validate(value)
    except ValidationError as exc:
        faults = [
            Fault(pointer=_pointer(place), detail=said) for place, said in wrong_fields(exc).items()
        ]
        raise ProblemError(status=422, code="invalid", faults=faults) from None


def parsed_object(text: str) -> Mapping[str, JsonValue]:
    """A JSON object.

    Raises:
        ProblemError: It is none.
    """
    value = parsed(text)
    if not isinstance(value, dict):
        fault = Fault(pointer="", detail="not a JSON object")
        raise ProblemError(status=422, code="invalid", faults=[fault])
    return value


def parsed(text: str) -> object:
    """JSON without floats, constants, repeated names or bottomless nesting.

    Raises:
        ProblemError: It is none.
    """
    _check_depth(text)
    try:
        return load_json(text)
    except json.JSONDecodeError as exc:
        raise _not_json(f"not JSON at line {exc.lineno}, column {exc.colno}") from None
    except AmbiguousJsonError as exc:
        raise _not_json(str(exc)) from None
    except (ValueError, RecursionError, ArithmeticError):
        raise _not_json("not JSON") from None


def _check_kind(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(status=415, code="not-json", headers={"Accept": "application/json"})


def _too_large(limit: int) -> ProblemError:
    # The rest of the body is not read, so the connection can't be used again.
    return ProblemError(
        status=413,
        code="too-large",
        detail=f"at most {limit} bytes",
        headers={"Connection": "close"},
    )


def _not_json(detail: str) -> ProblemError:
    return ProblemError(status=400, code="bad-request", detail=detail)


def _check_depth(text: str) -> None:
    """Before parsing, which recurses."""
    depth, quoted, escaped = 0, False, False
    for char in text:
        if quoted:
            quoted = escaped or char != '"'
            escaped = not escaped and char == "\\"
        elif char == '"':
            quoted = True
        elif char in "[{":
            depth += 1
            if depth > _DEEPEST:
                raise _not_json(f"nested more than {_DEEPEST} deep")
        elif char in "]}":
            depth -= 1


def _pointer(loc: tuple[str, ...]) -> str:
    """RFC 6901; what the sender put where a name belongs is not repeated: it may be a value."""
    return "".join(f"/{part}" if _NAME.fullmatch(part) else "/*" for part in loc)
