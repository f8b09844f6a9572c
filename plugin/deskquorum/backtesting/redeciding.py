"""One recorded decision, decided again by other files; pure, and without a model call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from deskquorum.backtesting.gaps import Gap, Unused, fitting, gaps
from deskquorum.domain import Action, Decision, Evidence, Facts, Reason, Route, Vote
from deskquorum.judgement import Rulebook, judge
from deskquorum.ledger import Entry
from deskquorum.policy import UnfitError, amount_of, currency_of, decimal_text

__all__ = ["Redecided", "redecide"]

_TURNS = (
    (Route.HUMAN, Route.AUTO),
    (Route.DENY, Route.AUTO),
    (Route.AUTO, Route.AUTO),
    (Route.AUTO, Route.HUMAN),
    (Route.AUTO, Route.DENY),
    (Route.HUMAN, Route.DENY),
    (Route.DENY, Route.HUMAN),
    (Route.DENY, Route.DENY),
    (Route.HUMAN, Route.HUMAN),
)
"""The gravest first: what software would newly do, then what it would no longer do."""

_VISIBLE = frozenset({"route", "action", "reply"})
"""What the customer or the person who takes over would notice."""

_NAMING = frozenset({"rule", "fact", "action", "question", "labeler", "check", "clause", "play"})
"""Params that tell reasons apart; the others are wordings and figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redecided:
    """A recorded decision and what other files make of its evidence."""

    seq: int
    recorded: Decision
    before: Decision
    """As recorded, or what the files decide that are compared with."""
    after: Decision
    differs: tuple[str, ...]
    """What is not the same: `route`, `action`, `reply`, `effect`, `rules`, `clauses`, ..."""
    gaps: tuple[Gap, ...]
    """What `after` would need and was not recorded; with any, it can't be told."""
    votes: tuple[Vote, ...]
    """The recorded votes that count under the new files."""
    unused: tuple[Unused, ...]
    """The recorded votes that do not."""
    stake: Mapping[str, Decimal]
    """Currency to the amount of the action that software does, or else proposes."""

    @property
    def told(self) -> bool:
        """Whether the evidence is enough to say what the new files decide."""
        return not self.gaps

    @property
    def gravity(self) -> int:
        """The lower the graver."""
        noticed = not _VISIBLE.isdisjoint(self.differs)
        turn = _TURNS.index((self.before.route, self.after.route)) if noticed else len(_TURNS)
        return turn if self.told else len(_TURNS) + 1 + turn


def redecide(entry: Entry, rules: Rulebook, *, against: Rulebook | None = None) -> Redecided:
    """Decide a recorded entry by other files, as of the time of its decision.

    Args:
        entry: The recorded decision with its evidence.
        rules: The files to decide by.
        against: Files to compare with; None compares with what was recorded.
    """
    recorded = entry.decision
    evidence, unused = fitting(entry.evidence, rules)
    decided = partial(
        judge,
        decision_id=recorded.id,
        now=recorded.decided_at,
        saved_calls=recorded.saved_calls,
    )
    after = decided(evidence, rules)
    before = recorded
    if against is not None:
        before = decided(fitting(entry.evidence, against)[0], against)
    lacking = [
        gap
        for gap in gaps(recorded, evidence, after, rules, unused=unused)
        if against is None or gap.kind != "fact" or gap.name not in against.book.facts
    ]
    return Redecided(
        seq=entry.seq,
        recorded=recorded,
        before=before,
        after=after,
        differs=tuple(name for name, seen in _ASPECTS.items() if seen(before) != seen(after)),
        gaps=tuple(lacking),
        votes=evidence.votes,
        unused=unused,
        stake=_stake(before, after, rules, against or rules, evidence),
    )


_ASPECTS: Mapping[str, Callable[[Decision], object]] = {
    "route": lambda d: d.route,
    "action": lambda d: d.action,
    "reply": lambda d: d.reply,
    "effect": lambda d: [(r.action, r.effect) for r in d.rulings],
    # Their order is the files', which means nothing.
    "rules": lambda d: [(r.action, frozenset(r.rules)) for r in d.rulings],
    "clauses": lambda d: [(r.action, frozenset(r.clauses)) for r in d.rulings],
    "mode": lambda d: [(r.action, r.mode, r.signed_off) for r in d.rulings],
    "obligations": lambda d: [(r.action, frozenset(r.obligations)) for r in d.rulings],
    "findings": lambda d: [(f.text, f.verdict, f.clause) for f in d.findings],
    "reasons": lambda d: frozenset(map(_told, d.reasons)),
}


def _told(reason: Reason) -> tuple[str, frozenset[tuple[str, str]]]:
    return reason.code, frozenset((k, v) for k, v in reason.params.items() if k in _NAMING)


def _stake(
    before: Decision, after: Decision, rules: Rulebook, old: Rulebook, evidence: Evidence
) -> Mapping[str, Decimal]:
    sides = [(after, rules), (before, old)]
    # What software would do counts first, then what it did, then what a person is shown.
    sides.sort(key=lambda side: (side[0].route is not Route.AUTO, side[0].action is None))
    decision, book = sides[0]
    return {} if decision.action is None else _amounts(decision.action, book, evidence.facts)


def _amounts(action: Action, rules: Rulebook, facts: Facts) -> Mapping[str, Decimal]:
    spec = rules.book.actions.get(action.name)
    found: dict[str, Decimal] = {}
    for name, arg in {} if spec is None else spec.args.items():
        currency = currency_of(arg, facts) if arg.type == "money" else None
        if currency is None:
            continue
        try:
            minor = amount_of(action.args.get(name), currency)
        except UnfitError:
            # The gate holds such an amount, so no money hangs on it.
            continue
        amount = Decimal(decimal_text(minor, currency))
        found[currency] = found.get(currency, Decimal(0)) + amount
    return found
