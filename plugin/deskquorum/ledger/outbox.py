"""The outbox: each action at most once, whatever crashes, and in the end it is done or a person's.

ready -> leased -> sending -> done | failed | unknown, or cancelled. What crashed before `sending`
was committed was not begun, so it is leased again; what crashed later is unknown until a read
tells.

INVARIANT: times only decide when something may be tried, never whether it was: each step is taken
by whoever holds the row's owner and number of attempts, so that no clock makes anything run twice.
That it happened is believed from anybody and at any time.

INVARIANT: once an attempt may have happened its row stays in doubt until it is known to be done.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, insert, or_, select, update

from deskquorum.ledger.database import ErasedError
from deskquorum.ledger.order_states import Execution, State, standing
from deskquorum.ledger.orders import Order, order_of
from deskquorum.ledger.settling import settle_reviews
from deskquorum.ledger.tables import executions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Row, Select

    from deskquorum.ledger.database import Transaction

__all__ = [
    "LONGEST_S",
    "Execution",
    "Lease",
    "Order",
    "State",
    "again",
    "begin",
    "done",
    "enqueue",
    "execution",
    "executions_after",
    "forbid",
    "give_to_person",
    "is_due",
    "keep",
    "lease",
    "lease_unknown",
    "order_in",
    "order_of",
    "result_of",
    "run_again",
    "start",
    "sweep",
    "unknown",
]

LONGEST_S = 7200.0
"""No lease and no pause is longer: what ends later was written by a clock that was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to carry out one order, or to look what became of it."""

    order: Order
    owner: str
    attempts: int
    """How often it was leased to be carried out, this time included."""
    looks: int
    """How often somebody looked what became of it."""


def enqueue(tx: Transaction, order: Order, *, delay_s: float = 0.0) -> bool:
    """Write down an order to be carried out.

    Args:
        tx: Writing.
        order: What is to be done; its raw values are sealed.
        delay_s: Nobody begins earlier.

    Returns:
        False: its key is there already, in whatever state, and nothing changes.
    """
    if _row(tx, order.key) is not None:
        return False
    _insert(tx, order, State.READY, due_us=_after_us(tx, delay_s))
    return True


def start(tx: Transaction, order: Order, *, owner: str, lease_s: float) -> Lease | None:
    """Write down an order that whoever asks carries out at once: from now on it may have happened.

    Args:
        tx: Writing.
        order: What is done.
        owner: Who does it.
        lease_s: After that, nobody knows whether it happened.

    Returns:
        None: its key is there already, in whatever state; nothing may be done.
    """
    if _row(tx, order.key) is not None:
        return None
    _insert(tx, order, State.SENDING, due_us=tx.now_us)
    until = tx.after_us(lease_s)
    _set(tx, order.key, attempts=1, lease_owner=owner, lease_until_us=until)
    return Lease(order=order, owner=owner, attempts=1, looks=0)


def forbid(tx: Transaction, order: Order) -> bool:
    """See to it that an order can never run; False where it ran, runs or may have run."""
    row = _row(tx, order.key)
    if row is None:
        _insert(tx, order, State.CANCELLED, due_us=tx.now_us)
        return True
    if row.state in {State.SENDING, State.DONE, State.UNKNOWN}:
        return False
    _set(tx, order.key, state=State.CANCELLED, lease_until_us=None)
    return not row.doubt


def lease(tx: Transaction, *, owner: str, lease_s: float, limit: int) -> list[Lease]:
    """Take orders that are due, oldest first; those of persons who were erased are cancelled."""
    taken = []
    for row in tx.connection.execute(_due(tx, State.READY, limit)).all():
        order = _order(tx, row)
        if order is None:
            _set(tx, row.key, state=State.CANCELLED, error="erased")
            continue
        _set(
            tx,
            row.key,
            state=State.LEASED,
            attempts=row.attempts + 1,
            lease_owner=owner,
            lease_until_us=_after_us(tx, lease_s),
        )
        taken.append(Lease(order=order, owner=owner, attempts=row.attempts + 1, looks=0))
    return taken


def begin(tx: Transaction, held: Lease, *, lease_s: float) -> bool:
    """Note, before anything is sent, that it may have happened from now on.

    Returns:
        False: somebody else has it, or it was forbidden; nothing may be sent.
    """
    changes = {"state": State.SENDING, "lease_until_us": _after_us(tx, lease_s)}
    return _step(tx, held, (State.LEASED,), changes)


def keep(tx: Transaction, held: Lease, *, lease_s: float) -> bool:
    """Keep an order for so long to look what became of it; False where it is no longer held."""
    return _step(tx, held, (State.UNKNOWN,), {"lease_until_us": _after_us(tx, lease_s)})


def done(tx: Transaction, order: Order, *, result: str | None = None) -> bool:
    """Note that it happened, whoever has it by now: nothing outweighs that.

    A person who was to find out is asked no more.

    Args:
        tx: Writing.
        order: What was carried out.
        result: JSON text of what the endpoint said; it is sealed.

    Returns:
        False: that was known.
    """
    sealed = None
    if result is not None:
        sealed = tx.keyring.seal(result, subject=order.subject, of=_result_of(order.key))
    changes = {
        "state": State.DONE,
        "error": None,
        "result": sealed,
        "doubt": 0,
        "handed_us": None,
        "lease_until_us": None,
    }
    open_ = (executions.c.key == order.key, executions.c.state != State.DONE)
    if _change(tx, changes, *open_) != 1:
        return False
    settle_reviews(tx, order)
    return True


def again(tx: Transaction, held: Lease, *, error: str, delay_s: float, maybe: bool = False) -> bool:
    """Note that it is to be carried out again.

    Args:
        tx: Writing.
        held: What was carried out, or looked at.
        error: Why it is not done, in kebab case; holds no values.
        delay_s: Until then.
        maybe: It may have happened, and is done once under its key all the same.

    Returns:
        False: somebody else has it by now; nothing was written.
    """
    return _later(tx, held, State.READY, error=error, delay_s=delay_s, maybe=maybe)


def unknown(tx: Transaction, held: Lease, *, error: str, delay_s: float = 0.0) -> bool:
    """Note that it may have happened, so that somebody looks; False as `again`."""
    return _later(tx, held, State.UNKNOWN, error=error, delay_s=delay_s, maybe=True)


def give_to_person(tx: Transaction, held: Lease, *, error: str, maybe: bool = False) -> bool:
    """Note that a person has it now, who alone decides what becomes of it.

    It is `FAILED` where it surely did not happen, `UNKNOWN` where this or an earlier attempt may
    have.

    Args:
        tx: Writing.
        held: The order.
        error: Why, in kebab case.
        maybe: This attempt may have happened.
    """
    failed = case((executions.c.doubt == 0, State.FAILED), else_=State.UNKNOWN)
    changes = {
        "state": State.UNKNOWN if maybe else failed,
        "error": error,
        "handed_us": tx.now_us,
        "lease_until_us": None,
        **({"doubt": 1} if maybe else {}),
    }
    return _step(tx, held, (State.LEASED, State.SENDING, State.UNKNOWN), changes)


def lease_unknown(tx: Transaction, *, owner: str, lease_s: float, limit: int) -> list[Lease]:
    """Take orders of which nobody knows whether they happened, to look what became of them."""
    taken = []
    for row in tx.connection.execute(_due(tx, State.UNKNOWN, limit)).all():
        order = _order(tx, row)
        if order is None:
            # Nothing can be read any more, and nobody could act on it.
            _set(tx, row.key, error="erased", handed_us=tx.now_us)
            continue
        until, looks = _after_us(tx, lease_s), row.looks + 1
        _set(tx, row.key, lease_owner=owner, lease_until_us=until, looks=looks)
        taken.append(Lease(order=order, owner=owner, attempts=row.attempts, looks=looks))
    return taken


def is_due(tx: Transaction) -> bool:
    """Whether `sweep`, `lease` or `lease_unknown` would find anything."""
    found = (
        tx.connection.execute(query.with_only_columns(executions.c.key)).first()
        for query in (
            _due(tx, State.READY, 1),
            _due(tx, State.UNKNOWN, 1),
            select(executions).where(*_expired(tx)).limit(1),
        )
    )
    return any(row is not None for row in found)


def sweep(tx: Transaction) -> None:
    """Take from crashed processes what they had: ready again, or unknown if it was being sent."""
    again = {"state": State.READY, "lease_until_us": None}
    _change(tx, again, *_expired(tx, State.LEASED))
    unknown = {
        "state": State.UNKNOWN,
        "error": "interrupted",
        "lease_until_us": None,
        "due_us": tx.now_us,
        "doubt": 1,
    }
    _change(tx, unknown, *_expired(tx, State.SENDING))


def run_again(tx: Transaction, key: str) -> bool:
    """Carry out, on a person's word, what surely did not happen; False where that is not known."""
    again = {
        "state": State.READY,
        "handed_us": None,
        "error": None,
        "due_us": tx.now_us,
    }
    return _change(tx, again, executions.c.key == key, executions.c.state == State.FAILED) == 1


def execution(tx: Transaction, key: str) -> Execution | None:
    """How an order stands; None where there is none."""
    row = _row(tx, key)
    return None if row is None else standing(row)


def executions_after(
    tx: Transaction, *, state: State | None = None, person: bool = False, limit: int = 100
) -> list[Execution]:
    """Orders, the newest first.

    Args:
        tx: Tells whose.
        state: Only those in this state.
        person: Only those that a person has.
        limit: So many at most.
    """
    query = select(executions).where(executions.c.tenant == tx.tenant)
    if state is not None:
        query = query.where(executions.c.state == state)
    if person:
        query = query.where(executions.c.handed_us.is_not(None))
    query = query.order_by(executions.c.created_us.desc(), executions.c.key).limit(limit)
    return [standing(row) for row in tx.connection.execute(query)]


def order_in(tx: Transaction, key: str) -> Order | None:
    """The order itself, with its raw values; None where there is none.

    Raises:
        ErasedError: Its person was erased.
    """
    row = _row(tx, key)
    return None if row is None else _opened(tx, row)


def result_of(tx: Transaction, key: str) -> str | None:
    """What the endpoint said, as JSON text; None where it said nothing.

    Raises:
        ErasedError: Its person was erased.
    """
    row = _row(tx, key)
    if row is None or row.result is None:
        return None
    return tx.keyring.open(row.result, of=_result_of(key))


def _row(tx: Transaction, key: str) -> Row[tuple[object, ...]] | None:
    own = (executions.c.tenant == tx.tenant, executions.c.key == key)
    return tx.connection.execute(select(executions).where(*own)).first()


def _insert(tx: Transaction, order: Order, state: State, *, due_us: int) -> None:
    raw = {"subject": order.subject, "args": order.args, "by": order.by, "why": order.why}
    sealed = tx.keyring.seal(json.dumps(raw), subject=order.subject, of=_order_of(order.key))
    row = {
        "key": order.key,
        "tenant": tx.tenant,
        "conversation": order.conversation,
        "action": order.action,
        "decision": order.decision,
        "args": sealed,
        "state": state,
        "attempts": 0,
        "looks": 0,
        "due_us": due_us,
        "compensates": order.compensates,
        "created_us": tx.now_us,
        "changed_us": tx.now_us,
    }
    tx.connection.execute(insert(executions).values(row))


def _order(tx: Transaction, row: Row[tuple[object, ...]]) -> Order | None:
    try:
        return _opened(tx, row)
    except ErasedError:
        return None


def _opened(tx: Transaction, row: Row[tuple[object, ...]]) -> Order:
    raw = json.loads(tx.keyring.open(row.args, of=_order_of(row.key)))
    return Order(
        key=row.key,
        conversation=row.conversation,
        action=row.action,
        decision=row.decision,
        compensates=row.compensates,
        **raw,
    )


def _due(tx: Transaction, state: State, limit: int) -> Select[tuple[object, ...]]:
    """What waits in a state for its time, free for anybody, and not for a person."""
    due = (
        executions.c.tenant == tx.tenant,
        executions.c.state == state,
        _over(tx, executions.c.due_us),
        executions.c.handed_us.is_(None),
        or_(executions.c.lease_until_us.is_(None), _over(tx, executions.c.lease_until_us)),
    )
    return select(executions).where(*due).order_by(executions.c.due_us).limit(limit)


def _expired(tx: Transaction, *states: State) -> tuple[ColumnElement[bool], ...]:
    return (
        executions.c.tenant == tx.tenant,
        executions.c.state.in_(states or (State.LEASED, State.SENDING)),
        _over(tx, executions.c.lease_until_us),
    )


def _over(tx: Transaction, column: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a moment has come, or is further ahead than any that a right clock wrote."""
    return or_(column <= tx.now_us, column > tx.after_us(LONGEST_S))


def _after_us(tx: Transaction, seconds: float) -> int:
    return tx.after_us(min(seconds, LONGEST_S))


def _later(
    tx: Transaction, held: Lease, state: State, *, error: str, delay_s: float, maybe: bool
) -> bool:
    changes = {
        "state": state,
        "error": error,
        "due_us": _after_us(tx, delay_s),
        "lease_until_us": None,
        **({"doubt": 1} if maybe else {}),
    }
    # Who comes back late still knows best what happened, as long as nobody looked meanwhile.
    return _step(tx, held, (State.SENDING, State.UNKNOWN), changes)


def _step(
    tx: Transaction, held: Lease, states: Sequence[State], changes: Mapping[str, object]
) -> bool:
    """Change a row that is still the lease's."""
    own = (
        executions.c.key == held.order.key,
        executions.c.lease_owner == held.owner,
        executions.c.attempts == held.attempts,
        executions.c.state.in_(states),
        executions.c.handed_us.is_(None),
    )
    return _change(tx, changes, *own) == 1


def _set(tx: Transaction, key: str, **changes: object) -> None:
    _change(tx, changes, executions.c.key == key)


def _change(tx: Transaction, changes: Mapping[str, object], *which: ColumnElement[bool]) -> int:
    changed = update(executions).where(executions.c.tenant == tx.tenant, *which)
    values = {**changes, "changed_us": tx.now_us}
    return tx.connection.execute(changed.values(values)).rowcount


def _order_of(key: str) -> str:
    return f"order {key}"


def _result_of(key: str) -> str:
    return f"result {key}"
