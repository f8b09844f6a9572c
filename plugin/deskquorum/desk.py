"""The one object that hosts hold: a ticket's way through the rooms, top to bottom in `_work`.

Whatever breaks or runs late on the way, the answer is a decision with route `human`.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

import anyio

from deskquorum.asking import labelers_to_ask
from deskquorum.assembly import Parts, load_parts
from deskquorum.desk_files import DeskFiles, Refused
from deskquorum.domain import (
    Answer,
    Deadline,
    Decision,
    Evidence,
    Proposal,
    Reason,
    Ticket,
    Vote,
)
from deskquorum.executing import HandOver, LedgerBook
from deskquorum.execution import ActionPort, Call, CallablePort, OutboxWorker
from deskquorum.facts import FactSource
from deskquorum.gathering import gather_evidence, in_thread
from deskquorum.guarding import about, guard
from deskquorum.judgement import answer_to, hand_off, judge
from deskquorum.labeling import Labeler, collect_votes
from deskquorum.ledger import Ledger
from deskquorum.lending import Lender
from deskquorum.llm import ChatModel, Endpoints, EndpointState, Purse, Spending, model_notices
from deskquorum.opening import open_model, open_parts
from deskquorum.queueing import hand_over as queue_execution
from deskquorum.recording import record
from deskquorum.run import Run, Settle
from deskquorum.setups import LOOK_EVERY_S, Setup, Setups
from deskquorum.sync_door import SyncDoor
from deskquorum.tool_calls import ReadFacts
from deskquorum.tracing import span

__all__ = ["Desk", "Labeled", "load_desk"]

_P = ParamSpec("_P")
_R = TypeVar("_R")

_JUDGE_S, _JUDGE_SHARE = 0.5, 0.25
"""Kept back from the deadline for judging and recording once the votes are in: seconds, and at
most that share of the whole time."""

_RECORD_S, _RECORD_SHARE = 0.2, 0.1
"""Of these, kept back for recording, whatever else is late."""

Execute = Callable[[Call], Awaitable[object]]
"""A host's function that carries out an action; it raises `RefusedError` where nothing was done."""

_GRACE_S = 0.05
"""After the deadline; what the ledger has not taken by then goes to a person."""


def load_desk(
    folder: str | Path,
    *,
    model_url: str | None = None,
    models: bool = True,
    ledger: str | Path | None = None,
    keys: Mapping[str, str] | None = None,
    sources: Sequence[FactSource] = (),
    actions: Mapping[str, ActionPort | Execute] | None = None,
    look_every_s: float = LOOK_EVERY_S,
    spending: Spending | None = None,
    chats: Mapping[str, ChatModel] | None = None,
) -> Desk:
    """Load a desk's files; nothing is half-loaded.

    Args:
        folder: The desk folder (`policies/`, `prompts/`, `labelers/`).
        model_url: Base URL used for models that `desk.yaml` calls `local`.
        models: False leaves every prompt labeler out: rules and embeddings only.
        ledger: Where to record instead of the file that `desk.yaml` names.
        keys: Secrets by the names that `desk.yaml` gives them: `os.environ`, say.
        sources: Further systems to read facts from, beside those that `desk.yaml` describes.
        actions: What carries actions out, by name, beside the endpoints of `desk.yaml`: an async
            function of a `Call`, or a port. Orders are worked off by `Desk.worker`.
        look_every_s: How often an open desk looks for changed files.
        spending: Counts what models cost; by default in memory, for this process alone.
        chats: Chat models of your own, by the name of the model of `desk.yaml` that they stand in
            for, such as `deskquorum.adapters.langchain.LangChainChat`.

    Raises:
        ConfigError: Files that can't be used, with every problem in them.
    """
    ports = {
        name: CallablePort(port) if callable(port) else port
        for name, port in (actions or {}).items()
    }
    load = partial(
        load_parts, Path(folder), models=models, ledger=ledger, keys=keys, actions=tuple(ports)
    )
    files = DeskFiles(folder=Path(folder), load=load)
    return Desk(
        files,
        model_url=model_url,
        keys=keys,
        sources=sources,
        actions=ports,
        look_every_s=look_every_s,
        spending=spending,
        chats=chats,
    )


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
        actions: Mapping[str, ActionPort] | None = None,
        look_every_s: float = LOOK_EVERY_S,
        spending: Spending | None = None,
        chats: Mapping[str, ChatModel] | None = None,
    ) -> None:
        """Read the files.

        Raises:
            ConfigError: They can't be used.
        """
        read = files.read()
        if isinstance(read, Refused):
            raise read.error
        from deskquorum.ledger.spending import SpendInDatabase

        store = SpendInDatabase(read.parts.ledger.database)
        self._spending = spending or Spending(store)
        self._endpoints = Endpoints()
        models = Lender(
            partial(
                open_model,
                model_url=model_url,
                keys=keys,
                endpoints=self._endpoints,
                chats=chats,
            )
        )
        start = partial(
            open_parts, lend=models.lend, keys=keys, given=tuple(sources), actions=actions
        )
        self._setups = Setups(files, read, start, look_every_s=look_every_s)
        self.door = SyncDoor()
        """The way in for callers without an event loop."""

    @property
    def parts(self) -> Parts:
        """Everything that was loaded, for reading."""
        return self._setups.current.parts

    @property
    def notices(self) -> tuple[str, ...]:
        """What is done without, in words.

        What could not be started, alarms that stand, changed files that are refused, endpoints that
        are left alone for a while, and models for which there is no money left today.
        """
        return (*self._setups.notices, *model_notices(self._endpoints, self._spending))

    @property
    def endpoints(self) -> tuple[EndpointState, ...]:
        """How the models' endpoints do, for metrics: breaker, calls by outcome, cost."""
        return self._endpoints.states()

    @property
    def spending(self) -> Spending:
        """What models cost."""
        return self._spending

    @property
    def ledger(self) -> Ledger:
        """The record of every decision."""
        return self.parts.ledger

    async def __aenter__(self) -> Self:
        self.door.opened_here()
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

    def worker(
        self,
        *,
        hand_over: HandOver | None = None,
        told: Callable[[], Mapping[str, ActionPort]] = dict,
    ) -> OutboxWorker:
        """Carries out what decisions ordered: `await desk.worker().run()` beside the tickets.

        Args:
            hand_over: Gives an order to a person, in the transaction that notes it; None puts it
                into the review queue.
            told: Gives the ports of helpdesks, beside those that carry actions out.
        """
        return OutboxWorker(
            LedgerBook(
                database=self.ledger.database,
                hand_over=hand_over or partial(queue_execution, lambda: self.parts),
            ),
            partial(self._ports, told),
        )

    @asynccontextmanager
    async def _ports(
        self, told: Callable[[], Mapping[str, ActionPort]]
    ) -> AsyncIterator[Mapping[str, ActionPort]]:
        with self._setups.in_use() as setup:
            yield {**(await setup.opened()).ports, **told()}

    async def reload(self) -> None:
        """Read the files anew and decide by them from now on; runs go on by those they began with.

        An open desk does so by itself once its files have changed.

        Raises:
            ConfigError: They can't be used, with every problem; those before stay in force.
        """
        await self._setups.renew()

    async def decide(
        self, ticket: Ticket, *, deadline_s: float | None = None, settle: Sequence[Settle] = ()
    ) -> Decision:
        """Check the ticket's own proposal, or propose; always a decision, by the deadline.

        Args:
            ticket: The conversation.
            deadline_s: Seconds until the answer; None is what `desk.yaml` says.
            settle: Written in the transaction that records the decision, or not at all.
        """
        with self._setups.in_use() as setup:
            run = Run(ticket=ticket, setup=setup, decision_id=_decision_id(), settle=settle)
            with self._purse(setup) as run.purse:
                return await self._decide(run, deadline_s)

    def to_person(self, ticket: Ticket, reason: Reason) -> Decision:
        """The decision that a person takes a ticket, without asking anybody; not recorded yet."""
        with self._setups.in_use() as setup:
            run = Run(ticket=ticket, setup=setup, decision_id=_decision_id())
            run.failures.append(reason)
            return self._hand_off(run)

    async def keep(
        self,
        ticket: Ticket,
        decision: Decision,
        *,
        settle: Sequence[Settle] = (),
        wait_s: float = 2.0,
    ) -> Decision:
        """Record what `to_person` gave; nothing of the ticket's text is kept.

        Args:
            ticket: The conversation.
            decision: What `to_person` gave for it.
            settle: Written in the transaction that records the decision, or not at all.
            wait_s: Longest wait for the ledger.
        """
        with self._setups.in_use() as setup:
            run = Run(ticket=ticket, setup=setup, decision_id=decision.id, settle=settle)
            run.failures += decision.reasons
            return await record(run, self._hand_off(run), given_up_at=Deadline.after(wait_s))

    async def review(
        self, ticket: Ticket, proposal: Proposal, *, deadline_s: float | None = None
    ) -> Decision:
        """Check a foreign bot's action or reply before it is carried out."""
        return await self.decide(replace(ticket, proposal=proposal), deadline_s=deadline_s)

    def about(self, ticket: Ticket) -> AbstractContextManager[None]:
        """Within it, guarded functions are about this ticket."""
        return about(ticket)

    def guard(
        self, action: str, *, facts: ReadFacts | None = None
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        """Decorates a function, async or not: it runs only where the desk lets it, and once.

        Called within `about(ticket)`. It raises `deskquorum.guarding.NotDoneError` where it does
        not run: `DeniedError` by a rule, `WaitsForPersonError` once it is in the review queue.

        Args:
            action: Name of the action in the policies; the parameters are its arguments.
            facts: Reads what the host's systems tell for the action.
        """
        return guard(self, action, door=self.door, facts=facts)

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
        with self._setups.in_use() as setup, self._purse(setup):
            labelers = (await setup.opened()).labelers
            session = await in_thread(partial(setup.parts.redactor.open, ticket))
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
            run = Run(ticket=ticket, setup=setup, decision_id="")
            deadline = Deadline.after(setup.parts.desk.deadline_s)
            with self._purse(setup) as run.purse:
                gathered = await gather_evidence(run, deadline, choose=None, live=False)
        return gathered.evidence

    async def ask_again(self, evidence: Evidence) -> Evidence:
        """Recorded evidence with the votes that all labelers cast now; its facts stay.

        Nothing is decided, recorded or watched.
        """
        with self._setups.in_use() as setup, self._purse(setup):
            collected = await collect_votes(
                (await setup.opened()).labelers,
                evidence.ticket,
                deadline=Deadline.after(setup.parts.desk.deadline_s),
            )
        return replace(evidence, votes=collected.votes)

    def _purse(self, setup: Setup) -> AbstractContextManager[Purse]:
        budget = setup.parts.desk.budget
        return self._spending.purse(per_ticket=budget.per_ticket, per_day=budget.per_day)

    async def _decide(self, run: Run, deadline_s: float | None) -> Decision:
        whole_s = deadline_s or run.setup.parts.desk.deadline_s
        deadline = Deadline.after(whole_s)
        decision: Decision | None = None
        judged_by = deadline.earlier(min(_RECORD_S, _RECORD_SHARE * whole_s))
        votes_by = deadline.earlier(min(_JUDGE_S, _JUDGE_SHARE * whole_s))
        with anyio.move_on_after(judged_by.remaining_s()):
            try:
                decision = await self._work(run, votes_by)
            except Exception as exc:  # noqa: BLE001 - any surprise becomes a hand-off
                why = {"stage": run.stage, "why": _kind(exc)}
                run.failures.append(Reason(code="stage-failed", params=why))
        if decision is None:
            if not run.failures:
                run.failures.append(Reason(code="late", params={"stage": run.stage}))
            decision = self._hand_off(run)
        with span("record"):
            return await record(run, decision, given_up_at=deadline.earlier(-_GRACE_S))

    async def _work(self, run: Run, votes_by: Deadline) -> Decision:
        gathered = await gather_evidence(run, votes_by, choose=partial(_whom_to_ask, run.setup))
        run.stage = "judgement"
        drifts = await run.setup.watch.drifts(gathered.evidence.ticket, run.votes)
        failures = (*gathered.evidence.failures, *drifts)
        run.evidence = replace(gathered.evidence, failures=failures)
        judging = partial(
            judge,
            run.evidence,
            run.setup.parts.rules,
            decision_id=run.decision_id,
            now=run.ticket_time,
            saved_calls=gathered.saved_calls,
            findings=gathered.findings,
        )
        with span("judgement"):
            return await in_thread(judging)

    def _hand_off(self, run: Run) -> Decision:
        """A decision without a judgement: a person takes the ticket, with what is known."""
        run.evidence = Evidence(
            ticket=run.redacted,
            facts=run.facts,
            votes=run.votes,
            failures=tuple(run.failures),
            other_cost=run.other_cost(),
            taken_at=datetime.now(UTC),
        )
        return hand_off(
            run.evidence,
            run.setup.parts.rules,
            decision_id=run.decision_id,
            now=run.ticket_time,
        )


async def _whom_to_ask(
    setup: Setup, votes: tuple[Vote, ...], left: Sequence[Labeler]
) -> Collection[str]:
    if not votes:
        return (await setup.opened()).first
    return await in_thread(partial(labelers_to_ask, setup.parts.rules, votes, left))


def _decision_id() -> str:
    return f"d_{uuid.uuid4().hex}"


def _kind(error: BaseException) -> str:
    """What broke; of things done side by side, the first that did."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
