"""Which labelers to ask next: nobody whose vote could change nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

from deskquorum.domain import Answer, Evidence, Question, Vote, VoteStatus
from deskquorum.judgement import Rulebook, answer_to
from deskquorum.labeling import Askable
from deskquorum.reconciliation import could_change, next_labeler

__all__ = ["as_asked", "labelers_to_ask"]

_TRIED = 64
"""Combinations of votes up to which each is tried; beyond, they might change something."""


def labelers_to_ask(
    rules: Rulebook, votes: Sequence[Vote], left: Sequence[Askable]
) -> Collection[str]:
    """Ids of the labelers to ask in the next round; empty when nobody's vote could matter.

    Each question goes through its labelers wave by wave, the free ones before those that cost
    money. Once they are measured, those that cost money are asked one at a time, the one first
    that is expected to settle most per price.
    """
    chosen: set[str] = set()
    for name, question in rules.questions.items():
        unasked = [labeler for labeler in left if labeler.question == name]
        if unasked:
            chosen.update(_next(rules, question, [v for v in votes if v.question == name], unasked))
    return chosen


def _next(
    rules: Rulebook, question: Question, votes: Sequence[Vote], left: Sequence[Askable]
) -> Iterable[str]:
    prices = {labeler.id: rules.prices.get(labeler.id, Decimal(0)) for labeler in left}
    free = [labeler for labeler in left if not prices[labeler.id]]
    first = min(labeler.wave for labeler in free or left)
    wave = [labeler.id for labeler in free or left if labeler.wave == first]
    learned = rules.learned.models.get(question.id)
    at_once = free or learned is None
    if at_once and not votes:
        return wave
    answer, level = answer_to(question, votes, rules), _sure_from(rules, question)
    if _sure_enough(answer, level):
        return ()
    if not _may_change(rules, question, votes, left, answer=answer, level=level):
        return ()
    if at_once or learned is None:
        return wave
    best = next_labeler(
        learned.model, _cast(votes), {name: prices[name] for name in wave}, threshold=None
    )
    return wave if best is None else (best,)


def _sure_enough(answer: Answer, level: float | None) -> bool:
    """Whether the answer is as sure as the strictest action that rests on it asks."""
    sure = answer.calibrated and level is not None and answer.probability >= level
    return sure and answer.settled and answer.quorum_met


def _sure_from(rules: Rulebook, question: Question) -> float | None:
    """The probability from which no more is asked; None where no action asks for a certificate.

    The level does not come from a certificate, so that certificates can be issued for asking so.
    """
    errors = [
        spec.autonomy.max_error
        for name, spec in rules.book.actions.items()
        if spec.autonomy is not None and question.id in rules.relied_on.get(name, ())
    ]
    return 1 - min(errors) if errors else None


def as_asked(rules: Rulebook, evidence: Evidence) -> Evidence:
    """The evidence with only those votes that the desk would have asked for, all being there."""
    votes = {vote.labeler: vote for vote in evidence.votes}
    specs = {} if rules.book.desk is None else rules.book.desk.labelers
    left: list[Askable] = [spec for name, spec in specs.items() if name in votes]
    asked: list[Vote] = []
    while wanted := labelers_to_ask(rules, asked, left):
        asked += [votes[name] for name in sorted(wanted)]
        left = [labeler for labeler in left if labeler.id not in wanted]
    return replace(evidence, votes=tuple(asked))


def _may_change(
    rules: Rulebook,
    question: Question,
    votes: Sequence[Vote],
    left: Sequence[Askable],
    *,
    answer: Answer,
    level: float | None,
) -> bool:
    """Whether the label, that it is settled or sure, or its quorum may change; careful."""
    if (len(question.labels) + 1) ** len(left) <= _TRIED:
        others = (answer_to(question, [*votes, *m], rules) for m in _possible(question, left))
        now = _outcome(answer, level)
        return any(_outcome(other, level) != now for other in others)
    learned = rules.learned.models.get(question.id)
    if learned is None or not answer.quorum_met or not answer.settled:
        return True
    remaining = [labeler.id for labeler in left]
    thresholds = {question.settle_at, level or question.settle_at}
    cast = _cast(votes)
    return any(could_change(learned.model, cast, remaining, threshold=t) for t in thresholds)


def _possible(question: Question, left: Sequence[Askable]) -> Iterable[list[Vote]]:
    """Every way in which the labelers left may vote; None is an abstention."""
    for labels in product([None, *question.labels], repeat=len(left)):
        yield [
            Vote(
                question=question.id,
                labeler=labeler.id,
                status=VoteStatus.CAST,
                label=label,
                family=labeler.family,
            )
            for labeler, label in zip(left, labels, strict=True)
            if label is not None
        ]


def _outcome(answer: Answer, level: float | None) -> tuple[str | None, bool, bool, bool]:
    return answer.label, answer.settled, answer.quorum_met, _sure_enough(answer, level)


def _cast(votes: Sequence[Vote]) -> Mapping[str, str]:
    return {v.labeler: v.label for v in votes if v.label is not None and v.stand_in is None}
