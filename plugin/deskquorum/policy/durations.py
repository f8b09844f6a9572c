"""Lengths of time as ops write them: `90s`, `15m`, `24h`, `90d`."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["read_duration"]

_WRITTEN = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=99_999)
"""What is longer reaches back before the year 1, where no moment is."""


def read_duration(written: str) -> timedelta | None:
    """A whole number of seconds, minutes, hours or days; None if it is anything else."""
    match = _WRITTEN.fullmatch(written)
    if match is None:
        return None
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    return length if length <= _LONGEST else None
