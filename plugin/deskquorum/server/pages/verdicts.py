"""Verdicts from the pages: weighed and taken by the same function as those over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from deskquorum.domain import Action, JsonValue
from deskquorum.ledger import reviews
from deskquorum.ledger.review_items import ReviewItem, TakenError, Verdict
from deskquorum.policy import ActionSpec
from deskquorum.reviewing import give_verdict
from deskquorum.server.bodies import read_json
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.rendering import fragment
from deskquorum.server.pages.visitors import Errand, Visitor, visitor_of
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import In
from deskquorum.weighing import VerdictError

__all__ = ["found_item", "verdict_routes"]

verdict_routes = APIRouter(route_class=TellingRoute)

_Item = Annotated[str, Path(pattern=r"^r_[0-9a-f]{32}$")]


class VerdictForm(In):
    """A verdict as a form holds it: every argument is text."""

    verdict: Literal["approve", "edit", "reject", "respond"]
    args_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    args: Annotated[
        dict[str, Annotated[str, Field(max_length=10_000)]], Field(default_factory=dict)
    ]
    reply: Annotated[str, Field(max_length=50_000)] | None = None
    why: Annotated[str, Field(max_length=2_000)] = ""
    failure_mode: Annotated[str, Field(max_length=100)] = ""
    override: bool = False


@verdict_routes.post("/pages/reviews/{item}/verdict")
async def judge(request: Request, item: _Item) -> Response:
    """Nothing where it is taken; else why it is not, as a part of the page."""
    service = service_of(request)
    form = (await read_json(request, VerdictForm, limit=service.limits.body_bytes)).value
    found, judge_ = await found_item(service, request, item, Errand.JUDGE)
    said = Verdict(
        kind=form.verdict,
        by=judge_.name,
        args_hash=form.args_hash,
        action=_edited(service, found, form) if form.verdict == "edit" else None,
        reply=form.reply if form.verdict in {"edit", "respond"} else None,
        why=form.why,
        override=form.override,
        failure_mode=form.failure_mode or None,
    )
    try:
        await give_verdict(service.desk, item, said)
    except VerdictError as exc:
        return _refused(request, exc)
    return Response(status_code=204)


@verdict_routes.post("/pages/reviews/{item}/{change}")
async def hold(request: Request, item: _Item, change: Literal["claim", "release"]) -> Response:
    """Hold an item while one works on it, or give it back."""
    service = service_of(request)
    _, by = await found_item(service, request, item, Errand.JUDGE)
    lease = service.desk.parts.desk.reviews.lease
    work: reviews.Change = (
        partial(reviews.claim, item=item, by=by.name, lease=lease)
        if change == "claim"
        else partial(reviews.release, item=item, by=by.name)
    )
    try:
        await service.records.write(work)
    except TakenError as exc:
        return _refused(request, VerdictError("taken", str(exc)))
    return Response(status_code=204)


async def found_item(
    service: Service, request: Request, item: str, errand: Errand
) -> tuple[ReviewItem, Visitor]:
    """The item and who came for it; strangers learn nothing of what there is.

    Raises:
        ProblemError: There is no such item, or not for this visitor.
    """
    found = await service.records.read(partial(reviews.get_item, item=item))
    who = visitor_of(service, request, "" if found is None else found.conversation, errand)
    if found is None:
        raise ProblemError(status=404, code="not-found")
    return found, who


def _refused(request: Request, error: VerdictError) -> HTMLResponse:
    # What the gate and the check say follows; the words before it are the page's own.
    first = () if error.problems else (str(error),)
    details = error.problems or (first if error.code not in {"stale", "taken"} else ())
    status = {"not-found": 404, "invalid": 422}.get(error.code, 409)
    can_override = error.code == "invalid" and "override" in str(error)
    return fragment(
        request,
        "refused.html",
        status=status,
        headers={"X-Refused": error.code, "X-Can-Override": str(can_override).lower()},
        code=error.code,
        details=details,
        can_override=can_override,
    )


def _edited(service: Service, item: ReviewItem, form: VerdictForm) -> Action | None:
    if item.action is None:
        return None
    spec = service.desk.parts.rules.book.actions.get(item.action.name)
    return Action(name=item.action.name, args=_args(item.action.args, form.args, spec))


def _args(
    before: Mapping[str, JsonValue], written: Mapping[str, str], spec: ActionSpec | None
) -> dict[str, JsonValue]:
    """What a form says of an action's arguments; what it leaves empty is left out."""
    args = dict(before)
    for name, text in written.items():
        arg = None if spec is None else spec.args.get(name)
        if not text.strip() and name not in before:
            continue
        args[name] = _value(text, "string" if arg is None else arg.type, before.get(name))
    return args


def _value(text: str, kind: str, before: JsonValue) -> JsonValue:
    """A text that does not read as its type stays a text, which the gate refuses by name."""
    if kind in {"string", "money", "timestamp"} and not isinstance(before, int | float):
        return text
    try:
        value: JsonValue = json.loads(text, parse_float=str)
    except ValueError:
        return text
    return value
