"""The week's sample of decisions, labelled by keys by somebody who does not see the answers."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import chain, zip_longest
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, StringConstraints

from deskquorum.domain import Question, Route
from deskquorum.ledger import Entry, Ledger, Transaction
from deskquorum.ledger.verdict_labels import audited_labels, note_labels
from deskquorum.server.bodies import read_json
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.rendering import page
from deskquorum.server.pages.visitors import Errand, visitor
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import In

__all__ = ["audit_routes", "week_sample"]

audit_routes = APIRouter(route_class=TellingRoute)

_SAMPLE = 30
_WEEK = timedelta(days=7)
_KEYS = "123456789abcdefghijklmnopqrtuvwxyz"
"""One for each label; S skips. Desks with more labels have buttons without a key."""


class Label(In):
    """What the answer should have been."""

    decision: Annotated[str, StringConstraints(pattern=r"^d_[0-9a-f]{32}$")]
    question: Annotated[str, Field(max_length=200)]
    label: Annotated[str, Field(max_length=200)]


@audit_routes.get("/audit")
async def audit(
    request: Request, *, question: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """What of the sample is still to be labelled for one question."""
    service = service_of(request)
    visitor(service, request, Errand.AUDIT)
    questions = service.desk.parts.rules.questions
    asked = questions.get(question) or _broadest(list(questions.values()))
    sample = await anyio.to_thread.run_sync(
        partial(week_sample, service.desk.ledger, now=service.now())
    )
    done = await _labelled(service, asked)
    return page(
        service,
        request,
        "audit.html",
        questions=list(questions),
        question=asked,
        keys=_KEYS,
        total=len(sample),
        done=sum(entry.decision.id in done for entry in sample),
        left=[entry for entry in sample if entry.decision.id not in done],
    )


@audit_routes.post("/pages/audit")
async def label(request: Request) -> Response:
    """Keep one label."""
    service = service_of(request)
    who = visitor(service, request, Errand.AUDIT)
    body = (await read_json(request, Label, limit=service.limits.body_bytes)).value
    question = service.desk.parts.rules.questions.get(body.question)
    entry = await anyio.to_thread.run_sync(service.desk.ledger.get, body.decision)
    if entry is None or question is None or body.label not in question.labels:
        raise ProblemError(status=404, code="not-found")
    answers = {body.question: body.label}
    await service.records.write(
        lambda tx: note_labels(tx, body.decision, answers, by=who.name, source="audit")
    )
    return Response(status_code=204)


def week_sample(ledger: Ledger, *, now: datetime) -> list[Entry]:
    """The same draw for everybody all week, taking turns among the routes.

    Within a route it is uniform: it goes by a hash of the week and the decision.

    Raises:
        LedgerError: The ledger can't be read.
    """
    week = "-".join(map(str, now.isocalendar()[:2]))
    drawn = defaultdict[Route, list[tuple[str, Entry]]](list)
    for entry in ledger.entries(since=now - _WEEK):
        kept = drawn[entry.decision.route]
        kept.append((sha256(f"{week} {entry.decision.id}".encode()).hexdigest(), entry))
        if len(kept) > 2 * _SAMPLE:
            del _ranked(kept)[_SAMPLE:]
    turns = chain.from_iterable(zip_longest(*(_ranked(drawn[route]) for route in Route)))
    return [pair[1] for pair in turns if pair is not None][:_SAMPLE]


def _ranked(kept: list[tuple[str, Entry]]) -> list[tuple[str, Entry]]:
    """The same list, in order."""
    kept.sort(key=lambda pair: pair[0])
    return kept


async def _labelled(service: Service, question: Question) -> set[str]:
    def read(tx: Transaction) -> set[str]:
        return {found.decision for found in audited_labels(tx, question=question.id)}

    return await service.records.read(read)


def _broadest(questions: list[Question]) -> Question:
    """The one whose answer tells the most."""
    if not questions:
        raise ProblemError(status=404, code="not-found")
    return max(questions, key=lambda question: len(question.labels))
