"""How orders stand: those of a conversation, and how many wait in all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from deskquorum.ledger.order_states import Execution, State, standing
from deskquorum.ledger.tables import executions

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["backlog", "executions_of"]

_UNFINISHED = (State.READY, State.LEASED, State.SENDING, State.UNKNOWN, State.FAILED)


def executions_of(tx: Transaction, conversation: str) -> list[Execution]:
    """The orders of a conversation, oldest first."""
    own = (executions.c.tenant == tx.tenant, executions.c.conversation == conversation)
    query = select(executions).where(*own).order_by(executions.c.created_us, executions.c.key)
    return [standing(row) for row in tx.connection.execute(query)]


def backlog(tx: Transaction) -> Mapping[State, int]:
    """How many orders are in each state that somebody may have to look at.

    What is done or cancelled is left out: it is most of the table, and nobody waits for it.
    """
    counted = (
        select(executions.c.state, func.count())
        .where(executions.c.tenant == tx.tenant, executions.c.state.in_(_UNFINISHED))
        .group_by(executions.c.state)
    )
    found = {row[0]: row[1] for row in tx.connection.execute(counted)}
    return {state: found.get(state, 0) for state in _UNFINISHED}
