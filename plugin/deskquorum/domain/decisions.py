"""Decisions: the answer to every ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from deskquorum.domain.actions import Action, Proposal
from deskquorum.domain.claim_votes import ClaimVote
from deskquorum.domain.facts import Facts
from deskquorum.domain.limits import Usage
from deskquorum.domain.reasons import Reason
from deskquorum.domain.rulings import Finding, Mode, Ruling
from deskquorum.domain.tickets import RedactedTicket
from deskquorum.domain.votes import Answer, Vote

__all__ = ["Decision", "Evidence", "Route"]


class Route(StrEnum):
    """Where a ticket goes: done by software, given to a person, or declined by a rule."""

    AUTO = "auto"
    HUMAN = "human"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a decision rests on, redacted; enough to decide again without a model call."""

    ticket: RedactedTicket
    facts: Facts
    votes: tuple[Vote, ...]
    proposal: Proposal | None = None
    """The bot's proposal; None when the playbook is to propose."""
    failures: tuple[Reason, ...] = ()
    """Stages that broke or ran late; any one sends the ticket to a person."""
    used: Mapping[str, Usage] = field(default_factory=dict)
    """Limit to what earlier actions had taken from it when this decision was recorded."""
    claim_votes: tuple[ClaimVote, ...] = ()
    """Of verifiers on the proposal's reply."""
    taken_at: datetime | None = None
    """When it was collected, by the desk's clock; certificates are looked at as of then."""
    other_cost: Decimal = Decimal(0)
    """Of model calls that led to no vote: a rewritten draft, a labeler given up at the deadline."""

    @property
    def cost(self) -> Decimal:
        """Of every model call made for it, in the desk's currency."""
        voted = [*self.votes, *(claim.vote for claim in self.claim_votes)]
        return sum((vote.cost for vote in voted), self.other_cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One ticket's outcome, with everything that led to it."""

    id: str
    ticket: str
    route: Route
    action: Action | None
    """To execute when `route` is auto, declined when deny, a suggestion when human."""
    reply: str | None
    reasons: tuple[Reason, ...]
    """Deciding ones first."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    rulings: tuple[Ruling, ...] = ()
    """On the ticket, then on the action, then on the reply, those that apply."""
    findings: tuple[Finding, ...] = ()
    play: str | None = None
    """The playbook's play that proposed; None when a bot did, or nothing was proposed."""
    mode: Mode = Mode.SHADOW
    cost: Decimal = Decimal(0)
    saved_calls: int = 0
    """Model calls that could not change the outcome and were not made."""
    decided_at: datetime
    policy_hash: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What it was decided by: `desk`, `policy.NAME` and `playbook` to the versions that ops gave
    them, `playbook_hash` and `learned` to SHA-256."""
