"""The end of a ticket's way: its decision goes into the ledger, and comes back with its values.

INVARIANT: what is not in the ledger is not done by itself; and where the ledger says that software
did it, or declined it, that is what the host was answered.
"""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Lock

import anyio
import anyio.to_thread

from deskquorum.domain import Deadline, Decision, Evidence, Reason, Route
from deskquorum.errors import LedgerError, RedactionError
from deskquorum.judgement import hand_off, judge
from deskquorum.ledger import Also, HeldError, Transaction
from deskquorum.ordering import forbid, order
from deskquorum.queueing import queue_up
from deskquorum.redaction import Session
from deskquorum.run import Run

__all__ = ["record"]

_log = logging.getLogger(__name__)

_JUDGEMENTS = 3
"""Once, once more with what holds it back, and once more should that have changed meanwhile."""


async def record(run: Run, decision: Decision, *, given_up_at: Deadline) -> Decision:
    """The decision as the ledger took it, values restored; without a record, a person's.

    Args:
        run: The ticket, with its evidence.
        decision: What was decided, redacted.
        given_up_at: When the host is answered, whatever the ledger is doing.
    """
    answer = _Answer()
    try:
        with anyio.move_on_after(given_up_at.remaining_s()), suppress(LedgerError):
            await anyio.to_thread.run_sync(
                partial(_record, run, decision, answer), abandon_on_cancel=True
            )
    finally:
        # A host that stopped waiting altogether gets no answer either.
        recorded = answer.taken()
    return _given_back(recorded or _to_person(decision, Reason(code="no-record")), run.session)


class _Answer:
    """What passes between the host, who waits for so long, and the thread that records."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._recorded: Decision | None = None
        self._given_up = False

    def taken(self) -> Decision | None:
        """What was recorded; None where it was not, and then the host is answered without."""
        with self._lock:
            self._given_up = self._recorded is None
            return self._recorded

    def give(self, decision: Decision) -> bool:
        """Tell what was recorded; False where nobody waits any more."""
        with self._lock:
            if not self._given_up:
                self._recorded = decision
            return not self._given_up

    def still_wanted(self, _: Transaction) -> None:
        """The last step before the commit.

        Raises:
            LedgerError: The host was answered already, so nothing may be committed.
        """
        with self._lock:
            if self._given_up:
                raise LedgerError("not recorded: the host was answered already")


def _record(run: Run, decision: Decision, answer: _Answer) -> None:
    """Record in a thread; what is committed after all, too late, is taken back."""
    if run.evidence is None:
        raise LedgerError("a decision without evidence")
    recorded = _recorded(run, decision, run.evidence, answer)
    if not answer.give(recorded) and recorded.route is not Route.HUMAN:
        _take_back(run, recorded, run.evidence)


def _recorded(run: Run, decision: Decision, evidence: Evidence, answer: _Answer) -> Decision:
    """The decision as the ledger took it: what is stopped or full goes to a person."""
    charges, key = run.charges(decision, run.setup.parts.rules.book)
    append = partial(
        run.setup.parts.ledger.append,
        charges=charges,
        action_key=key,
        subject=run.ticket.subject,
    )
    for _ in range(_JUDGEMENTS):
        also = (*_settling(run, decision, evidence.failures), answer.still_wanted)
        try:
            append(decision, evidence, also=also)
        except HeldError as held:
            used = evidence.used if held.used is None else held.used
            failures = (*evidence.failures, *held.reasons)
            evidence = replace(evidence, used=used, failures=failures)
            decision = judge(
                evidence,
                run.setup.parts.rules,
                decision_id=decision.id,
                now=decision.decided_at,
                saved_calls=decision.saved_calls,
            )
        else:
            return decision
    raise LedgerError("not recorded: what holds it back changed each time that it was judged")


def _settling(run: Run, decision: Decision, known: tuple[Reason, ...]) -> list[Also]:
    given_back = _given_back(decision, run.session)
    if decision.route is Route.HUMAN:
        first = partial(queue_up, run, decision, given_back)
    else:
        first = partial(order, run, given_back, known)
    return [first, *(partial(settle, given_back) for settle in run.settle)]


def _given_back(decision: Decision, session: Session | None) -> Decision:
    """The decision as the host gets it."""
    if session is None:
        return decision
    try:
        return _restored(decision, session)
    except RedactionError:
        held = _to_person(decision, Reason(code="unknown-placeholder"))
        return replace(held, action=None, reply=None)


def _take_back(run: Run, decision: Decision, evidence: Evidence) -> None:
    """Record behind a decision that its host never got that a person has the ticket.

    What it took from a limit stays taken: the same action takes it once, whoever sends it.
    """
    why = Reason(code="unanswered", params={"decision": decision.id})
    behind = replace(evidence, failures=(*evidence.failures, why))
    handed = hand_off(
        behind,
        run.setup.parts.rules,
        decision_id=f"d_{uuid.uuid4().hex}",
        now=decision.decided_at,
    )
    append = partial(run.setup.parts.ledger.append, subject=run.ticket.subject)
    never = partial(forbid, run, _given_back(decision, run.session))
    try:
        append(handed, behind, also=(never, *_settling(run, handed, behind.failures)))
    except LedgerError as exc:
        _log.error("decision %s came too late and could not be taken back: %s", decision.id, exc)


def _restored(decision: Decision, session: Session) -> Decision:
    action = None if decision.action is None else session.restore_action(decision.action)
    reply = None if decision.reply is None else session.restore(decision.reply)
    return replace(decision, action=action, reply=reply)


def _to_person(decision: Decision, reason: Reason) -> Decision:
    return replace(decision, route=Route.HUMAN, reasons=(reason, *decision.reasons))
