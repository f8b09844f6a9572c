"""A reviewer's verdict: weighed by the gate again, then written down with all that follows from it.

INVARIANT: what was edited or rejected can never run as it was suggested, and what is called
approved is done once, or was.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread

from deskquorum.domain import Action
from deskquorum.ledger import Order, Transaction, order_of
from deskquorum.ledger.review_items import ReviewItem, TakenError, Verdict, verdict_hash
from deskquorum.policy import PolicyBook, action_key
from deskquorum.telling import Approved, tell_verdict
from deskquorum.weighing import VerdictError, Weighed, labels_of, weigh

if TYPE_CHECKING:
    from deskquorum.assembly import Parts
    from deskquorum.desk import Desk

__all__ = ["give_verdict"]


async def give_verdict(desk: Desk, review: str, verdict: Verdict) -> ReviewItem:
    """Take a verdict on an item of the desk's queue.

    Args:
        desk: Whose policies rule on what the reviewer approves.
        review: Id of the item.
        verdict: What the reviewer says.

    Returns:
        The item, resolved. The same verdict by the same person again changes nothing.

    Raises:
        VerdictError: It is not taken; its code says why.
        LedgerError: The ledger can't be read or written.
    """
    return await anyio.to_thread.run_sync(partial(_give, desk, review, verdict))


def _give(desk: Desk, review: str, verdict: Verdict) -> ReviewItem:
    from deskquorum.ledger.reviews import close_item, get_item, why_closed
    from deskquorum.ledger.verdict_labels import note_labels

    parts = desk.parts
    database, rules = parts.ledger.database, parts.rules
    with database.transaction() as tx:
        item = get_item(tx, review)
    if item is None:
        raise VerdictError("not-found", f"there is no review '{review}'")
    if item.state == "resolved":
        return _said_before(item, verdict)
    if item.state == "settled":
        raise VerdictError("resolved", why_closed(item))
    if item.erased:
        raise VerdictError("invalid", "the person was erased; there is nothing left to decide")
    entry = parts.ledger.get(item.decision)
    if entry is None:
        raise VerdictError("not-found", "the decision of the review is not in the ledger")
    modes = {mode.id for mode in parts.failure_modes}
    weighed = weigh(item, entry, rules, verdict, failure_modes=modes)
    try:
        with database.transaction(writing=True) as tx:
            closed = close_item(
                tx,
                item,
                verdict,
                action=weighed.action,
                reply=weighed.reply,
                overridden=weighed.overridden,
            )
            _order(tx, item, weighed, rules.book, ports=parts.executed)
            _tell(tx, item, weighed, parts, by=verdict.by)
            labels = labels_of(item, entry, verdict, weighed)
            note_labels(tx, item.decision, labels, by=verdict.by)
    except TakenError as exc:
        if exc.item is not None and exc.item.state == "resolved":
            return _said_before(exc.item, verdict)
        gone = exc.item is None or exc.item.state != "open"
        raise VerdictError("resolved" if gone else "taken", str(exc)) from exc
    return closed


def _order(
    tx: Transaction,
    item: ReviewItem,
    weighed: Weighed,
    book: PolicyBook,
    *,
    ports: Collection[str],
) -> None:
    """Forbid the suggestion if another thing is to be done, and order what is."""
    from deskquorum.ledger.outbox import forbid
    from deskquorum.ledger.reservations import take

    def order(action: Action) -> Order:
        spec = book.actions.get(action.name)
        return order_of(tx, item.conversation, action, spec, item.decision, item.subject)

    chosen = None if weighed.action is None else order(weighed.action)
    suggested = None if item.action is None else order(item.action)
    if suggested is not None and (chosen is None or chosen.key != suggested.key):
        never = forbid(tx, suggested)
        if not never and chosen is not None:
            raise VerdictError(
                "denied",
                "the suggestion was carried out already, or may have been, so nothing else is done"
                " in its place; undo it first, or reject",
            )
    if chosen is None or weighed.action is None:
        return
    if weighed.charges:
        spec = book.actions[weighed.action.name]
        key = action_key(item.conversation, spec, weighed.action)
        take(tx, weighed.charges, action_key=key, taker=item.decision)
    _enqueue(tx, item, chosen, has_port=weighed.action.name in ports)


def _tell(tx: Transaction, item: ReviewItem, weighed: Weighed, parts: Parts, *, by: str) -> None:
    """Have the reply sent, where the ticket came from a helpdesk that is answered here."""
    from deskquorum.ledger.intake import source_of

    source = source_of(tx, item.decision)
    if weighed.reply is None or source is None or source not in parts.desk.helpdesk:
        return
    after = None
    if weighed.action is not None:
        if weighed.action.name not in parts.executed:
            # Whoever does it by hand answers too.
            return
        spec = parts.rules.book.actions.get(weighed.action.name)
        after = order_of(
            tx, item.conversation, weighed.action, spec, item.decision, item.subject
        ).key
    tell_verdict(
        tx,
        helpdesk=source,
        verdict=Approved(
            review=item.id,
            conversation=item.conversation,
            decision=item.decision,
            subject=item.subject,
            reply=weighed.reply,
            after=after,
            by=by,
        ),
    )


def _enqueue(tx: Transaction, item: ReviewItem, chosen: Order, *, has_port: bool) -> None:
    """See to it that it is done once; what can't be is not called approved.

    Raises:
        VerdictError: It was forbidden, did not happen, or may have happened.
    """
    from deskquorum.ledger.outbox import State, enqueue, execution, run_again

    found = execution(tx, chosen.key)
    if found is None:
        if has_port:
            enqueue(tx, chosen)
        return
    if found.state is State.CANCELLED:
        raise VerdictError("denied", "exactly this was edited or rejected before; it can never run")
    if found.state is State.UNKNOWN:
        raise VerdictError(
            "denied",
            "it may have been carried out, so it is not sent again: look what became of it, do by"
            " hand what is missing, and reject",
        )
    if found.state is not State.FAILED:
        return
    # A person looked what became of it, and says that it is to be done.
    if item.kind != "execution" or not run_again(tx, chosen.key):
        raise VerdictError("denied", "it was tried and failed; its own review decides of it")


def _said_before(item: ReviewItem, verdict: Verdict) -> ReviewItem:
    if item.said is not None and item.said == verdict_hash(verdict):
        return item
    raise VerdictError("resolved", f"the review is resolved: {item.verdict_by} said {item.verdict}")
