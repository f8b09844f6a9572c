"""`/v1/outcomes`: what became of a conversation."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, model_validator

from deskquorum.ledger.outcomes import Outcome, OutcomeKind, note_outcome
from deskquorum.server.access import Caller, Deed, may
from deskquorum.server.bodies import read_json
from deskquorum.server.decisions import IdempotencyKey
from deskquorum.server.documenting import problems, takes
from deskquorum.server.service import service_of
from deskquorum.server.shapes import Id, In, Out

__all__ = ["outcome_routes"]

outcome_routes = APIRouter(tags=["outcomes"])

_AMOUNT = r"[0-9]{1,9}(\.[0-9]{1,3})?"
_VALUES = {
    OutcomeKind.CSAT: {"1", "2", "3", "4", "5"},
    OutcomeKind.INCIDENT: {"compliance", "privacy"},
}


class OutcomeBody(In):
    """What happened after a decision."""

    conversation: Id
    kind: OutcomeKind
    decision_id: Annotated[str, Field(pattern=r"^d_[0-9a-f]{32}$")] | None = None
    value: Annotated[
        str,
        Field(
            description="For `csat` 1 to 5, for `incident` compliance or privacy, for"
            " `refund-loss` an amount in the desk's currency: 24.00."
        ),
    ] = ""

    @model_validator(mode="after")
    def _fitting(self) -> OutcomeBody:
        if self.kind is OutcomeKind.REFUND_LOSS:
            if not re.fullmatch(_AMOUNT, self.value):
                raise ValueError("the value of a refund-loss has to be an amount, like 24.00")
            return self
        allowed = _VALUES.get(self.kind, {""})
        if self.value not in allowed:
            words = ", ".join(sorted(allowed)) if allowed != {""} else "left out"
            raise ValueError(f"the value of a {self.kind.value} has to be {words}")
        return self


class OutcomeOut(Out):
    """It is noted."""

    id: str


@outcome_routes.post(
    "/v1/outcomes",
    operation_id="tell_outcome",
    summary="Tell what became of a conversation; reports count it.",
    status_code=201,
    responses=problems(401, 403, 413, 415, 422, 429),
    openapi_extra=takes(OutcomeBody),
)
async def tell_outcome(
    request: Request,
    _: Annotated[Caller, Depends(may(Deed.TELL_OUTCOME))],
    *,
    idempotency_key: IdempotencyKey = None,
) -> OutcomeOut:
    """Write it down; told twice under one idempotency key, it is one."""
    service = service_of(request)
    body = (await read_json(request, OutcomeBody, limit=service.limits.body_bytes)).value
    outcome = Outcome(
        conversation=body.conversation,
        decision=body.decision_id,
        kind=body.kind,
        value=body.value,
    )
    note = partial(note_outcome, outcome=outcome, idempotency_key=idempotency_key)
    return OutcomeOut(id=await service.records.write(note))
