"""The functions that conditions can call beside CEL's own.

They are declared for checking, and written out in CEL's own terms for evaluating: version 0.1.3 of
the engine never frees the arguments of a function that is implemented in Python, so a gate that
runs for months would grow without end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from deskquorum.policy.expressions import Word, words_of

if TYPE_CHECKING:
    from cel_expr_python import cel

__all__ = ["LONGEST", "function_declarations", "function_libraries", "in_plain_cel"]

LONGEST = 256
"""Elements that `sum_of` can add and `positions` can count; a longer list gives no value."""

_USUAL = 8
"""Up to this length a shorter, faster text is evaluated."""

_ROW = 16
"""Elements that are added at a time in a longer list: each is a term that has to be compiled."""

_SECONDS_BEFORE_1970 = 62_135_596_800
"""From the first day of year 1 on, so that dividing always rounds down."""

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def function_declarations() -> list[cel.FunctionDecl]:
    """The functions, to be checked but not to be called."""
    from cel_expr_python import cel

    whole = cel.Type.INT
    numbers, anything = cel.Type.List(whole), cel.Type.List(cel.Type.DYN)
    declared = {
        "days_between": (whole, [cel.Type.TIMESTAMP, cel.Type.TIMESTAMP]),
        "sum_of": (whole, [numbers]),
        "min_of": (whole, [numbers]),
        "max_of": (whole, [numbers]),
        "positions": (numbers, [anything]),
    }
    return [
        cel.FunctionDecl(name, [cel.Overload(f"{name}_typed", return_type=gives, parameters=takes)])
        for name, (gives, takes) in declared.items()
    ]


def function_libraries() -> list[cel.CelExtensionBase]:
    """The engine's libraries that the written-out functions stand on."""
    from cel_expr_python.ext.ext_bindings import ExtBindings
    from cel_expr_python.ext.ext_math import ExtMath

    return [ExtMath(), ExtBindings()]


def in_plain_cel(expression: str) -> str:
    """The expression with our functions written out; it must have been checked before."""
    if not any(name in expression for name in _TEMPLATES):
        return expression
    return _written_out(expression, list(words_of(expression)))


def _written_out(expression: str, words: Sequence[Word]) -> str:
    """Write out the calls among the words, which are all words of the expression."""
    text, done, at = "", 0, 0
    while at < len(words):
        word = words[at]
        called = at + 1 < len(words) and words[at + 1].text == "("
        if word.kind != "name" or word.text not in _TEMPLATES or not called:
            at += 1
            continue
        close = _closing(words, at + 1)
        # A comment at the end of an argument must not swallow what follows.
        arguments = [f"({in_plain_cel(a)}\n)" for a in _arguments(expression, words, at + 1, close)]
        text += expression[done : word.start] + _TEMPLATES[word.text](*arguments)
        done, at = words[close].start + 1, close + 1
    return text + expression[done:]


def _closing(words: Sequence[Word], opening: int) -> int:
    depth = 0
    for at in range(opening, len(words)):
        if words[at].kind == "mark":
            depth += (words[at].text in _OPEN) - (words[at].text in _CLOSE)
        if depth == 0:
            return at
    return len(words) - 1


def _arguments(expression: str, words: Sequence[Word], opening: int, closing: int) -> Iterator[str]:
    depth, start = 0, words[opening].start + 1
    for word in words[opening + 1 : closing]:
        if word.kind == "mark":
            depth += (word.text in _OPEN) - (word.text in _CLOSE)
            if word.text == "," and depth == 0:
                yield expression[start : word.start]
                start = word.start + 1
    yield expression[start : words[closing].start]


def _days_between(first: str, second: str) -> str:
    days = "(int({}) + " + f"{_SECONDS_BEFORE_1970}) / 86400"
    return f"({days.format(second)} - {days.format(first)})"


def _sum_of(numbers: str) -> str:
    """CEL has no loop that adds, so every element is added if it is there; many by rows first."""
    starts = list(range(0, LONGEST, _ROW))
    row = _added("added", 0, _ROW, after="start + ")
    rows = f"{starts}.filter(start, start < size(added)).map(start, {row})"
    many = f"cel.bind(rows, {rows}, {_added('rows', 0, len(starts))})"
    return (
        f"cel.bind(added, {numbers}, size(added) <= {_USUAL} ? {_added('added', 0, _USUAL)} : "
        f"size(added) <= {LONGEST} ? {many} : added[size(added)])"
    )


def _added(items: str, first: int, end: int, *, after: str = "") -> str:
    """Halves of halves: the engine refuses deeply nested text."""
    if end - first == 1:
        return f"(size({items}) > {after}{first} ? {items}[{after}{first}] : 0)"
    middle = (first + end) // 2
    left, right = _added(items, first, middle, after=after), _added(items, middle, end, after=after)
    return f"({left} + (size({items}) > {after}{middle} ? {right} : 0))"


def _positions(items: str) -> str:
    few, many = (str(list(range(end))) for end in (_USUAL, LONGEST))
    counted = "{}.filter(position, position < counted)"
    return (
        f"cel.bind(counted, size({items}), counted <= {_USUAL} ? {counted.format(few)} : "
        f"counted <= {LONGEST} ? {counted.format(many)} : [{few}[counted]])"
    )


def _min_of(numbers: str) -> str:
    # Bound first, because the library refuses an empty list that it can see.
    return f"cel.bind(all_of, {numbers}, math.least(all_of))"


def _max_of(numbers: str) -> str:
    return f"cel.bind(all_of, {numbers}, math.greatest(all_of))"


_TEMPLATES: Mapping[str, Callable[..., str]] = {
    "days_between": _days_between,
    "sum_of": _sum_of,
    "min_of": _min_of,
    "max_of": _max_of,
    "positions": _positions,
}
