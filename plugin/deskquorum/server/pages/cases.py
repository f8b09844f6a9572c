"""One conversation as its pages show it: its newest review, its decision, what waits for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

import anyio.to_thread

from deskquorum.domain import Reason, Route
from deskquorum.ledger import Entry, ErasedError, Transaction, reviews
from deskquorum.ledger.events import newest_event
from deskquorum.ledger.review_items import ReviewItem
from deskquorum.policy import Clause
from deskquorum.server.pages.marked_text import Piece, cited
from deskquorum.server.pages.showing import (
    AnswerView,
    ArgView,
    FactView,
    answer_views,
    arg_views,
    fact_views,
)
from deskquorum.server.pages.wording import Wording
from deskquorum.server.service import Service

__all__ = ["Case", "Citation", "read_case"]

State = Literal[
    "nothing", "open", "resolved", "superseded", "settled", "auto", "deny", "human", "erased"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A clause that the decision stands on."""

    id: str
    text: str
    version: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a panel shows."""

    conversation: str
    state: State
    event: int
    """Number of the newest event that it knows of."""
    now: datetime
    item: ReviewItem | None = None
    entry: Entry | None = None
    args: tuple[ArgView, ...] = ()
    reply: tuple[Piece, ...] = ()
    answers: tuple[AnswerView, ...] = ()
    facts: tuple[FactView, ...] = ()
    citations: tuple[Citation, ...] = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Deciding ones first."""
        if self.item is not None:
            return self.item.reasons
        return () if self.entry is None else self.entry.decision.reasons

    @property
    def redactions(self) -> Mapping[str, int]:
        """Kind of personal data to how many values of it no model saw."""
        return {} if self.entry is None else self.entry.evidence.ticket.redactions

    def held_by_other(self, name: str) -> bool:
        """Whether somebody else works on it."""
        return self.item is not None and self.item.assignee not in {None, name}


async def read_case(
    service: Service, conversation: str, words: Wording, *, review: str | None = None
) -> Case:
    """What there is of a conversation.

    Args:
        service: Whose.
        conversation: Its id.
        words: The language of numbers and dates.
        review: A certain item of it; None takes the one that is open, else the newest.

    Raises:
        LedgerError: The database can't be read.
    """
    event, item = await service.records.read(
        partial(_newest, conversation=conversation, review=review)
    )
    blank = Case(conversation=conversation, state="nothing", event=event, now=service.now())
    if item is not None and item.erased:
        return _with(blank, service, words, item=item, entry=None, state="erased")
    ledger = service.desk.ledger
    get = (
        partial(ledger.latest, conversation)
        if item is None or (review is None and item.state != "open")
        else partial(ledger.get, item.decision)
    )
    try:
        entry = await anyio.to_thread.run_sync(get)
    except ErasedError:
        return _with(blank, service, words, item=None, entry=None, state="erased")
    if item is not None and entry is not None and item.decision != entry.decision.id:
        # A decision came after the last review.
        item = None
    return _with(blank, service, words, item=item, entry=entry, state=_state(item, entry))


def _newest(
    tx: Transaction, *, conversation: str, review: str | None
) -> tuple[int, ReviewItem | None]:
    event = newest_event(tx)
    found = reviews.of_conversation(tx, conversation)
    if review is not None:
        return event, next((item for item in found if item.id == review), None)
    waiting = [item for item in found if item.state == "open"]
    return event, next(iter([*waiting, *found]), None)


def _state(item: ReviewItem | None, entry: Entry | None) -> State:
    if item is not None:
        return item.state
    if entry is None:
        return "nothing"
    match entry.decision.route:
        case Route.AUTO:
            return "auto"
        case Route.DENY:
            return "deny"
        case Route.HUMAN:
            return "human"


def _with(
    blank: Case,
    service: Service,
    words: Wording,
    *,
    item: ReviewItem | None,
    entry: Entry | None,
    state: State,
) -> Case:
    if entry is None:
        return Case(
            conversation=blank.conversation,
            state=state,
            event=blank.event,
            now=blank.now,
            item=item,
        )
    rules, decision = service.desk.parts.rules, entry.decision
    action = decision.action if item is None else item.action
    kept = decision.reply if item is None or item.kind == "decision" else None
    raw = None if item is None else item.reply
    return Case(
        conversation=blank.conversation,
        state=state,
        event=blank.event,
        now=blank.now,
        item=item,
        entry=entry,
        args=tuple(arg_views(action, rules, entry.evidence.facts, words)),
        reply=cited(raw, kept if item is None or raw is not None else None, decision.findings),
        answers=tuple(answer_views(entry, rules)),
        facts=tuple(fact_views(entry.evidence.facts, words)),
        citations=tuple(_citations(entry, rules.book.clauses)),
    )


def _citations(entry: Entry, clauses: Mapping[str, Clause]) -> list[Citation]:
    decision = entry.decision
    named = [finding.clause for finding in decision.findings if finding.clause]
    named += [clause for ruling in decision.rulings for clause in ruling.clauses]
    return [
        Citation(
            id=name,
            text=clauses[name].text,
            version=clauses[name].version,
            quotes=tuple(
                dict.fromkeys(f.quote for f in decision.findings if f.clause == name and f.quote)
            ),
        )
        for name in dict.fromkeys(named)
        if name in clauses
    ]
