"""What a person said to a bot's call where the bot runs becomes the verdict in the desk's queue.

INVARIANT: what was edited or rejected can never run as the bot wanted it, and an edited call runs
only if no rule denies it today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from deskquorum.domain import Action
from deskquorum.errors import LedgerError
from deskquorum.ledger.review_items import ReviewItem, TakenError, Verdict
from deskquorum.reviewing import give_verdict
from deskquorum.running_once import order_for
from deskquorum.tool_calls import INBOX, CallRuling, ToolCall
from deskquorum.weighing import VerdictError

if TYPE_CHECKING:
    from deskquorum.desk import Desk
    from deskquorum.ledger import Transaction

__all__ = ["Approved", "PersonsAnswer", "Refused", "take_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsAnswer:
    """What a person said to a call (LangChain's words)."""

    kind: Literal["approve", "edit", "reject", "respond"]
    action: Action | None = None
    """Instead of the bot's, of an edit."""
    message: str = ""
    """Why, of a rejection; the answer itself, of a response."""
    by: str = INBOX
    """Who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What is to be done now."""

    action: Action
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why nothing is done, in a sentence for the bot."""

    why: str


async def take_answer(
    desk: Desk, call: ToolCall, ruling: CallRuling, said: PersonsAnswer
) -> Approved | Refused:
    """Take a person's answer; the same answer again gives the same.

    Args:
        desk: Whose rules it is weighed by.
        call: What the bot wants to do.
        ruling: What the desk said of it.
        said: The person's answer.
    """
    database = desk.parts.ledger.database
    try:
        item = await database.run(partial(_item, call=call, ruling=ruling, by=said.by))
        if item is None:
            return Refused(why="No review of it was recorded, so nobody can approve it.")
        await give_verdict(desk, item.id, _verdict(call, said, item))
        if said.kind != "approve":
            # Known here with its raw values, whatever the queue may keep of it.
            await database.run(partial(_forbid, desk=desk, call=call, ruling=ruling, said=said))
    except (VerdictError, LedgerError) as exc:
        return Refused(why=f"A person answered, and it was still not done: {exc}.")
    match said.kind:
        case "approve":
            return Approved(action=call.action)
        case "edit":
            return Approved(action=said.action or call.action, edited=True)
        case "reject":
            return Refused(why=f"A person rejected it. {said.message}".strip())
        case "respond":
            return Refused(why=said.message)


def _item(tx: Transaction, *, call: ToolCall, ruling: CallRuling, by: str) -> ReviewItem | None:
    """The review of a ruling, free for whoever answered."""
    from deskquorum.ledger.reviews import of_conversation, release

    for item in of_conversation(tx, call.ticket.id):
        if item.decision == ruling.decision and item.kind == "decision":
            if item.state == "open" and item.assignee == INBOX != by:
                try:
                    return release(tx, item.id, by=INBOX)
                except TakenError:
                    return item
            return item
    return None


def _verdict(call: ToolCall, said: PersonsAnswer, item: ReviewItem) -> Verdict:
    verdict = Verdict(
        kind=said.kind, by=said.by, args_hash=item.args_hash, action=said.action, why=said.message
    )
    match said.kind:
        case "approve" if item.action is None:
            # The gate broke, or the suggestion is withheld; the person saw the call itself.
            return replace(verdict, kind="edit", action=call.action)
        case "respond":
            return replace(verdict, reply=said.message, override=True, why=said.message)
    return verdict


def _forbid(
    tx: Transaction, *, desk: Desk, call: ToolCall, ruling: CallRuling, said: PersonsAnswer
) -> None:
    from deskquorum.ledger.outbox import forbid

    original = order_for(tx, desk, call.ticket, call.action, ruling.decision)
    if said.action is not None:
        chosen = order_for(tx, desk, call.ticket, said.action, ruling.decision)
        if chosen.key == original.key:
            return
    forbid(tx, original)
