"""Why a condition has no value, in words that quote nothing of what it worked on.

The engine's own words do quote it, and it may be a customer's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from deskquorum.policy.functions import TOO_LONG
from deskquorum.policy.named_parts import Expanded
from deskquorum.policy.syntax import Tree

__all__ = ["cause_of", "is_over_budget", "looked_up"]

_NO_KEY = re.compile(r"Key not found in map : (.*)", re.DOTALL)
_OVER_BUDGET = "Iteration budget exceeded"
_CAUSES = (
    (_OVER_BUDGET, "it takes more than 10,000 loop steps"),
    ("Index error", "a list has no element at the index that is asked for"),
    ("divide by zero", "a division by zero"),
    ("modulus by zero", "a division by zero"),
    ("must not be empty", "min_of or max_of of an empty list"),
    ("timestamp overflow", "a date beyond the year 9999"),
    ("duration overflow", "a duration that is too long"),
    ("overflow", "a whole number that is too large"),
    ("Timestamp conversion", "a text that is no time"),
    ("Duration", "a text that is no duration, or one that is too long"),
    ("cannot convert", "a text that is no number"),
    ("timezone", "a time zone that does not exist"),
    ("regular expression", "a text that is no pattern"),
    ("No matching overload", "a value that is absent (null), or of another type than is asked for"),
)


def cause_of(said: str, lookups: Callable[[], Sequence[str]]) -> str:
    """What the engine said of an evaluation that failed, in our words.

    Args:
        said: The engine's message.
        lookups: The tables and maps in which the condition looks a key up.
    """
    if key := _NO_KEY.search(said):
        return TOO_LONG if key[1] == f'"{TOO_LONG}"' else _no_key(lookups())
    return next((cause for sign, cause in _CAUSES if sign in said), "it has no value")


def is_over_budget(error: RuntimeError) -> bool:
    """Whether an evaluation took more loop steps than the engine allows."""
    return _OVER_BUDGET in str(error)


def looked_up(tree: Tree, expanded: Expanded) -> list[str]:
    """The tables and maps in which an expression looks a key up, as its authors call them."""
    return [name for name in dict.fromkeys(_holders(tree, expanded)) if name]


def _no_key(names: Sequence[str]) -> str:
    where = " or ".join(names) or "a map"
    return f"the key that is looked up in {where} is not there"


def _holders(tree: Tree, expanded: Expanded) -> Iterator[str]:
    for part in tree.parts:
        yield from _holders(part, expanded)
    match tree:
        case Tree(kind="call", name="_[_]", parts=(holder, _)) if _is_map(holder):
            yield _spoken(holder, expanded)
        case Tree(kind="select", parts=(holder,)) if _is_map(holder):
            yield _spoken(holder, expanded)
        case _:
            pass


def _is_map(tree: Tree) -> bool:
    return "map" in {tree.type, tree.kind}


def _spoken(tree: Tree, expanded: Expanded) -> str:
    match tree:
        case Tree(kind="name", name=name):
            return name
        case Tree(kind="select", name=name, parts=(owner,)):
            return f"{_spoken(owner, expanded)}.{name}"
        case Tree(kind="call", name="_[_]", parts=(holder, _)):
            return _spoken(holder, expanded)
        case _:
            # A table stands here written out; its name is told by where it came from.
            use = expanded.origin(tree.at)[1]
            return "" if use is None else use.name
