"""The job of labeling anew: every labeler is asked about every ticket of a chunk."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio

from deskquorum.assembly import Parts, load_parts
from deskquorum.backfill.chunks import Chunk, Item, Line
from deskquorum.backfill.identity import demand_identity
from deskquorum.backfill.jobs import Done, Work
from deskquorum.backfill.rows import RowId, counts_of, label_rows, lost_rows, to_lines
from deskquorum.domain import Deadline, RedactedTicket, Vote
from deskquorum.errors import InputError, RedactionError
from deskquorum.formats import parse_json, ticket_of_text
from deskquorum.labeling import Labeler, collect_votes
from deskquorum.ledger import Entry
from deskquorum.lending import Lender
from deskquorum.llm import Endpoints
from deskquorum.opening import Lend, open_model, open_parts

__all__ = ["Asked", "Relabel", "RelabelRules", "asked_of", "asking_labelers"]

_AT_ONCE = 16
"""Tickets of one worker about which a model may be asked side by side."""

_WAIT_S = 600.0
"""Nobody waits for a row, so that an endpoint that asks for patience gets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelabelRules:
    """What is asked, and by which files."""

    folder: Path
    """The desk folder."""
    questions: tuple[str, ...]
    at: datetime
    """Time of the message of rows that tell none."""
    identity: Mapping[str, str]
    """`desk_identity` of the files to go by; others are refused."""
    models: bool = True

    def load(self) -> Parts:
        """The desk's files.

        Raises:
            ConfigError: They can't be used.
            InputError: They are others than those that the work began with.
        """
        parts = load_parts(self.folder, models=self.models)
        demand_identity(parts, self.identity)
        return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabel:
    """Ask every labeler of some questions; picklable, so that another process can do it."""

    rules: RelabelRules
    model_url: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """API keys by the names that `desk.yaml` gives them."""

    @contextmanager
    def opened(self) -> Iterator[Work]:
        """Load the desk and start its models.

        Raises:
            ConfigError: The desk's files can't be used.
            InputError: They changed, or a model can't be started.
        """
        parts = self.rules.load()
        models = Lender(
            partial(open_model, model_url=self.model_url, keys=self.keys, endpoints=Endpoints())
        )
        with asyncio.Runner() as runner:
            asking = asking_labelers(parts, self.rules.questions, lend=models.lend)
            labelers = runner.run(asking.__aenter__())
            try:
                yield lambda chunk: runner.run(self._labeled(parts, labelers, chunk))
            finally:
                runner.run(asking.__aexit__(None, None, None))

    async def _labeled(self, parts: Parts, labelers: Collection[Labeler], chunk: Chunk) -> Done:
        rows: dict[int, list[dict[str, object]]] = {}
        votes: list[Vote] = []
        limiter = anyio.CapacityLimiter(_AT_ONCE)
        questions = self.rules.questions

        async def one(place: int, item: Item) -> None:
            async with limiter:
                asked = asked_of(item, parts, at=self.rules.at)
                if asked.ticket is None:
                    rows[place] = list(lost_rows(asked.whose, questions, asked.why))
                    return
                collected = await collect_votes(
                    tuple(labelers), asked.ticket, deadline=Deadline.after(_WAIT_S)
                )
                found = label_rows(asked.whose, collected.votes, questions, parts.rules)
                rows[place] = list(found)
                votes.extend(collected.votes)

        async with anyio.create_task_group() as group:
            for place, item in enumerate(chunk.items):
                group.start_soon(one, place, item)
        ordered = [row for place in sorted(rows) for row in rows[place]]
        return Done(number=chunk.number, rows=to_lines(ordered), summary=counts_of(ordered, votes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One item as labelers see it."""

    whose: RowId
    ticket: RedactedTicket | None
    why: str = ""
    """Why nobody can be asked about it."""


def asked_of(item: Item, parts: Parts, *, at: datetime) -> Asked:
    """Redact a row, or take the recorded ticket, which was redacted then.

    Raises:
        InputError: The row is no ticket.
    """
    if isinstance(item, Entry):
        return _recorded(item)
    row = parse_json(item.text, number=item.number)
    ticket = ticket_of_text(row, now=at, number=item.number)
    whose = {"id": row.get("id", ticket.id)}
    try:
        session = parts.redactor.open(ticket, nonce=_nonce(item))
    except RedactionError:
        return Asked(whose=whose, ticket=None, why="it could not be redacted")
    return Asked(whose=whose, ticket=session.ticket)


@asynccontextmanager
async def asking_labelers(
    parts: Parts, questions: Collection[str], *, lend: Lend
) -> AsyncIterator[tuple[Labeler, ...]]:
    """The labelers of some questions, with the models that they ask.

    Raises:
        InputError: A model can't be started: its votes would be missing from every row.
    """
    specs = [spec for spec in parts.prompt_specs if spec.question in questions]
    # Neither facts nor replies matter to a labeler.
    bare = replace(
        parts,
        desk=replace(parts.desk, sources={}, reply_check=None),
        prompt_specs=tuple(specs),
        checks=None,
    )
    async with AsyncExitStack() as stack:
        opened = await open_parts(bare, stack, lend=lend)
        missing = {spec.id for spec in specs} - {labeler.id for labeler in opened.labelers}
        if missing:
            notices = "; ".join(opened.notices)
            raise InputError(f"{notices}; start it, or leave prompt labelers out with --no-model")
        yield tuple(labeler for labeler in opened.labelers if labeler.question in questions)


def _recorded(entry: Entry) -> Asked:
    ticket = entry.evidence.ticket
    whose = {"id": ticket.id, "decision_id": entry.decision.id}
    if not any(message.text for message in ticket.messages):
        return Asked(whose=whose, ticket=None, why="its text was not recorded")
    return Asked(whose=whose, ticket=ticket)


def _nonce(line: Line) -> str:
    """The same row gets the same placeholders, so that labelers read the same text twice.

    Nobody can foresee it without the whole row, and nothing is ever restored from it here.
    """
    return hashlib.sha256(line.text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
