"""What does not fit in a row or a body of JSON, said in the words of whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from deskquorum.policy.validation import EXPECTED

__all__ = ["wrong_fields"]

_IN_JSON = {"a mapping": "an object", "at least 1 entries": "at least one entry"}
_BOTTOMLESS = "recursion_depth_exceeded"
_SAID = {
    "missing": "missing",
    "extra_forbidden": "not a known field",
    _BOTTOMLESS: "nested too deeply",
}
_KINDS = frozenset({"str", "int", "float", "bool"})


def wrong_fields(error: ValidationError) -> Mapping[tuple[str, ...], str]:
    """The place of each field that does not fit, to what it should be; never what it is."""
    details = error.errors(include_url=False, include_input=False)
    bottomless = {d["loc"][:1]: d for d in details if d["type"] == _BOTTOMLESS}
    found: dict[tuple[str, ...], list[str]] = {}
    for detail in [*bottomless.values(), *(d for d in details if d["loc"][:1] not in bottomless)]:
        found.setdefault(_place(detail), []).append(_said(detail))
    return {place: _together(dict.fromkeys(said)) for place, said in found.items()}


def _said(detail: ErrorDetails) -> str:
    """What one field should be."""
    kind = detail["type"]
    if kind == "literal_error":
        return f"expected {detail['ctx']['expected']}".replace("'", "")
    if kind in EXPECTED:
        expected = EXPECTED[kind].format(**detail.get("ctx", {}))
        return f"expected {_IN_JSON.get(expected, expected)}"
    message = detail["msg"].removeprefix("Value error, ")
    return _SAID.get(kind) or f"{message[:1].lower()}{message[1:]}"


def _place(detail: ErrorDetails) -> tuple[str, ...]:
    """The location without the kinds of value that pydantic tried, and no deeper than is read."""
    parts = [str(part) for part in detail["loc"]]
    named = tuple(part for part in parts if part not in _KINDS and "[" not in part)
    return named[:1] if detail["type"] == _BOTTOMLESS else named


def _together(said: Mapping[str, None]) -> str:
    """`expected text or a list`, where a field may be either."""
    first, *others = said
    return " or ".join([first, *(other.removeprefix("expected ") for other in others)])
