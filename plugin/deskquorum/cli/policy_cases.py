"""`deskquorum policy test` and `coverage`: what the cases say, and what they do not touch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from deskquorum.cli.batch import wide_console
from deskquorum.cli.policy_folder import counted, indented, open_policies, refusing
from deskquorum.decision import sentence
from deskquorum.policy import CaseResult, PolicyBook, run_cases

__all__ = ["coverage_of_folder", "run_folder"]


def run_folder(folder: Path, *, as_json: bool) -> int:
    """Run every case and print how it came out; returns 1 if one fails or there is none.

    Raises:
        ConfigError: Every problem of files that can't be used, where no JSON was asked for.
    """
    return refusing(lambda: _run(open_policies(folder), as_json=as_json), as_json=as_json)


def coverage_of_folder(folder: Path, *, as_json: bool) -> int:
    """Print what no case exercises; returns 1 if there is anything.

    Raises:
        ConfigError: Every problem of files that can't be used, where no JSON was asked for.
    """
    return refusing(lambda: _cover(open_policies(folder), as_json=as_json), as_json=as_json)


def _run(book: PolicyBook, *, as_json: bool) -> int:
    results = run_cases(book)
    failed = [result for result in results if not result.passed]
    if as_json:
        rows = [_row(result) for result in results]
        counts = {"cases": len(results), "failed": len(failed)}
        wide_console().print_json(data={**counts, "hash": book.hash, "results": rows})
    else:
        _tell(results, failed)
    return int(bool(failed) or not results)


def _row(result: CaseResult) -> dict[str, object]:
    return {
        "name": result.name,
        "path": result.path,
        "line": result.line,
        "passed": result.passed,
        "expected": result.expected.value,
        "got": result.got.value,
        "missing": list(result.missing),
        "rules": list(result.ruling.rules),
        "clauses": list(result.ruling.clauses),
        "reasons": [
            {"code": reason.code, "text": sentence(reason)} for reason in result.ruling.reasons
        ],
    }


def _tell(results: Sequence[CaseResult], failed: Sequence[CaseResult]) -> None:
    if not results:
        typer.echo("no cases; write the first one into a TOPIC.cases.yaml")
        return
    wide_console().print(_table(results))
    for result in failed:
        typer.echo(f"{result.path}:{result.line}: {_failure(result)}")
        for reason in result.ruling.reasons:
            indented(sentence(reason), 1)
    passed = counted(len(results) - len(failed), "case")
    typer.echo(f"{passed} as expected, {len(failed)} not")


def _failure(result: CaseResult) -> str:
    said = f"{result.name}: expected {result.expected}, got {result.got}"
    if result.missing:
        deciding = ", ".join(result.ruling.rules) or "no rule"
        said += f"; expected {', '.join(result.missing)} to decide, {deciding} did"
    return said


def _table(results: Sequence[CaseResult]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "case", "action", "ruling", "by"):
        table.add_column(heading, overflow="fold")
    for result in results:
        ruling = result.ruling
        by = ", ".join(ruling.rules) or ", ".join(dict.fromkeys(r.code for r in ruling.reasons))
        mark = "ok" if result.passed else "FAILED"
        cells = (mark, result.name, ruling.action, result.got.value, by)
        table.add_row(*(Text(cell) for cell in cells))
    return table


@dataclass(frozen=True, slots=True, kw_only=True)
class _Covered:
    """How often the cases touch a rule or a clause."""

    id: str
    path: str
    line: int
    why: str
    """Why no case exercises it; "" if one does."""
    held: int
    """Cases in which the rule matched, or whose ruling cites the clause."""
    decided: int | None = None
    """Cases in which the rule was among those that decided; None for a clause."""
    not_matched: int | None = None
    """Cases in which the rule did not match; None for a clause."""


def _cover(book: PolicyBook, *, as_json: bool) -> int:
    results = run_cases(book)
    rules, clauses = list(_rules(book, results)), list(_clauses(book, results))
    bare = [covered for covered in (*rules, *clauses) if covered.why]
    if as_json:
        data = {
            "cases": len(results),
            "rules": [_covered_row(rule, "matched") for rule in rules],
            "clauses": [_covered_row(clause, "cited") for clause in clauses],
        }
        wide_console().print_json(data=data)
    else:
        for covered in bare:
            typer.echo(f"{covered.path}:{covered.line}: {covered.why}")
        typer.echo(
            f"{counted(len(results), 'case')}: {_share(rules)} rules and {_share(clauses)} clauses"
            " exercised"
        )
    return int(bool(bare))


def _share(covered: Sequence[_Covered]) -> str:
    return f"{sum(not one.why for one in covered)} of {len(covered)}"


def _covered_row(covered: _Covered, held: str) -> Mapping[str, object]:
    row = {name: value for name, value in asdict(covered).items() if value is not None}
    return {held: row.pop("held"), **row, "exercised": not covered.why}


def _rules(book: PolicyBook, results: Sequence[CaseResult]) -> Iterator[_Covered]:
    states = Counter(pair for result in results for pair in result.ruling.trace.items())
    decided = Counter(rule for result in results for rule in result.ruling.rules)
    for rule in book.rules:
        held = states[rule.id, "matched"]
        yield _Covered(
            id=rule.id,
            path=rule.path,
            line=rule.line,
            why="" if held else f"rule '{rule.id}' matches in no case",
            held=held,
            decided=decided[rule.id],
            not_matched=states[rule.id, "not-matched"],
        )


def _clauses(book: PolicyBook, results: Sequence[CaseResult]) -> Iterator[_Covered]:
    ruled = Counter(clause for result in results for clause in result.ruling.clauses)
    cited = {clause for rule in book.rules for clause in rule.cite}
    for clause in book.clauses.values():
        name = f"clause '{clause.id}'"
        why = f"no case is ruled by {name}" if clause.id in cited else f"no rule cites {name}"
        yield _Covered(
            id=clause.id,
            path=clause.path,
            line=clause.line,
            why="" if ruled[clause.id] else why,
            held=ruled[clause.id],
        )
