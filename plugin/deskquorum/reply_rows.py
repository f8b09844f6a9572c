"""The batch format of drafted replies at the edge: rows to findings, findings to rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from deskquorum.domain import Fact, Facts, Finding, JsonValue, Verdict
from deskquorum.errors import InputError
from deskquorum.grounding import ClauseIndex, check_reply, risk_of

__all__ = ["ClauseRow", "ReplyRow", "checked_row", "own_clauses"]


def _listed(written: object) -> object:
    """A scope's values as lists; one may stand alone."""
    if not isinstance(written, dict):
        return written
    return {name: v if isinstance(v, list) else [v] for name, v in written.items()}


_Values = Annotated[tuple[str | int | bool, ...], Field(min_length=1)]


class ClauseRow(BaseModel):
    """A clause that a row brings along."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    version: str = ""
    scope: Annotated[dict[str, _Values], BeforeValidator(_listed)] = {}


class ReplyRow(BaseModel):
    """A drafted reply, with clauses of its own or none."""

    # A batch row may carry fields of the host's own.
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str | int
    reply: str
    policy_text: str | None = None
    clauses: tuple[ClauseRow, ...] | None = None
    facts: dict[str, JsonValue] = {}

    @model_validator(mode="after")
    def _one_source(self) -> ReplyRow:
        if self.policy_text is not None and self.clauses is not None:
            raise ValueError("give policy_text or clauses, not both")
        return self


def own_clauses(row: ReplyRow, *, number: int = 0) -> tuple[ClauseRow, ...] | None:
    """The clauses that a row brings along, None when it brings none.

    Raises:
        InputError: Two of them have one id.
    """
    if row.clauses is not None:
        if len({clause.id for clause in row.clauses}) < len(row.clauses):
            raise InputError("field 'clauses': two clauses have one id", line=number)
        return row.clauses
    if row.policy_text is None:
        return None
    # An empty policy backs nothing.
    return (ClauseRow(id="policy", text=row.policy_text),) if row.policy_text else ()


def checked_row(row: ReplyRow, *, index: ClauseIndex, links: Sequence[str]) -> dict[str, object]:
    """A row's verdict in the output format of `deskquorum check-reply`.

    Args:
        row: The draft, with facts of its own as if they had just been read.
        index: The clauses that it is held against.
        links: Hosts that it may link to.
    """
    now = datetime.now(UTC)
    facts = {name: Fact(value=v, source="row", read_at=now) for name, v in row.facts.items()}
    findings = check_reply(
        row.reply, index=index, facts=Facts(values=facts), allowed_links=tuple(links)
    )
    return {
        "id": row.id,
        "verdict": _worst(findings).value,
        "risk": round(risk_of(findings), 4),
        "claims": [
            {
                "check": finding.check,
                "text": finding.text,
                "start": finding.start,
                "end": finding.end,
                "verdict": finding.verdict.value,
                "risk": finding.risk,
                "clause": finding.clause,
                "quote": finding.quote,
                "reason": finding.why,
            }
            for finding in findings
        ],
    }


_ORDER = (Verdict.CONTRADICTED, Verdict.UNSUPPORTED, Verdict.UNKNOWN)


def _worst(findings: Sequence[Finding]) -> Verdict:
    """The gravest verdict of all; a reply that claims nothing is supported."""
    verdicts = {finding.verdict for finding in findings}
    return next((verdict for verdict in _ORDER if verdict in verdicts), Verdict.SUPPORTED)
