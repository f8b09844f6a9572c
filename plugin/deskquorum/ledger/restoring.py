"""After an older backup was restored, the outside world is further than the ledger knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, true, update

from deskquorum.ledger import switches
from deskquorum.ledger.tables import executions, intake

if TYPE_CHECKING:
    from deskquorum.ledger.database import Database

__all__ = ["Restored", "after_restore"]

_PERHAPS_SENT = ("ready", "leased", "sending")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put on hold."""

    executions: int
    """Executions that are unknown now: a read of the desk's own system, or a person, tells."""
    tickets: int
    """Accepted tickets that were decided after the backup, or never; they go to people."""


def after_restore(database: Database, *, by: str) -> Restored:
    """Take nothing for unsent that may have been sent after the backup was made.

    What waits in the outbox becomes unknown, and everything is stopped: a ticket that is decided
    once more would order once more what the lost part of the ledger already did.

    Raises:
        LedgerError: Nothing was changed.
    """
    with database.transaction(writing=True) as tx:
        # Without a tenant, as for maintenance, everybody's.
        own = executions.c.tenant == tx.tenant if tx.tenant else true()
        doubted = update(executions).where(own, executions.c.state.in_(_PERHAPS_SENT))
        values = {
            "state": "unknown",
            "doubt": 1,
            "lease_owner": None,
            "lease_until_us": None,
            "due_us": tx.now_us,
            "changed_us": tx.now_us,
        }
        changed = tx.connection.execute(doubted.values(values)).rowcount
        open_ = (intake.c.state == "open", intake.c.tenant == tx.tenant if tx.tenant else true())
        tickets = select(func.count()).select_from(intake).where(*open_)
        switches.throw(tx, "", stopped=True, by=by, why="restored from a backup")
        return Restored(executions=changed, tickets=tx.connection.execute(tickets).scalar_one())
