"""`deskquorum policy diff`: what another set of policies says otherwise, and rules otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from deskquorum.cli.batch import wide_console
from deskquorum.cli.policy_folder import counted, indented, open_policies, refusing
from deskquorum.decision import sentence
from deskquorum.domain import Ruling
from deskquorum.errors import ConfigError, Problem
from deskquorum.policy import PolicyBook
from deskquorum.policy.compare import (
    WRITTEN_OUT,
    Change,
    Comparison,
    RulingChange,
    compare,
)

__all__ = ["diff_folders"]

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def diff_folders(before: Path, after: Path, *, as_json: bool) -> int:
    """Print every difference; returns 1 if there is one.

    Raises:
        ConfigError: Every problem of files that can't be used, where no JSON was asked for.
    """
    return refusing(lambda: _diff(before, after, as_json=as_json), as_json=as_json)


def _diff(before: Path, after: Path, *, as_json: bool) -> int:
    old, new = _both(before, after)
    comparison = compare(old, new)
    if as_json:
        wide_console().print_json(data=_data(comparison))
    else:
        _tell(comparison)
    return int(bool(comparison.changes or comparison.rulings or not comparison.same))


def _both(before: Path, after: Path) -> tuple[PolicyBook, PolicyBook]:
    books: list[PolicyBook] = []
    problems: list[Problem] = []
    for folder in (before, after):
        try:
            books.append(open_policies(folder))
        except ConfigError as exc:
            problems += exc.problems
    if problems:
        raise ConfigError(problems)
    return books[0], books[1]


def _data(comparison: Comparison) -> dict[str, object]:
    return {
        "same": comparison.same,
        "changes": [asdict(change) for change in comparison.changes],
        "cases": comparison.cases,
        "rulings": [_ruling_row(change) for change in comparison.rulings],
    }


def _ruling_row(change: RulingChange) -> dict[str, object]:
    return {
        "case": change.case.name,
        "path": change.case.path,
        "line": change.case.line,
        "action": change.before.action,
        "turned": change.turned,
        "before": _side(change.before),
        "after": _side(change.after),
    }


def _side(ruling: Ruling) -> dict[str, object]:
    return {
        "effect": ruling.effect.value,
        "mode": ruling.mode.value,
        "rules": list(ruling.rules),
        "clauses": list(ruling.clauses),
        "obligations": list(ruling.obligations),
        "reasons": [{"code": r.code, "text": sentence(r)} for r in ruling.reasons],
    }


def _tell(comparison: Comparison) -> None:
    for change in comparison.changes:
        _tell_change(change)
    turned = [change for change in comparison.rulings if change.turned]
    for ruling in (*turned, *(change for change in comparison.rulings if not change.turned)):
        _tell_ruling(ruling)
    if not (comparison.changes or comparison.same):
        typer.echo("they differ in desk.yaml or in what is not listed here")
    counts = _summary(comparison.changes) or "nothing differs in what is written"
    typer.echo(
        f"{counts}; of {counted(comparison.cases, 'case')} {len(turned)} are ruled otherwise,"
        f" {len(comparison.rulings) - len(turned)} for other reasons"
    )


def _summary(changes: Sequence[Change]) -> str:
    numbers = {state: sum(change.state == state for change in changes) for state in _SIGNS}
    return ", ".join(f"{number} {state}" for state, number in numbers.items() if number)


def _tell_change(change: Change) -> None:
    typer.echo(f"{_SIGNS[change.state]} {change.kind} {change.name}")
    for part in change.parts:
        if part.part == WRITTEN_OUT:
            indented("conditions that it names", 2)
            continue
        indented(f"{part.part}: {part.before or 'nothing'}", 2)
        indented(f"{' ' * len(part.part)}→ {part.after or 'nothing'}", 2)


def _tell_ruling(change: RulingChange) -> None:
    case, before, after = change.case, change.before, change.after
    typer.echo(f"! {case.path}:{case.line}: {case.name}")
    was, now = _ruled(before), _ruled(after)
    if before.mode is not after.mode:
        was, now = f"{was} in mode {before.mode}", f"{now} in mode {after.mode}"
    if was == now:
        was, now = f"{was}{_because(before)}", f"{now}{_because(after)}"
    indented(f"{before.action}: {was}", 2)
    indented(f"{' ' * len(before.action)}→ {now}", 2)


def _ruled(ruling: Ruling) -> str:
    if not ruling.rules:
        return f"{ruling.effect}{_because(ruling)}"
    words = [ruling.effect.value, f"by {', '.join(ruling.rules)}"]
    if ruling.clauses:
        words.append(f"citing {', '.join(ruling.clauses)}")
    if ruling.obligations:
        words.append(f"with {', '.join(ruling.obligations)}")
    return " ".join(words)


def _because(ruling: Ruling) -> str:
    return f" ({'; '.join(map(sentence, ruling.reasons))})" if ruling.reasons else ""
