"""Policies: files with what is wrong in them, what a change would do, certificates and switches."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from deskquorum.errors import ConfigError, Problem
from deskquorum.policy import REPLY, lint
from deskquorum.server.bodies import read_json
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.rendering import fragment, page
from deskquorum.server.pages.visitors import Errand, visitor
from deskquorum.server.pages.what_if import policy_files, try_text
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import In

__all__ = ["policy_routes"]

policy_routes = APIRouter(route_class=TellingRoute)

_File = Annotated[str, InPath(pattern=r"^[A-Za-z0-9._-]{1,100}\.yaml$")]
_Text = Annotated[str, Field(max_length=500_000)]


class Trying(In):
    """Another text of a file."""

    text: _Text
    days: Annotated[int, Field(ge=1, le=90)] = 7


class Saving(In):
    """A text that was tried, and which text it takes the place of."""

    text: _Text
    base: str
    tried: str


class Switching(In):
    """What is stopped or resumed; an empty action is everything."""

    action: Annotated[str, Field(max_length=200)] = ""
    stopped: bool
    why: Annotated[str, Field(max_length=500)] = ""


@policy_routes.get("/policies")
async def policies(request: Request) -> HTMLResponse:
    """All files, actions, certificates and switches."""
    service = service_of(request)
    who = visitor(service, request, Errand.SEE_POLICIES)
    parts = service.desk.parts
    stops = await anyio.to_thread.run_sync(parts.ledger.stops)
    return page(
        service,
        request,
        "policies.html",
        files=list(policy_files(parts)),
        counts=Counter(Path(finding.path).name for finding in await _findings(service)),
        notices=service.desk.notices,
        actions=parts.rules.book.actions,
        certificates=parts.rules.learned.certificates,
        stops={stop.action: stop for stop in stops},
        now=service.now(),
        may_switch=who.may(Errand.SWITCH),
    )


@policy_routes.get("/policies/{file}")
async def policy(request: Request, file: _File) -> HTMLResponse:
    """One file with its findings, and a place to try a change."""
    service = service_of(request)
    who = visitor(service, request, Errand.SEE_POLICIES)
    text = _read(service, file)
    found = [f for f in await _findings(service) if Path(f.path).name == file]
    return page(
        service,
        request,
        "policy.html",
        file=file,
        text=text,
        base=_digest(text),
        lines=text.splitlines(),
        at={line: [f for f in found if f.line == line] for line in {f.line for f in found}},
        findings=found,
        may_save=who.may(Errand.CHANGE_POLICIES),
    )


@policy_routes.post("/pages/policies/{file}/try")
async def try_it(request: Request, file: _File) -> HTMLResponse:
    """What the text would change; nothing is saved."""
    service = service_of(request)
    who = visitor(service, request, Errand.SEE_POLICIES)
    body = (await read_json(request, Trying, limit=service.limits.body_bytes)).value
    _read(service, file)
    since = service.now() - timedelta(days=body.days)
    work = partial(try_text, service.desk.parts, file, body.text, since=since)
    tried = await anyio.to_thread.run_sync(work)
    usable = not tried.problems and who.may(Errand.CHANGE_POLICIES)
    mark = service.sessions.mark(_tried(file, body.text)) if usable else ""
    return fragment(request, "tried.html", headers={"X-Tried": mark}, tried=tried, days=body.days)


@policy_routes.post("/pages/policies/{file}/save")
async def save(request: Request, file: _File) -> Response:
    """Write a text that was tried, exactly, in the place of the one that it was made from."""
    service = service_of(request)
    visitor(service, request, Errand.CHANGE_POLICIES)
    body = (await read_json(request, Saving, limit=service.limits.body_bytes)).value
    if not service.sessions.is_mark(_tried(file, body.text), body.tried):
        return fragment(request, "unsaved.html", status=409, why="untried")
    if _digest(_read(service, file)) != body.base:
        return fragment(request, "unsaved.html", status=409, why="changed")
    try:
        _write(policy_files(service.desk.parts)[file], body.text)
    except OSError:
        return fragment(request, "unsaved.html", status=409, why="read-only")
    with suppress(ConfigError):
        # Another file may have been spoilt meanwhile; the page tells, and the old rules stay.
        await service.desk.reload()
    return Response(status_code=204)


@policy_routes.post("/pages/switch")
async def switch(request: Request) -> Response:
    """Stop or resume, for every process that records in this ledger."""
    service = service_of(request)
    who = visitor(service, request, Errand.SWITCH)
    body = (await read_json(request, Switching, limit=service.limits.body_bytes)).value
    if body.action not in {*service.desk.parts.rules.book.actions, REPLY, ""}:
        raise ProblemError(status=404, code="not-found")
    ledger = service.desk.ledger
    change = ledger.stop if body.stopped else ledger.resume
    await anyio.to_thread.run_sync(partial(change, body.action, by=who.name, why=body.why))
    return Response(status_code=204)


async def _findings(service: Service) -> list[Problem]:
    return list(await anyio.to_thread.run_sync(lint, service.desk.parts.rules.book))


def _read(service: Service, file: str) -> str:
    path = policy_files(service.desk.parts).get(file)
    if path is None:
        raise ProblemError(status=404, code="not-found")
    return path.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Whole or not at all: the desk reads its files while they are written."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=".", suffix=".new", delete=False
    ) as new:
        new.write(text)
    written = Path(new.name)
    written.chmod(path.stat().st_mode)
    written.replace(path)


def _tried(file: str, text: str) -> str:
    return f"tried {file} {_digest(text)}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
