"""Bringing a ledger's tables up to date, by Alembic."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import column, inspect, select, table

from deskquorum.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["LATEST", "upgrade"]

LATEST = "0006"
"""The step that this program's tables stand at."""

_ALEMBIC = Lock()
"""Alembic keeps the step that it takes in its modules, so a process takes one at a time."""

_VERSION = table("alembic_version", column("version_num"))


def upgrade(connection: Connection, *, to: str = LATEST) -> None:
    """Take the steps that are missing, in the connection's transaction.

    Args:
        connection: Of a writer.
        to: The last step to take.

    Raises:
        LedgerError: The ledger was made by a newer version of this program.
    """
    version = _version(connection)
    if version == LATEST:
        # What is up to date need not wait for Alembic to be imported.
        return
    if version is not None and version > LATEST:
        raise LedgerError("the ledger was made by a newer version; update deskquorum")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _ALEMBIC:
        command.upgrade(config, to)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.execute(select(_VERSION.c.version_num)).scalar()
    return found
