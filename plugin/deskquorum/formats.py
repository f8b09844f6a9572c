"""The batch formats at the edge: JSON rows to tickets, decisions to JSON rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from deskquorum.decision import sentence
from deskquorum.domain import (
    Action,
    Answer,
    Decision,
    Effect,
    JsonValue,
    Message,
    Proposal,
    Requester,
    Ruling,
    Ticket,
    Vote,
)
from deskquorum.errors import InputError
from deskquorum.policy.wrong_fields import wrong_fields

__all__ = [
    "AmbiguousJsonError",
    "TicketRow",
    "answer_row",
    "decision_row",
    "load_json",
    "parse_json",
    "read_ticket",
    "ticket_of",
    "ticket_of_text",
]


class _Row(BaseModel):
    # A batch row may carry fields of the host's own; the nested values may not.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _MessageRow(_Strict):
    role: Literal["customer", "agent"]
    text: str
    at: AwareDatetime


class _ActionRow(_Strict):
    name: str = Field(min_length=1)
    args: dict[str, JsonValue] = {}


class _ProposalRow(_Strict):
    action: _ActionRow | None = None
    reply: str | None = None


class TicketRow(_Row):
    """A ticket as hosts write it."""

    id: str = Field(min_length=1)
    messages: list[_MessageRow] = Field(min_length=1)
    requester: dict[str, str | list[str] | None] = {}
    facts: dict[str, JsonValue] = {}
    proposal: _ProposalRow | None = None
    language: str | None = None
    tags: list[str] = []


class AmbiguousJsonError(ValueError):
    """Python would read it; others read it otherwise, or not at all."""


def load_json(text: str) -> object:
    """Parse JSON without floats, constants and names that stand twice.

    Raises:
        AmbiguousJsonError: A constant that JSON does not have, or a name that stands twice.
        ValueError: Not JSON.
    """
    return json.loads(
        text,
        parse_float=lambda number: str(Decimal(number)),
        parse_constant=_no_constant,
        object_pairs_hook=_no_name_twice,
    )


def parse_json(line: str, *, number: int = 0) -> Mapping[str, JsonValue]:
    """Parse one JSON object; numbers with a fraction become decimal strings, never floats.

    Raises:
        InputError: The line is not a JSON object.
    """
    try:
        value = load_json(line)
    except AmbiguousJsonError as exc:
        raise InputError(str(exc), line=number) from exc
    except (ValueError, RecursionError) as exc:
        place = f" at column {exc.colno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise InputError(f"not JSON{place}; write one object a line", line=number) from exc
    if not isinstance(value, dict):
        raise InputError("not a JSON object; write one object a line", line=number)
    return value


def read_ticket(row: Mapping[str, JsonValue], *, number: int = 0) -> Ticket:
    """Turn a batch row into a ticket.

    Raises:
        InputError: Names every field that is wrong, without showing its text.
    """
    try:
        parsed = TicketRow.model_validate(row)
    except ValidationError as exc:
        raise InputError(_said(exc), line=number) from exc
    return ticket_of(parsed)


def ticket_of(parsed: TicketRow) -> Ticket:
    """The ticket that a valid row tells of."""
    return Ticket(
        id=parsed.id,
        messages=tuple(Message(role=m.role, text=m.text, at=m.at) for m in parsed.messages),
        requester=Requester(record=_record(parsed.requester)),
        facts=parsed.facts,
        proposal=_proposal(parsed.proposal),
        language=parsed.language,
        tags=tuple(parsed.tags),
    )


def ticket_of_text(row: Mapping[str, JsonValue], *, now: datetime, number: int = 0) -> Ticket:
    """A ticket from a row that may be only `{id?, text}`: one customer message, sent now."""
    if "messages" in row:
        return read_ticket(row, number=number)
    text = row.get("text")
    if not isinstance(text, str):
        raise InputError("field 'text' or 'messages' is missing", line=number)
    message = Message(role="customer", text=text, at=now)
    return Ticket(id=str(row.get("id", number)), messages=(message,))


def answer_row(answer: Answer, votes: Iterable[Vote]) -> dict[str, object]:
    """One question's answer with the votes behind it, ready for `json.dumps`."""
    return {
        "label": answer.label,
        "probability": round(answer.probability, 4),
        "settled": answer.settled,
        "votes": [
            {
                "labeler": vote.labeler,
                "status": vote.status.value,
                "label": vote.label,
                "why": vote.why,
            }
            for vote in votes
        ],
    }


def decision_row(decision: Decision) -> dict[str, object]:
    """A decision in the output format of `deskquorum decide`, ready for `json.dumps`."""
    return {
        "id": decision.ticket,
        "route": decision.route.value,
        "action": None
        if decision.action is None
        else {"name": decision.action.name, "args": dict(decision.action.args)},
        "reply": decision.reply,
        "reasons": [
            {**reason.params, "code": reason.code, "text": sentence(reason)}
            for reason in decision.reasons
        ],
        "answers": {
            question: {
                "label": answer.label,
                "probability": round(answer.probability, 4),
                "calibrated": answer.calibrated,
                "settled": answer.settled,
            }
            for question, answer in decision.answers.items()
        },
        "ruling": _merged(decision.rulings),
        "findings": [
            {
                "check": finding.check,
                "verdict": finding.verdict.value,
                "text": finding.text,
                "start": finding.start,
                "end": finding.end,
                "clause": finding.clause,
                "quote": finding.quote,
                "why": finding.why,
            }
            for finding in decision.findings
        ],
        "mode": decision.mode.value,
        "cost": str(decision.cost),
        "saved_calls": decision.saved_calls,
        "decision_id": decision.id,
        "policy_hash": decision.policy_hash,
        "versions": dict(decision.versions),
    }


def _merged(rulings: tuple[Ruling, ...]) -> dict[str, object]:
    """One ruling of several: a ticket that is held leads, then deny, human, allow."""
    held = [r for r in rulings if r.action == "ticket" and r.effect is not Effect.ALLOW]
    order = [Effect.DENY, Effect.HUMAN, Effect.ALLOW]
    rest = sorted((r for r in rulings if r.action != "ticket"), key=lambda r: order.index(r.effect))
    ranked = [*held, *rest]
    if not ranked:
        return {"effect": Effect.HUMAN.value, "rules": [], "clauses": []}
    return {
        "effect": ranked[0].effect.value,
        "rules": list(dict.fromkeys(rule for r in ranked for rule in r.rules)),
        "clauses": list(dict.fromkeys(clause for r in ranked for clause in r.clauses)),
    }


def _record(fields: Mapping[str, str | list[str] | None]) -> dict[str, str]:
    record: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, list):
            record |= {f"{name}.{i}": item for i, item in enumerate(value) if item}
        elif value:
            record[name] = value
    return record


def _proposal(row: _ProposalRow | None) -> Proposal | None:
    if row is None:
        return None
    action = None if row.action is None else Action(name=row.action.name, args=row.action.args)
    return Proposal(source="bot", action=action, reply=row.reply)


def _said(exc: ValidationError) -> str:
    wrong = wrong_fields(exc).items()
    return "; ".join(f"field '{'.'.join(place)}': {said}" for place, said in wrong)


def _no_constant(constant: str) -> object:
    raise AmbiguousJsonError(f"{constant} is no number of JSON; write null, or leave it out")


def _no_name_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Which one is not said: where a name belongs there may stand a value.
        raise AmbiguousJsonError("a name stands twice in one object; keep one of them")
    return found
