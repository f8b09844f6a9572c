"""One call for all open claims of a draft, with a verdict and a quote for each.

INVARIANT: a claim that the answer leaves out, names twice or judges in another shape has a failed
vote, which supports nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, ValidationError

from deskquorum.domain import ClaimVote, Deadline, JsonValue, Vote, VoteStatus, draft_hash
from deskquorum.errors import LabelerError
from deskquorum.grounding import ClauseLike, OpenClaim, is_verbatim
from deskquorum.llm import ABSTAIN, ChatFailure, ChatReply
from deskquorum.reconciliation import CLAIM
from deskquorum.verifying.asking import Asker, shown
from deskquorum.verifying.checks import EACH_CLAIM

__all__ = ["ask_by_draft"]

_TOKENS = 64
_TOKENS_A_CLAIM = 128


async def ask_by_draft(
    asker: Asker, reply: str, claims: Sequence[OpenClaim], deadline: Deadline
) -> tuple[ClaimVote, ...]:
    """One vote on every open claim, in their order; no call where there are none."""
    if not claims:
        return ()
    started = time.monotonic()
    clauses = list({clause.id: clause for claim in claims for clause in claim.clauses}.values())
    said = await _said(asker, reply, claims, clauses, deadline)
    says, draft = asker.checks.says[EACH_CLAIM], draft_hash(reply)
    blank = Vote(
        question=CLAIM.id,
        labeler=f"check-{EACH_CLAIM}",
        status=VoteStatus.FAILED,
        family=asker.model,
        model=said.model,
        prompt_hash=asker.checks.prompts[EACH_CLAIM].hash,
        latency_ms=round((time.monotonic() - started) * 1000),
        why=said.why,
    )
    return tuple(
        ClaimVote(
            draft=draft,
            start=one.claim.start,
            end=one.claim.end,
            vote=replace(blank, status=opinion.status, label=opinion.label, why=opinion.why),
            clause=opinion.clause,
            quote=opinion.quote,
        )
        for number, one in enumerate(claims, 1)
        for opinion in [_opinion(said.by_claim.get(number), says, clauses, said.why)]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a model answered."""

    model: str
    by_claim: Mapping[int, _OnClaim]
    """Number of a claim to the one answer about it."""
    why: str
    """Of the claims that have no answer."""


class _OnClaim(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    claim: int
    says: str
    quote: str


class _OnDraft(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    # One misshapen answer must not take the others with it.
    claims: list[dict[str, object]]


async def _said(
    asker: Asker,
    reply: str,
    claims: Sequence[OpenClaim],
    clauses: Sequence[ClauseLike],
    deadline: Deadline,
) -> _Said:
    listed = "\n".join(f"{n}. {' '.join(c.claim.text.split())}" for n, c in enumerate(claims, 1))
    try:
        outcome = await asker.ask(
            EACH_CLAIM,
            shown(clauses, reply, listed),
            schema=_schema(tuple(asker.checks.questions[EACH_CLAIM].labels)),
            most_tokens=_TOKENS + _TOKENS_A_CLAIM * len(claims),
            deadline=deadline,
        )
    except LabelerError:
        return _Said(model=asker.model, by_claim={}, why="prompt")
    if isinstance(outcome, ChatFailure):
        return _Said(model=asker.model, by_claim={}, why=str(outcome.kind))
    return _read(outcome)


def _read(reply: ChatReply) -> _Said:
    try:
        answers = _OnDraft.model_validate_json(reply.text).claims
    except ValidationError:
        return _Said(model=reply.model, by_claim={}, why="garbage")
    read = [one for answer in answers if (one := _one(answer)) is not None]
    # Of two answers about one claim nobody knows which is meant.
    times = Counter(answer["claim"] for answer in answers if isinstance(answer.get("claim"), int))
    once = {one.claim: one for one in read if times[one.claim] == 1}
    return _Said(model=reply.model, by_claim=once, why="left-out")


def _one(answer: Mapping[str, object]) -> _OnClaim | None:
    try:
        return _OnClaim.model_validate(answer)
    except ValidationError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opinion:
    status: VoteStatus
    label: str | None = None
    why: str = ""
    clause: str | None = None
    quote: str | None = None


def _opinion(
    said: _OnClaim | None, says: Mapping[str, str], clauses: Sequence[ClauseLike], why: str
) -> _Opinion:
    """The vote that one answer is; a quote counts for what it backs alone."""
    if said is None:
        return _Opinion(status=VoteStatus.FAILED, why=why)
    if said.says == ABSTAIN:
        return _Opinion(status=VoteStatus.ABSTAINED, why="model-abstained")
    label, quote = says.get(said.says), said.quote.strip()
    if label is None:
        return _Opinion(status=VoteStatus.FAILED, why="unknown-label")
    told = _Opinion(status=VoteStatus.CAST, label=label, why=f"{EACH_CLAIM}: {said.says}")
    if label != "entailed" or not quote:
        return told
    clause = next((c for c in clauses if is_verbatim(quote, c.text)), None)
    if clause is None:
        return _Opinion(status=VoteStatus.FAILED, why="not-verbatim")
    return replace(told, clause=clause.id, quote=quote)


def _schema(labels: Sequence[str]) -> Mapping[str, JsonValue]:
    on_claim: dict[str, JsonValue] = {
        "type": "object",
        "properties": {
            "claim": {"type": "integer"},
            "says": {"type": "string", "enum": [*labels, ABSTAIN]},
            "quote": {"type": "string"},
        },
        "required": ["claim", "says", "quote"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"claims": {"type": "array", "items": on_claim}},
        "required": ["claims"],
        "additionalProperties": False,
    }
