"""Rulings on a file of rows beside what was expected of them, counted by clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table

from deskquorum.reporting.intervals import wilson

__all__ = [
    "EFFECTS",
    "ExpectedEffect",
    "Outcome",
    "Summary",
    "plain_json",
    "show",
    "summed_up",
]

EFFECTS = ("allow", "deny", "human")
ExpectedEffect = Literal["allow", "deny", "human"]
_MOST_SHOWN = 20
_TITLES = {
    "right": "as expected",
    "false_blocks": "false blocks (to be allowed, and held)",
    "missed": "missed (to be held, and allowed)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One row with what was expected of it and what was ruled."""

    id: object
    expected: ExpectedEffect | None
    clause: str | None
    effect: str
    clauses: tuple[str, ...]
    reasons: Sequence[str]
    bad: bool = False

    @property
    def right(self) -> bool:
        """The effect is the expected one, and the expected clause is among those cited."""
        cited = self.clause is None or self.clause in self.clauses
        return not self.bad and self.effect == self.expected and cited


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """How many of how many, with what that says of the rate."""

    count: int
    of: int

    @property
    def json(self) -> dict[str, float | None]:
        low, high = wilson(self.count, self.of)
        share = round(self.count / self.of, 4) if self.of else None
        interval = {"low": round(low, 4), "high": round(high, 4)}
        return {"count": self.count, "of": self.of, "share": share} | interval

    def __str__(self) -> str:
        if not self.of:
            return "-"
        low, high = wilson(self.count, self.of)
        return f"{self.count / self.of:.2%} ({low:.2%} to {high:.2%})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All rows together; shares and clauses are of rows that say what they expect."""

    outcomes: Sequence[Outcome]
    shares: Mapping[str, _Share]
    clauses: Mapping[str, _Share]
    """The clause that a row is about, or `(EFFECT)`, to how many were ruled on right."""
    differences: Sequence[Outcome]

    @property
    def effects(self) -> Mapping[str, int]:
        """How many rows were ruled on in which way."""
        return {e: sum(o.effect == e for o in self.outcomes) for e in EFFECTS}

    @property
    def bad_rows(self) -> int:
        """How many rows could not be read."""
        return sum(outcome.bad for outcome in self.outcomes)


def summed_up(outcomes: Sequence[Outcome]) -> Summary:
    """Count the outcomes, those that say what they expect by clause too."""
    expecting = [o for o in outcomes if o.expected is not None]
    permitted = [o for o in expecting if o.expected == "allow"]
    held = [o for o in expecting if o.expected != "allow"]
    groups: dict[str, list[Outcome]] = {}
    for outcome in expecting:
        groups.setdefault(outcome.clause or f"({outcome.expected})", []).append(outcome)
    return Summary(
        outcomes=outcomes,
        shares={
            "right": _Share(count=sum(o.right for o in expecting), of=len(expecting)),
            "false_blocks": _Share(
                count=sum(o.effect != "allow" for o in permitted), of=len(permitted)
            ),
            "missed": _Share(count=sum(o.effect == "allow" for o in held), of=len(held)),
        },
        clauses={
            name: _Share(count=sum(o.right for o in group), of=len(group))
            for name, group in sorted(groups.items())
        },
        differences=[o for o in expecting if not o.right],
    )


def plain_json(summary: Summary) -> dict[str, object]:
    """The summary as plain JSON, with every difference."""
    plain: dict[str, object] = {
        "rows": len(summary.outcomes),
        "bad_rows": summary.bad_rows,
        "effects": summary.effects,
    }
    if not summary.clauses:
        return plain
    return (
        plain
        | {name: share.json for name, share in summary.shares.items()}
        | {
            "clauses": [
                {
                    "clause": name,
                    "rows": share.of,
                    "right": share.count,
                    "wrong": share.of - share.count,
                    "low": share.json["low"],
                    "high": share.json["high"],
                }
                for name, share in summary.clauses.items()
            ],
            "differences": [_difference(outcome) for outcome in summary.differences],
        }
    )


def _difference(outcome: Outcome) -> dict[str, object]:
    return {
        "id": outcome.id,
        "expected": outcome.expected,
        "clause": outcome.clause,
        "effect": outcome.effect,
        "clauses": list(outcome.clauses),
        "reasons": list(outcome.reasons),
    }


def show(summary: Summary, console: Console) -> None:
    """Print the summary for people, with the first differences."""
    counted = ", ".join(f"{count} {effect}" for effect, count in summary.effects.items())
    rows = len(summary.outcomes)
    console.print(f"{rows} rows: {counted}; {summary.bad_rows} could not be read")
    if not summary.clauses:
        return
    table = Table("clause", "rows", "right", "wrong", "share right (95 % interval)", box=None)
    for name, share in summary.clauses.items():
        wrong = share.of - share.count
        table.add_row(name, str(share.of), str(share.count), str(wrong), str(share))
    console.print(table)
    for name, share in summary.shares.items():
        console.print(f"{_TITLES[name]}: {share.count} of {share.of}, {share}")
    for outcome in summary.differences[:_MOST_SHOWN]:
        wanted = f"{outcome.expected} {outcome.clause or ''}".strip()
        got = f"{outcome.effect} {', '.join(outcome.clauses)}".strip()
        why = "; ".join(outcome.reasons)
        console.print(f"{outcome.id}: expected {wanted}, got {got}: {why}")
    if len(summary.differences) > _MOST_SHOWN:
        console.print(f"... and {len(summary.differences) - _MOST_SHOWN} more; --json lists all")
