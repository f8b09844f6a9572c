"""What came after a decision: its items in the review queue, and its orders in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from deskquorum.domain import Action
from deskquorum.ledger import Transaction, order_of
from deskquorum.ledger.database import moment
from deskquorum.ledger.order_standing import executions_of
from deskquorum.ledger.outbox import Execution, State
from deskquorum.ledger.review_items import ReviewItem
from deskquorum.ledger.reviews import of_conversation
from deskquorum.policy import PolicyBook
from deskquorum.server.shapes import ActionOut, ExecutionOut, ReviewStateOut

__all__ = ["Aftermath", "aftermath"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """As it stands now; oldest first."""

    reviews: tuple[ReviewStateOut, ...] = ()
    executions: tuple[ExecutionOut, ...] = ()


def aftermath(
    tx: Transaction, *, decision: str, conversation: str, action: Action | None, book: PolicyBook
) -> Aftermath:
    """What became of a decision so far.

    Args:
        tx: Tells whose.
        decision: Its id.
        conversation: Its ticket's id.
        action: With its values, as far as they are known: the same action of an earlier decision
            stands under that one's id, as it is carried out once.
        book: Tells how actions are declared.
    """
    items = [item for item in of_conversation(tx, conversation)[::-1] if item.decision == decision]
    orders = executions_of(tx, conversation)
    if orders:
        wanted = [action, *(item.final_action for item in items)]
        keys = {
            order_of(tx, conversation, one, book.actions.get(one.name), decision, "").key
            for one in wanted
            if one is not None
        }
        orders = [o for o in orders if o.decision == decision or keys & {o.key, o.compensates}]
    return Aftermath(
        reviews=tuple(_review(item, tx.now) for item in items),
        executions=tuple(_execution(order, orders) for order in orders),
    )


def _review(item: ReviewItem, now: datetime) -> ReviewStateOut:
    claimed = item.state == "open" and item.assignee is not None
    final = item.final_action
    return ReviewStateOut(
        id=item.id,
        kind=item.kind,
        state="claimed" if claimed else item.state,
        due_at=item.due_at,
        overdue=item.state == "open" and item.due_at <= now,
        assignee=item.assignee,
        verdict=item.verdict,
        verdict_at=item.verdict_at,
        final_action=None if final is None else ActionOut(name=final.name, args=dict(final.args)),
        final_reply=item.final_reply,
        newer=item.newer,
    )


def _execution(order: Execution, all_orders: Sequence[Execution]) -> ExecutionOut:
    undone = (other.state is State.DONE for other in all_orders if other.compensates == order.key)
    return ExecutionOut(
        key=order.key,
        action=order.action,
        state=order.state.value,
        attempts=order.attempts,
        error=order.error,
        with_person=order.handed_us is not None,
        compensates=order.compensates,
        compensated=any(undone),
        changed_at=moment(order.changed_us),
    )
