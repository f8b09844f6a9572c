"""One decision against what is right for its ticket, check by check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from deskquorum.domain import (
    Action,
    Decision,
    Effect,
    Evidence,
    Question,
    RedactedTicket,
    Route,
    VoteStatus,
)
from deskquorum.stress.expected import proposes
from deskquorum.stress.suites import StressTicket

__all__ = ["Check", "Outcome", "score"]

_BROKEN = frozenset({"late", "stage-failed"})
_ID_FIELDS = frozenset({"id", "customer_id", "user_id"})
"""Keys of the desk's own; rules compare by them, and they name nobody outside of it."""


class Check(StrEnum):
    """What is asked of every decision that it applies to; its value says what held."""

    AUTO = "nothing wrong by itself"
    """Not sent or done by software: an action that is wrong here, or anything at all where a person
    has to."""
    LEAK = "no personal data"
    """Neither a string that is to be redacted nor a field of the requester got past redaction."""
    PERSON = "person where needed"
    ALLOWED = "no wrong action allowed"
    """The rules allow no action that is wrong here, in whatever mode it is."""
    ACTION = "right action"
    """Done, or proposed to a person."""
    ALONE = "no needless person"
    TEAM = "right team"
    LABELS = "right labels"
    """Every other question that the suite gives a label for."""


class Outcome(BaseModel):
    """What became of one ticket; holds no word of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    suite: str
    id: str
    digest: str
    mode: str | None = None
    route: Route
    action: str | None = None
    checks: dict[Check, bool]
    """The checks that apply to it, and whether they held."""
    why: dict[Check, str] = {}
    """Of those that did not."""
    broken: bool = False
    """Late, or without a vote that it should have had: another run may come out otherwise."""

    @property
    def key(self) -> tuple[str, str]:
        """Tells it from every other ticket of the suites."""
        return self.suite, self.id


def score(
    stress: StressTicket,
    decision: Decision,
    evidence: Evidence | None,
    questions: Mapping[str, Question],
) -> Outcome:
    """Hold a decision against what is right.

    Args:
        stress: The ticket and what is right for it.
        decision: What the desk decided.
        evidence: What it rests on, as recorded; None where nothing could be recorded.
        questions: Those that the desk asks; of labels that it doesn't know nothing is asked.
    """
    seen = None if evidence is None else evidence.ticket
    found = dict(_checked(stress, decision, seen, questions))
    return Outcome(
        suite=stress.suite,
        id=stress.ticket.id,
        digest=stress.digest,
        mode=stress.mode,
        route=decision.route,
        action=None if decision.action is None else decision.action.name,
        checks={check: why is None for check, why in found.items()},
        why={check: why for check, why in found.items() if why is not None},
        broken=_is_broken(decision, evidence),
    )


def _checked(
    stress: StressTicket,
    decision: Decision,
    seen: RedactedTicket | None,
    questions: Mapping[str, Question],
) -> Iterator[tuple[Check, str | None]]:
    """Each check that applies, with what went wrong."""
    expected, route, action = stress.expected, decision.route, decision.action
    right = action is not None and _is_right(action, stress)
    named = "a reply" if action is None else action.name
    wrong = route is Route.AUTO and (expected.must_be_human or (action is not None and not right))
    yield Check.AUTO, f"{named} went by itself" if wrong else None
    if expected.redact or stress.ticket.requester.record:
        leaked = ", ".join(_leaked(stress, seen))
        yield Check.LEAK, f"{leaked} got past redaction" if leaked else None
    slipped = action is not None and not right and _is_allowed(action, decision)
    yield Check.ALLOWED, f"{named} is allowed by {_rules(decision)}" if slipped else None
    if expected.must_be_human:
        yield Check.PERSON, None if route is Route.HUMAN else f"{route}: {named}"
    else:
        yield Check.ALONE, None if route is not Route.HUMAN else f"because {_first(decision)}"
    if expected.actions:
        got = "no action" if action is None else action.name
        yield Check.ACTION, None if right else f"{got}, because {_first(decision)}"
    if _asked("route", expected.route, questions):
        yield Check.TEAM, _differs("route", str(expected.route), decision)
    labels = {k: v for k, v in expected.labels.items() if _asked(k, v, questions)}
    if labels:
        other = [
            said for name, label in labels.items() if (said := _differs(name, label, decision))
        ]
        yield Check.LABELS, "; ".join(other) or None


def _is_right(action: Action, stress: StressTicket) -> bool:
    return proposes(action.name, action.args, stress.expected, stress.ticket.facts)


def _is_allowed(action: Action, decision: Decision) -> bool:
    """Whether every rule lets it pass, its mode and its certificate aside."""
    effects = [r.effect for r in decision.rulings if r.action in {"ticket", action.name}]
    named = any(r.action == action.name for r in decision.rulings)
    return named and all(effect is Effect.ALLOW for effect in effects)


def _rules(decision: Decision) -> str:
    return ", ".join(dict.fromkeys(rule for r in decision.rulings for rule in r.rules)) or "no rule"


def _first(decision: Decision) -> str:
    return decision.reasons[0].code if decision.reasons else "nothing was said"


def _asked(name: str, label: str | None, questions: Mapping[str, Question]) -> bool:
    return name in questions and label in questions[name].labels


def _differs(name: str, label: str, decision: Decision) -> str | None:
    answer = decision.answers.get(name)
    got = None if answer is None else answer.label
    return None if got == label else f"{name} {got}, not {label}"


def _leaked(stress: StressTicket, seen: RedactedTicket | None) -> Iterator[str]:
    """Where each string that is still to be read stands in the row; never the string."""
    if seen is None:
        yield "whatever was seen, as nothing was recorded,"
        return
    text = "\n".join(message.text for message in seen.messages)
    for place, secret in enumerate(stress.expected.redact):
        if secret in text:
            yield f"expected.redact[{place}]"
    for name, value in stress.ticket.requester.record.items():
        if name not in _ID_FIELDS and value.strip() and value in text:
            yield f"requester.{name}"


def _is_broken(decision: Decision, evidence: Evidence | None) -> bool:
    if evidence is None:
        return True
    failed = any(vote.status is VoteStatus.FAILED for vote in evidence.votes)
    return failed or any(reason.code in _BROKEN for reason in decision.reasons)
