"""Texts that a condition compares a variable with, checked against the values it can have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile

from deskquorum.policy.complaints import Complaint
from deskquorum.policy.expressions import Expanded, Word, words_of
from deskquorum.policy.fact_types import Scalar, TypeSpec
from deskquorum.policy.names import did_you_mean

__all__ = ["impossible_literals", "unreadable_literals"]

_MOMENTS = {
    "timestamp": ("time with its zone", 'write "2026-01-31T09:00:00Z"'),
    "duration": ("length of time", 'write "24h" for a day, or "90m"'),
}
"""Functions that read a text; what it must be; the mend."""

_EQUAL = frozenset({"==", "!="})


def impossible_literals(
    expanded: Expanded, declared: Mapping[str, TypeSpec]
) -> Iterator[Complaint]:
    """Comparisons that can never hold, such as with a misspelt label.

    What conditions bring in is left out: each condition is checked where it stands.
    """
    for name, literal in _comparisons(list(words_of(expanded.text))):
        spec = declared.get(name.text)
        values = spec.type.values if spec is not None and isinstance(spec.type, Scalar) else ()
        offset, condition = expanded.origin(literal.start)
        if values and literal.literal not in values and condition is None:
            what = "label" if name.text.startswith("answer.") else "value"
            yield Complaint(
                offset=offset,
                message=f"'{literal.literal}' is no {what} of {name.text}",
                hint=did_you_mean(literal.literal, values, what=f"its {what}s"),
            )


def unreadable_literals(
    expanded: Expanded, has_value: Callable[[str], bool]
) -> Iterator[Complaint]:
    """Moments and lengths of time that the engine can't read, such as one without its zone.

    Args:
        expanded: The expression; what conditions bring in is left out.
        has_value: Whether an expression of constants has a value.
    """
    words = list(words_of(expanded.text))
    following = (words[1:], words[2:], words[3:])
    for function, opening, literal, end in zip(words, *following, strict=False):
        wanted, hint = _MOMENTS.get(function.text, ("", ""))
        called = (opening.text, literal.kind, end.text) == ("(", "text", ")")
        if wanted and called and not has_value(f"{function.text}({literal.text})"):
            offset, condition = expanded.origin(literal.start)
            if condition is None:
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
