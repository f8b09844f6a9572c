"""`deskquorum policy authorize`: what the rules say of every proposed action in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
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
from deskquorum.decision import sentence
from deskquorum.domain import Action, Fact, Facts, Ruling, Usage
from deskquorum.domain import JsonValue as Plain
from deskquorum.errors import InputError
from deskquorum.policy import (
    PolicyBook,
    Scalar,
    UnfitError,
    UsedShape,
    flattened,
    load_policies,
    moment_of,
    rule_on,
    used_in,
)

__all__ = ["authorize_file"]


class _ActionRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    args: dict[str, JsonValue] = {}


class _AuthorizeRow(BaseModel):
    # A batch row may carry fields of the host's own.
    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str | int
    action: _ActionRow
    facts: dict[str, JsonValue] = {}
    used: dict[str, UsedShape] = {}
    now: str | None = None
    expected: ExpectedEffect | None = None
    clause: str | None = None


def authorize_file(path: Path, *, policies: Path, out: Path | None, as_json: bool) -> int:
    """Rule on every row; returns 1 when one is malformed or not ruled on as expected, else 0.

    Args:
        path: JSON Lines of `{id, action: {name, args}, facts, expected?, clause?}`.
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
        ruling = _ruling(read, book)
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
        first = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(key) for key in first["loc"])
        message = f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"
        raise InputError(message, line=row.number) from exc


def _ruling(row: _AuthorizeRow, book: PolicyBook) -> Ruling:
    now = _now(row, book)
    values = flattened(cast("Mapping[str, Plain]", row.facts), book.environment.facts)
    read_at = now or datetime.min.replace(tzinfo=UTC)
    return rule_on(
        book,
        Action(name=row.action.name, args=_arguments(row, book)),
        facts=Facts(
            values={
                name: Fact(value=value, source="row", read_at=read_at)
                for name, value in values.items()
            }
        ),
        answers={},
        claimed={},
        now=now,
        used=_used(row, book),
    )


def _used(row: _AuthorizeRow, book: PolicyBook) -> Mapping[str, Usage]:
    try:
        return used_in(book, row.used)
    except ValueError as exc:
        raise InputError(str(exc)) from None


def _now(row: _AuthorizeRow, book: PolicyBook) -> datetime | None:
    """The row's moment; None where it tells none, so that no rule can rest on one."""
    written = row.now or row.facts.get("now")
    if written is None:
        return None
    kind = book.environment.variables["now"].type
    zone = kind.zone if isinstance(kind, Scalar) else None
    try:
        return moment_of(str(written), zone=zone)
    except UnfitError:
        message = f"now: expected a time such as 2026-01-31T09:00:00Z, got {written!r}"
        hint = "" if zone else "; declare `now: {type: time, zone: ZONE}` for times without a zone"
        raise InputError(message + hint) from None


def _arguments(row: _AuthorizeRow, book: PolicyBook) -> Mapping[str, Plain]:
    """The arguments; in this format an amount is a decimal number of the currency's main unit."""
    spec = book.actions.get(row.action.name)
    args: dict[str, JsonValue] = dict(row.action.args)
    for name, arg in {} if spec is None else spec.args.items():
        value = args.get(name)
        if arg.type == "money" and isinstance(value, int) and not isinstance(value, bool):
            args[name] = str(value)
    return cast("Mapping[str, Plain]", args)
