"""What goes in and out as JSON, besides tickets, whose shape is that of the batch files."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deskquorum.domain import JsonValue
from deskquorum.formats import TicketRow

__all__ = [
    "ActionOut",
    "DecisionBody",
    "DecisionOut",
    "DecisionState",
    "ExecutionOut",
    "Id",
    "ProblemOut",
    "ReviewStateOut",
    "TakenOut",
]

# Control characters are no part of an id: databases refuse them.
Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
]


class In(BaseModel):
    """What is sent to the service: nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """What the service sends."""

    model_config = ConfigDict(frozen=True)


class DecisionBody(TicketRow):
    """A ticket, as in the batch files, and how long its sender waits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    deadline_s: Annotated[float, Field(ge=0.05, le=60)] | None = None


class ActionOut(Out):
    """An action with its arguments."""

    name: str
    args: dict[str, JsonValue]


class ReasonOut(Out):
    """Why, as a code and in words; what the words speak of stands beside them."""

    model_config = ConfigDict(extra="allow", frozen=True)

    code: str
    text: str


class AnswerOut(Out):
    """What the labelers make of one question."""

    label: str | None
    probability: float
    calibrated: bool
    settled: bool


class RulingOut(Out):
    """What the policies say."""

    effect: Literal["allow", "deny", "human"]
    rules: list[str]
    clauses: list[str]


class FindingOut(Out):
    """One claim of the reply."""

    check: str
    verdict: Literal["supported", "contradicted", "unsupported", "unknown"]
    text: str
    start: int
    end: int
    clause: str | None
    quote: str | None
    why: str


class DecisionOut(Out):
    """A decision, as `deskquorum decide` writes it."""

    id: str
    route: Literal["auto", "human", "deny"]
    action: ActionOut | None
    reply: str | None
    reasons: list[ReasonOut]
    answers: dict[str, AnswerOut]
    ruling: RulingOut
    findings: list[FindingOut]
    mode: str
    cost: str
    saved_calls: int
    decision_id: str
    policy_hash: str
    versions: dict[str, str]


class TakenOut(Out):
    """A ticket that is decided later."""

    id: str
    state: Literal["pending"]


class ReviewStateOut(Out):
    """An item of the review queue, as far as a bot needs it."""

    id: str
    kind: Literal["decision", "execution"]
    """What a person decides, or finds out: the decision, or how its execution ended."""
    state: Literal["open", "claimed", "resolved", "superseded", "settled"]
    """`claimed`: open, and somebody holds it."""
    due_at: datetime
    overdue: bool
    assignee: str | None
    verdict: Literal["approve", "edit", "reject", "respond"] | None
    verdict_at: datetime | None
    final_action: ActionOut | None
    """What the verdict put into force; a bot that acts itself carries this out, once."""
    final_reply: str | None
    newer: str | None
    """A later item of the conversation."""


class ExecutionOut(Out):
    """An order of the outbox, without values."""

    key: str
    """Under which it is carried out once: the header `Idempotency-Key` of its calls."""
    action: str
    state: Literal["ready", "leased", "sending", "done", "failed", "unknown", "cancelled"]
    attempts: int
    error: str | None
    """Why it is not done, in kebab case."""
    with_person: bool
    """Whether a person decides how it goes on."""
    compensates: str | None
    """Key of the order that this one undoes."""
    compensated: bool
    """Whether it was undone."""
    changed_at: datetime


class DecisionState(Out):
    """Where a ticket stands."""

    id: str
    """As it was asked for: the id of the decision, or of the accepted ticket."""
    state: Literal["pending", "decided"]
    decision: DecisionOut | None
    """Values stand in it where the ticket came through this service, otherwise placeholders."""
    reviews: list[ReviewStateOut]
    """Its items in the review queue, oldest first."""
    executions: list[ExecutionOut]
    """Its orders in the outbox, oldest first."""


class FaultOut(Out):
    """One thing that is wrong in a request."""

    pointer: str
    detail: str


class ProblemOut(Out):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FaultOut] | None = None
