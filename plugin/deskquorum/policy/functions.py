"""The functions that conditions can call beside CEL's own.

They are declared for checking, and written out in CEL's own terms for evaluating: version 0.1.3 of
the engine never frees the arguments of a function that is implemented in Python, so a gate that
runs for months would grow without end.

They are written out without `cel.bind`, and its library is not loaded. What it binds reads, after a
loop that stopped early (`exists`, `all`), as the element at which that loop stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from deskquorum.policy.expressions import Word, arguments_of, words_of

if TYPE_CHECKING:
    from cel_expr_python import cel

__all__ = ["LONGEST", "TOO_LONG", "function_declarations", "function_libraries", "in_plain_cel"]

LONGEST = 256
"""Elements that `sum_of` can add and `positions` can count; a longer list gives no value."""

TOO_LONG = f"sum_of or positions of a list of more than {LONGEST} elements"
"""The key that is looked up, and never found, where a list is too long."""

_USUAL = 8
"""Up to this length a shorter, faster text is evaluated."""

_ROW = 16
"""Elements that are added at a time in a longer list: each is a term that has to be compiled."""

_SECONDS_BEFORE_1970 = 62_135_596_800
"""From the first day of year 1 on, so that dividing always rounds down."""


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
        "unique": (cel.Type.BOOL, [anything]),
    }
    return [
        cel.FunctionDecl(name, [cel.Overload(f"{name}_typed", return_type=gives, parameters=takes)])
        for name, (gives, takes) in declared.items()
    ]


def function_libraries() -> list[cel.CelExtensionBase]:
    """The engine's libraries that the written-out functions stand on."""
    from cel_expr_python.ext.ext_math import ExtMath

    return [ExtMath()]


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
        spans, close = arguments_of(words, at + 1)
        # A comment at the end of an argument must not swallow what follows.
        arguments = [f"({in_plain_cel(expression[slice(*span)])}\n)" for span in spans]
        text += expression[done : word.start] + _TEMPLATES[word.text](*arguments)
        done, at = words[close].start + 1, close + 1
    return text + expression[done:]


def _days_between(first: str, second: str) -> str:
    days = "(int({}) + " + f"{_SECONDS_BEFORE_1970}) / 86400"
    return f"({days.format(second)} - {days.format(first)})"


def _sum_of(numbers: str) -> str:
    """CEL has no loop that adds, so every element is added if it is there; many by rows first."""
    starts = list(range(0, LONGEST, _ROW))
    row = _added("added", 0, _ROW, after="start + ")
    rows = f"{starts}.filter(start, start < size(added)).map(start, {row})"
    few, many = _added("added", 0, _USUAL), _named("rows", rows, _added("rows", 0, len(starts)))
    return _named(
        "added",
        numbers,
        f"size(added) <= {_USUAL} ? {few} : size(added) <= {LONGEST} ? {many} : {_failing('0')}",
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
    return _named(
        "counted",
        f"size({items})",
        f"counted <= {_USUAL} ? {counted.format(few)} : "
        f"counted <= {LONGEST} ? {counted.format(many)} : {_failing(few)}",
    )


def _unique(items: str) -> str:
    # Every loop runs over what was named, so no name of the caller is read inside.
    return _named("among", items, "among.all(one, among.exists_one(other, other == one))")


def _failing(value: str) -> str:
    """No value, of the type of a value."""
    return f'{{"": {value}}}["{TOO_LONG}"]'


def _min_of(numbers: str) -> str:
    # Named first, because the library refuses an empty list that it can see.
    return _named("all_of", numbers, "math.least(all_of)")


def _max_of(numbers: str) -> str:
    return _named("all_of", numbers, "math.greatest(all_of)")


def _named(name: str, value: str, text: str) -> str:
    """The text with a name for a value: a loop over it alone, which always runs to its end."""
    return f"[{value}].map({name}, {text})[0]"


_TEMPLATES: Mapping[str, Callable[..., str]] = {
    "days_between": _days_between,
    "sum_of": _sum_of,
    "min_of": _min_of,
    "max_of": _max_of,
    "positions": _positions,
    "unique": _unique,
}
