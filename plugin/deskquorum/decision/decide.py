"""The last step, pure: answers, rulings and findings to one decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from deskquorum.domain import (
    Action,
    Answer,
    Decision,
    Effect,
    Evidence,
    Facts,
    Finding,
    Mode,
    Proposal,
    Reason,
    Route,
    Ruling,
    Verdict,
    VoteStatus,
)

__all__ = ["CERTIFIED", "ORDERED", "WITHHOLD_SUGGESTION", "Dossier", "decide"]

CERTIFIED = "certified"
"""Code of the standing that lets an action go by itself."""

ORDERED = "already-ordered"
"""Code of what the outbox tells: the same action is being carried out, or was."""

WITHHOLD_SUGGESTION = "withhold-suggestion"
"""Obligation of a ticket rule: the person who takes over is shown no suggestion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything the last step looks at."""

    evidence: Evidence
    answers: Mapping[str, Answer]
    proposal: Proposal | None
    """The bot's proposal or, without one, the playbook's."""
    ticket_ruling: Ruling
    action_ruling: Ruling | None = None
    reply_ruling: Ruling | None = None
    findings: tuple[Finding, ...] = ()
    standings: Mapping[str, Reason] = field(default_factory=dict)
    """Action to what its certificate says; the code `certified` lets it go by itself."""
    guessed: bool = False
    """The proposal rests on answers that are not settled: for a person to look at, never more."""


def decide(
    dossier: Dossier,
    *,
    decision_id: str,
    now: datetime,
    policy_hash: str,
    versions: Mapping[str, str],
    saved_calls: int = 0,
) -> Decision:
    """Decide one ticket.

    INVARIANT: the route is `auto` only if nothing failed, every question has its quorum, no ticket
    rule asks for a person, every ruling allows and may run by itself, and every claim of the reply
    is supported.
    """
    why_human = _why_human(dossier)
    denied = _denied(dossier)
    route = Route.HUMAN if why_human else Route.DENY if denied else Route.AUTO
    proposal = dossier.proposal or Proposal(source="playbook")
    withheld = WITHHOLD_SUGGESTION in dossier.ticket_ruling.obligations
    rulings = (dossier.ticket_ruling, dossier.action_ruling, dossier.reply_ruling)
    return Decision(
        id=decision_id,
        ticket=dossier.evidence.ticket.id,
        route=route,
        action=_action(proposal, route, denied=denied, withheld=withheld),
        reply=None if withheld else proposal.reply,
        reasons=(*why_human, *_grounds(dossier)),
        answers=dossier.answers,
        rulings=tuple(ruling for ruling in rulings if ruling is not None),
        findings=dossier.findings,
        play=proposal.play,
        mode=_mode(dossier),
        cost=dossier.evidence.cost,
        saved_calls=saved_calls,
        decided_at=now,
        policy_hash=policy_hash,
        versions=versions,
    )


def _why_human(dossier: Dossier) -> list[Reason]:
    """Every reason for a person, the deciding ones first."""
    reasons = list(dossier.ticket_ruling.reasons) if _held(dossier.ticket_ruling) else []
    reasons += [reason for reason in dossier.evidence.failures if reason.code != ORDERED]
    reasons += _failed_labelers(dossier)
    reasons += _without_quorum(dossier)
    proposal = dossier.proposal
    if proposal is None or (proposal.action is None and proposal.reply is None):
        reasons.append(Reason(code="nothing-proposed"))
        reasons += _unread(dossier.evidence.facts)
    elif dossier.guessed:
        reasons.append(Reason(code="guess", params={"play": proposal.play or ""}))
        reasons += _unread(dossier.evidence.facts)
    if dossier.action_ruling is not None:
        reasons += _held_back(dossier.action_ruling, dossier.standings)
    if dossier.reply_ruling is not None:
        reasons += _held_back(dossier.reply_ruling, dossier.standings)
        if dossier.reply_ruling.effect is Effect.DENY:
            reasons += dossier.reply_ruling.reasons
    elif _denied(dossier) and proposal is not None and proposal.source == "playbook":
        # A refusal that nobody tells the customer of is no answer.
        reasons.append(Reason(code="no-reply"))
    reasons += _unsupported(dossier.findings)
    return reasons


def _unread(facts: Facts) -> list[Reason]:
    """Facts that a play may have waited for; where an action is proposed its rules name theirs."""
    return [
        Reason(code="unread-fact", params={"fact": name, "source": why.source, "why": why.why})
        for name, why in facts.unread.items()
    ]


def _denied(dossier: Dossier) -> bool:
    return dossier.action_ruling is not None and dossier.action_ruling.effect is Effect.DENY


def _held(ruling: Ruling) -> bool:
    return ruling.effect is not Effect.ALLOW


def _failed_labelers(dossier: Dossier) -> list[Reason]:
    return [
        Reason(
            code="labeler-failed",
            params={"labeler": vote.labeler, "question": vote.question, "why": vote.why},
        )
        for vote in dossier.evidence.votes
        if vote.status is VoteStatus.FAILED
    ]


def _without_quorum(dossier: Dossier) -> list[Reason]:
    """Questions on which too few labelers agree."""
    return [
        Reason(code="no-quorum", params={"question": name})
        for name, answer in dossier.answers.items()
        if not answer.quorum_met
    ]


def _held_back(ruling: Ruling, standings: Mapping[str, Reason]) -> list[Reason]:
    """Why an action or a reply may not go by itself; nothing when it may, or when it is denied."""
    match ruling.effect:
        case Effect.HUMAN:
            return list(ruling.reasons)
        case Effect.DENY:
            return []
        case Effect.ALLOW if ruling.mode is not Mode.AUTO:
            return [
                Reason(code="mode", params={"action": ruling.action, "mode": ruling.mode.value})
            ]
        case Effect.ALLOW if ruling.signed_off is None:
            none = Reason(code="no-certificate", params={"action": ruling.action})
            stands = standings.get(ruling.action, none)
            return [] if stands.code == CERTIFIED else [stands]
        case _:
            return []


def _unsupported(findings: Sequence[Finding]) -> list[Reason]:
    return [
        Reason(
            code="reply-check",
            params={
                "check": finding.check,
                "verdict": finding.verdict.value,
                "clause": finding.clause or "",
                "why": finding.why,
            },
        )
        for finding in findings
        if finding.verdict is not Verdict.SUPPORTED
    ]


def _grounds(dossier: Dossier) -> list[Reason]:
    """What the decision rests on once nobody has to be asked: the rules that allowed or denied."""
    reasons = [reason for reason in dossier.evidence.failures if reason.code == ORDERED]
    for ruling in (dossier.action_ruling, dossier.reply_ruling):
        if ruling is None or ruling.effect is Effect.HUMAN:
            continue
        reasons += ruling.reasons
        if ruling.effect is not Effect.ALLOW or ruling.mode is not Mode.AUTO:
            continue
        if ruling.signed_off:
            params = {"action": ruling.action, "by": ruling.signed_off}
            reasons.append(Reason(code="signed-off", params=params))
        elif (stands := dossier.standings.get(ruling.action)) and stands.code == CERTIFIED:
            reasons.append(stands)
    return reasons


def _action(proposal: Proposal, route: Route, *, denied: bool, withheld: bool) -> Action | None:
    # A person is never shown a denied action as a suggestion.
    hidden = withheld or (denied and route is Route.HUMAN)
    return None if hidden else proposal.action


def _mode(dossier: Dossier) -> Mode:
    ruling = dossier.action_ruling or dossier.reply_ruling
    return Mode.SHADOW if ruling is None else ruling.mode
