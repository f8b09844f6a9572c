"""The one object that hosts hold: a ticket's way through the rooms, top to bottom in `_work`.

Whatever breaks or runs late on the way, the answer is a decision with route `human`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import anyio
import anyio.to_thread

from deskquorum.asking import labelers_to_ask
from deskquorum.assembly import Parts, load_parts
from deskquorum.desk_files import DeskFiles, Refused
from deskquorum.domain import (
    Answer,
    ClaimVote,
    Deadline,
    Decision,
    Evidence,
    Proposal,
    Reason,
    Ticket,
    Vote,
)
from deskquorum.facts import FactSource
from deskquorum.judgement import answer_to, hand_off, judge
from deskquorum.labeling import Choose, collect_votes
from deskquorum.ledger import Ledger
from deskquorum.lending import Lender
from deskquorum.llm import Endpoints, EndpointState, Purse, Spending, model_notices
from deskquorum.opening import open_model, open_parts
from deskquorum.recording import record
from deskquorum.redaction import Session
from deskquorum.run import Run, leaks_in, redacted_proposal
from deskquorum.setups import LOOK_EVERY_S, Setup, Setups
from deskquorum.sourcing import FactReader
from deskquorum.verifying import Verifier

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
    spending: Spending | None = None,
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
        spending: Counts what models cost; by default in memory, for this process alone.

    Raises:
        ConfigError: Files that can't be used, with every problem in them.
    """
    load = partial(load_parts, Path(folder), models=models, ledger=ledger, keys=keys)
    files = DeskFiles(folder=Path(folder), load=load)
    return Desk(
        files,
        model_url=model_url,
        keys=keys,
        sources=sources,
        look_every_s=look_every_s,
        spending=spending,
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
        look_every_s: float = LOOK_EVERY_S,
        spending: Spending | None = None,
    ) -> None:
        """Read the files.

        Raises:
            ConfigError: They can't be used.
        """
        read = files.read()
        if isinstance(read, Refused):
            raise read.error
        self._spending = spending or Spending()
        self._endpoints = Endpoints()
        models = Lender(
            partial(open_model, model_url=model_url, keys=keys, endpoints=self._endpoints)
        )
        start = partial(open_parts, lend=models.lend, keys=keys, given=tuple(sources))
        self._setups = Setups(files, read, start, look_every_s=look_every_s)

    @property
    def parts(self) -> Parts:
        """Everything that was loaded, for reading."""
        return self._setups.current.parts

    @property
    def notices(self) -> tuple[str, ...]:
        """What is done without, in words.

        What could not be started, changed files that are refused, endpoints that are left alone for
        a while, and models for which there is no money left today.
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
            run = Run(ticket=ticket, setup=setup, decision_id=f"d_{uuid.uuid4().hex}")
            with self._purse(setup) as run.purse:
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
        with self._setups.in_use() as setup, self._purse(setup):
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
            run = Run(ticket=ticket, setup=setup, decision_id="")
            deadline = Deadline.after(setup.parts.desk.deadline_s)
            with self._purse(setup) as run.purse:
                evidence, _ = await self._gather(run, deadline, choose=None, live=False)
        return evidence

    def _purse(self, setup: Setup) -> AbstractContextManager[Purse]:
        budget = setup.parts.desk.budget
        return self._spending.purse(per_ticket=budget.per_ticket, per_day=budget.per_day)

    async def _decide(self, run: Run, deadline_s: float | None) -> Decision:
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
        return await record(run, decision, wait_s=max(deadline.remaining_s(), _RECORD_S))

    async def _work(self, run: Run, deadline: Deadline) -> Decision:
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
        self, run: Run, deadline: Deadline, *, choose: Choose | None, live: bool = True
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
        leaks = leaks_in(run.ticket.proposal, session)
        run.stage = "facts"
        run.raw_facts = opened.reader.known(
            run.ticket, languages=session.ticket.languages, now=run.ticket_time
        )
        run.facts = session.redact_facts(run.raw_facts)
        proposal = redacted_proposal(run.ticket.proposal, session)
        run.stage = "labeling"
        in_time = deadline.earlier(_RESERVE_S)
        async with anyio.create_task_group() as tasks:
            if live and opened.reader.sources:
                tasks.start_soon(_read, run, session, opened.reader, in_time)
            collected = await collect_votes(
                opened.labelers, session.ticket, deadline=in_time, choose=choose
            )
            run.votes, run.stage = collected.votes, "facts"
        run.stage = "reply"
        proposal, claim_votes = await _verified(opened.verifier, run, proposal, in_time)
        evidence = Evidence(
            ticket=session.ticket,
            facts=run.facts,
            votes=run.votes,
            proposal=proposal,
            failures=leaks,
            claim_votes=claim_votes,
            other_cost=run.other_cost(claim_votes),
            taken_at=datetime.now(UTC),
        )
        return evidence, collected.saved_calls

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


async def _read(run: Run, session: Session, reader: FactReader, deadline: Deadline) -> None:
    """INVARIANT: nothing that the desk's systems tell is kept before it is redacted."""
    told = await reader.told(run.ticket, known=run.raw_facts, deadline=deadline)
    run.facts = await _in_thread(partial(session.redact_facts, told))
    run.raw_facts = told


async def _verified(
    verifier: Verifier | None, run: Run, proposal: Proposal | None, deadline: Deadline
) -> tuple[Proposal | None, tuple[ClaimVote, ...]]:
    """A bot's draft, mended where a clause contradicts it, and the votes on its claims."""
    if verifier is None or proposal is None or proposal.reply is None:
        return proposal, ()
    rules = run.setup.parts.rules
    verified = await verifier.verify(
        proposal.reply,
        index=rules.clauses,
        facts=run.facts,
        links=rules.links,
        deadline=deadline,
    )
    return replace(proposal, reply=verified.reply), verified.votes


def _kind(error: BaseException) -> str:
    """What broke; of things done side by side, the first that did."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__


async def _in_thread(call: Callable[[], _T]) -> _T:
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
