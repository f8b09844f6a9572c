"""How often labelers, and the desk as a whole, are wrong, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from deskquorum.auditing.cases import AuditedCase
from deskquorum.auditing.estimates import CONFIDENCE, Share, share, surely_above
from deskquorum.auditing.strata import cast_on
from deskquorum.domain import Question
from deskquorum.reconciliation import contradicted

__all__ = ["Confusion", "LabelerNoise", "Place", "QuestionNoise", "question_noise", "weighed"]

_MOST_CONFUSIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A share among the decisions that are alike in one way."""

    dimension: str
    value: str
    share: Share
    worse: bool
    """Whether it is surely above the share over all, however many places were looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """One label taken for another."""

    audit: str
    said: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelerNoise:
    """One labeler, on the decisions audited for its question."""

    labeler: str
    noise: Share
    """Of its votes, the wrong ones."""
    silent: Share
    """Of the decisions, those on which it named no label."""
    confusions: tuple[Confusion, ...]
    """The most frequent ones."""
    noise_by: tuple[Place, ...]
    silent_by: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionNoise:
    """One question."""

    question: str
    audited: int
    wrong: Share
    """Of the desk's answers."""
    wrong_by: tuple[Place, ...]
    disagreement: Share
    """Where two labelers or more voted: how often they named different labels."""
    labelers: tuple[LabelerNoise, ...]


def question_noise(cases: Iterable[AuditedCase], question: Question) -> QuestionNoise:
    """What the audits of one question show."""
    asked = question.id
    known = [case for case in cases if case.truth(asked) is not None]
    voted = [case for case in known if contradicted(cast_on(asked, case.votes)) is not None]

    def wrong(case: AuditedCase) -> bool:
        answer = case.answers.get(asked)
        return answer is None or answer.label != case.truth(asked)

    def differ(case: AuditedCase) -> bool:
        return bool(contradicted(cast_on(asked, case.votes)))

    return QuestionNoise(
        question=asked,
        audited=len(known),
        wrong=weighed(known, wrong),
        wrong_by=tuple(_places(known, wrong)),
        disagreement=weighed(voted, differ),
        labelers=tuple(_labeler(known, asked, name) for name in question.labelers),
    )


def weighed(cases: Sequence[AuditedCase], hit: Callable[[AuditedCase], bool]) -> Share:
    """The share of all decisions that were drawn from, by the audited ones."""
    return share([hit(case) for case in cases], [case.weight for case in cases])


def _labeler(known: Sequence[AuditedCase], question: str, labeler: str) -> LabelerNoise:
    def said(case: AuditedCase) -> str | None:
        cast = cast_on(question, case.votes)
        return next((vote.label for vote in cast if vote.labeler == labeler), None)

    def wrong(case: AuditedCase) -> bool:
        return said(case) != case.truth(question)

    def silent(case: AuditedCase) -> bool:
        return said(case) is None

    voted = [case for case in known if not silent(case)]
    seen = Counter((str(case.truth(question)), str(said(case))) for case in voted if wrong(case))
    return LabelerNoise(
        labeler=labeler,
        noise=weighed(voted, wrong),
        silent=weighed(known, silent),
        confusions=tuple(
            Confusion(audit=audit, said=label, n=n)
            for (audit, label), n in sorted(seen.items(), key=lambda pair: (-pair[1], pair[0]))
        )[:_MOST_CONFUSIONS],
        noise_by=tuple(_places(voted, wrong)),
        silent_by=tuple(_places(known, silent)),
    )


def _places(cases: Sequence[AuditedCase], hit: Callable[[AuditedCase], bool]) -> Iterator[Place]:
    falls = sorted({pair for case in cases for pair in case.stratum.items()})
    overall = weighed(cases, hit).value or 0.0
    # Bonferroni: of twenty places one would stand out by chance.
    strict = 1 - (1 - CONFIDENCE) / max(1, len(falls))
    for dimension, value in falls:
        inside = [case for case in cases if case.stratum.get(dimension) == value]
        found = weighed(inside, hit)
        worse = surely_above(found, overall, confidence=strict)
        yield Place(dimension=dimension, value=value, share=found, worse=worse)
