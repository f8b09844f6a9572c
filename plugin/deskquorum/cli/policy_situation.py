"""A situation from a JSON file: the facts, answers and arguments that rules are tried out on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from deskquorum import domain
from deskquorum.cli.batch import read_rows
from deskquorum.domain import Action, Answer, Fact, Facts, Ruling, Usage
from deskquorum.errors import InputError
from deskquorum.formats import parse_json
from deskquorum.policy import (
    REPLY,
    TICKET,
    Bindings,
    PolicyBook,
    UsedShape,
    bind,
    flattened,
    rule_on,
    rule_on_ticket,
    used_in,
)
from deskquorum.policy.bindings import UNSETTLED
from deskquorum.policy.moments import told_now
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.wrong_fields import wrong_fields

__all__ = ["ActionShape", "Situation", "SituationShape", "read_situation", "said", "situation_of"]

_ALIKE = 0.8
_OF_ROWS = ("expected", "clause")
"""What rows for `policy authorize` have beside a situation."""


class ActionShape(BaseModel):
    """An action that is asked about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    args: dict[str, JsonValue] = {}


class SituationShape(BaseModel):
    """What a situation, or a row of a batch, tells."""

    # A batch row may carry fields of the host's own.
    model_config = ConfigDict(extra="ignore", frozen=True)

    facts: dict[str, JsonValue] = {}
    action: ActionShape | None = None
    answers: dict[str, str] = {}
    claimed: dict[str, JsonValue] = {}
    used: dict[str, UsedShape] = {}
    now: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_misspelt_key(cls, written: object) -> object:
        """What is almost a key of ours is hardly one of the host's."""
        keys = set(written) if isinstance(written, dict) else set()
        for key in sorted(keys - cls.model_fields.keys()):
            meant = _meant(key)
            if meant not in {None, key, *keys}:
                raise ValueError(f"unknown key '{key}'; did you mean '{meant}'?")
        return written


# Rows of one file all have the same keys.
@lru_cache(maxsize=1000)
def _meant(key: str) -> str | None:
    """The key of ours that a key is, or almost is."""
    known = [*SituationShape.model_fields, *_OF_ROWS]
    near = get_close_matches(key, known, n=1, cutoff=_ALIKE)
    return near[0] if near else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that the rules on one action may read."""

    action: Action | None
    """The action that the file asks about, if it names one."""
    facts: Facts
    answers: Mapping[str, Answer]
    claimed: Mapping[str, domain.JsonValue]
    used: Mapping[str, Usage]
    now: datetime | None

    def ruling(self, book: PolicyBook, action: str) -> Ruling:
        """What the gate says of an action, a reply or the ticket here."""
        if action == TICKET:
            return rule_on_ticket(
                book,
                facts=self.facts,
                answers=self.answers,
                claimed=self.claimed,
                now=self.now,
            )
        return rule_on(
            book,
            Action(name=action, args={} if self.action is None else self.action.args),
            facts=self.facts,
            answers=self.answers,
            claimed=self.claimed,
            now=self.now,
            used=self.used,
        )

    def bindings(self, book: PolicyBook, action: str) -> Bindings:
        """The values as the conditions on that action read them."""
        named = action not in {TICKET, REPLY}
        return bind(
            book,
            facts=self.facts,
            answers=self.answers,
            claimed=self.claimed,
            args=self.action.args if named and self.action is not None else {},
            now=self.now,
            action=None if action == TICKET else action,
        )


def read_situation(path: Path, book: PolicyBook, *, row: str | None) -> Situation:
    """Read facts alone, or an object with `facts` beside `action`, `answers`, `claimed`, `now`.

    Args:
        path: A JSON object; JSON Lines where a row is named.
        book: The policies, which say what is a fact.
        row: The `id` of the row that is meant.

    Raises:
        InputError: What can't be read, without showing its values.
    """
    found = _object(path) if row is None else _row(path, row)
    # Facts by their names are a situation in which nothing else is told.
    written = found if isinstance(found.get("facts"), dict) else {"facts": found}
    try:
        shape = SituationShape.model_validate(written)
        return situation_of(shape, book, source=str(path))
    except ValidationError as exc:
        raise InputError(f"{path}: {said(exc)}") from exc
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc


def said(error: ValidationError) -> str:
    """The first problem of a situation, with its place, without any value."""
    place, message = next(iter(wrong_fields(error).items()))
    return f"{'.'.join(place)}: {message}" if place else message


def situation_of(shape: SituationShape, book: PolicyBook, *, source: str) -> Situation:
    """What a situation tells, as the gate reads it: the one reader of `explain` and `authorize`.

    Args:
        shape: As it was written.
        book: The policies, which say what is a fact.
        source: Where its facts are said to come from.

    Raises:
        InputError: What is not declared or no moment, without showing its values.
    """
    _check_declared(shape, book)
    try:
        now = told_now(shape.now, shape.facts, book.environment.variables)
        used = used_in(book, shape.used)
    except ValueError as exc:
        raise InputError(str(exc)) from None
    read_at = now or datetime.min.replace(tzinfo=UTC)
    values = flattened(_plain(shape.facts), book.environment.facts)
    return Situation(
        action=None if shape.action is None else _action(shape.action),
        facts=Facts(
            values={
                name: Fact(value=value, source=source, read_at=read_at)
                for name, value in values.items()
            }
        ),
        answers={name: _answer(name, label) for name, label in shape.answers.items()},
        claimed=_plain(shape.claimed),
        used=used,
        now=now,
    )


def _check_declared(shape: SituationShape, book: PolicyBook) -> None:
    for name in shape.claimed:
        if name not in book.slots:
            hint = did_you_mean(name, book.slots, what="slots")
            raise InputError(f"claimed: unknown slot '{name}'; {hint}".removesuffix("; "))
    for name, label in shape.answers.items():
        if name not in book.labels:
            hint = did_you_mean(name, book.labels, what="questions") or "desk.yaml declares them"
            raise InputError(f"answers: unknown question '{name}'; {hint}")
        if label not in {*book.labels[name], UNSETTLED}:
            hint = did_you_mean(label, book.labels[name], what="its labels")
            raise InputError(f"answers.{name}: no such label; {hint}".removesuffix("; "))


def _object(path: Path) -> Mapping[str, domain.JsonValue]:
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: can't be read as UTF-8 text") from exc
    except InputError as exc:
        raise InputError(f"{path}: not one JSON object; of JSON Lines, name a --row") from exc


def _row(path: Path, identity: str) -> Mapping[str, domain.JsonValue]:
    for row in read_rows(path):
        if row.error is None and str(row.value.get("id")) == identity:
            return row.value
    raise InputError(f"{path}: no row has the id '{identity}'")


def _action(shape: ActionShape) -> Action:
    # Values of any kind are handed on: what fits is the gate's to say.
    return Action(name=shape.name, args=_plain(shape.args))


def _answer(question: str, label: str) -> Answer:
    settled = label != UNSETTLED
    return Answer(
        question=question,
        label=label if settled else None,
        probability=1.0 if settled else 0.0,
        settled=settled,
        calibrated=False,
    )


def _plain(values: Mapping[str, JsonValue]) -> Mapping[str, domain.JsonValue]:
    """Values of a parsed file hold no floats: those became decimal text when it was read."""
    return cast("Mapping[str, domain.JsonValue]", values)
