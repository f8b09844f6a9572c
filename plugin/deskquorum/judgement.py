"""The pure core: recorded evidence and today's rules to a decision, without one model call.

Read it top to bottom to follow a ticket after its votes are in: reconcile, fill slots, rule on the
ticket, propose, rule on the action, draft and check the reply, rule on the reply, decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from deskquorum.decision import Dossier, decide
from deskquorum.domain import (
    Action,
    Answer,
    Decision,
    Evidence,
    Fact,
    Facts,
    Finding,
    JsonValue,
    Proposal,
    Question,
    Reason,
    RedactedTicket,
    Route,
    Ruling,
    Usage,
    Vote,
)
from deskquorum.grounding import ClauseIndex, check_reply
from deskquorum.policy import REPLY, TICKET, PolicyBook, rule_on, rule_on_ticket
from deskquorum.proposal import Playbook, draft_reply, propose
from deskquorum.reading import customer_text
from deskquorum.reconciliation import Learned, reconcile, settle_claims, standing

__all__ = [
    "Rulebook",
    "answer_to",
    "answers_of",
    "hand_off",
    "judge",
    "known_of_reply",
    "relied_on",
    "rule_again",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All that ops wrote and learning measured, as one valid set."""

    book: PolicyBook
    playbook: Playbook
    clauses: ClauseIndex
    questions: Mapping[str, Question]
    accuracies: Mapping[str, float]
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    """Labeler id to what asking it costs; who is not listed is free."""
    links: tuple[str, ...] = ()
    """Hosts that a reply may link to."""
    verifier_accuracy: float = 0.75
    """Assumed of each verifier of a reply's claims."""
    relied_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Action to the questions that its decisions read."""
    learned: Learned = field(default_factory=Learned)
    """What was measured of the labelers, and the certificates that rest on it."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What every decision says that it was decided by."""


def answers_of(evidence: Evidence, rules: Rulebook) -> Mapping[str, Answer]:
    """Every question's reconciled answer."""
    return {
        name: answer_to(question, evidence.votes, rules)
        for name, question in rules.questions.items()
    }


def answer_to(question: Question, votes: Sequence[Vote], rules: Rulebook) -> Answer:
    """One question's answer, by what was measured of its labelers or else is assumed."""
    return reconcile(question, votes, rules.accuracies, rules.learned.models.get(question.id))


def judge(
    evidence: Evidence,
    rules: Rulebook,
    *,
    decision_id: str,
    now: datetime,
    saved_calls: int = 0,
    findings: tuple[Finding, ...] | None = None,
) -> Decision:
    """Decide from evidence; the same evidence, rules and time give the same decision.

    Args:
        evidence: All that the decision rests on.
        rules: What ops wrote and learning measured.
        decision_id: Under which it is recorded.
        now: The ticket's moment.
        saved_calls: Model calls that were not needed.
        findings: What the check makes of the proposal's reply, where that was found out already
            from this evidence; None finds it out.
    """
    if any(reason.code in _BROKEN for reason in evidence.failures):
        return hand_off(evidence, rules, decision_id=decision_id, now=now)
    answers = answers_of(evidence, rules)
    claimed = rules.playbook.claimed(customer_text(evidence.ticket), evidence.facts)
    facts = evidence.facts
    ticket_ruling = rule_on_ticket(
        rules.book, facts=facts, answers=answers, claimed=claimed, now=now
    )
    known = _Known(facts=facts, answers=answers, claimed=claimed, now=now, used=evidence.used)
    proposal = evidence.proposal or known.propose(rules)
    guessed = proposal is None
    if guessed:
        # A person is better served by the likeliest suggestion than by none.
        known = replace(known, answers=_likeliest(answers))
        proposal = known.propose(rules)
    ask = partial(known.rule_on, rules.book)
    action_ruling = None if proposal is None or proposal.action is None else ask(proposal.action)
    if proposal is not None and proposal.source == "playbook":
        reply = draft_reply(rules.playbook, rules.book, proposal, action_ruling, facts)
        proposal = replace(proposal, reply=reply)
    dossier = Dossier(
        evidence=evidence,
        answers=answers,
        proposal=proposal,
        ticket_ruling=ticket_ruling,
        action_ruling=action_ruling,
        reply_ruling=None if proposal is None or proposal.reply is None else ask(_REPLY),
        guessed=guessed,
        standings=_standings(rules, answers, evidence.taken_at or now),
        findings=_findings(proposal, rules, evidence) if findings is None else findings,
    )
    return decide(
        dossier,
        decision_id=decision_id,
        now=now,
        policy_hash=rules.book.hash,
        versions=rules.versions,
        saved_calls=saved_calls,
    )


def rule_again(evidence: Evidence, rules: Rulebook, action: Action, *, now: datetime) -> Ruling:
    """What today's rules say of an action on recorded evidence, such as one that a person edited.

    Args:
        evidence: Of the decision; its facts hold placeholders, and so should the action.
        rules: What ops wrote and learning measured.
        action: What somebody wants to do.
        now: The ticket's moment.
    """
    known = _Known(
        facts=evidence.facts,
        answers=answers_of(evidence, rules),
        claimed=rules.playbook.claimed(customer_text(evidence.ticket), evidence.facts),
        now=now,
        used=evidence.used,
    )
    return known.rule_on(rules.book, action)


def hand_off(evidence: Evidence, rules: Rulebook, *, decision_id: str, now: datetime) -> Decision:
    """The decision without a judgement: a person takes the ticket, with what is known of it."""
    return Decision(
        id=decision_id,
        ticket=evidence.ticket.id,
        route=Route.HUMAN,
        action=None,
        reply=None,
        reasons=evidence.failures,
        cost=evidence.cost,
        decided_at=now,
        policy_hash=rules.book.hash,
        versions=rules.versions,
    )


def known_of_reply(proposal: Proposal, facts: Facts, ticket: RedactedTicket) -> Facts:
    """What a reply may tell: the facts, and the action that goes out with it."""
    if proposal.action is None:
        return Facts(values=facts.values)
    done = {"name": proposal.action.name} | dict(proposal.action.args)
    told = {
        f"action.{name}": Fact(value=value, source="proposal", read_at=ticket.last_at)
        for name, value in done.items()
    }
    return Facts(values={**facts.values, **told})


def relied_on(book: PolicyBook, playbook: Playbook, action: str) -> tuple[str, ...]:
    """The questions that an action's decisions read: in its rules, the ticket's and its plays."""
    conditions = [
        guarded.condition
        for name in (action, TICKET)
        for rule in book.by_action.get(name, ())
        if (guarded := rule.conditions[name]) is not None
    ]
    for play in playbook.plays:
        if action in {play.action, REPLY}:
            conditions += [play.when, *play.args.values()]
    named = {name for condition in conditions for name in condition.names}
    return tuple(name for name in book.labels if f"answer.{name}" in named)


_REPLY = Action(name=REPLY)

_BROKEN = frozenset({"late", "stage-failed", "unanswered"})
"""Failures after which nothing was judged; any other is one of a judgement's reasons."""


def _standings(
    rules: Rulebook, answers: Mapping[str, Answer], at: datetime
) -> Mapping[str, Reason]:
    """What the certificate of each action says of these answers."""
    return {
        name: standing(spec, rules.learned, answers, at=at)
        for name, spec in rules.book.actions.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What conditions read."""

    facts: Facts
    answers: Mapping[str, Answer]
    claimed: Mapping[str, JsonValue]
    now: datetime
    used: Mapping[str, Usage]

    def propose(self, rules: Rulebook) -> Proposal | None:
        return propose(
            rules.playbook,
            rules.book,
            facts=self.facts,
            answers=self.answers,
            claimed=self.claimed,
            now=self.now,
        )

    def rule_on(self, book: PolicyBook, action: Action) -> Ruling:
        return rule_on(
            book,
            action,
            facts=self.facts,
            answers=self.answers,
            claimed=self.claimed,
            now=self.now,
            used=self.used,
        )


def _likeliest(answers: Mapping[str, Answer]) -> Mapping[str, Answer]:
    """The answers as if each were settled on its likeliest label."""
    return {name: replace(a, settled=a.label is not None) for name, a in answers.items()}


def _findings(
    proposal: Proposal | None, rules: Rulebook, evidence: Evidence
) -> tuple[Finding, ...]:
    if proposal is None or proposal.reply is None:
        return ()
    return check_reply(
        proposal.reply,
        index=rules.clauses,
        facts=known_of_reply(proposal, evidence.facts, evidence.ticket),
        allowed_links=rules.links,
        answers=settle_claims(proposal.reply, evidence.claim_votes, rules.verifier_accuracy),
    )
