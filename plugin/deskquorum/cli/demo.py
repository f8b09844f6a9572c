"""`deskquorum demo`: the example desk's tickets decided, in a table that a support lead reads."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio
from rich.table import Table
from rich.text import Text

from deskquorum.cli.batch import read_rows, wide_console
from deskquorum.cli.decide import decide_rows
from deskquorum.decision import action_text
from deskquorum.desk import Desk, load_desk
from deskquorum.domain import Action, VoteStatus
from deskquorum.ledger import Entry
from deskquorum.pack import starter_pack

__all__ = ["run_demo"]

_COLUMNS = ["ticket", "redacted", "votes", "answer", "action", "rule, clause", "route", "why"]
_DETAILS = {"redacted", "votes", "rule, clause"}
_WIDE = 120
_STYLES = {"auto": "green", "human": "yellow", "deny": "red"}


def run_demo(*, models: bool, as_json: bool) -> int:
    """Decide the example tickets and print table, summary and where to look next; returns 0."""
    source = starter_pack("northwind")
    folder = Path(tempfile.mkdtemp(prefix="deskquorum-demo-")) / "northwind"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("state"))
    desk = load_desk(folder, models=models)
    rows = read_rows(folder / "tickets.jsonl")
    results: list[dict[str, object]] = []
    started = time.perf_counter()
    anyio.run(decide_rows, desk, rows, results.append, 2)
    elapsed_s = time.perf_counter() - started
    console = wide_console()
    if as_json:
        console.print_json(json.dumps(results))
        return 0
    for notice in desk.notices:
        console.print(f"note: {notice}")
    console.print(_table(results, desk, console.width))
    for line in _summary(results, desk, folder, elapsed_s):
        console.print(line, markup=True)
    return 0


def _table(results: Sequence[Mapping[str, object]], desk: Desk, width: int) -> Table:
    """One row a ticket; a narrow terminal is spared the details that `explain` tells."""
    shown = _COLUMNS if width >= _WIDE else [name for name in _COLUMNS if name not in _DETAILS]
    table = Table(title=f"{len(results)} tickets of the example desk", title_justify="left")
    for name in shown:
        table.add_column(name, overflow="fold", no_wrap=name == "route")
    for result in results:
        entry = desk.ledger.get(str(result.get("decision_id")))
        if entry is not None:
            cells = dict(zip(_COLUMNS, _cells(result, entry), strict=True))
            table.add_row(*(cells[name] for name in shown))
    return table


def _cells(result: Mapping[str, object], entry: Entry) -> tuple[str | Text, ...]:
    redacted = entry.evidence.ticket.redactions
    votes = Counter(vote.status for vote in entry.evidence.votes)
    intent, route = entry.decision.answers.get("intent"), str(result["route"])
    return (
        str(result["id"]),
        ", ".join(f"{n} {kind.lower()}" for kind, n in redacted.items()) or "-",
        f"{votes[VoteStatus.CAST]} cast, {votes[VoteStatus.ABSTAINED]} abstained"
        + (f", {votes[VoteStatus.FAILED]} failed" if votes[VoteStatus.FAILED] else ""),
        "-"
        if intent is None or intent.label is None
        else f"{intent.label} {intent.probability:.0%}",
        _action(entry.decision.action),
        _rules(result),
        Text(route, style=_STYLES[route]),
        _why(result),
    )


def _action(action: Action | None) -> str:
    return "-" if action is None else action_text(action)


def _rules(result: Mapping[str, object]) -> str:
    ruling = result["ruling"]
    if not isinstance(ruling, Mapping):
        return "-"
    rules, clauses = ruling["rules"][:1], ruling["clauses"][:2]
    return ", ".join([*rules, *clauses]) or "-"


def _why(result: Mapping[str, object]) -> str:
    reasons = result["reasons"]
    return str(reasons[0]["text"]) if isinstance(reasons, list) and reasons else "-"


def _summary(
    results: Sequence[Mapping[str, object]], desk: Desk, folder: Path, elapsed_s: float
) -> list[str]:
    routes = Counter(str(result["route"]) for result in results)
    alone = [result for result in results if result["route"] != "human"]
    signed = sum("signed-off" in _codes(result) for result in alone)
    first = (alone or results)[0]["decision_id"]
    done = f"[green]{routes['auto']} done by itself[/]"
    declined = f"[red]{routes['deny']} declined by a clause[/]"
    given = f"[yellow]{routes['human']} given to a person[/]"
    return [
        "",
        f"{done}, {declined}, {given}, in {elapsed_s:.0f} s, with no key and no network.",
        f"{signed} of them rest on the sign-off of the desk's owner, none yet on a certificate.",
        "No money moved without a person.",
        f"Models: {_models(results, desk)}.",
        "",
        "Where to look next:",
        f"  {sys.argv[0]} explain {first} --desk {folder}",
        f"  {folder / 'policies'} holds the rules, clause by clause; change one, then:",
        f"  {sys.argv[0]} decide {folder / 'tickets.jsonl'} --desk {folder} --out decisions.jsonl",
        f"  {sys.argv[0]} init my-desk makes a desk of your own",
    ]


def _models(results: Sequence[Mapping[str, object]], desk: Desk) -> str:
    if desk.notices:
        return "none, the desk ran on rules and embeddings"
    spared = sum(result["saved_calls"] != 0 for result in results)
    asked = f"a small local one, asked on {len(results) - spared} of {len(results)} tickets"
    return f"{asked}; on the others no vote of it could have changed the outcome"


def _codes(result: Mapping[str, object]) -> set[str]:
    reasons = result["reasons"]
    return {str(r["code"]) for r in reasons} if isinstance(reasons, list) else set()
