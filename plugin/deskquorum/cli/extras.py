"""What the command line says when a library that comes as an extra is not installed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager

from deskquorum.errors import InputError

__all__ = ["needing_learn", "needing_mcp", "needing_scale", "needing_server"]

_LEARN = {"numpy", "scipy", "sklearn", "matplotlib"}
_SERVER = {"fastapi", "prometheus_client", "structlog", "uvicorn"}
_MCP = {"mcp", "mcp_types", "starlette", "uvicorn"}
_SCALE = {"procrastinate", "psycopg", "psycopg_pool"}


def needing_learn() -> AbstractContextManager[None]:
    """Run what needs the extra `learn`.

    Raises:
        InputError: The extra is not installed; names the command that installs it.
    """
    return _needing("learn", _LEARN)


def needing_server() -> AbstractContextManager[None]:
    """Run what needs the extra `server`.

    Raises:
        InputError: The extra is not installed; names the command that installs it.
    """
    return _needing("server", _SERVER)


def needing_scale() -> AbstractContextManager[None]:
    """Run what needs the extra `scale`.

    Raises:
        InputError: The extra is not installed; names the command that installs it.
    """
    return _needing("scale", _SCALE)


def needing_mcp() -> AbstractContextManager[None]:
    """Run what needs the extra `mcp`.

    Raises:
        InputError: The extra is not installed; names the command that installs it.
    """
    return _needing("mcp", _MCP)


@contextmanager
def _needing(extra: str, libraries: Collection[str]) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as exc:
        missing = str(exc.name).partition(".")[0]
        if missing not in libraries:
            raise
        raise InputError(
            f"{missing} is not installed; install it with: pip install 'deskquorum[{extra}]'"
        ) from exc
