"""`deskquorum queue`: what waits for a person, and the verdicts of those who looked."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from deskquorum.domain import Action
from deskquorum.errors import InputError

if TYPE_CHECKING:
    from deskquorum.ledger.review_items import ReviewItem, VerdictKind

__all__ = ["queue_app"]

queue_app = typer.Typer(help="What waits for a person.", no_args_is_help=True, add_completion=False)

_Desk = Annotated[Path, typer.Option("--desk", help="Desk folder.")]
_Ledger = Annotated[
    str | None,
    typer.Option("--ledger", help="Ledger file, or postgresql: URL, instead of desk.yaml's."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_By = Annotated[str | None, typer.Option("--by", help="Who does it; by default your login name.")]
_Item = Annotated[str, typer.Argument(help="Id of the review, as `queue list` prints it.")]


@queue_app.command("list")
def list_items(
    *,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    holder: Annotated[str | None, typer.Option("--holder", help="Only what they hold.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="List at most so many.")] = 50,
    as_json: _Json = False,
) -> None:
    """List what is open: the riskiest first, then what is due first."""
    from deskquorum.assembly import ledger_of
    from deskquorum.ledger.reviews import items

    record = ledger_of(desk, ledger, keys=os.environ)
    with closing(record), record.database.transaction() as tx:
        found = items(tx, assignee=holder, limit=limit)
        now = tx.now
    if as_json:
        typer.echo(json.dumps([_row(item) for item in found], ensure_ascii=False))
        return
    for item in found:
        late = "OVERDUE " if item.due_at <= now else ""
        asked = "-" if item.action is None else item.action.name
        held = f" held by {item.assignee}" if item.assignee else ""
        codes = ", ".join(dict.fromkeys(reason.code for reason in item.reasons))
        news = f" newer: {item.newer}" if item.newer else ""
        typer.echo(
            f"{item.id}  {late}due {item.due_at:%Y-%m-%d %H:%M} UTC  {asked}  {codes}{held}{news}"
        )
    more = "; --limit lists more" if len(found) == limit else ""
    typer.echo(f"{len(found)} open{more}")


@queue_app.command()
def show(
    item: _Item, *, desk: _Desk = Path(), ledger: _Ledger = None, as_json: _Json = False
) -> None:
    """Show one item with its suggestion, which may hold personal data."""
    from deskquorum.assembly import ledger_of
    from deskquorum.ledger.reviews import get_item

    record = ledger_of(desk, ledger, keys=os.environ)
    with closing(record), record.database.transaction() as tx:
        found = get_item(tx, item)
    if found is None:
        raise InputError(f"there is no review '{item}'")
    _print(found, as_json=as_json)


@queue_app.command()
def claim(
    item: _Item,
    *,
    release: Annotated[bool, typer.Option("--release", help="Give it back instead.")] = False,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Hold an item, so that nobody else works on it."""
    from deskquorum.assembly import load_parts
    from deskquorum.ledger import reviews
    from deskquorum.ledger.review_items import TakenError

    parts = load_parts(desk, models=False, ledger=ledger, host=os.environ)
    lease, who = parts.desk.reviews.lease, by or getuser()
    try:
        with closing(parts.ledger) as record, record.database.transaction(writing=True) as tx:
            if release:
                held = reviews.release(tx, item, by=who)
            else:
                held = reviews.claim(tx, item, by=who, lease=lease)
    except TakenError as exc:
        typer.echo(f"taken: {exc}" if exc.item else str(exc), err=True)
        raise typer.Exit(1 if exc.item else 2) from exc
    _print(held, as_json=as_json)


@queue_app.command()
def verdict(
    kind: Annotated[str, typer.Argument(help="approve, edit, reject or respond.")],
    item: _Item,
    *,
    args_hash: Annotated[
        str | None, typer.Option("--hash", help="`args_hash` of the suggestion that you saw.")
    ] = None,
    action: Annotated[
        str | None, typer.Option("--action", help='For edit: {"name": ..., "args": {...}}.')
    ] = None,
    reply: Annotated[str | None, typer.Option("--reply", help="The reply to send.")] = None,
    why: Annotated[str, typer.Option("--why", help="Why, in a line.")] = "",
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", help="QUESTION=LABEL that would have been right; repeatable."),
    ] = None,
    override: Annotated[
        bool,
        typer.Option("--override", help="Send the reply whatever its check found; needs --why."),
    ] = False,
    failure_mode: Annotated[
        str | None,
        typer.Option("--failure-mode", help="What was wrong: an id of failure_modes.yaml."),
    ] = None,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Say what is to be done; the gate rules on it again, and the suggestion may never run then."""
    from deskquorum.desk import load_desk
    from deskquorum.ledger.review_items import Verdict
    from deskquorum.reviewing import give_verdict
    from deskquorum.weighing import VerdictError

    if kind == "approve" and args_hash is None:
        hint = "the `args_hash` that `queue show` prints, so that what you saw is approved"
        raise InputError(f"--hash is missing: {hint}")
    said = Verdict(
        kind=_kind(kind),
        by=by or getuser(),
        args_hash=args_hash,
        action=_action(action),
        reply=reply,
        why=why,
        answers=_answers(answer),
        override=override,
        failure_mode=failure_mode,
    )
    opened = load_desk(desk, models=False, ledger=ledger, keys=os.environ)
    with closing(opened.ledger):
        try:
            given = anyio.run(give_verdict, opened, item, said)
        except VerdictError as exc:
            typer.echo(f"{exc.code}: {exc}", err=True)
            raise typer.Exit(2 if exc.code in {"invalid", "not-found"} else 1) from exc
    _print(given, as_json=as_json)


@queue_app.command()
def labels(
    question: Annotated[str, typer.Option("--question", help="Whose labels.")],
    out: Annotated[Path, typer.Option("--out", help="CSV file: item,label.")],
    *,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
) -> None:
    """Write what people said to be right, as `reconcile --gold` reads it.

    What was only chosen to teach is left out: `certify` reads the file too.
    """
    from deskquorum.assembly import ledger_of
    from deskquorum.ledger.verdict_labels import audited_labels

    record = ledger_of(desk, ledger, keys=os.environ)
    with closing(record), record.database.transaction() as tx:
        # Of a ticket that was judged twice the newest label is right.
        found = {
            label.ticket: label.label
            for label in audited_labels(tx, question=question)
            if label.source == "verdict" or label.inclusion is not None
        }
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item", "label"])
        writer.writerows(found.items())
    typer.echo(f"{len(found)} labels of '{question}' in {out}")


def _kind(written: str) -> VerdictKind:
    match written:
        case "approve" | "edit" | "reject" | "respond":
            return written
    raise InputError(f"'{written}' is no verdict; say approve, edit, reject or respond")


def _answers(written: list[str] | None) -> Mapping[str, str]:
    answers: dict[str, str] = {}
    for text in written or ():
        question, _, label = text.partition("=")
        if not question or not label:
            raise InputError(f"--answer '{text}': write QUESTION=LABEL")
        answers[question] = label
    return answers


def _action(written: str | None) -> Action | None:
    if written is None:
        return None
    from deskquorum.formats import parse_json

    try:
        read = parse_json(written)
    except InputError:
        read = {}
    name, args = read.get("name"), read.get("args", {})
    if not isinstance(name, str) or not isinstance(args, dict):
        raise InputError('--action: write {"name": "issue_refund", "args": {"amount": "24.00"}}')
    return Action(name=name, args=args)


def _print(item: ReviewItem, *, as_json: bool) -> None:
    from deskquorum.decision import sentence

    row = _row(item)
    if as_json:
        typer.echo(json.dumps(row, ensure_ascii=False))
        return
    for name, value in row.items():
        if name == "reasons":
            for reason in item.reasons:
                typer.echo(f"because: {sentence(reason)} ({reason.code})")
        elif value not in (None, "", [], {}):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            typer.echo(f"{name}: {text}")


def _row(item: ReviewItem) -> dict[str, object]:
    from deskquorum.decision import sentence

    row = asdict(item)
    for hidden in ("subject", "limited", "values", "said"):
        row.pop(hidden)
    row["reasons"] = [{"code": r.code, "text": sentence(r)} for r in item.reasons]
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
