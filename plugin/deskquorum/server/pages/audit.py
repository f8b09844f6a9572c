"""The week's sample of decisions, labelled by keys by somebody who does not see the answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, StringConstraints

from deskquorum.auditing import (
    draw_batch,
    entries_of,
    main_question,
    once_each,
    sorting_of,
    week_of,
)
from deskquorum.desk import Desk
from deskquorum.domain import Question
from deskquorum.ledger import Entry, Transaction
from deskquorum.ledger.audits import all_chosen
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
    if not questions:
        raise ProblemError(status=404, code="not-found")
    asked = questions.get(question) or main_question(questions)
    sample = await anyio.to_thread.run_sync(partial(week_sample, service.desk, now=service.now()))
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


def week_sample(desk: Desk, *, now: datetime) -> list[Entry]:
    """The week's batch, the same for everybody; decisions of the last seven days fill it up.

    What was chosen for it (`audit sample --choose`) stands among what is drawn.

    Raises:
        LedgerError: The ledger can't be read or written.
    """
    batch = week_of(now)
    drawn = draw_batch(
        desk.ledger,
        batch=batch,
        size=_SAMPLE,
        since=now - _WEEK,
        now=now,
        by=sorting_of(desk.parts.rules.questions, desk.parts.rules.book),
    )
    with desk.ledger.database.transaction() as tx:
        chosen = all_chosen(tx, batch=batch)
    return [entry for _, entry in entries_of(desk.ledger, once_each(chosen, drawn))]


async def _labelled(service: Service, question: Question) -> set[str]:
    def read(tx: Transaction) -> set[str]:
        said = audited_labels(tx, question=question.id)
        # A reviewer's verdict is no audit: who was reviewed is no accident.
        return {found.decision for found in said if found.source == "audit"}

    return await service.records.read(read)
