"""What kind of ticket a decision was about, as far as it tells where mistakes may sit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from deskquorum.domain import Decision, Evidence, JsonValue, Question, Vote, VoteStatus
from deskquorum.errors import ConfigError, Problem
from deskquorum.policy import PolicyBook
from deskquorum.reconciliation import contradicted

__all__ = ["UNKNOWN", "Sorting", "Stratum", "cast_on", "main_question", "sorting_of", "stratum_of"]

UNKNOWN = "unknown"
"""Stands for what nobody told, or what is not known any more."""

_SURE, _LIKELY = 0.9, 0.7
_LONGEST = 40
"""Characters of a segment's name; what is longer names no segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """By what a desk sorts its decisions into strata."""

    question: str
    """Its main question."""
    risks: Mapping[str, str]
    """Action to its risk."""
    segment: str = ""
    """The fact that tells a customer's segment."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Stratum:
    """Decisions that are alike in all of this."""

    route: str
    risk: str
    """Of the action that was suggested or done; `none` without one."""
    language: str
    conflict: str
    """Whether labelers `agree`, `differ`, or fewer than two of them voted (`alone`)."""
    uncertainty: str
    """By the answer's probability: `sure` from 0.9 on, `likely` from 0.7 on, or `unsure`."""
    topic: str
    """The answer to the desk's main question; empty without one."""
    segment: str
    """The customer's, as the desk's records tell it."""

    def written(self) -> str:
        """As it stands in the ledger."""
        return json.dumps(asdict(self), ensure_ascii=False)


def stratum_of(decision: Decision, evidence: Evidence, by: Sorting) -> Stratum:
    """The stratum of a recorded decision."""
    answer = decision.answers.get(by.question)
    probability = 0.0 if answer is None else answer.probability
    acted = decision.action
    differ = contradicted(cast_on(by.question, evidence.votes))
    return Stratum(
        route=decision.route,
        risk="none" if acted is None else by.risks.get(acted.name, UNKNOWN),
        language=next(iter(evidence.ticket.languages), "und"),
        conflict="alone" if differ is None else "differ" if differ else "agree",
        uncertainty=(
            "sure" if probability >= _SURE else "likely" if probability >= _LIKELY else "unsure"
        ),
        topic="" if answer is None or answer.label is None else answer.label,
        segment=_segment(evidence.facts.get(by.segment)),
    )


def _segment(told: JsonValue) -> str:
    if isinstance(told, str | int) and 0 < len(str(told).strip()) <= _LONGEST:
        return str(told).strip()
    return UNKNOWN


def cast_on(question: str, votes: tuple[Vote, ...]) -> tuple[Vote, ...]:
    """The votes that name a label."""
    return tuple(v for v in votes if v.question == question and v.status is VoteStatus.CAST)


def main_question(questions: Mapping[str, Question]) -> Question:
    """The one whose answer tells the most: that with the most labels.

    Raises:
        ConfigError: The desk asks nothing.
    """
    if not questions:
        hint = "add questions to desk.yaml"
        raise ConfigError([Problem(path="desk.yaml", message="no question", hint=hint)])
    return max(questions.values(), key=lambda question: len(question.labels))


def sorting_of(questions: Mapping[str, Question], book: PolicyBook) -> Sorting:
    """How a desk sorts its decisions.

    Raises:
        ConfigError: The desk asks nothing.
    """
    return Sorting(
        question=main_question(questions).id,
        risks={name: action.risk for name, action in book.actions.items()},
        segment="" if book.desk is None else book.desk.segment,
    )
