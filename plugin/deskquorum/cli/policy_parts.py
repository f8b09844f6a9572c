"""A rule's condition taken apart: which of its parts hold, which don't, and on what values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deskquorum.domain import JsonValue
from deskquorum.policy import Bindings, Environment, Missing, NoValue
from deskquorum.policy.expressions import (
    CONDITION,
    closing,
    joined_parts,
    loop_in,
    unwrapped,
    words_of,
)
from deskquorum.policy.reads import fact_of

__all__ = ["Part", "State", "Taker", "telling"]

State = Literal["holds", "fails", "unknown"]

_MOST_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A condition, or a part of it that stands between `&&` or `||`."""

    text: str
    """As written, on one line."""
    state: State
    values: tuple[str, ...] = ()
    """What it read, in words: `order.status is "delivered"`."""
    joined: Literal["all", "any"] | None = None
    """How `parts` make it up; None for one that is not taken apart."""
    parts: tuple[Part, ...] = ()


def telling(part: Part) -> Iterator[Part]:
    """The smallest parts that make a condition hold, fail or stay open."""
    if part.joined is None:
        yield part
        return
    decided = {("all", "fails"): "fails", ("any", "holds"): "holds"}.get((part.joined, part.state))
    wanted = {decided} if decided else {part.state}
    for inner in part.parts:
        if inner.state in wanted:
            yield from telling(inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Takes conditions on one action apart."""

    environment: Environment
    bindings: Bindings
    action: str | None

    def take(self, text: str) -> Part:
        """The condition with its parts, each evaluated by itself."""
        text = unwrapped(text)
        if _is_named(text):
            return self._named(_on_one_line(text))
        joined = joined_parts(text)
        if joined is None:
            return self._whole(text)
        mark, parts = joined
        return Part(
            text=_on_one_line(text),
            state=self._state(text),
            joined="any" if mark == "||" else "all",
            parts=tuple(self.take(part) for part in parts),
        )

    def _named(self, name: str) -> Part:
        inner = self.take(self.environment.compile(name, action=self.action).text)
        return Part(
            text=f"{name} ({inner.text})" if inner.joined is None else name,
            state=inner.state,
            values=inner.values,
            joined=inner.joined,
            parts=inner.parts,
        )

    def _whole(self, text: str) -> Part:
        value = self._evaluated(text)
        values = [*self._values(text), *self._deciding(text, value)]
        if isinstance(value, NoValue):
            values.append(f"no value: {value.why}")
        return Part(text=_on_one_line(text), state=_state_of(value), values=tuple(values))

    def _evaluated(self, text: str) -> JsonValue | datetime | Missing | NoValue:
        return self.environment.compile(text, action=self.action).evaluate(self.bindings)

    def _state(self, text: str) -> State:
        return _state_of(self._evaluated(text))

    def _values(self, text: str) -> Iterator[str]:
        expanded = self.environment.compile(text, action=self.action).text
        for name in dict.fromkeys(self.environment.names_in(expanded, action=self.action)):
            if not name.startswith("known."):
                yield f"{fact_of(name)} {self._value(fact_of(name))}"

    def _value(self, name: str) -> str:
        if name in self.bindings.unfit:
            return f"is not as declared ({self.bindings.unfit[name]})"
        if name in self.bindings.absent:
            return "is absent (null)"
        if name not in self.bindings.present:
            return "was not read"
        value = self._evaluated(name)
        if isinstance(value, Missing | NoValue):
            return "has no value"
        return f"is {_shown(value)}"

    def _deciding(self, text: str, value: object) -> Iterator[str]:
        """The element on which a loop failed, or that it found."""
        loop = loop_in(text)
        if loop is None or value is not (loop.kind == "exists"):
            return
        items = self._evaluated(loop.items)
        # Over the keys of a map, or where an element gave no value, there is nothing to point at.
        turned = self._evaluated(f"({loop.items}).map({loop.variable}, {loop.test})")
        if isinstance(items, list) and isinstance(turned, list) and value in turned:
            at = turned.index(value)
            said = "found" if value else "failed on"
            yield f"{said} element {at + 1}: {_shown(items[at])}"


def _is_named(text: str) -> bool:
    """Whether it is nothing but one named condition, its arguments included."""
    words = list(words_of(text))
    if not words or not words[0].text.startswith(f"{CONDITION}."):
        return False
    more = words[1:]
    return not more or (more[0].text == "(" and closing(more) == len(more) - 1)


def _state_of(value: object) -> State:
    if value is True:
        return "holds"
    return "fails" if value is False else "unknown"


def _shown(value: JsonValue | datetime) -> str:
    match value:
        case list() if not all(isinstance(item, str | int) for item in value):
            return f"a list of {len(value)}"
        case dict() if any(isinstance(item, dict) for item in value.values()):
            return f"a mapping with {len(value)} entries"
        case _:
            text = json.dumps(value, ensure_ascii=False, default=datetime.isoformat)
            text = text.strip('"') if isinstance(value, datetime) else text
            return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
