"""What software decided goes into the outbox with the decision's record, once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from deskquorum.decision import ORDERED
from deskquorum.domain import Decision, Reason
from deskquorum.ledger import HeldError, Transaction
from deskquorum.run import Run

if TYPE_CHECKING:
    from deskquorum.ledger.outbox import Execution

__all__ = ["forbid", "order"]

_log = logging.getLogger(__name__)

_HELD_S = 1.0
"""From the record to the earliest moment at which its action is begun."""


def order(run: Run, decision: Decision, known: tuple[Reason, ...], tx: Transaction) -> None:
    """Order what was decided, where it is carried out here.

    Args:
        run: The ticket.
        decision: With its values.
        known: Failures that the decision rests on.
        tx: Of its record.

    Raises:
        HeldError: It was ordered before, which the decision does not rest on yet.
    """
    from deskquorum.ledger import outbox

    wanted = run.order(decision, tx)
    # Later than any answer, so that what is taken back was not begun.
    if wanted is None or outbox.enqueue(tx, wanted, delay_s=_HELD_S):
        return
    before = outbox.execution(tx, wanted.key)
    reason = None if before is None else _ordered_before(before)
    if reason is not None and reason not in known:
        raise HeldError(reasons=(reason,))


def forbid(run: Run, decision: Decision, tx: Transaction) -> None:
    """See to it that what was decided, and nobody was told, never runs.

    Args:
        run: The ticket.
        decision: With its values.
        tx: Of the record that takes it back.
    """
    from deskquorum.ledger import outbox

    wanted = run.order(decision, tx)
    before = None if wanted is None else outbox.execution(tx, wanted.key)
    if wanted is None or (before is not None and before.decision != decision.id):
        # What an earlier decision ordered was answered, and goes on.
        return
    if not outbox.forbid(tx, wanted):
        _log.error("order %s was begun for a host that got no answer", wanted.key)


def _ordered_before(row: Execution) -> Reason:
    """What an order that is there already says of a decision that orders the same again."""
    from deskquorum.ledger.outbox import State

    params = {"action": row.action, "key": row.key}
    ended = row.state in {State.CANCELLED, State.FAILED, State.UNKNOWN}
    if not ended and row.handed_us is None:
        return Reason(code=ORDERED, params=params)
    return Reason(code="not-ordered-again", params=params | {"state": row.state.value})
