"""A situation from a JSON file: the facts, answers and arguments that rules are tried out on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

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
    UnfitError,
    UsedShape,
    bind,
    flattened,
    moment_of,
    rule_on,
    rule_on_ticket,
    used_in,
)
from deskquorum.policy.fact_types import Scalar

__all__ = ["Situation", "read_situation"]


class _ActionShape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    args: dict[str, JsonValue] = {}


class _SituationShape(BaseModel):
    # A row for `policy authorize` carries an id and what is expected too.
    model_config = ConfigDict(extra="ignore", frozen=True)

    facts: dict[str, JsonValue]
    action: _ActionShape | None = None
    answers: dict[str, str] = {}
    claimed: dict[str, JsonValue] = {}
    used: dict[str, UsedShape] = {}
    now: str | None = None


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
        shape = _SituationShape.model_validate(written)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(key) for key in first["loc"])
        raise InputError(f"{path}: '{place}': {first['msg'].lower()}") from exc
    now = _moment(path, shape, book)
    read_at = now or datetime.now(UTC)
    values = flattened(_plain(shape.facts), book.environment.facts)
    return Situation(
        action=None if shape.action is None else _action(shape.action),
        facts=Facts(
            values={
                name: Fact(value=value, source=str(path), read_at=read_at)
                for name, value in values.items()
            }
        ),
        answers={name: _answer(name, label, book) for name, label in shape.answers.items()},
        claimed=_plain(shape.claimed),
        used=_used(path, shape, book),
        now=now,
    )


def _used(path: Path, shape: _SituationShape, book: PolicyBook) -> Mapping[str, Usage]:
    try:
        return used_in(book, shape.used)
    except ValueError as exc:
        raise InputError(f"{path}: {exc}") from None


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


def _moment(path: Path, shape: _SituationShape, book: PolicyBook) -> datetime | None:
    """`now` as it is told beside the facts or among them."""
    told = shape.now if shape.now is not None else shape.facts.get("now")
    if told is None:
        return None
    kind = book.environment.variables["now"].type
    try:
        return moment_of(str(told), zone=kind.zone if isinstance(kind, Scalar) else None)
    except UnfitError as exc:
        hint = "write a time with its zone, such as 2026-01-31T09:00:00Z"
        raise InputError(f"{path}: 'now' is no time; {hint}") from exc


def _action(shape: _ActionShape) -> Action:
    # Values of any kind are handed on: what fits is the gate's to say.
    return Action(name=shape.name, args=_plain(shape.args))


def _answer(question: str, label: str, book: PolicyBook) -> Answer:
    settled = label in book.labels.get(question, ())
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
