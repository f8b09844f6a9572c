"""Reading a JSON body strictly: exact numbers, no key twice, nothing that is not JSON."""

from __future__ import annotations

import json
from decimal import Decimal

__all__ = ["read_json"]


def read_json(body: bytes) -> object:
    """Parse a body; numbers with a fraction become `Decimal`, never floats.

    Raises:
        ValueError: Not JSON in UTF-8, a key that stands twice in a record, or nested too deep.
    """
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_record,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _record(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    # Which of the two counts, systems disagree about.
    if len(record) < len(pairs):
        raise ValueError("a key stands twice")
    return record


def _no_constant(_: str) -> object:
    raise ValueError("not a JSON number")
