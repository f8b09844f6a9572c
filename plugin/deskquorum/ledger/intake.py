"""Every ticket that was accepted stands here before it is worked on, so that no crash loses it.

A row is worked on under a lease. It is done in the very transaction that records its decision, and
keeps the sealed answer for whoever asks again with the same idempotency key.
"""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, or_, select, update

from deskquorum.errors import LedgerError
from deskquorum.ledger.database import ErasedError
from deskquorum.ledger.secrets import hashed, secret
from deskquorum.ledger.tables import intake

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row

    from deskquorum.ledger.database import Transaction

__all__ = [
    "Accepted",
    "Claim",
    "Draft",
    "Kept",
    "KeyReusedError",
    "LeaseLostError",
    "Stage",
    "accept",
    "accept_done",
    "earlier",
    "enlist",
    "expired",
    "find",
    "pending",
    "settle",
    "source_of",
    "take_expired",
    "taken_over",
]

_LONGEST_S = 600.0
"""No lease lasts as long. One that ends later was written by a clock that was set back since."""

_SECRET = "intake"  # noqa: S105 - the name of a secret, not one


class Stage(StrEnum):
    """How far an accepted ticket is."""

    OPEN = "open"
    """Somebody works on it, or did until a crash."""
    DONE = "done"


class KeyReusedError(LedgerError):
    """The idempotency key came before, with another request."""


class LeaseLostError(LedgerError):
    """Somebody else works on the ticket by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request as it came in."""

    conversation: str
    subject: str
    """Whom it is about, whose key seals it."""
    request: str
    """JSON text from which it can be decided again."""
    source: str
    """`wait` while the asker waits for the answer, `async` otherwise, or a webhook's helpdesk."""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to work on one accepted ticket until its lease ends."""

    id: str
    owner: str
    attempts: int
    """How often it was begun, this time included."""
    source: str
    """As its draft says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An accepted ticket, as it stands."""

    id: str
    conversation: str
    stage: Stage
    decision: str | None
    answer: str | None
    """JSON text, once it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A ticket that was left lying, taken up."""

    claim: Claim
    conversation: str
    request: str


def accept(tx: Transaction, draft: Draft, *, owner: str, lease_s: float) -> Claim | Kept:
    """Write down a request and claim it; one that came before under its key is not taken again.

    Args:
        tx: Writing.
        draft: The request.
        owner: Who works on it.
        lease_s: For how long nobody else does.

    Returns:
        The claim; or what became of the earlier request, unless its lease ran out: then a claim.

    Raises:
        KeyReusedError: The earlier request was another one.
        ErasedError: It was erased.
    """
    key, fingerprint = _hashes(tx, draft)
    row = _earlier(tx, key, fingerprint)
    if row is not None:
        if row.state != Stage.OPEN or _is_held(tx, row):
            return _kept(tx, row)
        return _claim(tx, row, owner=owner, lease_s=lease_s)
    claim = Claim(id=f"i_{random.token_hex(16)}", owner=owner, attempts=1, source=draft.source)
    values = _row(tx, draft, claim.id, key=key, fingerprint=fingerprint)
    values |= {"state": Stage.OPEN, "lease_owner": owner, "lease_until_us": tx.after_us(lease_s)}
    tx.connection.execute(insert(intake).values(values))
    return claim


def enlist(tx: Transaction, draft: Draft) -> Kept:
    """Write down a request for which nobody waits; whoever is free takes it up.

    Raises:
        KeyReusedError: Its idempotency key came before, with another request.
        ErasedError: It came before and was erased.
    """
    key, fingerprint = _hashes(tx, draft)
    row = _earlier(tx, key, fingerprint)
    if row is not None:
        return _kept(tx, row)
    identity = f"i_{random.token_hex(16)}"
    values = _row(tx, draft, identity, key=key, fingerprint=fingerprint)
    values |= {"state": Stage.OPEN, "attempts": 0, "lease_until_us": tx.now_us}
    tx.connection.execute(insert(intake).values(values))
    return Kept(
        id=identity,
        conversation=draft.conversation,
        stage=Stage.OPEN,
        decision=None,
        answer=None,
    )


def earlier(tx: Transaction, draft: Draft) -> Kept | None:
    """What became of a request that came before under the same key; None where none did.

    Raises:
        KeyReusedError: The earlier request was another one.
        ErasedError: It was erased.
    """
    row = _earlier(tx, *_hashes(tx, draft))
    return None if row is None else _kept(tx, row)


def accept_done(
    draft: Draft,
    tx: Transaction,
    *,
    subject: str,
    decision: str,
    answer: str,
    begun: Claim | None = None,
) -> str:
    """Write down a request together with its answer, unless somebody works on it; returns its id.

    Args:
        draft: The request.
        tx: Writing.
        subject: Whom the answer is about.
        decision: Id of the decision.
        answer: JSON text.
        begun: What `accept` claimed before its caller stopped waiting: it may be there or not.

    Raises:
        KeyReusedError: Its idempotency key came before, with another request.
        LeaseLostError: It is done, or somebody else is at it.
    """
    key, fingerprint = _hashes(tx, draft)
    row = None if begun is None else _one(tx, intake.c.id == begun.id)
    row = row or _earlier(tx, key, fingerprint)
    if row is not None:
        claim = _free_claim(tx, row, begun)
        settle(claim, tx, subject=subject, decision=decision, answer=answer)
        return claim.id
    identity = f"i_{random.token_hex(16)}"
    values = _row(tx, draft, identity, key=key, fingerprint=fingerprint)
    sealed = tx.keyring.seal(answer, subject=subject, of=_answer_of(identity))
    values |= {"state": Stage.DONE, "decision": decision, "answer": sealed}
    tx.connection.execute(insert(intake).values(values))
    return identity


def settle(claim: Claim, tx: Transaction, *, subject: str, decision: str, answer: str) -> None:
    """Note that a ticket is decided, in the transaction that records its decision.

    The one who decided it may do so again: what came too late is taken back.

    Raises:
        LeaseLostError: It is no longer the claim's; whatever was to be written is not.
    """
    sealed = tx.keyring.seal(answer, subject=subject, of=_answer_of(claim.id))
    _change(
        tx,
        claim,
        state=Stage.DONE,
        decision=decision,
        answer=sealed,
        request=None,
    )


def take_expired(tx: Transaction, *, owner: str, lease_s: float, limit: int = 8) -> list[Accepted]:
    """Claim tickets whose lease ran out, oldest first; one whose person was erased is closed."""
    query = select(intake).where(*_expired(tx)).order_by(intake.c.accepted_us).limit(limit)
    taken = []
    for row in tx.connection.execute(query).all():
        try:
            request = tx.keyring.open(row.request, of=_request_of(row.id))
        except ErasedError:
            closed = update(intake).where(intake.c.id == row.id)
            tx.connection.execute(closed.values(state=Stage.DONE, request=None))
            continue
        claim = _claim(tx, row, owner=owner, lease_s=lease_s)
        taken.append(Accepted(claim=claim, conversation=row.conversation, request=request))
    return taken


def expired(tx: Transaction) -> bool:
    """Whether there is anything that `take_expired` would claim."""
    return (
        tx.connection.execute(select(intake.c.id).where(*_expired(tx)).limit(1)).first() is not None
    )


def taken_over(tx: Transaction, claim: Claim) -> Kept | None:
    """How a ticket stands that somebody else took up; None while it is the claim's.

    Raises:
        ErasedError: It was erased.
    """
    row = _one(tx, intake.c.id == claim.id)
    if row is None or (row.lease_owner, row.attempts) == (claim.owner, claim.attempts):
        return None
    return _kept(tx, row)


def find(tx: Transaction, identity: str) -> Kept | None:
    """An accepted ticket by its own id or that of its decision; None where there is none.

    Raises:
        ErasedError: It was erased.
    """
    row = _one(tx, or_(intake.c.id == identity, intake.c.decision == identity))
    return None if row is None else _kept(tx, row)


def source_of(tx: Transaction, decision: str) -> str | None:
    """Where the ticket of a decision came from; None where it was not accepted by a service."""
    row = _one(tx, intake.c.decision == decision)
    return None if row is None else str(row.source)


def pending(tx: Transaction) -> int:
    """How many accepted tickets are not decided yet."""
    own = (intake.c.tenant == tx.tenant, intake.c.state == Stage.OPEN)
    return tx.connection.execute(select(func.count()).select_from(intake).where(*own)).scalar_one()


def _hashes(tx: Transaction, draft: Draft) -> tuple[str | None, str]:
    """Keyed, as requests are about persons, and hosts may write anything into a key."""
    digest = sha256(draft.request.encode("utf-8", "surrogatepass")).hexdigest()
    key, own = draft.idempotency_key, secret(tx.connection, _SECRET)
    return None if key is None else hashed(own, key), hashed(own, digest)


def _expired(tx: Transaction) -> tuple[ColumnElement[bool], ...]:
    return (
        intake.c.tenant == tx.tenant,
        intake.c.state == Stage.OPEN,
        or_(
            intake.c.lease_until_us <= tx.now_us,
            intake.c.lease_until_us > tx.after_us(_LONGEST_S),
        ),
    )


def _earlier(tx: Transaction, key: str | None, fingerprint: str) -> Row[tuple[object, ...]] | None:
    row = None if key is None else _one(tx, intake.c.idempotency_key == key)
    if row is not None and row.fingerprint != fingerprint:
        raise KeyReusedError("this idempotency key was used for another request")
    return row


def _is_held(tx: Transaction, row: Row[tuple[object, ...]]) -> bool:
    return bool(tx.now_us < row.lease_until_us <= tx.after_us(_LONGEST_S))


def _free_claim(tx: Transaction, row: Row[tuple[object, ...]], begun: Claim | None) -> Claim:
    """The claim to a row that is one's own, or that nobody works on any more."""
    if row.state == Stage.OPEN:
        if begun is not None and (row.lease_owner, row.attempts) == (begun.owner, begun.attempts):
            return begun
        if not _is_held(tx, row):
            return _claim(tx, row, owner=random.token_hex(8), lease_s=0.0)
    raise LeaseLostError("this request is done, or somebody else is at it")


def _row(
    tx: Transaction, draft: Draft, identity: str, *, key: str | None, fingerprint: str
) -> dict[str, object]:
    sealed = tx.keyring.seal(draft.request, subject=draft.subject, of=_request_of(identity))
    return {
        "id": identity,
        "tenant": tx.tenant,
        "source": draft.source,
        "idempotency_key": key,
        "fingerprint": fingerprint,
        "conversation": draft.conversation,
        "request": sealed,
        "attempts": 1,
        "accepted_us": tx.now_us,
    }


def _one(tx: Transaction, which: ColumnElement[bool]) -> Row[tuple[object, ...]] | None:
    return tx.connection.execute(select(intake).where(intake.c.tenant == tx.tenant, which)).first()


def _kept(tx: Transaction, row: Row[tuple[object, ...]]) -> Kept:
    stage = Stage(row.state)
    if stage is Stage.DONE and row.answer is None:
        raise ErasedError("erased: what was asked is destroyed")
    answer = None if row.answer is None else tx.keyring.open(row.answer, of=_answer_of(row.id))
    return Kept(
        id=row.id,
        conversation=row.conversation,
        stage=stage,
        decision=row.decision,
        answer=answer,
    )


def _claim(tx: Transaction, row: Row[tuple[object, ...]], *, owner: str, lease_s: float) -> Claim:
    values = {
        "attempts": row.attempts + 1,
        "lease_owner": owner,
        "lease_until_us": tx.after_us(lease_s),
    }
    tx.connection.execute(update(intake).where(intake.c.id == row.id).values(values))
    return Claim(id=row.id, owner=owner, attempts=row.attempts + 1, source=row.source)


def _change(tx: Transaction, claim: Claim, **values: object) -> None:
    # The count of attempts too: an owner may have lost a ticket and taken it up again.
    held = (
        intake.c.id == claim.id,
        intake.c.lease_owner == claim.owner,
        intake.c.attempts == claim.attempts,
    )
    if tx.connection.execute(update(intake).where(*held).values(values)).rowcount != 1:
        raise LeaseLostError("the ticket is no longer this process's to decide")


def _request_of(identity: str) -> str:
    return f"request {identity}"


def _answer_of(identity: str) -> str:
    return f"answer {identity}"
