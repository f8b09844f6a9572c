"""What goes wrong is answered with problem details (RFC 9457), and never shows a value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from deskquorum.errors import LedgerError
from deskquorum.ledger import ErasedError

__all__ = ["Fault", "ProblemError", "answer_problems", "problem_response", "problem_type"]

MEDIA_TYPE = "application/problem+json"

_TITLES = {
    "bad-request": "the request can't be read",
    "unauthorized": "no valid key",
    "forbidden": "the key may not do this",
    "not-found": "there is no such thing",
    "method-not-allowed": "not with this method",
    "in-progress": "the first request with this idempotency key is being worked on",
    "conflict": "it is not in a state for this",
    "taken": "somebody else holds it, or it is not open",
    "resolved": "another verdict was given already",
    "stale": "the verdict is bound to another suggestion",
    "denied": "the verdict is not taken",
    "erased": "it was erased",
    "too-large": "the body is too long",
    "not-json": "the body is not sent as JSON",
    "invalid": "the request is not what was expected",
    "key-reused": "the idempotency key was used for another request",
    "too-many-requests": "too many requests",
    "misdirected": "the service does not answer for this host",
    "long-head": "the request's head is too long",
    "internal": "something broke here",
    "not-implemented": "not there yet",
    "unavailable": "not available now",
}
"""The `code` of a problem to its title."""

_OF_STATUS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "not-json",
    422: "invalid",
    501: "not-implemented",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in a request; never its value."""

    pointer: str
    """JSON pointer into the body, or the name of a header or parameter."""
    detail: str


@dataclass(kw_only=True)
class ProblemError(Exception):
    """An answer that is not what was asked for."""

    status: int
    code: str
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()

    def response(self) -> Response:
        """It, as it is sent."""
        return problem_response(
            self.status, self.code, detail=self.detail, headers=self.headers, faults=self.faults
        )


def problem_type(code: str) -> str:
    """The URI that names a kind of problem."""
    return f"urn:deskquorum:problem:{code}"


def problem_response(
    status: int,
    code: str,
    *,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    """A problem in JSON."""
    body: dict[str, object] = {
        "type": problem_type(code),
        "title": _TITLES[code],
        "status": status,
        "code": code,
    }
    if detail:
        body["detail"] = detail
    if faults:
        body["errors"] = [{"pointer": f.pointer, "detail": f.detail} for f in faults]
    content = json.dumps(body).encode()
    return Response(content, status, headers=headers, media_type=MEDIA_TYPE)


def answer_problems(app: FastAPI) -> None:
    """Answer with problem details whatever a route raises on purpose."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ErasedError, _erased)
    app.add_exception_handler(LedgerError, _unavailable)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - told so where it was registered
    return error.response()


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = _OF_STATUS.get(error.status_code, "bad-request")
    return problem_response(error.status_code, code, headers=error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    faults = [
        Fault(pointer=".".join(str(part) for part in found["loc"]), detail=str(found["msg"]))
        for found in error.errors()
    ]
    return problem_response(422, "invalid", faults=faults)


async def _erased(_: Request, __: Exception) -> Response:
    return problem_response(410, "erased")


async def _unavailable(_: Request, __: Exception) -> Response:
    detail = "the database can't be reached or written"
    return problem_response(503, "unavailable", detail=detail, headers={"Retry-After": "2"})
