"""One decision's whole story, in plain sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from deskquorum.decision.sentences import sentence
from deskquorum.domain import (
    Action,
    Answer,
    Decision,
    Effect,
    Evidence,
    JsonValue,
    Route,
    Ruling,
    Verdict,
    Vote,
    VoteStatus,
    Weight,
)

__all__ = ["action_text", "tell"]

_OUTCOMES = {
    Route.AUTO: "The desk did this by itself.",
    Route.HUMAN: "The desk gave this to a person.",
    Route.DENY: "The desk declined this by rule.",
}


def tell(
    decision: Decision, evidence: Evidence, clauses: Mapping[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """Yield headed paragraphs: a heading and its sentences, in the order in which things happened.

    Args:
        decision: The recorded decision.
        evidence: What it rests on.
        clauses: Clause id to its text, for quoting those that decided.
    """
    yield "Outcome", _outcome(decision)
    yield "Redaction", _redaction(evidence)
    yield "Votes and answers", _votes(decision, evidence)
    yield "Facts", _facts(evidence)
    yield "Proposal", _proposal(decision, evidence)
    yield "Rules", [line for ruling in decision.rulings for line in _ruling(ruling, clauses)]
    yield "Reply check", _findings(decision)
    yield "Why", [f"{sentence(reason)}." for reason in decision.reasons]


def action_text(action: Action | None) -> str:
    """An action as a call: `issue_refund(order_id=NW-1, amount=24.00)`."""
    if action is None:
        return "no action"
    return f"{action.name}({', '.join(f'{k}={_shown(v)}' for k, v in action.args.items())})"


def _shown(value: JsonValue) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _outcome(decision: Decision) -> list[str]:
    at = f"{decision.decided_at:%Y-%m-%d %H:%M %Z}"
    return [
        f"Ticket {decision.ticket}, decision {decision.id}, as of {at}.",
        _OUTCOMES[decision.route],
        f"Policy {decision.policy_hash[:12]}, mode {decision.mode.value}, cost {decision.cost}.",
        *_versions(decision),
    ]


def _versions(decision: Decision) -> list[str]:
    said = dict(sorted(decision.versions.items()))
    if not said:
        return []
    learned = said.pop("learned", "")
    said.pop("playbook_hash", None)
    listed = ", ".join(f"{what.removeprefix('policy.')} {v}" for what, v in said.items())
    return [f"Versions: {listed}; learned state {learned[:12]}."]


def _redaction(evidence: Evidence) -> list[str]:
    replaced = evidence.ticket.redactions
    if not replaced:
        return ["No personal data was found."]
    listed = ", ".join(f"{n} {kind.lower().replace('_', ' ')}" for kind, n in replaced.items())
    return [f"Replaced before any model saw the text: {listed}."]


def _votes(decision: Decision, evidence: Evidence) -> list[str]:
    lines = []
    for question, answer in decision.answers.items():
        weights = {weight.labeler: weight for weight in answer.weights}
        votes = [
            _vote(vote, weights.get(vote.labeler))
            for vote in evidence.votes
            if vote.question == question
        ]
        lines.append(f"{question}: {_answer(answer)}; {', '.join(votes) or 'no votes'}.")
    return lines or ["No votes were taken."]


def _answer(answer: Answer) -> str:
    if answer.label is None:
        return "no answer"
    settled = "settled" if answer.settled else "not settled"
    quorum = "" if answer.quorum_met else ", without a quorum"
    scale = "" if answer.calibrated else ", uncalibrated"
    return f"{answer.label} at {_percent(answer.probability)} ({settled}{quorum}{scale})"


def _percent(probability: float) -> str:
    """Nothing is certain that is not."""
    shown = f"{probability:.0%}"
    return "over 99%" if shown == "100%" and probability < 1 else shown


def _vote(vote: Vote, weight: Weight | None) -> str:
    match vote.status:
        case VoteStatus.CAST:
            because = f" because of {vote.why}" if vote.why else ""
            by = "" if vote.stand_in is None else f" by its fallback model {vote.stand_in}"
            return f"{vote.labeler} said {vote.label}{by}{because}{_weight(weight)}"
        case VoteStatus.ABSTAINED:
            return f"{vote.labeler} abstained"
        case VoteStatus.FAILED:
            return f"{vote.labeler} failed ({vote.why})"


def _weight(weight: Weight | None) -> str:
    """How much a vote counted, and why."""
    if weight is None:
        return ""
    if weight.assumed is not None:
        known = f"assumed right {weight.assumed:.0%} of the time"
    elif not weight.of:
        known = "not audited yet"
    else:
        known = f"right on {weight.right} of {weight.of} audited tickets"
    return f" (odds x{weight.odds:g}; {known})"


def _facts(evidence: Evidence) -> list[str]:
    facts = evidence.facts
    read: dict[str, list[str]] = {}
    for name, fact in sorted(facts.values.items()):
        if not isinstance(fact.value, list | dict):
            shown = "none" if fact.value is None else _shown(fact.value)
            read.setdefault(fact.source, []).append(f"{name} = {shown}")
    lines = [f"Read from {_whom(source)}: {'; '.join(told)}." for source, told in read.items()]
    lines += [
        f"Not read: {name} from {_whom(unread.source)} ({unread.why})."
        for name, unread in facts.unread.items()
    ]
    return lines or ["No facts were read."]


def _whom(source: str) -> str:
    return "the ticket" if source == "ticket" else source


def _proposal(decision: Decision, evidence: Evidence) -> list[str]:
    proposer = "The bot" if evidence.proposal else f"The play '{decision.play}'"
    if evidence.proposal is None and decision.play is None:
        return ["Nothing was proposed."]
    lines = [f"{proposer} proposed {action_text(decision.action)}."]
    if decision.reply:
        lines.append(f"Drafted reply: {decision.reply}")
    return lines


def _ruling(ruling: Ruling, clauses: Mapping[str, str]) -> list[str]:
    said = {Effect.ALLOW: "allowed", Effect.HUMAN: "held for a person", Effect.DENY: "denied"}
    by = f" by {', '.join(ruling.rules)}" if ruling.rules else ""
    what = {"ticket": "The ticket as a whole", "reply": "The reply"}.get(
        ruling.action, ruling.action
    )
    lines = [f"{what} was {said[ruling.effect]}{by}."]
    lines += [f"Clause {c}: {clauses[c]}" for c in ruling.clauses if c in clauses]
    return lines


def _findings(decision: Decision) -> list[str]:
    if decision.reply is None:
        return ["No reply was drafted."]
    if not decision.findings:
        return ["The reply makes no claim that needs a clause."]
    lines = []
    for finding in decision.findings:
        by = f" by clause {finding.clause}" if finding.clause else ""
        why = "" if finding.verdict is Verdict.SUPPORTED else f" ({finding.why})"
        lines.append(f'"{finding.text}" is {finding.verdict.value}{by}{why}.')
    return lines
