"""The one object that hosts hold: a ticket's way through the rooms, top to bottom in `_work`.

Whatever breaks or runs late on the way, the answer is a decision with route `human`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import anyio
import anyio.to_thread

from deskquorum.asking import labelers_to_ask
from deskquorum.assembly import Parts, load_parts, open_labelers
from deskquorum.domain import (
    Answer,
    ClaimVote,
    Deadline,
    Decision,
    Evidence,
    Facts,
    Proposal,
    Reason,
    RedactedTicket,
    Route,
    Ticket,
    Vote,
)
from deskquorum.drift_watch import DriftWatch
from deskquorum.errors import LedgerError, RedactionError
from deskquorum.facts import facts_from_ticket
from deskquorum.judgement import answer_to, judge
from deskquorum.labeling import Choose, Labeler, collect_votes
from deskquorum.ledger import Ledger
from deskquorum.redaction import Session
from deskquorum.verifying import Verifier

__all__ = ["Desk", "Labeled", "load_desk"]

_T = TypeVar("_T")

_RESERVE_S = 0.5
"""Kept back from the deadline for judging once the votes are in."""

_RECORD_S = 2.0
"""Longest wait for the ledger; a decision that it has not taken by then goes to a person."""


def load_desk(
    folder: str | Path,
    *,
    model_url: str | None = None,
    models: bool = True,
    ledger: str | Path | None = None,
    keys: Mapping[str, str] | None = None,
) -> Desk:
    """Load a desk's files; nothing is half-loaded.

    Args:
        folder: The desk folder (`policies/`, `prompts/`, `labelers/`).
        model_url: Base URL used for models that `desk.yaml` calls `local`.
        models: False leaves every prompt labeler out: rules and embeddings only.
        ledger: Where to record instead of the file that `desk.yaml` names.
        keys: API keys by the names that `desk.yaml` gives them: `os.environ`, say.

    Raises:
        ConfigError: Files that can't be used, with every problem in them.
    """
    parts = load_parts(Path(folder), models=models, ledger=ledger)
    return Desk(parts, model_url=model_url, keys=keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labeled:
    """One question's answer on one ticket, with the votes behind it."""

    answer: Answer
    votes: tuple[Vote, ...]


class Desk:
    """Decides tickets. Use it as an async context manager, or call `aclose` when done."""

    def __init__(
        self,
        parts: Parts,
        *,
        model_url: str | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self._parts = parts
        self._open = partial(open_labelers, parts, model_url=model_url, keys=keys)
        self._stack = AsyncExitStack()
        self._opening = anyio.Lock()
        self._watch = DriftWatch(parts.rules.learned, parts.learned_path)
        self._labelers: tuple[Labeler, ...] | None = None
        self._notices: tuple[str, ...] = ()
        self._verifier: Verifier | None = None

    @property
    def parts(self) -> Parts:
        """Everything that was loaded, for reading."""
        return self._parts

    @property
    def notices(self) -> tuple[str, ...]:
        """What could not be started and is done without, in words."""
        return self._notices

    @property
    def ledger(self) -> Ledger:
        """The record of every decision."""
        return self._parts.ledger

    async def __aenter__(self) -> Self:
        await self._ready()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of models and ledger; the next ticket opens them again."""
        await self._stack.aclose()
        self.ledger.close()
        self._stack, self._labelers = AsyncExitStack(), None

    async def decide(self, ticket: Ticket, *, deadline_s: float | None = None) -> Decision:
        """Check the ticket's own proposal, or propose; always a decision, by the deadline."""
        deadline = Deadline.after(deadline_s or self._parts.desk.deadline_s)
        run = _Run(ticket=ticket, decision_id=f"d_{uuid.uuid4().hex}")
        decision: Decision | None = None
        with anyio.move_on_after(deadline.remaining_s()):
            try:
                decision = await self._work(run, deadline)
            except Exception as exc:  # noqa: BLE001 - any surprise becomes a hand-off
                why = {"stage": run.stage, "why": type(exc).__name__}
                run.failures.append(Reason(code="stage-failed", params=why))
        if decision is None:
            if not run.failures:
                run.failures.append(Reason(code="late", params={"stage": run.stage}))
            decision = self._hand_off(run)
        return await self._record(run, decision)

    async def review(
        self, ticket: Ticket, proposal: Proposal, *, deadline_s: float | None = None
    ) -> Decision:
        """Check a foreign bot's action or reply before it is carried out."""
        return await self.decide(replace(ticket, proposal=proposal), deadline_s=deadline_s)

    def decide_sync(self, ticket: Ticket, *, deadline_s: float | None = None) -> Decision:
        """The one door for hosts without an event loop; starts and stops the models each time."""

        async def once() -> Decision:
            async with self:
                return await self.decide(ticket, deadline_s=deadline_s)

        return anyio.run(once)

    async def label(self, ticket: Ticket, question: str) -> Labeled:
        """Answer one question about a ticket; nothing is decided or recorded.

        Raises:
            RedactionError: The ticket could not be redacted.
        """
        labelers = await self._ready()
        session = await _in_thread(partial(self._parts.redactor.open, ticket))
        collected = await collect_votes(
            [labeler for labeler in labelers if labeler.question == question],
            session.ticket,
            deadline=Deadline.after(self._parts.desk.deadline_s),
        )
        rules = self._parts.rules
        answer = answer_to(rules.questions[question], collected.votes, rules)
        return Labeled(answer=answer, votes=collected.votes)

    async def gather(self, ticket: Ticket) -> Evidence:
        """Ask every labeler about a ticket; nothing is decided, recorded or watched.

        Raises:
            RedactionError: The ticket could not be redacted.
        """
        run = _Run(ticket=ticket, decision_id="")
        deadline = Deadline.after(self._parts.desk.deadline_s)
        evidence, _ = await self._gather(run, deadline, choose=None)
        return evidence

    async def _work(self, run: _Run, deadline: Deadline) -> Decision:
        choose = partial(labelers_to_ask, self._parts.rules)
        gathered, saved_calls = await self._gather(run, deadline, choose=choose)
        run.stage = "judgement"
        failures = (*gathered.failures, *await self._watch.drifts(run.votes))
        run.evidence = replace(gathered, failures=failures)
        return await _in_thread(
            partial(
                judge,
                run.evidence,
                self._parts.rules,
                decision_id=run.decision_id,
                now=run.ticket_time,
                saved_calls=saved_calls,
            )
        )

    async def _gather(
        self, run: _Run, deadline: Deadline, *, choose: Choose | None
    ) -> tuple[Evidence, int]:
        """The evidence, and the model calls that were not needed for it."""
        run.stage = "models"
        labelers = await self._ready()
        run.stage = "redaction"
        run.session = await _in_thread(partial(self._parts.redactor.open, run.ticket))
        run.stage = "facts"
        run.facts = run.session.redact_facts(self._facts(run))
        # Before the draft is redacted: what is replaced counts as known to the conversation.
        leaks = _leaks(run.ticket.proposal, run.session)
        proposal = _redacted(run.ticket.proposal, run.session)
        run.stage = "labeling"
        collected = await collect_votes(
            labelers, run.session.ticket, deadline=deadline.earlier(_RESERVE_S), choose=choose
        )
        run.votes = collected.votes
        run.stage = "reply"
        proposal, claim_votes = await self._verified(run.facts, proposal, deadline)
        evidence = Evidence(
            ticket=run.session.ticket,
            facts=run.facts,
            votes=run.votes,
            proposal=proposal,
            failures=leaks,
            claim_votes=claim_votes,
            taken_at=datetime.now(UTC),
        )
        return evidence, collected.saved_calls

    async def _verified(
        self, facts: Facts, proposal: Proposal | None, deadline: Deadline
    ) -> tuple[Proposal | None, tuple[ClaimVote, ...]]:
        """A bot's draft, mended where a clause contradicts it, and the votes on its claims."""
        if self._verifier is None or proposal is None or proposal.reply is None:
            return proposal, ()
        rules = self._parts.rules
        verified = await self._verifier.verify(
            proposal.reply,
            index=rules.clauses,
            facts=facts,
            links=rules.links,
            deadline=deadline.earlier(_RESERVE_S),
        )
        return replace(proposal, reply=verified.reply), verified.votes

    def _facts(self, run: _Run) -> Facts:
        if run.session is None:
            raise RedactionError("facts are read after redaction")
        return facts_from_ticket(
            run.ticket,
            declared=self._parts.rules.book.facts,
            languages=run.session.ticket.languages,
            served=self._parts.desk.languages,
            now=run.ticket_time,
        )

    def _hand_off(self, run: _Run) -> Decision:
        """A decision without a judgement: a person takes the ticket, with what is known."""
        run.evidence = Evidence(
            ticket=run.redacted,
            facts=run.facts,
            votes=run.votes,
            failures=tuple(run.failures),
            taken_at=datetime.now(UTC),
        )
        return Decision(
            id=run.decision_id,
            ticket=run.ticket.id,
            route=Route.HUMAN,
            action=None,
            reply=None,
            reasons=tuple(run.failures),
            decided_at=run.ticket_time,
            policy_hash=self._parts.rules.book.hash,
        )

    async def _record(self, run: _Run, decision: Decision) -> Decision:
        """INVARIANT: what is not in the ledger is not done by itself."""
        if run.evidence is None:
            raise RedactionError("a decision without evidence")
        recorded = False
        with anyio.move_on_after(_RECORD_S), suppress(LedgerError):
            await _in_thread(partial(self.ledger.append, decision, run.evidence))
            recorded = True
        if not recorded:
            decision = _to_person(decision, Reason(code="no-record"))
        if run.session is None:
            return decision
        try:
            return _restored(decision, run.session)
        except RedactionError:
            held = _to_person(decision, Reason(code="unknown-placeholder"))
            return replace(held, action=None, reply=None)

    async def _ready(self) -> tuple[Labeler, ...]:
        async with self._opening:
            if self._labelers is None:
                await _in_thread(self._parts.redactor.warm_up)
                opened = await self._open(stack=self._stack)
                self._labelers, self._notices = opened.labelers, opened.notices
                self._verifier = opened.verifier
            return self._labelers


class _Run:
    """What is known of one ticket so far, for the hand-off should the next step break."""

    def __init__(self, *, ticket: Ticket, decision_id: str) -> None:
        self.ticket = ticket
        self.decision_id = decision_id
        self.stage = "start"
        self.session: Session | None = None
        self.facts = Facts()
        self.votes: tuple[Vote, ...] = ()
        self.failures: list[Reason] = []
        self.evidence: Evidence | None = None
        self.ticket_time = max(message.at for message in ticket.messages)

    @property
    def redacted(self) -> RedactedTicket:
        if self.session is not None:
            return self.session.ticket
        # Nothing of the text may be kept when it could not be redacted.
        empty = tuple(replace(message, text="") for message in self.ticket.messages)
        return RedactedTicket(id=self.ticket.id, messages=empty, languages=("und",))


def _redacted(proposal: Proposal | None, session: Session) -> Proposal | None:
    if proposal is None:
        return None
    action = None if proposal.action is None else session.redact_action(proposal.action)
    reply = None if proposal.reply is None else session.redact(proposal.reply, "reply")
    return replace(proposal, action=action, reply=reply)


def _leaks(proposal: Proposal | None, session: Session) -> tuple[Reason, ...]:
    """Personal data in a bot's reply that its reader did not bring along."""
    if proposal is None or proposal.reply is None:
        return ()
    return tuple(
        Reason(code="leak", params={"kind": kind.lower()}) for kind in session.leaks(proposal.reply)
    )


def _restored(decision: Decision, session: Session) -> Decision:
    action = None if decision.action is None else session.restore_action(decision.action)
    reply = None if decision.reply is None else session.restore(decision.reply)
    return replace(decision, action=action, reply=reply)


def _to_person(decision: Decision, reason: Reason) -> Decision:
    return replace(decision, route=Route.HUMAN, reasons=(reason, *decision.reasons))


async def _in_thread(call: Callable[[], _T]) -> _T:
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
