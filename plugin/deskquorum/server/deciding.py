"""One ticket through the service: written down, decided, answered by its deadline, never lost.

INVARIANT: a ticket is answered with what its record says, or with `human`, and once `human` was
answered nothing else is recorded for it by this process.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol, assert_never

import anyio
import structlog
from anyio.abc import TaskGroup
from structlog.contextvars import bind_contextvars

from deskquorum.domain import Decision, Reason, Ticket
from deskquorum.errors import LedgerError
from deskquorum.formats import decision_row
from deskquorum.ledger import ErasedError, Transaction
from deskquorum.ledger.events import emit
from deskquorum.ledger.intake import (
    Accepted,
    Claim,
    Draft,
    Kept,
    KeyReusedError,
    accept,
    accept_done,
    earlier,
    settle,
    taken_over,
)
from deskquorum.server.service import Service
from deskquorum.telling import Carried, asked_in, tell
from deskquorum.tracing import span

__all__ = ["Answer", "Deciding", "InProgressError", "answer_text"]

_log = structlog.get_logger("deskquorum.deciding")

_ACCEPT_S, _ACCEPT_SHARE = 1.0, 0.25
"""Longest wait for the database to take a ticket, seconds or that share of its deadline: when many
come at once, each waits for its turn to be written down."""

_GRACE_S = 0.08
"""Beyond the deadline, for what is being written down by then."""

_LEAST_S = 0.01
_LOOK_S = 0.05

_LEASE_S = 15.0
"""Added to the deadline: whoever has not answered by then is gone."""

_BACK_OFF_S = (0.1, 0.5, 1.0, 2.0, 5.0, 5.0, 10.0, 10.0)
_MOST_OWED = 1000

_LATE = Reason(code="late", params={"stage": "the whole ticket"})


class _Write(Protocol):
    def __call__(
        self, tx: Transaction, /, *, subject: str, decision: str, answer: str
    ) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent for a ticket."""

    text: str
    """JSON, byte for byte what a later replay gives."""
    decision: str
    replayed: bool = False


class InProgressError(Exception):
    """The same request is being worked on."""


def answer_text(decision: Decision) -> str:
    """A decision as it is sent and kept."""
    return json.dumps(decision_row(decision), ensure_ascii=True)


class Deciding:
    """Decides tickets for a service."""

    def __init__(self, service: Service, tasks: TaskGroup) -> None:
        """Take the service.

        Args:
            service: The service.
            tasks: Where records are written after their answer had to go out.
        """
        self._service = service
        self._tasks = tasks
        self._owed = 0
        self._owing = anyio.Lock()
        self._promised: dict[str, Decision] = {}
        """What was answered for accepted tickets and is not recorded yet, by the ticket's id."""
        self.alone = 0
        """Tickets being decided for which nobody waits."""

    async def answer(self, draft: Draft, ticket: Ticket, *, deadline_s: float) -> Answer:
        """Decide a ticket for somebody who waits.

        Raises:
            InProgressError: Its idempotency key came before, and there is no answer yet.
            KeyReusedError: Its idempotency key came before, with another request.
            ErasedError: Its answer was erased.
        """
        began, flight = time.monotonic(), self._service.flight
        if flight.tickets >= self._service.limits.max_in_flight:
            return await self._shed(draft, ticket, began, min(deadline_s, _ACCEPT_S))
        held: Claim | Kept | None = None
        begun: list[Claim | Kept] = []
        decision: Decision | None = None
        with flight.ticket(deadline_s + _GRACE_S):
            held = await self._accept(draft, begun, deadline_s)
            if isinstance(held, Claim):
                left_s = deadline_s - (time.monotonic() - began)
                decision = await self._decided(held, ticket, max(left_s, _LEAST_S))
                if not _is_recorded(decision):
                    held = await self._decided_elsewhere(held) or held
        match held:
            case Claim():
                return self._told(held, ticket, decision, began)
            case Kept():
                return self._replayed(held)
            case None:
                # The database is down, or was too slow for the deadline.
                return self._unrecorded(draft, ticket, _reason("no-record"), began, begun)
            case _:
                assert_never(held)

    def begin(self, accepted: Accepted, ticket: Ticket, *, attempts: int) -> None:
        """Decide a ticket for which nobody waits, beside everything else, or give it to a person.

        Args:
            accepted: What was taken up.
            ticket: What it says.
            attempts: After how many beginnings a person takes it.
        """
        self.alone += 1
        self._tasks.start_soon(self._finish, accepted, ticket, attempts)

    async def _finish(self, accepted: Accepted, ticket: Ticket, attempts: int) -> None:
        try:
            await self._finished(accepted, ticket, attempts)
        finally:
            self.alone -= 1

    async def _finished(self, accepted: Accepted, ticket: Ticket, attempts: int) -> None:
        began, claim = time.monotonic(), accepted.claim
        promise = self._promised.get(claim.id)
        if promise is not None:
            # Its lease ran out while the database was away; the answer is out all the same.
            await self._owe(ticket, promise, partial(self._settle, claim, ticket))
            return
        if claim.attempts <= attempts:
            read = await self._service.helpdesks.read_anew(claim.source, ticket)
            if read is None:
                # Its lease ends, and it is begun again.
                return
            ticket = read
            decision: Decision | None = None
            deadline_s = self._service.desk.parts.desk.deadline_s
            with self._service.flight.ticket(deadline_s + _GRACE_S):
                decision = await self._decided(claim, ticket, deadline_s)
            self._told(claim, ticket, decision, began)
            return
        reason = _reason("attempts", attempts=str(claim.attempts - 1))
        await self._owe(
            ticket,
            self._service.desk.to_person(ticket, reason),
            partial(self._settle, claim, ticket),
        )

    def _settle(
        self,
        claim: Claim,
        ticket: Ticket,
        tx: Transaction,
        *,
        subject: str,
        decision: str,
        answer: str,
    ) -> None:
        """Note that a ticket is decided, and have its helpdesk told."""
        settle(claim, tx, subject=subject, decision=decision, answer=answer)
        parts = self._service.desk.parts
        if claim.source in parts.desk.helpdesk:
            carried = Carried(executed=parts.executed, actions=parts.rules.book.actions)
            tell(tx, asked_in(ticket, claim.source), json.loads(answer), carried)

    async def _accept(
        self, draft: Draft, begun: list[Claim | Kept], deadline_s: float
    ) -> Claim | Kept | None:
        """Write a ticket down; `begun` also tells what may be committed after all."""

        def accepting(tx: Transaction) -> Claim | Kept:
            owner, lease_s = self._service.owner, deadline_s + _LEASE_S
            begun.append(accept(tx, draft, owner=owner, lease_s=lease_s))
            return begun[-1]

        try:
            patience_s = min(max(_ACCEPT_S, _ACCEPT_SHARE * deadline_s), deadline_s)
            return await self._service.records.write(accepting, within_s=patience_s)
        except (KeyReusedError, ErasedError):
            raise
        except LedgerError:
            return None

    async def _decided(self, claim: Claim, ticket: Ticket, left_s: float) -> Decision:
        """By the desk; its record stands and falls with the ticket's being done."""

        def done(decision: Decision, tx: Transaction) -> None:
            text = answer_text(decision)
            self._settle(
                claim, ticket, tx, subject=ticket.subject, decision=decision.id, answer=text
            )
            emit(tx, "decided", ticket.id, decision.id)

        with span("decide") as note:
            decision = await self._service.desk.decide(ticket, deadline_s=left_s, settle=(done,))
            note("deskquorum.decision", decision.id)
            note("deskquorum.route", decision.route.value)
        return decision

    async def _decided_elsewhere(self, claim: Claim) -> Kept | None:
        """The answer of whoever took the ticket up meanwhile, as after a clock that jumped."""
        with suppress(LedgerError):
            while kept := await self._service.records.read(partial(taken_over, claim=claim)):
                if kept.answer is not None:
                    return kept
                await anyio.sleep(_LOOK_S)
        return None

    def _told(
        self, claim: Claim, ticket: Ticket, decision: Decision | None, began: float
    ) -> Answer:
        """What was recorded; or that a person takes it, which is recorded as soon as it can be."""
        if decision is not None and _is_recorded(decision):
            return self._answered(decision, began)
        reason = _LATE if decision is None else _reason("no-record")
        if self._service.flight.cut:
            reason = _reason("shutting-down")
        promise = self._service.desk.to_person(ticket, reason)
        self._promised[claim.id] = promise
        self._later(ticket, promise, partial(self._settle, claim, ticket))
        return self._answered(promise, began)

    async def _shed(self, draft: Draft, ticket: Ticket, began: float, within_s: float) -> Answer:
        """At once to a person: more than this would make everybody late."""
        self._service.metrics.refused("shed")
        if draft.idempotency_key is not None:
            with suppress(LedgerError):
                kept = await self._service.records.read(
                    partial(earlier, draft=draft), within_s=within_s
                )
                if kept is not None:
                    return self._replayed(kept)
        return self._unrecorded(draft, ticket, _reason("shed"), began)

    def _unrecorded(
        self,
        draft: Draft,
        ticket: Ticket,
        reason: Reason,
        began: float,
        begun: Sequence[Claim | Kept] = (),
    ) -> Answer:
        """To a person at once; recorded as soon as the database can."""
        promise = self._service.desk.to_person(ticket, reason)
        claim = next((held for held in begun if isinstance(held, Claim)), None)
        if claim is not None:
            self._promised[claim.id] = promise
        self._later(ticket, promise, partial(accept_done, draft, begun=claim))
        return self._answered(promise, began)

    def _replayed(self, kept: Kept) -> Answer:
        if kept.answer is None or kept.decision is None:
            raise InProgressError
        self._service.metrics.replays.inc()
        return Answer(text=kept.answer, decision=kept.decision, replayed=True)

    def _answered(self, decision: Decision, began: float) -> Answer:
        took_s = time.monotonic() - began
        self._service.metrics.decided(decision, took_s)
        bind_contextvars(decision=decision.id, route=decision.route.value)
        _log.info("decided", took_ms=round(took_s * 1000))
        return Answer(text=answer_text(decision), decision=decision.id)

    def _later(self, ticket: Ticket, promise: Decision, write: _Write) -> None:
        if self._owed >= _MOST_OWED:
            # Its row, where there is one, is taken up again when its lease has run out.
            _log.error("a promise is not recorded: too many wait for the database")
            return
        self._tasks.start_soon(self._owe, ticket, promise, write)

    async def _owe(self, ticket: Ticket, promise: Decision, write: _Write) -> None:
        """Record that a person takes it, however long the database needs, within reason."""
        lost = False

        def done(decision: Decision, tx: Transaction) -> None:
            nonlocal lost
            try:
                write(
                    tx,
                    subject=ticket.subject,
                    decision=decision.id,
                    answer=answer_text(promise),
                )
            except LedgerError:
                lost = True
                raise
            emit(tx, "decided", ticket.id, decision.id)

        self._owed += 1
        try:
            for wait_s in _BACK_OFF_S:
                # One after the other: a database that comes back is needed by others first.
                async with self._owing:
                    kept = await self._service.desk.keep(ticket, promise, settle=(done,))
                if lost:
                    return
                if _is_recorded(kept):
                    self._kept(promise)
                    return
                await anyio.sleep(wait_s * (0.5 + random.random()))  # noqa: S311 - jitter
            _log.error("a promise is not recorded: the database is away", decision=promise.id)
        finally:
            self._owed -= 1

    def _kept(self, promise: Decision) -> None:
        owed = self._promised.items()
        self._promised = {ticket: made for ticket, made in owed if made.id != promise.id}


def _is_recorded(decision: Decision) -> bool:
    return not decision.reasons or decision.reasons[0].code != "no-record"


def _reason(code: str, **params: str) -> Reason:
    return Reason(code=code, params=params)
