"""The end of a ticket's way: its decision goes into the ledger, and comes back with its values.

INVARIANT: what is not in the ledger is not done by itself.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import anyio
import anyio.to_thread

from deskquorum.domain import Decision, Reason, Route
from deskquorum.errors import LedgerError, RedactionError
from deskquorum.judgement import judge
from deskquorum.ledger import HeldError
from deskquorum.redaction import Session
from deskquorum.run import Run

__all__ = ["record"]


async def record(run: Run, decision: Decision, *, wait_s: float) -> Decision:
    """The decision as the ledger took it, values restored; without a record, a person's.

    Args:
        run: The ticket, with its evidence.
        decision: What was decided, redacted.
        wait_s: Longest wait for the ledger.
    """
    recorded: Decision | None = None
    with anyio.move_on_after(wait_s), suppress(LedgerError):
        recorded = await anyio.to_thread.run_sync(
            partial(_recorded, run, decision), abandon_on_cancel=True
        )
    decision = recorded or _to_person(decision, Reason(code="no-record"))
    if run.session is None:
        return decision
    try:
        return _restored(decision, run.session)
    except RedactionError:
        held = _to_person(decision, Reason(code="unknown-placeholder"))
        return replace(held, action=None, reply=None)


def _recorded(run: Run, decision: Decision) -> Decision:
    """The decision as the ledger took it: what is stopped or full goes to a person."""
    if run.evidence is None:
        raise LedgerError("a decision without evidence")
    charges, key = run.charges(decision, run.setup.parts.rules.book)
    append = partial(
        run.setup.parts.ledger.append,
        charges=charges,
        action_key=key,
        subject=run.ticket.subject,
    )
    try:
        append(decision, run.evidence)
    except HeldError as held:
        failures = (*run.evidence.failures, *held.reasons)
        run.evidence = replace(run.evidence, used=held.used, failures=failures)
        decision = judge(
            run.evidence,
            run.setup.parts.rules,
            decision_id=decision.id,
            now=decision.decided_at,
            saved_calls=decision.saved_calls,
        )
        append(decision, run.evidence)
    return decision


def _restored(decision: Decision, session: Session) -> Decision:
    action = None if decision.action is None else session.restore_action(decision.action)
    reply = None if decision.reply is None else session.restore(decision.reply)
    return replace(decision, action=action, reply=reply)


def _to_person(decision: Decision, reason: Reason) -> Decision:
    return replace(decision, route=Route.HUMAN, reasons=(reason, *decision.reasons))
