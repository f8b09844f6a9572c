"""`deskquorum policy authorize`: what the rules say of every proposed action in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from pydantic import ValidationError
from rich.progress import track

from deskquorum.cli.batch import Row, read_rows, to_line, wide_console, writing
from deskquorum.cli.policy_outcomes import (
    EFFECTS,
    ExpectedEffect,
    Outcome,
    plain_json,
    show,
    summed_up,
)
from deskquorum.cli.policy_situation import ActionShape, SituationShape, said, situation_of
from deskquorum.decision import sentence
from deskquorum.domain import Action, Ruling
from deskquorum.errors import InputError
from deskquorum.policy import PolicyBook, load_policies, rule_on

__all__ = ["authorize_file"]


class _AuthorizeRow(SituationShape):
    id: str | int
    action: ActionShape
    expected: ExpectedEffect | None = None
    clause: str | None = None


def authorize_file(path: Path, *, policies: Path, out: Path | None, as_json: bool) -> int:
    """Rule on every row; returns 1 when one is malformed or not ruled on as expected, else 0.

    Args:
        path: JSON Lines of situations, each with an `id`, perhaps `expected` and `clause`.
        policies: Folder of policy files.
        out: Where the rulings go; standard output if None.
        as_json: Print the summary as JSON.

    Raises:
        PolicyFileError: Every problem of the policies.
        InputError: A file can't be read or written.
    """
    book = load_policies(policies)
    rows = read_rows(path)
    outcomes = []
    with writing(out) as file:
        for row in track(rows, "ruling", console=wide_console(stderr=True), transient=True):
            outcome, result = _ruled(row, book)
            outcomes.append(outcome)
            file.write(to_line(result))
    # Rows and summary never share a stream.
    console = wide_console(stderr=out is None)
    summary = summed_up(outcomes)
    if as_json:
        console.print_json(json.dumps(plain_json(summary)))
    else:
        show(summary, console)
    return int(bool(summary.bad_rows or summary.differences))


def _ruled(row: Row, book: PolicyBook) -> tuple[Outcome, dict[str, object]]:
    try:
        if row.error is not None:
            raise row.error
        read = _read(row)
        ruling = _ruling(read, book, row.number)
    except InputError as exc:
        return _refused(row, exc)
    reasons = [
        {**reason.params, "code": reason.code, "text": sentence(reason)}
        for reason in ruling.reasons
    ]
    result: dict[str, object] = {
        "id": read.id,
        "effect": ruling.effect.value,
        "rules": list(ruling.rules),
        "clauses": list(ruling.clauses),
        "reasons": reasons,
    }
    outcome = Outcome(
        id=read.id,
        expected=read.expected,
        clause=read.clause,
        effect=ruling.effect.value,
        clauses=ruling.clauses,
        reasons=[reason["text"] for reason in reasons],
    )
    return outcome, result


def _refused(row: Row, error: InputError) -> tuple[Outcome, dict[str, object]]:
    """A row that can't be read holds its action back, like everything that is not understood."""
    identity = row.value.get("id")
    expected = row.value.get("expected")
    outcome = Outcome(
        id=identity,
        expected=cast("ExpectedEffect", expected) if expected in EFFECTS else None,
        clause=None,
        effect="human",
        clauses=(),
        reasons=[str(error)],
        bad=True,
    )
    return outcome, {
        "id": identity if isinstance(identity, str | int) else None,
        "line": row.number,
        "effect": "human",
        "rules": [],
        "clauses": [],
        "reasons": [{"code": "bad-row", "text": str(error)}],
        "error": str(error),
    }


def _read(row: Row) -> _AuthorizeRow:
    try:
        return _AuthorizeRow.model_validate(row.value)
    except ValidationError as exc:
        raise InputError(said(exc), line=row.number) from exc


def _ruling(row: _AuthorizeRow, book: PolicyBook, number: int) -> Ruling:
    try:
        situation = situation_of(row, book, source="row")
    except InputError as exc:
        raise InputError(str(exc), line=number) from exc
    # Always as an action: one that is called `ticket` is no question about the ticket.
    return rule_on(
        book,
        situation.action or Action(name=row.action.name),
        facts=situation.facts,
        answers=situation.answers,
        claimed=situation.claimed,
        now=situation.now,
        used=situation.used,
    )
