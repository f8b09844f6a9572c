"""The review queue: what waits for a person, whose turn it is, and the one verdict that counts."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from sqlalchemy import and_, bindparam, case, func, insert, or_, select, update

from deskquorum.domain import Action, JsonValue, Reason
from deskquorum.ledger.chain import add_link
from deskquorum.ledger.database import ErasedError, microseconds, moment
from deskquorum.ledger.events import emit
from deskquorum.ledger.notices import post
from deskquorum.ledger.review_items import (
    Draft,
    ReviewItem,
    ReviewState,
    TakenError,
    Verdict,
    suggestion_hash,
    text_of,
    verdict_hash,
)
from deskquorum.ledger.tables import reviews, verdicts

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row, Select

    from deskquorum.ledger.database import Transaction

__all__ = [
    "Change",
    "claim",
    "close_item",
    "get_item",
    "is_overdue",
    "items",
    "of_conversation",
    "open_item",
    "overdue",
    "queue_length",
    "release",
    "resolved_since",
    "why_closed",
]

Change = Callable[["Transaction"], "ReviewItem"]
"""Something that changes an item."""


class _Named(TypedDict):
    name: str
    args: Mapping[str, JsonValue]


class _Kept(TypedDict, total=False):
    action: _Named | None
    reply: str | None
    subject: str
    limited: Mapping[str, str]
    values: Mapping[str, JsonValue]
    why: str
    said: str
    overridden: bool
    failure_mode: str


# Made once: to put a statement together costs more than to run it.
_NEW = insert(reviews)
_OLDER = select(
    reviews.c.id,
    or_(reviews.c.assignee.is_(None), reviews.c.lease_until_us <= bindparam("now_us")).label(
        "free"
    ),
).where(
    reviews.c.tenant == bindparam("tenant"),
    reviews.c.conversation == bindparam("conversation"),
    reviews.c.kind == "decision",
    reviews.c.state == "open",
)
"""Open items of a conversation, and whether nobody holds them."""


def open_item(tx: Transaction, draft: Draft) -> str:
    """Put something into the queue; an older item of the conversation that nobody holds gives way.

    Returns its id. Values that were not redacted are sealed, and need the host's key; without one
    the caller gives placeholders.
    """
    item = f"r_{random.token_hex(16)}"
    if draft.kind == "decision":
        _supersede(tx, draft.conversation, by=item)
    due_us = tx.after_us(draft.due.total_seconds())
    kept = text_of(
        draft.action,
        draft.reply,
        subject=draft.subject,
        limited=dict(draft.limited),
        values=dict(draft.values),
    )
    sealed = tx.keyring.seal(kept, subject=draft.subject, of=f"review {item}")
    row = {
        "id": item,
        "tenant": tx.tenant,
        "kind": draft.kind,
        "conversation": draft.conversation,
        "decision": draft.decision,
        "state": "open",
        "risk": draft.risk,
        "action": None if draft.action is None else draft.action.name,
        "reasons": json.dumps([{"code": r.code, "params": dict(r.params)} for r in draft.reasons]),
        "suggestion": sealed,
        "opened_us": tx.now_us,
        "due_us": due_us,
        "overdue_told": 0,
    }
    tx.connection.execute(_NEW, row)
    emit(tx, "review-opened", draft.conversation, item)
    if draft.tells:
        post(tx, "review-opened", item)
    return item


def get_item(tx: Transaction, item: str) -> ReviewItem | None:
    """An item by its id, None where this desk has no such."""
    row = tx.connection.execute(_own(tx).where(reviews.c.id == item)).first()
    return None if row is None else _item(tx, row)


def of_conversation(tx: Transaction, conversation: str) -> list[ReviewItem]:
    """The items of a conversation, newest first."""
    query = _own(tx).where(reviews.c.conversation == conversation)
    newest = query.order_by(reviews.c.opened_us.desc(), reviews.c.id)
    return [_item(tx, row) for row in tx.connection.execute(newest)]


def items(
    tx: Transaction,
    *,
    state: ReviewState = "open",
    assignee: str | None = None,
    held: bool | None = None,
    risk: int | None = None,
    due_within: timedelta | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[ReviewItem]:
    """Items by risk, then by due time.

    Args:
        tx: Tells whose queue.
        state: Only those.
        assignee: Only what this person holds.
        held: Only what somebody holds, or only what nobody does.
        risk: Only those of this risk.
        due_within: Only those that are due by then, or were.
        after: Id of the last item of the page before.
        limit: So many at once.
    """
    query = _own(tx).where(reviews.c.state == state)
    if assignee is not None:
        query = query.where(reviews.c.assignee == assignee, reviews.c.lease_until_us > tx.now_us)
    if held is not None:
        holds = and_(reviews.c.assignee.is_not(None), reviews.c.lease_until_us > tx.now_us)
        query = query.where(
            holds
            if held
            else or_(reviews.c.assignee.is_(None), reviews.c.lease_until_us <= tx.now_us)
        )
    if risk is not None:
        query = query.where(reviews.c.risk == risk)
    if due_within is not None:
        query = query.where(reviews.c.due_us <= tx.after_us(due_within.total_seconds()))
    last = (
        None
        if after is None
        else tx.connection.execute(_own(tx).where(reviews.c.id == after)).first()
    )
    if last is not None:
        query = query.where(_behind(last))
    ordered = query.order_by(reviews.c.risk.desc(), reviews.c.due_us, reviews.c.id).limit(limit)
    return [_item(tx, row) for row in tx.connection.execute(ordered)]


def resolved_since(tx: Transaction, since: datetime) -> Iterator[ReviewItem]:
    """Yield the items with a verdict from `since` on, oldest verdict first."""
    given = _own(tx).where(verdicts.c.at_us >= microseconds(since))
    for row in tx.connection.execute(given.order_by(verdicts.c.at_us, verdicts.c.seq)):
        yield _item(tx, row)


def claim(tx: Transaction, item: str, *, by: str, lease: timedelta) -> ReviewItem:
    """Take an item, or hold it for longer; whoever comes second is told who has it.

    Raises:
        TakenError: Somebody else holds it, or it is not open.
    """
    until = tx.after_us(lease.total_seconds())
    changed = tx.connection.execute(
        update(reviews).where(*_free(tx, item, by)).values(assignee=by, lease_until_us=until)
    )
    return _changed(tx, item, changed.rowcount, "review-claimed")


def release(tx: Transaction, item: str, *, by: str) -> ReviewItem:
    """Give an item back.

    Raises:
        TakenError: Somebody else holds it, or it is not open.
    """
    changed = tx.connection.execute(
        update(reviews).where(*_free(tx, item, by)).values(assignee=None, lease_until_us=None)
    )
    return _changed(tx, item, changed.rowcount, "review-released")


def close_item(
    tx: Transaction,
    item: ReviewItem,
    verdict: Verdict,
    *,
    action: Action | None,
    reply: str | None,
    overridden: bool = False,
) -> ReviewItem:
    """Write the verdict down; of two at the same time one counts.

    Args:
        tx: Of a writer.
        item: As it was read in this transaction.
        verdict: What the reviewer says.
        action: What is in force now, None where nothing is to be done.
        reply: What is to be sent now.
        overridden: Whether that is in spite of what the reply's check found.

    Raises:
        TakenError: Somebody else holds it, or it is not open any more.
    """
    named = {} if verdict.failure_mode is None else {"failure_mode": verdict.failure_mode}
    said = text_of(
        action, reply, why=verdict.why, said=verdict_hash(verdict), overridden=overridden, **named
    )
    changed = tx.connection.execute(
        update(reviews)
        .where(*_free(tx, item.id, verdict.by))
        .values(state="resolved", assignee=None, lease_until_us=None)
        .returning(reviews.c.suggestion)
    ).first()
    if changed is not None:
        sealed = tx.keyring.seal_beside(said, beside=changed.suggestion, of=f"verdict {item.id}")
        row = {
            "review": item.id,
            "decision": item.decision,
            "kind": verdict.kind,
            "by": verdict.by,
            "at_us": tx.now_us,
            "outcome": sealed,
        }
        add_link(tx, verdicts, row)
    return _changed(tx, item.id, int(changed is not None), "review-resolved")


def overdue(tx: Transaction, *, tells: bool, limit: int = 100) -> list[str]:
    """Raise the alarm, once each, for items whose time is over; returns their ids."""
    late = select(reviews.c.id, reviews.c.conversation).where(*_untold(tx))
    found = tx.connection.execute(late.order_by(reviews.c.due_us).limit(limit)).all()
    for row in found:
        told = update(reviews).where(reviews.c.id == row.id).values(overdue_told=1)
        tx.connection.execute(told)
        emit(tx, "review-overdue", row.conversation, row.id)
        if tells:
            post(tx, "review-overdue", row.id)
    return [row.id for row in found]


def is_overdue(tx: Transaction) -> bool:
    """Whether `overdue` would find any."""
    late = select(reviews.c.id).where(*_untold(tx)).limit(1)
    return tx.connection.execute(late).first() is not None


def queue_length(tx: Transaction) -> tuple[int, int]:
    """How many items are open, and how many of these are overdue."""
    late = func.sum(case((reviews.c.due_us <= tx.now_us, 1), else_=0))
    query = select(func.count(), late).where(
        reviews.c.tenant == tx.tenant, reviews.c.state == "open"
    )
    count, overdue_count = tx.connection.execute(query).one()
    return int(count), int(overdue_count or 0)


def _own(tx: Transaction) -> Select[tuple[object, ...]]:
    """The items of the desk, each with its verdict."""
    verdict = (
        verdicts.c.kind.label("verdict"),
        verdicts.c.by.label("verdict_by"),
        verdicts.c.at_us.label("verdict_us"),
        verdicts.c.outcome,
    )
    judged = reviews.outerjoin(verdicts, verdicts.c.review == reviews.c.id)
    return select(reviews, *verdict).select_from(judged).where(reviews.c.tenant == tx.tenant)


def _untold(tx: Transaction) -> Sequence[ColumnElement[bool]]:
    """Open items whose time is over, and nobody was told."""
    return (
        reviews.c.tenant == tx.tenant,
        reviews.c.state == "open",
        reviews.c.overdue_told == 0,
        reviews.c.due_us <= tx.now_us,
    )


def _behind(last: Row[tuple[object, ...]]) -> ColumnElement[bool]:
    later = and_(reviews.c.due_us == last.due_us, reviews.c.id > last.id)
    same_risk = and_(reviews.c.risk == last.risk, or_(reviews.c.due_us > last.due_us, later))
    return or_(reviews.c.risk < last.risk, same_risk)


def _free(tx: Transaction, item: str, by: str) -> Sequence[ColumnElement[bool]]:
    """INVARIANT: only an open item that nobody else holds is changed, and by one at a time."""
    held = or_(
        reviews.c.assignee.is_(None),
        reviews.c.assignee == by,
        reviews.c.lease_until_us <= tx.now_us,
    )
    return (reviews.c.tenant == tx.tenant, reviews.c.id == item, reviews.c.state == "open", held)


def _changed(tx: Transaction, item: str, rows: int, kind: str) -> ReviewItem:
    found = get_item(tx, item)
    if found is None or rows == 0:
        raise TakenError(why_closed(found), item=found)
    emit(tx, kind, found.conversation, item)
    return found


def why_closed(item: ReviewItem | None) -> str:
    """Why an item can't be changed, in words."""
    if item is None:
        return "there is no such review"
    if item.state == "superseded":
        return f"the review is superseded by {item.newer}"
    if item.state == "settled":
        return "the review is settled: what it was about turned out to be done, so nothing is left"
    if item.state == "resolved":
        return f"the review is resolved: {item.verdict_by} said {item.verdict}"
    return f"{item.assignee} holds the review until {item.lease_until:%Y-%m-%d %H:%M:%S} UTC"


def _supersede(tx: Transaction, conversation: str, *, by: str) -> None:
    """Older open items of the conversation give way; who holds one is told that there is news."""
    about = {"tenant": tx.tenant, "conversation": conversation, "now_us": tx.now_us}
    for row in tx.connection.execute(_OLDER, about).all():
        told = {"newer": by, **({"state": "superseded"} if row.free else {})}
        tx.connection.execute(update(reviews).where(reviews.c.id == row.id).values(told))
        if row.free:
            emit(tx, "review-superseded", conversation, row.id)


def _item(tx: Transaction, row: Row[tuple[object, ...]]) -> ReviewItem:
    suggestion, erased = _opened(tx, row.suggestion, f"review {row.id}")
    outcome, _ = _opened(tx, row.outcome, f"verdict {row.id}")
    action, reply = _action(suggestion), suggestion.get("reply")
    holds = row.assignee is not None and (row.lease_until_us or 0) > tx.now_us
    return ReviewItem(
        id=row.id,
        kind=row.kind,
        conversation=row.conversation,
        decision=row.decision,
        state=row.state,
        risk=row.risk,
        reasons=tuple(Reason(code=r["code"], params=r["params"]) for r in json.loads(row.reasons)),
        action=action,
        reply=reply,
        # Never kept in clear: small values could be guessed from it, after an erasure too.
        args_hash=suggestion_hash(action, reply) if suggestion else None,
        subject=suggestion.get("subject", ""),
        limited=suggestion.get("limited", {}),
        values=suggestion.get("values", {}),
        opened_at=moment(row.opened_us),
        due_at=moment(row.due_us),
        assignee=row.assignee if holds else None,
        lease_until=moment(row.lease_until_us) if holds else None,
        verdict=row.verdict,
        verdict_by=row.verdict_by,
        verdict_at=None if row.verdict_us is None else moment(row.verdict_us),
        final_action=_action(outcome),
        final_reply=outcome.get("reply"),
        why=outcome.get("why", ""),
        newer=row.newer,
        said=outcome.get("said"),
        overridden=outcome.get("overridden", False),
        failure_mode=outcome.get("failure_mode"),
        erased=erased,
    )


def _opened(tx: Transaction, sealed: str | None, of: str) -> tuple[_Kept, bool]:
    """What was sealed, and whether it was erased."""
    if sealed is None:
        return {}, False
    try:
        return json.loads(tx.keyring.open(sealed, of=of)), False
    except ErasedError:
        return {}, True


def _action(kept: _Kept) -> Action | None:
    named = kept.get("action")
    return None if named is None else Action(name=named["name"], args=named["args"])
