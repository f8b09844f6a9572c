"""The evidence on one ticket: redacted, its facts read, labelers asked, a bot's draft checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from deskquorum.domain import Deadline, Evidence, Finding, Proposal
from deskquorum.judgement import known_of_reply
from deskquorum.labeling import Choose, collect_votes
from deskquorum.opening import Opened
from deskquorum.redaction import Session
from deskquorum.run import Run, leaks_in, redacted_proposal
from deskquorum.sourcing import FactReader
from deskquorum.tracing import span
from deskquorum.verifying import Verified, Verifier

__all__ = ["Gathered", "gather_evidence", "in_thread"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a decision will rest on."""

    evidence: Evidence
    saved_calls: int
    """Model calls that were not needed for it."""
    findings: tuple[Finding, ...] | None
    """On the proposal's reply, where verifiers were asked about it."""


async def gather_evidence(
    run: Run, deadline: Deadline, *, choose: Choose | None, live: bool = True
) -> Gathered:
    """Redact, then ask the labelers while the systems are read and the draft is checked.

    Args:
        run: The ticket; what is known of it is left there, should a later step break.
        deadline: Later votes and facts do not count.
        choose: Whom to ask; None asks everybody.
        live: Whether the desk's own systems are asked for facts.

    Raises:
        RedactionError: The ticket could not be redacted.
    """
    run.stage = "models"
    opened = await run.setup.opened()
    run.stage = "redaction"
    with span("redaction"):
        run.session = session = await in_thread(partial(run.setup.parts.redactor.open, run.ticket))
    # Before anything else is redacted: what is replaced counts as known to the conversation.
    leaks = leaks_in(run.ticket.proposal, session)
    run.stage = "facts"
    run.raw_facts = opened.reader.known(
        run.ticket, languages=session.ticket.languages, now=run.ticket_time
    )
    run.facts = session.redact_facts(run.raw_facts)
    proposal = redacted_proposal(run.ticket.proposal, session)
    beside = _Beside(run=run, session=session, opened=opened, deadline=deadline)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beside.work, proposal, live)
        with run.during("labeling"):
            collected = await collect_votes(
                opened.labelers, session.ticket, deadline=deadline, choose=choose
            )
        run.votes = collected.votes
    checked = beside.checked
    claim_votes = () if checked is None else checked.votes
    evidence = Evidence(
        ticket=session.ticket,
        facts=run.facts,
        votes=run.votes,
        proposal=_mended(proposal, checked),
        failures=leaks,
        claim_votes=claim_votes,
        other_cost=run.other_cost(claim_votes),
        taken_at=datetime.now(UTC),
    )
    return Gathered(
        evidence=evidence,
        saved_calls=collected.saved_calls,
        findings=None if checked is None else checked.findings,
    )


class _Beside:
    """What goes on while labelers are asked: the systems are read, then the draft is checked.

    A draft is checked by the facts, so it waits for them, but it waits for no labeler.
    """

    def __init__(self, *, run: Run, session: Session, opened: Opened, deadline: Deadline) -> None:
        self._run, self._session, self._opened = run, session, opened
        self._deadline = deadline
        self.checked: Verified | None = None
        """The draft with the votes on it, once verifiers were asked."""

    async def work(self, proposal: Proposal | None, live: bool) -> None:  # noqa: FBT001 - a task
        if live and self._opened.reader.sources:
            with self._run.during("facts"):
                await self._read(self._opened.reader)
        verifier = self._opened.verifier
        if verifier is not None and proposal is not None and proposal.reply is not None:
            with self._run.during("reply"):
                self.checked = await self._verified(verifier, proposal, proposal.reply)

    async def _read(self, reader: FactReader) -> None:
        """INVARIANT: nothing that the desk's systems tell is kept before it is redacted."""
        run = self._run
        told = await reader.told(run.ticket, known=run.raw_facts, deadline=self._deadline)
        run.facts = await in_thread(partial(self._session.redact_facts, told))
        run.raw_facts = told

    async def _verified(self, verifier: Verifier, proposal: Proposal, reply: str) -> Verified:
        rules = self._run.setup.parts.rules
        return await verifier.verify(
            reply,
            index=rules.clauses,
            facts=known_of_reply(proposal, self._run.facts, self._session.ticket),
            links=rules.links,
            deadline=self._deadline,
        )


def _mended(proposal: Proposal | None, checked: Verified | None) -> Proposal | None:
    """The proposal with the draft that took the place of a contradicted one."""
    if proposal is None or checked is None:
        return proposal
    return replace(proposal, reply=checked.reply)


async def in_thread(call: Callable[[], _T]) -> _T:
    """Work something out away from the event loop, in turn; given up, it ends on its own."""
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=_at_work())


_AT_ONCE = 4
"""Threads that work things out. More of them finish nothing sooner, as one interpreter lets one run
at a time, and a transaction would wait for all of them at each of its statements."""

_AT_WORK: RunVar[anyio.CapacityLimiter] = RunVar("_AT_WORK")


def _at_work() -> anyio.CapacityLimiter:
    """That of this event loop."""
    limiter = _AT_WORK.get(None)
    if limiter is None:
        limiter = anyio.CapacityLimiter(_AT_ONCE)
        _AT_WORK.set(limiter)
    return limiter
