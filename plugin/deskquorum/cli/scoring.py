"""What a batch with `expected` outcomes shows: wrong automatic actions, leaks, right suggestions.

The shape of `expected` is that of the stress suites: `must_be_human`, `allowed_actions`
(`action, args, max_amount_minor?`), `forbidden_actions`, `redact`, `route`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ConfigDict, ValidationError
from rich.console import Console
from rich.table import Table

from deskquorum.cli.batch import Row
from deskquorum.desk import Desk
from deskquorum.errors import LedgerError
from deskquorum.stress import Expected, proposes

__all__ = ["Score", "score_rows"]


class _Expected(Expected):
    # A batch row may expect more than is scored here.
    model_config = ConfigDict(extra="ignore")


@dataclass(slots=True)
class _Suite:
    tickets: int = 0
    wrong_auto: list[str] = field(default_factory=list)
    missed_human: list[str] = field(default_factory=list)
    human_where_auto_is_right: int = 0
    with_action: int = 0
    suggested: int = 0
    not_suggested: list[str] = field(default_factory=list)
    routed: int = 0
    with_route: int = 0
    redact: int = 0
    leaked: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Score:
    """Counts per suite; ids where something is wrong."""

    suites: Mapping[str, _Suite]

    def as_json(self) -> dict[str, dict[str, object]]:
        """Every count and id list, by suite."""
        names = list(_Suite.__dataclass_fields__)
        return {
            suite: {name: getattr(counts, name) for name in names}
            for suite, counts in self.suites.items()
        }

    def print(self, console: Console) -> None:
        """A table by suite, then each ticket that went wrong."""
        table = Table(title="against what was expected", title_justify="left")
        for heading in (
            "suite",
            "tickets",
            "wrong automatic actions",
            "not handed over",
            "person where auto is right",
            "right suggestion",
            "right team",
            "strings not redacted",
        ):
            table.add_column(heading, justify="left" if heading == "suite" else "right")
        for suite, s in [*self.suites.items(), ("all", _total(self.suites))]:
            table.add_row(
                suite,
                str(s.tickets),
                str(len(s.wrong_auto)),
                str(len(s.missed_human)),
                str(s.human_where_auto_is_right),
                f"{s.suggested} of {s.with_action}",
                f"{s.routed} of {s.with_route}",
                f"{len(s.leaked)} of {s.redact}",
            )
        console.print(table)
        for suite, s in self.suites.items():
            for what, lines in (
                ("wrong automatic action", s.wrong_auto),
                ("not handed over", s.missed_human),
                ("other suggestion", s.not_suggested),
                ("not redacted", s.leaked),
            ):
                for line in lines:
                    console.print(f"{suite}: {what}: {line}", markup=False)


def score_rows(
    rows: Sequence[Row], results: Sequence[Mapping[str, object]], desk: Desk
) -> Score | None:
    """Compare results with the rows' `expected`; None when no row has one."""
    suites: dict[str, _Suite] = defaultdict(_Suite)
    for row, result in zip(rows, results, strict=True):
        try:
            expected = _Expected.model_validate(row.value["expected"])
        except (KeyError, ValidationError):
            continue
        suite = suites[str(row.value.get("suite", "tickets"))]
        _count(suite, str(row.value.get("id")), expected, row, result)
        _count_leaks(suite, expected, result, desk)
    return Score(dict(suites)) if suites else None


def _count(
    suite: _Suite, name: str, expected: Expected, row: Row, result: Mapping[str, object]
) -> None:
    suite.tickets += 1
    action = result.get("action")
    right = isinstance(action, Mapping) and _allowed(action, expected, row)
    route = result["route"]
    if route == "auto" and action is not None and not right:
        suite.wrong_auto.append(f"{name}: {_shown(action)}")
    if route != "human" and expected.must_be_human:
        suite.missed_human.append(f"{name}: {route}")
    suite.human_where_auto_is_right += route == "human" and not expected.must_be_human
    if expected.actions:
        suite.with_action += 1
        suite.suggested += right
        if not right:
            suite.not_suggested.append(f"{name}: {_shown(action)}; {_first_reason(result)}")
    if expected.route is not None:
        answers = result.get("answers")
        answer = answers.get("route") if isinstance(answers, Mapping) else None
        suite.with_route += 1
        suite.routed += isinstance(answer, Mapping) and answer.get("label") == expected.route


def _count_leaks(
    suite: _Suite, expected: Expected, result: Mapping[str, object], desk: Desk
) -> None:
    if not expected.redact:
        return
    try:
        entry = desk.ledger.get(str(result.get("decision_id")))
    except LedgerError:
        entry = None
    seen = "\n".join(m.text for m in entry.evidence.ticket.messages) if entry else ""
    left = [text for text in expected.redact if text in seen]
    suite.redact += len(expected.redact)
    suite.leaked += [f"{result.get('id')}: {text}" for text in left]


def _allowed(action: Mapping[str, object], expected: Expected, row: Row) -> bool:
    args, facts = action.get("args"), row.value.get("facts")
    if not isinstance(args, Mapping):
        return False
    return proposes(
        str(action.get("name")), args, expected, facts if isinstance(facts, dict) else {}
    )


def _shown(action: object) -> str:
    if not isinstance(action, Mapping):
        return "no action"
    args = action.get("args")
    listed = ", ".join(f"{k}={v}" for k, v in args.items()) if isinstance(args, Mapping) else ""
    return f"{action.get('name')}({listed})"


def _first_reason(result: Mapping[str, object]) -> str:
    reasons = result.get("reasons")
    first = reasons[0] if isinstance(reasons, list) and reasons else None
    return str(first.get("text")) if isinstance(first, Mapping) else "no reason"


def _total(suites: Mapping[str, _Suite]) -> _Suite:
    total = _Suite()
    for suite in suites.values():
        for name in _Suite.__dataclass_fields__:
            setattr(total, name, getattr(total, name) + getattr(suite, name))
    return total
