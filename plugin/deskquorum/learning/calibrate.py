"""From audited tickets to measured labelers, and to certificates for actions.

One half of the audited tickets fits the models, the other half certifies: a bound holds only on
tickets that the fit has not seen.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deskquorum.asking import as_asked
from deskquorum.domain import Decision, Effect, Evidence, Question, Vote
from deskquorum.judgement import Rulebook, judge
from deskquorum.labeling import StudentLabeler
from deskquorum.learning.voted import measured_votes, table_of
from deskquorum.policy import TICKET
from deskquorum.reconciliation import (
    Certificate,
    Certified,
    Learned,
    QuestionModel,
    certify,
    contradicted,
    fit_from_votes,
    most_named,
)

__all__ = [
    "VALID_FOR",
    "Audited",
    "certify_actions",
    "fit_models",
    "fit_question",
    "halves",
    "unseen",
]

VALID_FOR = timedelta(days=90)
"""How long a certificate holds unless it is issued anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A ticket with its votes, and what a person found to be true of it."""

    evidence: Evidence
    truth: Mapping[str, str]
    """Question to its label; questions that nobody looked at are left out."""


def unseen(tickets: Iterable[Audited], students: Iterable[StudentLabeler]) -> list[Audited]:
    """The tickets without the votes of students that the very ticket taught."""
    students = tuple(students)
    found = []
    for ticket in tickets:
        knew = {s.id for s in students if s.student.was_taught(ticket.evidence.ticket.id)}
        votes = tuple(vote for vote in ticket.evidence.votes if vote.labeler not in knew)
        found.append(replace(ticket, evidence=replace(ticket.evidence, votes=votes)))
    return found


def halves(
    tickets: Sequence[Audited], students: Iterable[StudentLabeler] = ()
) -> tuple[tuple[Audited, ...], tuple[Audited, ...]]:
    """One half to fit on and one to certify on, told apart by the ticket's id alone.

    Tickets that taught a student are never certified on: live, its votes are on new ones.
    """
    students = tuple(students)

    def digest(ticket: Audited) -> str:
        return hashlib.sha256(ticket.evidence.ticket.id.encode()).hexdigest()

    def taught(ticket: Audited) -> bool:
        return any(s.student.was_taught(ticket.evidence.ticket.id) for s in students)

    ranked = sorted(tickets, key=digest)
    held = ranked[1::2]
    return (
        (*ranked[::2], *(ticket for ticket in held if taught(ticket))),
        tuple(ticket for ticket in held if not taught(ticket)),
    )


def fit_question(
    question: Question, tickets: Iterable[Audited], *, fitted_at: datetime
) -> QuestionModel | None:
    """Measure one question's labelers; None where too few tickets were audited for it.

    Tickets without an audited label count with their votes.
    """
    tickets = tuple(tickets)
    cast = {t.evidence.ticket.id: measured_votes(question, t.evidence.votes) for t in tickets}
    table = table_of(question, cast)
    truth = {t.evidence.ticket.id: t.truth[question.id] for t in tickets if question.id in t.truth}
    model = fit_from_votes(table, truth)
    if model is None:
        return None
    return QuestionModel(
        question=question.id,
        model=model,
        fitted_at=fitted_at,
        items=len(table.items),
        data_hash=_hash(table.items, cast, truth),
        disagreement=_disagreement(cast.values()),
        named=_named(cast.values()),
        rights=_rights(cast, truth),
    )


def fit_models(
    fitting: Sequence[Audited],
    rules: Rulebook,
    *,
    fitted_at: datetime,
    drawn: Sequence[Evidence] = (),
) -> dict[str, QuestionModel]:
    """Measure the labelers of every question that enough tickets were audited for.

    A model's disagreement, which drift is measured against, is that of the labelers who would have
    been asked: live, the later ones are asked just where there is doubt.

    Args:
        fitting: Audited tickets, however they were chosen.
        rules: Whose labelers are asked.
        fitted_at: When.
        drawn: Tickets that stand for all that come in; by these the mix of labels is known.
    """
    models = {
        name: model
        for name, question in rules.questions.items()
        if (model := fit_question(question, fitting, fitted_at=fitted_at)) is not None
    }
    live = replace(rules, learned=Learned(models=models))
    asked = [as_asked(live, ticket.evidence).votes for ticket in fitting]
    usual = [as_asked(live, evidence).votes for evidence in drawn]
    return {
        name: replace(
            model,
            disagreement=_disagreement(
                measured_votes(rules.questions[name], votes) for votes in asked
            ),
            named=_named(measured_votes(rules.questions[name], votes) for votes in usual),
        )
        for name, model in models.items()
    }


def certify_actions(
    tickets: Sequence[Audited], rules: Rulebook, *, issued_at: datetime
) -> Mapping[str, tuple[Certified, Certificate | None]]:
    """Certify every action that policies want certified; on tickets that nothing was fitted on.

    A decision counts as wrong when any answer that it relies on is not what the audit found. The
    tickets' votes are cut down to those that the desk would have asked for, for a probability at
    which asking stopped is not the one that all votes give.
    """
    wanted = {n: a.autonomy for n, a in rules.book.actions.items() if a.autonomy is not None}
    decided = [(ticket, _decided(ticket, rules)) for ticket in tickets]
    ids = sorted(ticket.evidence.ticket.id for ticket in tickets)
    found: dict[str, tuple[Certified, Certificate | None]] = {}
    for action, autonomy in wanted.items():
        # An action that rests on no answer has nothing that an audit could have found wrong.
        questions = rules.relied_on.get(action, ())
        scored = [
            (
                min(decision.answers[q].probability for q in questions),
                all(decision.answers[q].label == ticket.truth[q] for q in questions),
            )
            for ticket, decision in decided
            if questions and _audited(ticket, questions) and _would_act(decision, action)
        ]
        certified = certify(
            [probability for probability, _ in scored],
            [right for _, right in scored],
            max_error=autonomy.max_error,
            confidence=autonomy.confidence,
        )
        certificate = None
        if certified.threshold is not None:
            certificate = Certificate(
                action=action,
                questions=questions,
                max_error=certified.max_error,
                confidence=certified.confidence,
                threshold=certified.threshold,
                n=certified.n,
                errors=certified.errors,
                upper_bound=certified.upper_bound,
                coverage=certified.coverage,
                issued_at=issued_at,
                expires_at=issued_at + VALID_FOR,
                models_hash=rules.learned.models_hash(questions),
                policy_hash=rules.book.hash,
                data_hash=hashlib.sha256("\n".join(ids).encode()).hexdigest(),
            )
        found[action] = (certified, certificate)
    return found


def _audited(ticket: Audited, questions: Iterable[str]) -> bool:
    return all(question in ticket.truth for question in questions)


def _would_act(decision: Decision, action: str) -> bool:
    """Whether nothing but a certificate, or its mode, may keep the action from going by itself."""
    if any(reason.code == "labeler-failed" for reason in decision.reasons):
        return False
    ruled = {ruling.action: ruling.effect for ruling in decision.rulings}
    return ruled.get(action) is Effect.ALLOW and ruled.get(TICKET) is Effect.ALLOW


def _decided(ticket: Audited, rules: Rulebook) -> Decision:
    asked = as_asked(rules, ticket.evidence)
    return judge(asked, rules, decision_id="", now=asked.ticket.last_at)


def _named(cast: Iterable[Sequence[Vote]]) -> Mapping[str, int]:
    return Counter(label for votes in cast if (label := most_named(votes)) is not None)


def _disagreement(tickets: Iterable[Sequence[Vote]]) -> float:
    """Share of tickets on which votes differ, of those with two votes or more."""
    differing = [contradicted(votes) for votes in tickets]
    compared = [found for found in differing if found is not None]
    return sum(compared) / len(compared) if compared else 0.0


def _rights(
    cast: Mapping[str, Sequence[Vote]], truth: Mapping[str, str]
) -> Mapping[str, tuple[int, int]]:
    rights: dict[str, tuple[int, int]] = {}
    for item, label in truth.items():
        for vote in cast[item]:
            right, of = rights.get(vote.labeler, (0, 0))
            rights[vote.labeler] = (right + (vote.label == label), of + 1)
    return rights


def _hash(
    items: Iterable[str], cast: Mapping[str, Sequence[Vote]], truth: Mapping[str, str]
) -> str:
    rows = [
        f"{item}\t{truth.get(item, '')}\t"
        + ",".join(sorted(f"{vote.labeler}={vote.label}" for vote in cast[item]))
        for item in sorted(items)
    ]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
