"""Weighs a reviewer's verdict by today's rules, before anything is written. Pure.

INVARIANT: what a person approves is exactly what that person saw, and no rule denies it today.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from deskquorum.decision import sentence
from deskquorum.domain import Action, Charge, Effect, Facts, JsonValue, Proposal, Reason, Ruling
from deskquorum.domain import Verdict as Standing
from deskquorum.errors import DeskError
from deskquorum.grounding import check_reply
from deskquorum.judgement import Rulebook, known_of_reply, rule_again
from deskquorum.ledger import Entry
from deskquorum.ledger.review_items import ReviewItem, Verdict
from deskquorum.ledger.verdict_labels import FAILURE_MODE
from deskquorum.policy import charges_of, did_you_mean

__all__ = [
    "VerdictError",
    "VerdictFault",
    "Weighed",
    "in_placeholders",
    "labels_of",
    "values_in",
    "weigh",
]

VerdictFault = Literal["not-found", "stale", "taken", "resolved", "denied", "invalid"]

SUGGESTION = "@action"
"""Stands for a question in audited labels: whether the suggested action was `right` or `wrong`."""

_UNFIT = frozenset({"unknown-action", "missing-argument", "unknown-argument", "bad-argument"})

_NEVER_SENT = frozenset({"privacy", "leakage", "secret", "abuse", "placeholder"})
"""Checks of a reply whose findings nobody sends; tone and links are a person's own choice."""

_PLACEHOLDER = re.compile(r"⟦[^⟦⟧\n]{1,80}⟧")


class VerdictError(DeskError):
    """A verdict that is not taken; the item is as it was."""

    def __init__(self, code: VerdictFault, message: str, *, problems: tuple[str, ...] = ()) -> None:
        self.code = code
        self.problems = problems
        super().__init__("; ".join((message, *problems)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a verdict puts into force."""

    action: Action | None
    reply: str | None
    charges: tuple[Charge, ...] = ()
    overridden: bool = False
    """Whether the reply is sent in spite of what its check found."""


def weigh(
    item: ReviewItem,
    entry: Entry,
    rules: Rulebook,
    verdict: Verdict,
    *,
    failure_modes: Collection[str],
) -> Weighed:
    """What a verdict would put into force, by today's rules.

    Args:
        item: What was judged.
        entry: The record of its decision; its facts hold placeholders.
        rules: Today's.
        verdict: What the reviewer says.
        failure_modes: Ids of those that a reviewer may name.

    Raises:
        VerdictError: The gate denies it, it is bound to another suggestion, or it does not fit;
            carries every problem.
    """
    _check_answers(verdict.answers, rules)
    _check_failure_mode(verdict, failure_modes)
    if verdict.kind in {"approve", "edit"} and verdict.args_hash != item.args_hash:
        raise VerdictError("stale", "the verdict is bound to another suggestion; look again")
    action, reply = _chosen(item, verdict)
    charges = () if action is None else _allowed(action, item, entry, rules)
    known = _known(action, item, entry)
    found = () if reply is None else tuple(_findings(reply, item, entry, rules, known))
    if found and not (verdict.override and verdict.why.strip()):
        hint = "change it, or override with a reason"
        raise VerdictError("invalid", f"the reply can't go out; {hint}", problems=found)
    return Weighed(action=action, reply=reply, charges=charges, overridden=bool(found))


def labels_of(
    item: ReviewItem, entry: Entry, verdict: Verdict, weighed: Weighed
) -> Mapping[str, str]:
    """What a verdict says of the answers, and of the suggested action.

    Approving confirms the answers that settled. Why something was edited or rejected is not known,
    so no answer follows from that but those that the reviewer names.
    """
    labels: dict[str, str] = {}
    if item.kind == "decision" and item.action is not None:
        labels[SUGGESTION] = "right" if weighed.action == item.action else "wrong"
    if item.kind == "decision" and verdict.kind == "approve":
        for name, answer in entry.decision.answers.items():
            if answer.settled and answer.label is not None:
                labels[name] = answer.label
    if verdict.failure_mode is not None:
        labels[FAILURE_MODE] = verdict.failure_mode
    return {**labels, **verdict.answers}


def in_placeholders(action: Action, values: Mapping[str, JsonValue]) -> Action:
    """An action as it would stand in the record, with placeholders for what is hidden there.

    Args:
        action: With raw values.
        values: Placeholder to the value that it stands for.
    """
    known: dict[str | int, str] = {}
    for made, value in values.items():
        if isinstance(value, str | int):
            known.setdefault(value, made)
    return replace(
        action, args={name: _hidden(value, known) for name, value in action.args.items()}
    )


def _hidden(value: JsonValue, known: Mapping[str | int, str]) -> JsonValue:
    match value:
        case bool():
            # To Python it would be a number.
            return value
        case str() | int():
            return known.get(value, value)
        case dict():
            return {known.get(name, name): _hidden(inner, known) for name, inner in value.items()}
        case list():
            return [_hidden(inner, known) for inner in value]
    return value


def _check_answers(answers: Mapping[str, str], rules: Rulebook) -> None:
    """Audited labels are never taken back, so no misspelled one gets in."""
    problems = tuple(_unknown_answers(answers, rules))
    if problems:
        raise VerdictError("invalid", "the answers do not fit the questions", problems=problems)


def _check_failure_mode(verdict: Verdict, known: Collection[str]) -> None:
    named = verdict.failure_mode
    if named is None:
        return
    if verdict.kind == "approve":
        said = "what is approved has no failure mode; reject, edit or respond, or leave it out"
        raise VerdictError("invalid", said)
    if named not in known:
        hint = did_you_mean(named, known, what="failure modes")
        raise VerdictError("invalid", "; ".join(filter(None, (f"no failure mode '{named}'", hint))))


def _unknown_answers(answers: Mapping[str, str], rules: Rulebook) -> Iterator[str]:
    for name, label in answers.items():
        question = rules.questions.get(name)
        if question is None:
            hint = did_you_mean(name, rules.questions, what="questions")
            yield f"no question '{name}'; {hint}"
        elif label not in question.labels:
            hint = did_you_mean(label, question.labels, what="labels")
            yield f"'{label}' is no label of '{name}'; {hint}"


def _chosen(item: ReviewItem, verdict: Verdict) -> tuple[Action | None, str | None]:
    """The action and the reply that the reviewer wants."""
    match verdict.kind:
        case "reject":
            return None, None
        case "respond":
            if not verdict.reply:
                raise VerdictError("invalid", "a response needs its reply")
            return None, verdict.reply
        case "approve":
            action, reply = item.action, item.reply
        case "edit":
            action = verdict.action
            reply = item.reply if verdict.reply is None else verdict.reply
    if action is None and reply is None:
        raise VerdictError("invalid", "there is nothing to approve; respond or reject")
    return action, reply


def _allowed(action: Action, item: ReviewItem, entry: Entry, rules: Rulebook) -> tuple[Charge, ...]:
    """What an action that no rule denies takes from its limits, which do not refuse it."""
    ruling = _ruled(action, item, entry, rules)
    if ruling.effect is Effect.DENY:
        raise VerdictError("denied", "the gate denies it", problems=_told(ruling.reasons))
    fresh = charges_of(rules.book.actions[action.name], action, entry.evidence.facts).charges
    # Whose limit it is was known when the item was opened; the record may hold a placeholder.
    named = (replace(c, subject=item.limited.get(c.limit, c.subject)) for c in fresh)
    return tuple(charge for charge in named if not _PLACEHOLDER.search(charge.subject))


def _ruled(action: Action, item: ReviewItem, entry: Entry, rules: Rulebook) -> Ruling:
    if action.name not in rules.book.actions:
        hint = did_you_mean(action.name, rules.book.actions, what="actions")
        raise VerdictError("invalid", f"no policy declares the action '{action.name}'; {hint}")
    hidden = in_placeholders(action, item.values)
    now = entry.evidence.ticket.last_at
    ruling = rule_again(entry.evidence, rules, hidden, now=now)
    unfit = tuple(reason for reason in ruling.reasons if reason.code in _UNFIT)
    if unfit:
        raise VerdictError("invalid", "the arguments do not fit", problems=_told(unfit))
    return ruling


def _known(action: Action | None, item: ReviewItem, entry: Entry) -> Facts:
    """What a reply may tell: the facts, and the action that goes out with it."""
    kept = entry.decision.action if action == item.action else action
    told = Proposal(source="bot", action=kept)
    return known_of_reply(told, entry.evidence.facts, entry.evidence.ticket)


def _findings(
    reply: str, item: ReviewItem, entry: Entry, rules: Rulebook, known: Facts
) -> Iterator[str]:
    """What keeps a reply from going out: it contradicts a clause, leaks or insults.

    The values that the suggested reply told this customer are theirs, and no leak.
    """
    hidden = reply
    for value, placeholder in values_in(item.reply, entry.decision.reply):
        # A placeholder holds nothing that a replacement would read as its own syntax.
        hidden = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", placeholder, hidden)
    found = check_reply(hidden, index=rules.clauses, facts=known, allowed_links=rules.links)
    for finding in found:
        if finding.verdict is Standing.CONTRADICTED or finding.check in _NEVER_SENT:
            yield f"{finding.check}: {finding.why or 'contradicted by a clause'}: {finding.text}"


def values_in(raw: str | None, kept: str | None) -> Iterator[tuple[str, str]]:
    """Each value of the suggested reply with its placeholder, as far as the two texts agree."""
    if raw is None or kept is None:
        return
    before, *literals = _PLACEHOLDER.split(kept)
    if not literals or not raw.startswith(before) or not raw.endswith(literals[-1]):
        return
    at, last = len(before), len(raw) - len(literals[-1])
    for index, placeholder in enumerate(_PLACEHOLDER.findall(kept), start=1):
        end = last if index == len(literals) else raw.find(literals[index - 1], at, last)
        if end < at:
            return
        if end > at:
            yield raw[at:end], placeholder
        at = end + len(literals[index - 1])


def _told(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    return tuple(sentence(reason) for reason in reasons)
