"""Texts that a condition compares a value with, checked against the values that it can have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from deskquorum.policy.complaints import Complaint
from deskquorum.policy.expressions import Word, words_of
from deskquorum.policy.fact_types import FactType, ListOf, MapOf, Record, Scalar, TypeSpec
from deskquorum.policy.named_parts import Expanded
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.syntax import Tree

__all__ = ["Kinds", "impossible_literals", "impossible_words", "unreadable_literals"]

_MOMENTS = {
    "timestamp": ("time with its zone", 'write "2026-01-31T09:00:00Z"'),
    "duration": ("length of time", 'write "24h" for a day, or "90m"'),
}
"""Functions that read a text; what it must be; the mend."""

_EQUAL = frozenset({"==", "!="})
_EQUAL_CALLS = frozenset({"_==_", "_!=_"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What is declared, to tell the type of every part of an expression."""

    declared: Mapping[str, TypeSpec]
    record_of: Callable[[str], tuple[str, Record] | None]
    """The type of a part (`Tree.type`) to the record, and what declares it."""

    def of(self, tree: Tree, loops: Mapping[str, _Named | None]) -> _Named | None:
        """The declared type of a part, and its name; None where nobody declared one."""
        match tree:
            case Tree(kind="name", name=name) if name in loops:
                return loops[name]
            case Tree(kind="name", name=name) if name in self.declared:
                return name, self.declared[name].type
            case Tree(kind="select", name=name, parts=(owner,)):
                return self._field(owner.type, name)
            case Tree(kind="call", name="_[_]", parts=(holder, _)):
                return _element(self.of(holder, loops))
            case Tree(kind="call", name="_?_:_", parts=(_, first, second)):
                found = self.of(first, loops)
                return found if found == self.of(second, loops) else None
            case _:
                return None

    def _field(self, owner: str, name: str) -> _Named | None:
        match self.record_of(owner):
            case (shown, Record(fields=fields)) if name in fields:
                return f"{shown}.{name}", fields[name].type
            case _:
                return None


_Named = tuple[str, FactType]


def impossible_literals(tree: Tree, expanded: Expanded, kinds: Kinds) -> Iterator[Complaint]:
    """Comparisons that can never hold, such as with a misspelt label.

    What named parts bring in is left out: each part is checked where it stands.
    """
    for (name, kind), literal in _compared(tree, kinds, {}):
        yield from _complaints(name, kind, str(literal.value), literal.at, expanded)


def impossible_words(expanded: Expanded, declared: Mapping[str, TypeSpec]) -> Iterator[Complaint]:
    """The same as far as it can be told of an expression that can't be compiled."""
    for name, literal in _comparisons(list(words_of(expanded.text))):
        if name.text in declared:
            kind = declared[name.text].type
            yield from _complaints(name.text, kind, literal.literal, literal.start, expanded)


def _complaints(
    name: str, kind: FactType, literal: str, at: int, expanded: Expanded
) -> Iterator[Complaint]:
    values = kind.values if isinstance(kind, Scalar) else ()
    use = expanded.origin(at)[1]
    # What is compared with a parameter is known only where the part is used.
    here = use is None or bool(use.text)
    if values and literal not in values and here:
        what = "label" if name.startswith("answer.") else "value"
        hint = did_you_mean(literal, values, what=f"its {what}s")
        message = f"'{literal}' is no {what} of {name}"
        yield expanded.brought_back(Complaint(offset=at, message=message, hint=hint))


def _compared(
    tree: Tree, kinds: Kinds, loops: Mapping[str, _Named | None]
) -> Iterator[tuple[_Named, Tree]]:
    """Each declared value and text literal that `==`, `!=` or `in` puts together."""
    match tree:
        case Tree(kind="call", name=name, parts=(left, right)) if name in _EQUAL_CALLS:
            yield from _pairs(kinds.of(left, loops), [right])
            yield from _pairs(kinds.of(right, loops), [left])
        case Tree(kind="call", name="@in", parts=(left, Tree(kind="list", parts=listed))):
            yield from _pairs(kinds.of(left, loops), listed)
        case Tree(kind="call", name="@in", parts=(left, right)):
            yield from _pairs(_element(kinds.of(right, loops)), [left])
        case _:
            pass
    inner = loops
    if tree.kind == "loop":
        body = tree.parts[-1]
        ranged = kinds.of(tree.parts[0], loops)
        element = _element(ranged) if ranged and isinstance(ranged[1], ListOf) else None
        inner = {**loops, **dict.fromkeys(body.variables), body.variables[0]: element}
    for part in tree.parts:
        yield from _compared(part, kinds, inner if part.variables else loops)


def _pairs(found: _Named | None, sides: Iterable[Tree]) -> Iterator[tuple[_Named, Tree]]:
    for side in sides:
        if found is not None and side.kind == "constant" and isinstance(side.value, str):
            yield found, side


def _element(holder: _Named | None) -> _Named | None:
    match holder:
        case (name, ListOf(element=element) | MapOf(element=element)):
            return name, element
        case _:
            return None


def unreadable_literals(
    expanded: Expanded, has_value: Callable[[str], bool]
) -> Iterator[Complaint]:
    """Moments and lengths of time that the engine can't read, such as one without its zone.

    Args:
        expanded: The expression; what conditions bring in is left out.
        has_value: Whether an expression of constants has a value.
    """
    if not any(function in expanded.text for function in _MOMENTS):
        return
    words = list(words_of(expanded.text))
    following = (words[1:], words[2:], words[3:])
    for function, opening, literal, end in zip(words, *following, strict=False):
        wanted, hint = _MOMENTS.get(function.text, ("", ""))
        called = (opening.text, literal.kind, end.text) == ("(", "text", ")")
        if wanted and called and not has_value(f"{function.text}({literal.text})"):
            offset, use = expanded.origin(literal.start)
            if use is None:
                message = f"'{literal.literal}' is no {wanted}"
                yield Complaint(offset=offset, message=message, hint=hint)


def _comparisons(words: list[Word]) -> Iterator[tuple[Word, Word]]:
    """Each pair of a name and a text literal that `==`, `!=` or `in` puts together."""
    for at, word in enumerate(words):
        following = words[at + 1 : at + 3]
        if len(following) < 2:  # noqa: PLR2004 - an operator and its right side
            return
        operator, right = following
        if operator.text in _EQUAL and {word.kind, right.kind} == {"name", "text"}:
            yield (word, right) if word.kind == "name" else (right, word)
        if operator.text == "in" and word.kind == "name" and right.text == "[":
            listed = takewhile(lambda w: w.text != "]", words[at + 3 :])
            yield from ((word, item) for item in listed if item.kind == "text")
