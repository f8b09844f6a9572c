"""Keeps what was read of a text, since one draft is looked at by many; bounded by size as well."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

__all__ = ["MOST_KEPT", "kept"]

MOST_KEPT = 1024
"""Texts of which is kept what was read: the drafts in hand and the clauses that are met often. Each
draft is another text, so whatever is kept longer is memory and nothing else."""

_LONG = 500
"""Characters from which on a text is one of the few long ones."""

_MOST_LONG = 64

_T = TypeVar("_T")
_P = ParamSpec("_P")


def kept(read: Callable[Concatenate[str, _P], _T]) -> Callable[Concatenate[str, _P], _T]:
    """Keep what a function read of the last texts; of long ones, fewer."""
    short, long = lru_cache(MOST_KEPT)(read), lru_cache(_MOST_LONG)(read)

    @wraps(read)
    def found(text: str, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        # `lru_cache` wants hashable arguments, which a ParamSpec can't say.
        return (short if len(text) < _LONG else long)(text, *args, **kwargs)  # type: ignore[arg-type]

    return found
