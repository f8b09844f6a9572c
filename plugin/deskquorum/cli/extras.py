"""What the command line says when a library that comes as an extra is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deskquorum.errors import InputError

__all__ = ["needing_learn"]

_LEARN = {"numpy", "scipy", "sklearn", "matplotlib"}


@contextmanager
def needing_learn() -> Iterator[None]:
    """Run what needs the extra `learn`.

    Raises:
        InputError: The extra is not installed; names the command that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        missing = str(exc.name).partition(".")[0]
        if missing not in _LEARN:
            raise
        raise InputError(
            f"{missing} is not installed; install it with: pip install 'deskquorum[learn]'"
        ) from exc
