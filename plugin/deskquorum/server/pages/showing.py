"""What a decision rests on, as pages show it: answers with their votes, facts, arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from deskquorum.domain import Action, Answer, Facts, JsonValue, Vote, VoteStatus
from deskquorum.judgement import Rulebook
from deskquorum.ledger import Entry
from deskquorum.policy import currency_of, decimal_text
from deskquorum.server.pages.wording import Wording

__all__ = ["AnswerView", "ArgView", "FactView", "answer_views", "arg_views", "fact_views"]

_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,4})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d\S*)?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """One question with who said what."""

    question: str
    ask: str
    answer: Answer
    settle_at: float
    votes: tuple[Vote, ...]
    breadth: int
    """Labels that it could have had: the more, the more its answer tells."""
    used: bool
    """Whether the decision's action reads it."""

    @property
    def agreeing(self) -> int:
        """Labelers that name the answer's label."""
        return sum(vote.label == self.answer.label for vote in self._cast)

    @property
    def speaking(self) -> int:
        """Labelers that voted."""
        return len(self._cast)

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """The likeliest labels with their probabilities, at most three."""
        distribution = self.answer.distribution
        if not distribution and self.answer.label is not None:
            distribution = {self.answer.label: self.answer.probability}
        return sorted(distribution.items(), key=lambda pair: -pair[1])[:3]

    @property
    def _cast(self) -> list[Vote]:
        return [vote for vote in self.votes if vote.status is VoteStatus.CAST]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgView:
    """One argument of an action."""

    name: str
    shown: str
    written: str
    """As a form holds it."""
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    """One fact."""

    record: str
    name: str
    shown: str
    source: str
    read_at: datetime


def answer_views(entry: Entry, rules: Rulebook) -> list[AnswerView]:
    """The answers: first those that the action rests on, then those that are open."""
    action = entry.decision.action
    relied_on = () if action is None else rules.relied_on.get(action.name, ())
    views = [
        AnswerView(
            question=name,
            ask=rules.questions[name].ask if name in rules.questions else name,
            answer=answer,
            settle_at=rules.questions[name].settle_at if name in rules.questions else 1.0,
            votes=tuple(vote for vote in entry.evidence.votes if vote.question == name),
            breadth=len(rules.questions[name].labels) if name in rules.questions else 0,
            used=name in relied_on,
        )
        for name, answer in entry.decision.answers.items()
    ]
    return sorted(views, key=lambda view: (not view.used, view.answer.settled, -view.breadth))


def arg_views(
    action: Action | None, rules: Rulebook, facts: Facts, words: Wording
) -> list[ArgView]:
    """An action's arguments, money in its currency."""
    spec = None if action is None else rules.book.actions.get(action.name)
    known = {} if spec is None else spec.args
    given: Mapping[str, JsonValue] = {} if action is None else action.args
    views = []
    for name in dict.fromkeys([*known, *given]):
        value, arg = given.get(name), known.get(name)
        currency = None
        if arg is not None and arg.type == "money":
            currency = currency_of(arg, facts)
        shown = _shown(value, words, currency)
        kind = "string" if arg is None else arg.type
        views.append(ArgView(name=name, shown=shown, written=_written(value), type=kind))
    return views


def fact_views(facts: Facts, words: Wording) -> list[FactView]:
    """The facts by record; lists tell how many they hold."""
    return list(_facts(facts, words))


def _facts(facts: Facts, words: Wording) -> Iterator[FactView]:
    for name, fact in sorted(facts.values.items()):
        record, _, last = name.rpartition(".")
        if isinstance(fact.value, dict):
            # Its fields are facts of their own.
            continue
        shown = _shown(fact.value, words, None)
        currency = facts.get(f"{record}.currency")
        if last.endswith("_minor") and isinstance(fact.value, int) and isinstance(currency, str):
            shown = words.money(decimal_text(fact.value, currency), currency)
            last = last.removesuffix("_minor")
        yield FactView(
            record=record, name=last, shown=shown, source=fact.source, read_at=fact.read_at
        )


def _shown(value: JsonValue, words: Wording, currency: str | None) -> str:
    match value:
        case None | True | False:
            return words.text({None: "none", True: "yes", False: "no"}[value])
        case str():
            return _text(value, words, currency)
        case list() if any(isinstance(inner, dict | list) for inner in value):
            return words.count("entries", len(value))
        case list():
            return ", ".join(_shown(inner, words, None) for inner in value) or words.text("none")
    # Years and numbers of things alike: digits are not grouped.
    return json.dumps(value, ensure_ascii=False)


def _text(value: str, words: Wording, currency: str | None) -> str:
    if currency is not None and _AMOUNT.fullmatch(value):
        return words.money(Decimal(value), currency)
    return _moment(value, words) if _MOMENT.match(value) else value


def _moment(text: str, words: Wording) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) == len("2026-11-30"):
        return words.day(at)
    return text if at.tzinfo is None else words.moment(at)


def _written(value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
    return json.dumps(value, ensure_ascii=False)
