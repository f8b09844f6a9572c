"""A bot's call of a tool as the desk sees it: an action about a ticket, ruled on once.

INVARIANT: what a rule denies is denied before any person is asked; and a ruling that gave a call to
a person, or denied it, is the ruling whenever the same call comes again, in every process.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

from deskquorum.decision import sentence
from deskquorum.domain import Action, Decision, Effect, JsonValue, Proposal, Reason, Route, Ticket
from deskquorum.errors import InputError, LedgerError

if TYPE_CHECKING:
    from deskquorum.assembly import Parts
    from deskquorum.ledger import Transaction
    from deskquorum.ledger.intake import Draft
    from deskquorum.run import Settle

__all__ = ["INBOX", "CallRuling", "Deciding", "ReadFacts", "ToolCall", "plain_args", "rule_on_call"]

INBOX = "agent inbox"
"""Holds the reviews of calls that a person answers where the bot runs, not in the desk's queue."""

_INBOX_HOLDS = timedelta(days=30)
_TOLD = 4
"""Reasons that are told of one ruling."""

ReadFacts: TypeAlias = Callable[
    [Action | None], Mapping[str, JsonValue] | Awaitable[Mapping[str, JsonValue]]
]
"""Reads what the host's own systems tell for an action, nested as `Ticket.facts`; for a reply, of
None. What the action names is the model's word: which record it may be about, rules decide."""


class Deciding(Protocol):
    """What is needed of a desk: `deskquorum.Desk`."""

    @property
    def parts(self) -> Parts:
        """What was loaded."""
        ...

    async def decide(
        self, ticket: Ticket, *, deadline_s: float | None = None, settle: Sequence[Settle] = ()
    ) -> Decision:
        """Decide and record."""
        ...

    def to_person(self, ticket: Ticket, reason: Reason) -> Decision:
        """The decision that a person takes it."""
        ...

    async def keep(
        self, ticket: Ticket, decision: Decision, *, settle: Sequence[Settle] = ()
    ) -> Decision:
        """Record what `to_person` gave."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call that a bot wants to make."""

    id: str
    """The model's id of the call; with the ticket's it tells this call from every other."""
    ticket: Ticket
    """The conversation, its facts those that were read for this action."""
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRuling:
    """What the desk says of a call."""

    route: Route
    decision: str
    """Id of its record; empty where there is none, and then nobody can approve it either."""
    why: tuple[str, ...] = ()
    """In sentences, the deciding one first; they hold no ticket text."""


def plain_args(args: Mapping[str, object]) -> Mapping[str, JsonValue]:
    """Arguments as policies read them: fractions and dates become text.

    Raises:
        InputError: A value is nothing that JSON holds; names the argument, not the value.
    """
    return {name: _plain(name, value) for name, value in args.items()}


async def rule_on_call(
    desk: Deciding, call: ToolCall, *, facts: ReadFacts | None = None
) -> CallRuling:
    """What the desk says of a call; of one that came before, what it said then.

    Args:
        desk: Decides and records.
        call: What the bot wants to do.
        facts: Reads the facts that the call's ticket does not bring.
    """
    draft = _draft(call)
    try:
        recalled = await _recalled(desk, draft)
    except LedgerError:
        return _unrecorded()
    if recalled is not None:
        return recalled
    remember = partial(_remember, draft, call)
    try:
        ticket = await _with_facts(call, facts)
    except Exception as exc:  # noqa: BLE001 - the host's own code; what it can't tell, a person looks up
        broke = Reason(code="stage-failed", params={"stage": "facts", "why": type(exc).__name__})
        handed = desk.to_person(call.ticket, broke)
        return _ruling(call, await desk.keep(call.ticket, handed, settle=(remember,)))
    proposal = Proposal(source="bot", action=call.action)
    decision = await desk.decide(replace(ticket, proposal=proposal), settle=(remember,))
    return _ruling(call, decision)


async def _with_facts(call: ToolCall, facts: ReadFacts | None) -> Ticket:
    if facts is None:
        return call.ticket
    read = facts(call.action)
    told = await read if inspect.isawaitable(read) else read
    return replace(call.ticket, facts={**call.ticket.facts, **told})


def _draft(call: ToolCall) -> Draft:
    from deskquorum.ledger.intake import Draft

    key = json.dumps(
        [call.ticket.id, call.id, call.action.name, dict(call.action.args)], sort_keys=True
    )
    return Draft(
        conversation=call.ticket.id,
        subject=call.ticket.subject,
        # Kept as a keyed hash alone: arguments may be personal.
        request="{}",
        source="call",
        idempotency_key=f"call {key}",
    )


async def _recalled(desk: Deciding, draft: Draft) -> CallRuling | None:
    from deskquorum.ledger.intake import earlier

    # The key of the hash may have to be made.
    kept = await desk.parts.ledger.database.run(partial(earlier, draft=draft))
    if kept is None or kept.answer is None:
        return None
    said = json.loads(kept.answer)
    return CallRuling(route=Route(said["route"]), decision=said["decision"], why=tuple(said["why"]))


def _remember(draft: Draft, call: ToolCall, decision: Decision, tx: Transaction) -> None:
    """With the decision's record; one that lets the call pass may be taken back, so it is not."""
    from deskquorum.ledger.intake import accept_done, earlier
    from deskquorum.ledger.reviews import claim, of_conversation

    ruling = _ruling(call, decision)
    if ruling.route is Route.AUTO or earlier(tx, draft) is not None:
        return
    said = {"route": ruling.route.value, "decision": ruling.decision, "why": ruling.why}
    accept_done(
        draft, tx, subject=call.ticket.subject, decision=decision.id, answer=json.dumps(said)
    )
    if ruling.route is not Route.HUMAN:
        return
    # Held, so that a later call of the conversation does not take its place in the queue.
    for item in of_conversation(tx, call.ticket.id):
        if item.decision == decision.id and item.state == "open":
            claim(tx, item.id, by=INBOX, lease=_INBOX_HOLDS)


def _ruling(call: ToolCall, decision: Decision) -> CallRuling:
    if decision.reasons and decision.reasons[0].code == "no-record":
        return _unrecorded()
    denied = [
        ruling
        for ruling in decision.rulings
        if ruling.action == call.action.name and ruling.effect is Effect.DENY
    ]
    # A person could not approve it: the gate denies it to everybody.
    route = Route.DENY if denied else decision.route
    reasons = denied[0].reasons if denied else decision.reasons
    return CallRuling(
        route=route,
        decision=decision.id,
        why=tuple(f"{sentence(reason).rstrip('.')}." for reason in reasons[:_TOLD]),
    )


def _unrecorded() -> CallRuling:
    return CallRuling(
        route=Route.HUMAN, decision="", why=("The ledger could not record the decision.",)
    )


def _plain(name: str, value: object) -> JsonValue:
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal() if Decimal(str(value)).is_finite():
            return str(Decimal(str(value)))
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(name, inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(name, item) for item in value]
    raise InputError(
        f"argument '{name}' holds a {type(value).__name__}; give text, whole numbers,"
        " yes or no, lists or mappings of these"
    )
