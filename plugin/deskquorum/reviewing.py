"""A reviewer's verdict: weighed by the gate again, then written down with all that follows from it.

INVARIANT: what a person approves is exactly what that person saw, no rule denies it today, and
what was edited or rejected can never run as it was suggested.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import anyio.to_thread

from deskquorum.domain import Action, Charge, Effect, JsonValue, Reason, Ruling, Verdict
from deskquorum.errors import DeskError
from deskquorum.grounding import check_reply
from deskquorum.judgement import Rulebook, rule_again
from deskquorum.ledger import Entry, Order, Transaction, order_of
from deskquorum.policy import action_key, charges_of, did_you_mean

if TYPE_CHECKING:
    from deskquorum.desk import Desk
    from deskquorum.ledger import reviews

__all__ = ["VerdictError", "give_verdict", "in_placeholders", "weigh"]

VerdictFault = Literal["not-found", "stale", "taken", "resolved", "denied", "invalid"]


class VerdictError(DeskError):
    """A verdict that is not taken; the item is as it was."""

    def __init__(self, code: VerdictFault, message: str, *, problems: tuple[str, ...] = ()) -> None:
        self.code = code
        self.problems = problems
        super().__init__("; ".join((message, *problems)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """What a verdict puts into force."""

    action: Action | None
    reply: str | None
    charges: tuple[Charge, ...] = ()


async def give_verdict(desk: Desk, review: str, verdict: reviews.Verdict) -> reviews.ReviewItem:
    """Take a verdict on an item of the desk's queue.

    Args:
        desk: Whose policies rule on what the reviewer approves.
        review: Id of the item.
        verdict: What the reviewer says.

    Returns:
        The item, resolved. The same verdict by the same person again changes nothing.

    Raises:
        VerdictError: It is not taken; its code says why.
        LedgerError: The ledger can't be read or written.
    """
    return await anyio.to_thread.run_sync(partial(_give, desk, review, verdict))


def weigh(
    item: reviews.ReviewItem, entry: Entry, rules: Rulebook, verdict: reviews.Verdict
) -> _Weighed:
    """What a verdict would put into force, by today's rules. Pure.

    Raises:
        VerdictError: The gate denies it, it is bound to another suggestion, or it does not fit.
    """
    match verdict.kind:
        case "reject":
            return _Weighed(action=None, reply=None)
        case "respond":
            if not verdict.reply:
                raise VerdictError("invalid", "a response needs its reply")
            return _Weighed(action=None, reply=_checked(verdict.reply, entry, rules))
        case "approve" | "edit":
            if verdict.args_hash != item.args_hash:
                raise VerdictError(
                    "stale", "the verdict is bound to another suggestion; look again"
                )
    if verdict.kind == "approve":
        action, reply = item.action, item.reply
    else:
        action = verdict.action
        reply = item.reply if verdict.reply is None else _checked(verdict.reply, entry, rules)
    if action is None:
        if reply is None:
            raise VerdictError("invalid", "there is nothing to approve; respond or reject")
        return _Weighed(action=None, reply=reply)
    ruling = _ruled(action, item, entry, rules)
    if ruling.effect is Effect.DENY:
        raise VerdictError("denied", "the gate denies it", problems=_told(ruling.reasons))
    fresh = charges_of(rules.book.actions[action.name], action, entry.evidence.facts).charges
    # Whose limit it is was known when the item was opened; the record holds placeholders.
    charges = tuple(
        replace(charge, subject=item.limited[charge.limit])
        for charge in fresh
        if charge.limit in item.limited
    )
    return _Weighed(action=action, reply=reply, charges=charges)


def in_placeholders(action: Action, *, seen: Action | None, kept: Action | None) -> Action:
    """An action with placeholders where it holds values that the suggestion held too.

    Args:
        action: With raw values.
        seen: The suggestion with its raw values.
        kept: The same as it stands in the ledger.
    """
    known: dict[str, str] = {}
    if seen is not None and kept is not None:
        _pair(dict(seen.args), dict(kept.args), known)
    args = _hidden(dict(action.args), known)
    return replace(action, args=args if isinstance(args, dict) else {})


def _pair(raw: JsonValue, kept: JsonValue, known: dict[str, str]) -> None:
    match raw, kept:
        case (str(), str()) if raw != kept:
            known[raw] = kept
        case (dict(), dict()):
            for name in raw.keys() & kept.keys():
                _pair(raw[name], kept[name], known)
        case (list(), list()):
            for one, other in zip(raw, kept, strict=False):
                _pair(one, other, known)


def _hidden(value: JsonValue, known: Mapping[str, str]) -> JsonValue:
    match value:
        case str():
            return known.get(value, value)
        case dict():
            return {name: _hidden(inner, known) for name, inner in value.items()}
        case list():
            return [_hidden(inner, known) for inner in value]
    return value


_UNFIT = frozenset({"unknown-action", "missing-argument", "unknown-argument", "bad-argument"})


def _ruled(action: Action, item: reviews.ReviewItem, entry: Entry, rules: Rulebook) -> Ruling:
    if action.name not in rules.book.actions:
        hint = did_you_mean(action.name, rules.book.actions, what="actions")
        raise VerdictError("invalid", f"no policy declares the action '{action.name}'; {hint}")
    hidden = in_placeholders(action, seen=item.action, kept=entry.decision.action)
    now = entry.evidence.ticket.last_at
    ruling = rule_again(entry.evidence, rules, hidden, now=now)
    unfit = tuple(reason for reason in ruling.reasons if reason.code in _UNFIT)
    if unfit:
        raise VerdictError("invalid", "the arguments do not fit", problems=_told(unfit))
    return ruling


def _checked(reply: str, entry: Entry, rules: Rulebook) -> str:
    """A reply that a reviewer wrote may not contradict a clause, or leak."""
    findings = check_reply(
        reply, index=rules.clauses, facts=entry.evidence.facts, allowed_links=rules.links
    )
    against = tuple(
        f"{finding.check}: {finding.text}"
        for finding in findings
        if finding.verdict is Verdict.CONTRADICTED
    )
    if against:
        raise VerdictError("invalid", "the reply contradicts a clause", problems=against)
    return reply


def _told(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    from deskquorum.decision import sentence

    return tuple(sentence(reason) for reason in reasons)


def _give(desk: Desk, review: str, verdict: reviews.Verdict) -> reviews.ReviewItem:
    from deskquorum.ledger.reviews import get_item

    parts = desk.parts
    database = parts.ledger.database
    with database.transaction() as tx:
        item = get_item(tx, review)
    if item is None:
        raise VerdictError("not-found", f"there is no review '{review}'")
    if item.state == "resolved":
        return _said_before(item, verdict)
    if item.erased:
        raise VerdictError("invalid", "the person was erased; there is nothing left to decide")
    entry = parts.ledger.get(item.decision)
    if entry is None:
        raise VerdictError("not-found", "the decision of the review is not in the ledger")
    weighed = weigh(item, entry, parts.rules, verdict)
    with database.transaction(writing=True) as tx:
        return _settle(tx, item, entry, verdict, weighed, parts.rules, ports=parts.executed)


def _settle(  # noqa: PLR0917 - what `_give` has in hand
    tx: Transaction,
    item: reviews.ReviewItem,
    entry: Entry,
    verdict: reviews.Verdict,
    weighed: _Weighed,
    rules: Rulebook,
    *,
    ports: Collection[str],
) -> reviews.ReviewItem:
    from deskquorum.ledger.outbox import enqueue, forbid, run_again
    from deskquorum.ledger.reservations import take
    from deskquorum.ledger.reviews import TakenError, close_item
    from deskquorum.ledger.verdict_labels import note_labels

    try:
        closed = close_item(tx, item, verdict, action=weighed.action, reply=weighed.reply)
    except TakenError as exc:
        code: VerdictFault = "resolved" if exc.item and exc.item.state != "open" else "taken"
        raise VerdictError(code, str(exc)) from exc

    def order(action: Action) -> Order:
        spec = rules.book.actions.get(action.name)
        return order_of(tx.tenant, item.conversation, action, spec, item.decision, item.subject)

    chosen = None if weighed.action is None else order(weighed.action)
    suggested = None if item.action is None else order(item.action)
    if suggested is not None and (chosen is None or chosen.key != suggested.key):
        forbid(tx, suggested)
    if chosen is not None and weighed.action is not None:
        if weighed.charges:
            spec = rules.book.actions[weighed.action.name]
            key = action_key(item.conversation, spec, weighed.action)
            take(tx, weighed.charges, action_key=key, taker=item.decision)
        if weighed.action.name in ports and not enqueue(tx, chosen) and item.kind == "execution":
            # A person looked what became of it, and says that it is to be done.
            run_again(tx, chosen.key)
    note_labels(tx, item.decision, _labels(entry, verdict), by=verdict.by)
    return closed


def _labels(entry: Entry, verdict: reviews.Verdict) -> Mapping[str, str]:
    """What the reviewer's verdict says of the answers: approving confirms those that settled."""
    confirmed: dict[str, str] = {}
    if verdict.kind == "approve":
        confirmed = {
            name: answer.label
            for name, answer in entry.decision.answers.items()
            if answer.settled and answer.label is not None
        }
    return {**confirmed, **verdict.answers}


def _said_before(item: reviews.ReviewItem, verdict: reviews.Verdict) -> reviews.ReviewItem:
    same = (
        item.verdict == verdict.kind
        and item.verdict_by == verdict.by
        and (verdict.kind != "edit" or item.final_action == verdict.action)
    )
    if same:
        return item
    raise VerdictError("resolved", f"the review is resolved: {item.verdict_by} said {item.verdict}")
