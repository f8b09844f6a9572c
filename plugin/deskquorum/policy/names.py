"""Names that ops write: what is allowed as one, and which one was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["BUILT_IN_RECORDS", "NAMING", "TYPE_NAMES", "did_you_mean", "is_dotted_name", "is_name"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# fmt: off
_RESERVED = frozenset({
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in",
    "let", "loop", "namespace", "null", "package", "return", "true", "var", "void", "while",
})
# fmt: on
# fmt: off
BUILT_IN_RECORDS = frozenset({
    "ticket", "requester", "answer", "claimed", "args", "known", "absent", "cond", "value",
    "table", "now",
})
# fmt: on
"""First names that conditions have anyway, so that no fact may begin with one."""

# fmt: off
TYPE_NAMES = frozenset({
    "bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type", "uint",
})
# fmt: on
"""Names of CEL's types, which it lets no variable have."""

NAMING = "use lower-case letters, digits and _"
"""How a name is written."""

_CLOSE_ENOUGH = 66.0
_SHORT = 3
_MOST_CHOICES = 8


def is_name(text: str) -> bool:
    """Whether a condition can read a variable of this name (one part, no dots)."""
    return _NAME.fullmatch(text) is not None and text not in _RESERVED


def is_dotted_name(text: str) -> bool:
    """Whether every part between the dots is a name."""
    return all(is_name(part) for part in text.split("."))


def did_you_mean(name: str, known: Iterable[str], *, what: str = "") -> str:
    """A hint that names the nearest known name, or a few of them; "" when there is none.

    Args:
        name: The name that was not found.
        known: The names that exist.
        what: Plural of what they are; given, a short list follows when nothing is near.
    """
    from rapidfuzz import fuzz, process

    choices = sorted(set(known))
    # As a whole first, then as a part; parts of short names are found everywhere.
    for scorer in (fuzz.ratio, fuzz.WRatio)[: 2 if len(name) > _SHORT else 1]:
        found = process.extractOne(name, choices, scorer=scorer, score_cutoff=_CLOSE_ENOUGH)
        if found is not None:
            return f"did you mean '{found[0]}'?"
    if what and 0 < len(choices) <= _MOST_CHOICES:
        return f"{what}: {', '.join(choices)}"
    return ""
