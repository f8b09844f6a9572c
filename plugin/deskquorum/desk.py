"""The one object that hosts hold: a ticket's way through the rooms, top to bottom in `_work`.

Whatever breaks or runs late on the way, the answer is a decision with route `human`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import anyio
import anyio.to_thread

from deskquorum.asking import labelers_to_ask
from deskquorum.assembly import Parts, load_parts, open_model, open_parts
from deskquorum.desk_files import DeskFiles, Refused
from deskquorum.domain import (
    Answer,
    Charge,
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
from deskquorum.errors import LedgerError, RedactionError
from deskquorum.facts import FactSource
from deskquorum.judgement import answer_to, hand_off, judge
from deskquorum.labeling import Choose, collect_votes
from deskquorum.ledger import HeldError, Ledger
from deskquorum.lending import Lender
from deskquorum.policy import PolicyBook, charges_of
from deskquorum.redaction import Session
from deskquorum.setups import LOOK_EVERY_S, Setup, Setups
from deskquorum.sourcing import FactReader

__all__ = ["Desk", "Labeled", "load_desk"]

_T = TypeVar("_T")

_RESERVE_S = 0.5
"""Kept back from the deadline for judging once the votes are in."""

_RECORD_S = 2.0
"""Granted to the ledger even at the deadline; what it has not taken by then goes to a person."""


def load_desk(
    folder: str | Path,
    *,
    model_url: str | None = None,
    models: bool = True,
    ledger: str | Path | None = None,
    keys: Mapping[str, str] | None = None,
    sources: Sequence[FactSource] = (),
    look_every_s: float = LOOK_EVERY_S,
) -> Desk:
    """Load a desk's files; nothing is half-loaded.

    Args:
        folder: The desk folder (`policies/`, `prompts/`, `labelers/`).
        model_url: Base URL used for models that `desk.yaml` calls `local`.
        models: False leaves every prompt labeler out: rules and embeddings only.
        ledger: Where to record instead of the file that `desk.yaml` names.
        keys: Secrets by the names that `desk.yaml` gives them: `os.environ`, say.
        sources: Further systems to read facts from, beside those that `desk.yaml` describes.
        look_every_s: How often an open desk looks for changed files.

    Raises:
        ConfigError: Files that can't be used, with every problem in them.
    """
    load = partial(load_parts, Path(folder), models=models, ledger=ledger, keys=keys)
    files = DeskFiles(folder=Path(folder), load=load)
    return Desk(files, model_url=model_url, keys=keys, sources=sources, look_every_s=look_every_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labeled:
    """One question's answer on one ticket, with the votes behind it."""

    answer: Answer
    votes: tuple[Vote, ...]


class Desk:
    """Decides tickets. Use it as an async context manager, or call `aclose` when done."""

    def __init__(
        self,
        files: DeskFiles,
        *,
        model_url: str | None = None,
        keys: Mapping[str, str] | None = None,
        sources: Sequence[FactSource] = (),
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Read the files.

        Raises:
            ConfigError: They can't be used.
        """
        read = files.read()
        if isinstance(read, Refused):
            raise read.error
        models = Lender(partial(open_model, model_url=model_url, keys=keys))
        start = partial(open_parts, lend=models.lend, keys=keys, given=tuple(sources))
        self._setups = Setups(files, read, start, look_every_s=look_every_s)

    @property
    def parts(self) -> Parts:
        """Everything that was loaded, for reading."""
        return self._setups.current.parts

    @property
    def notices(self) -> tuple[str, ...]:
        """What could not be started and is done without, and changed files that are refused."""
        return self._setups.notices

    @property
    def ledger(self) -> Ledger:
        """The record of every decision."""
        return self.parts.ledger

    async def __aenter__(self) -> Self:
        await self._setups.open()
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
        await self._setups.aclose()

    async def reload(self) -> None:
        """Read the files anew and decide by them from now on; runs go on by those they began with.

        An open desk does so by itself once its files have changed.

        Raises:
            ConfigError: They can't be used, with every problem; those before stay in force.
        """
        await self._setups.renew()

    async def decide(self, ticket: Ticket, *, deadline_s: float | None = None) -> Decision:
        """Check the ticket's own proposal, or propose; always a decision, by the deadline."""
        with self._setups.in_use() as setup:
            run = _Run(ticket=ticket, setup=setup, decision_id=f"d_{uuid.uuid4().hex}")
            return await self._decide(run, deadline_s)

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
        with self._setups.in_use() as setup:
            labelers = (await setup.opened()).labelers
            session = await _in_thread(partial(setup.parts.redactor.open, ticket))
            collected = await collect_votes(
                [labeler for labeler in labelers if labeler.question == question],
                session.ticket,
                deadline=Deadline.after(setup.parts.desk.deadline_s),
            )
        rules = setup.parts.rules
        answer = answer_to(rules.questions[question], collected.votes, rules)
        return Labeled(answer=answer, votes=collected.votes)

    async def gather(self, ticket: Ticket) -> Evidence:
        """Ask every labeler about a ticket; nothing is decided, recorded or watched.

        Facts are those that the ticket brings: what systems tell today was not so on its day.

        Raises:
            RedactionError: The ticket could not be redacted.
        """
        with self._setups.in_use() as setup:
            run = _Run(ticket=ticket, setup=setup, decision_id="")
            deadline = Deadline.after(setup.parts.desk.deadline_s)
            evidence, _ = await self._gather(run, deadline, choose=None, live=False)
        return evidence

    async def _decide(self, run: _Run, deadline_s: float | None) -> Decision:
        deadline = Deadline.after(deadline_s or run.setup.parts.desk.deadline_s)
        decision: Decision | None = None
        with anyio.move_on_after(deadline.remaining_s()):
            try:
                decision = await self._work(run, deadline)
            except Exception as exc:  # noqa: BLE001 - any surprise becomes a hand-off
                why = {"stage": run.stage, "why": _kind(exc)}
                run.failures.append(Reason(code="stage-failed", params=why))
        if decision is None:
            if not run.failures:
                run.failures.append(Reason(code="late", params={"stage": run.stage}))
            decision = self._hand_off(run)
        return await self._record(run, decision, deadline)

    async def _work(self, run: _Run, deadline: Deadline) -> Decision:
        choose = partial(labelers_to_ask, run.setup.parts.rules)
        gathered, saved_calls = await self._gather(run, deadline, choose=choose)
        run.stage = "judgement"
        failures = (*gathered.failures, *await run.setup.watch.drifts(run.votes))
        run.evidence = replace(gathered, failures=failures)
        return await _in_thread(
            partial(
                judge,
                run.evidence,
                run.setup.parts.rules,
                decision_id=run.decision_id,
                now=run.ticket_time,
                saved_calls=saved_calls,
            )
        )

    async def _gather(
        self, run: _Run, deadline: Deadline, *, choose: Choose | None, live: bool = True
    ) -> tuple[Evidence, int]:
        """The evidence, and the model calls that were not needed for it.

        Args:
            run: The ticket so far.
            deadline: Later votes and facts do not count.
            choose: Whom to ask; None asks everybody.
            live: Whether the desk's own systems are asked for facts.
        """
        run.stage = "models"
        opened = await run.setup.opened()
        run.stage = "redaction"
        run.session = session = await _in_thread(partial(run.setup.parts.redactor.open, run.ticket))
        # Before anything else is redacted: what is replaced counts as known to the conversation.
        leaks = _leaks(run.ticket.proposal, session)
        run.stage = "facts"
        run.raw_facts = opened.reader.known(
            run.ticket, languages=session.ticket.languages, now=run.ticket_time
        )
        run.facts = session.redact_facts(run.raw_facts)
        proposal = _redacted(run.ticket.proposal, session)
        run.stage = "labeling"
        in_time = deadline.earlier(_RESERVE_S)
        async with anyio.create_task_group() as tasks:
            if live and opened.reader.sources:
                tasks.start_soon(_read, run, session, opened.reader, in_time)
            collected = await collect_votes(
                opened.labelers, session.ticket, deadline=in_time, choose=choose
            )
            run.votes, run.stage = collected.votes, "facts"
        evidence = Evidence(
            ticket=session.ticket,
            facts=run.facts,
            votes=run.votes,
            proposal=proposal,
            failures=leaks,
            taken_at=datetime.now(UTC),
        )
        return evidence, collected.saved_calls

    def _hand_off(self, run: _Run) -> Decision:
        """A decision without a judgement: a person takes the ticket, with what is known."""
        run.evidence = Evidence(
            ticket=run.redacted,
            facts=run.facts,
            votes=run.votes,
            failures=tuple(run.failures),
            taken_at=datetime.now(UTC),
        )
        return hand_off(
            run.evidence,
            run.setup.parts.rules,
            decision_id=run.decision_id,
            now=run.ticket_time,
        )

    async def _record(self, run: _Run, decision: Decision, deadline: Deadline) -> Decision:
        """INVARIANT: what is not in the ledger is not done by itself."""
        recorded: Decision | None = None
        wait_s = max(deadline.remaining_s(), _RECORD_S)
        with anyio.move_on_after(wait_s), suppress(LedgerError):
            recorded = await _in_thread(partial(self._recorded, run, decision))
        decision = recorded or _to_person(decision, Reason(code="no-record"))
        if run.session is None:
            return decision
        try:
            return _restored(decision, run.session)
        except RedactionError:
            held = _to_person(decision, Reason(code="unknown-placeholder"))
            return replace(held, action=None, reply=None)

    def _recorded(self, run: _Run, decision: Decision) -> Decision:
        """The decision as the ledger took it: what is stopped or full goes to a person."""
        if run.evidence is None:
            raise LedgerError("a decision without evidence")
        charges, key = run.charges(decision, run.setup.parts.rules.book)
        append = partial(run.setup.parts.ledger.append, charges=charges, action_key=key)
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


class _Run:
    """What is known of one ticket so far, for the hand-off should the next step break."""

    def __init__(self, *, ticket: Ticket, setup: Setup, decision_id: str) -> None:
        self.ticket = ticket
        self.setup = setup
        self.decision_id = decision_id
        self.stage = "start"
        self.session: Session | None = None
        self.facts = Facts()
        self.raw_facts = Facts()
        self.votes: tuple[Vote, ...] = ()
        self.failures: list[Reason] = []
        self.evidence: Evidence | None = None
        self.ticket_time = max(message.at for message in ticket.messages)

    def charges(self, decision: Decision, book: PolicyBook) -> tuple[tuple[Charge, ...], str]:
        """What the decision's action takes from its limits, and a key that tells it from others."""
        spec = None if decision.action is None else book.actions.get(decision.action.name)
        if spec is None or decision.action is None or self.session is None:
            return (), ""
        try:
            action = self.session.restore_action(decision.action)
        except RedactionError:
            # Such an action is held back anyway.
            return (), ""
        key = json.dumps([self.ticket.id, action.name, action.args], sort_keys=True)
        return charges_of(spec, action, self.raw_facts).charges, key

    @property
    def redacted(self) -> RedactedTicket:
        if self.session is not None:
            return self.session.ticket
        # Nothing of the text may be kept when it could not be redacted.
        empty = tuple(replace(message, text="") for message in self.ticket.messages)
        return RedactedTicket(id=self.ticket.id, messages=empty, languages=("und",))


async def _read(run: _Run, session: Session, reader: FactReader, deadline: Deadline) -> None:
    """INVARIANT: nothing that the desk's systems tell is kept before it is redacted."""
    told = await reader.told(run.ticket, known=run.raw_facts, deadline=deadline)
    run.facts = await _in_thread(partial(session.redact_facts, told))
    run.raw_facts = told


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


def _kind(error: BaseException) -> str:
    """What broke; of things done side by side, the first that did."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__


def _to_person(decision: Decision, reason: Reason) -> Decision:
    return replace(decision, route=Route.HUMAN, reasons=(reason, *decision.reasons))


async def _in_thread(call: Callable[[], _T]) -> _T:
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
