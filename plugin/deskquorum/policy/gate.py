"""The gate: what the rules say of an action, of a reply and of a ticket as a whole.

`deny` beats `human` beats `allow`, so the order of rules never matters. Whatever could not be
evaluated counts for the more careful side: a restriction holds, a permission does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeVar

from deskquorum.domain import Action, Answer, Effect, Facts, JsonValue, Reason, Ruling, Usage
from deskquorum.policy.bindings import Bindings, bind, missing_fact
from deskquorum.policy.book import (
    REPLY,
    TICKET,
    UNDECLARED,
    ActionSpec,
    Guarded,
    LimitSpec,
    PolicyBook,
    Rule,
)
from deskquorum.policy.evaluation import Missing, NoValue
from deskquorum.policy.limits import overdrawn
from deskquorum.policy.reads import Reads, fact_of

__all__ = ["rule_on", "rule_on_ticket"]

_T = TypeVar("_T")

_State = Literal["matched", "not-matched", "error"]
_Troubled = tuple[Rule, tuple[Reason, ...]]
"""A rule, and why it could not be evaluated or not be relied on."""

_UNTOUCHED: Mapping[str, Usage] = {}
_SPOKEN = {Effect.ALLOW: "allow", Effect.HUMAN: "require_human", Effect.DENY: "deny"}


def rule_on(
    book: PolicyBook,
    action: Action,
    *,
    facts: Facts,
    answers: Mapping[str, Answer],
    claimed: Mapping[str, JsonValue],
    now: datetime | None,
    used: Mapping[str, Usage] = _UNTOUCHED,
) -> Ruling:
    """Rule on one action, or on a drafted reply (`Action(name="reply")`). Pure; never raises.

    An action that no rule matches is for a person, and so is one that is not declared, whose
    arguments do not fit, whose rules need a fact that was not read, or that would pass a limit.
    """
    spec = book.actions.get(action.name)
    if spec is None and action.name == REPLY:
        spec = ActionSpec(name=REPLY, risk="reply")
    bindings = bind(
        book,
        facts=facts,
        answers=answers,
        claimed=claimed,
        args={} if spec is None else action.args,
        now=now,
        action=None if spec is None else spec.name,
        reads=book.reads.get(UNDECLARED if spec is None else spec.name, Reads()),
    )
    if spec is None:
        unknown = Reason(code="unknown-action", params={"action": action.name})
        bindings = replace(bindings, faults=(unknown,))
        ruling = _ruling(book, ActionSpec(name=UNDECLARED), bindings, otherwise=(Effect.HUMAN, ()))
        return replace(ruling, action=action.name)
    no_rule = Reason(code="no-rule", params={"action": spec.name})
    ruling = _ruling(book, spec, bindings, otherwise=(Effect.HUMAN, (no_rule,)))
    return _within_limits(ruling, overdrawn(spec, action, facts, used)) if spec.limits else ruling


def rule_on_ticket(
    book: PolicyBook,
    *,
    facts: Facts,
    answers: Mapping[str, Answer],
    claimed: Mapping[str, JsonValue],
    now: datetime | None,
) -> Ruling:
    """Rule on the ticket as a whole; its rules only hold back, so no match allows. Pure."""
    bindings = bind(
        book,
        facts=facts,
        answers=answers,
        claimed=claimed,
        args={},
        now=now,
        reads=book.reads.get(TICKET, Reads()),
    )
    spec = ActionSpec(name=TICKET, risk="none")
    return _ruling(book, spec, bindings, otherwise=(Effect.ALLOW, ()))


def _within_limits(
    ruling: Ruling, passed: tuple[Sequence[LimitSpec], tuple[Reason, ...]]
) -> Ruling:
    """INVARIANT: what would pass a limit, or can't be counted, is not allowed."""
    limits, reasons = passed
    if ruling.effect is not Effect.ALLOW or not reasons:
        return ruling
    return replace(
        ruling,
        effect=Effect.HUMAN,
        rules=tuple(limit.id for limit in limits),
        clauses=_each_once(limits, lambda limit: limit.cite),
        reasons=reasons,
        obligations=(),
    )


def _ruling(
    book: PolicyBook,
    spec: ActionSpec,
    bindings: Bindings,
    *,
    otherwise: tuple[Effect, tuple[Reason, ...]],
) -> Ruling:
    trace: dict[str, _State] = {}
    matched: list[Rule] = []
    troubled: list[_Troubled] = []
    for rule in book.by_action.get(spec.name, ()):
        state, troubles = _examined(rule, spec.name, bindings)
        trace[rule.id] = state
        if state == "matched":
            matched.append(rule)
        elif troubles:
            troubled.append((rule, troubles))
    effect, reasons = _weighed(matched, troubled, bindings.faults, otherwise)
    decisive = [rule for rule in matched if rule.effect is effect]
    return Ruling(
        action=spec.name,
        effect=effect,
        rules=tuple(rule.id for rule in decisive),
        clauses=_each_once(decisive, lambda rule: rule.cite),
        reasons=tuple(reasons),
        mode=spec.mode,
        signed_off=spec.signed_off,
        obligations=_each_once(decisive, lambda rule: rule.obligations),
        policy_hash=book.hash,
        trace=trace,
    )


def _examined(rule: Rule, action: str, bindings: Bindings) -> tuple[_State, tuple[Reason, ...]]:
    """How it turned out; of an error, why it could not be evaluated or not be relied on."""
    guarded = rule.conditions[action]
    if guarded is None:
        return "matched", ()
    # Of most rules everything was read, which is seen at once.
    all_read = not bindings.unfit and bindings.present.issuperset(guarded.needs)
    troubles = () if all_read else tuple(_troubles(rule, guarded, bindings))
    value = guarded.condition.evaluate(bindings)
    allows = rule.effect is Effect.ALLOW
    # INVARIANT: an allow rule counts only when every fact it names was read, not by luck of `||`.
    if value is True and not (allows and troubles):
        return "matched", ()
    if value is False and (allows or not troubles):
        return "not-matched", ()
    return "error", troubles or (_trouble(rule, value, bindings),)


def _troubles(rule: Rule, guarded: Guarded, bindings: Bindings) -> Iterator[Reason]:
    for name in guarded.names if bindings.unfit else ():
        if name in bindings.unfit:
            params = {"fact": name, "expected": bindings.unfit[name], "rule": rule.id}
            yield Reason(code="wrong-type", params=params)
    for name in guarded.needs:
        if name not in bindings.present and fact_of(name) not in bindings.unfit:
            guards = guarded.guards.get(name, ())
            excused = any(guard not in bindings.known for guard in guards)
            if rule.effect is Effect.ALLOW or not excused:
                if name in bindings.absent and name not in bindings.unread:
                    params = {"fact": name, "rule": rule.id}
                    yield Reason(code="absent-fact", params=params)
                else:
                    yield missing_fact(name, rule.id, bindings.unread)


def _trouble(rule: Rule, value: object, bindings: Bindings) -> Reason:
    if isinstance(value, Missing):
        return missing_fact(value.name, rule.id, bindings.unread)
    why = value.why if isinstance(value, NoValue) else "it is neither true nor false"
    return Reason(code="rule-error", params={"rule": rule.id, "why": why})


def _weighed(
    matched: Sequence[Rule],
    troubled: Sequence[_Troubled],
    faults: tuple[Reason, ...],
    otherwise: tuple[Effect, tuple[Reason, ...]],
) -> tuple[Effect, Iterable[Reason]]:
    """INVARIANT: deny beats human beats allow, and a restriction in doubt holds."""
    if denied := _matched(matched, Effect.DENY):
        return Effect.DENY, denied
    restricting = [(rule, why) for rule, why in troubled if rule.effect is not Effect.ALLOW]
    # A faulty argument has its own reason; that rules can't read it follows from it.
    doubts = [d for d in _doubts(restricting) if not (faults and _on_argument(d))]
    held = _matched(matched, Effect.HUMAN)
    if faults or held or doubts:
        return Effect.HUMAN, [*faults, *held, *doubts]
    if allowed := _matched(matched, Effect.ALLOW):
        return Effect.ALLOW, allowed
    effect, reasons = otherwise
    return effect, _doubts(troubled) or reasons


def _matched(matched: Iterable[Rule], effect: Effect) -> list[Reason]:
    return [
        Reason(
            code="rule",
            params={"rule": rule.id, "effect": _SPOKEN[effect], "text": rule.reason},
        )
        for rule in matched
        if rule.effect is effect
    ]


def _doubts(troubled: Iterable[_Troubled]) -> list[Reason]:
    """The troubles, each fact once."""
    found: dict[tuple[str, str], Reason] = {}
    for _, troubles in troubled:
        for reason in troubles:
            about = reason.params.get("fact") or reason.params["rule"]
            found.setdefault((reason.code, about), reason)
    return list(found.values())


def _on_argument(reason: Reason) -> bool:
    return reason.params.get("fact", "").startswith("args.")


def _each_once(listing: Iterable[_T], listed: Callable[[_T], Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for one in listing for item in listed(one)))
