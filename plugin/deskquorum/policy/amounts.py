"""Whole numbers, times and durations in conditions, taken apart into sums.

Times and durations count in nanoseconds, which is as fine as the engine reads them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from deskquorum.policy.syntax import Tree

__all__ = ["added", "number_of"]

_MICRO = timedelta(microseconds=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_LENGTH = re.compile(r"(-?)((?:\d+(?:ns|us|ms|h|m|s))+)")
_UNITS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}


def added(tree: Tree, times: int, terms: dict[Tree, int]) -> int:
    """Add a number so many times to the terms of a sum; returns what it adds in constants."""
    number = number_of(tree)
    if number is not None:
        return times * number
    match tree.name, tree.parts:
        case ("_+_" | "_-_") as sign, (left, right) if tree.kind == "call":
            second = times if sign == "_+_" else -times
            return added(left, times, terms) + added(right, second, terms)
        case "-_", (part,) if tree.kind == "call":
            return added(part, -times, terms)
        case _:
            terms[tree] = terms.get(tree, 0) + times
            return 0


def number_of(tree: Tree) -> int | None:
    """The value of a constant; None for everything else."""
    match tree:
        case Tree(kind="constant", value=int() as value, type="int"):
            return value
        case Tree(kind="call", name="timestamp", parts=(Tree(value=str() as text),)):
            return _moment(text)
        case Tree(kind="call", name="duration", parts=(Tree(value=str() as text),)):
            return _length(text)
        case _:
            return None


def _moment(text: str) -> int | None:
    if _TIME.fullmatch(text) is None:
        return None
    try:
        since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    except ValueError:
        return None
    return since // _MICRO * 1_000


def _length(text: str) -> int | None:
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    parts = re.findall(r"(\d+)(ns|us|ms|h|m|s)", match[2])
    return (-1 if match[1] else 1) * sum(int(n) * _UNITS[unit] for n, unit in parts)
