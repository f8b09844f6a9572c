"""`deskquorum explain`: one recorded decision in plain sentences."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from rich.padding import Padding

from deskquorum.assembly import demand_ledger, load_parts
from deskquorum.cli.batch import wide_console
from deskquorum.decision import tell
from deskquorum.errors import InputError
from deskquorum.formats import decision_row

__all__ = ["explain_decision"]


def explain_decision(identity: str, *, folder: Path, ledger: str | None, as_json: bool) -> int:
    """Print the story of a decision, or of a ticket's latest; returns 0.

    Raises:
        InputError: The ledger holds no such decision.
    """
    parts = load_parts(folder, models=False, ledger=ledger, host=os.environ)
    if ledger is not None:
        demand_ledger(parts.ledger_place)
    with closing(parts.ledger) as record:
        entry = record.get(identity) or record.latest(identity)
    if entry is None:
        raise InputError(
            f"the ledger {parts.ledger_place} holds no decision or ticket '{identity}'"
        )
    console = wide_console()
    if as_json:
        console.print_json(data=decision_row(entry.decision))
        return 0
    clauses = {name: clause.text for name, clause in parts.rules.book.clauses.items()}
    for heading, lines in tell(entry.decision, entry.evidence, clauses):
        console.print(heading, style="bold")
        for line in lines:
            console.print(Padding(line, (0, 0, 0, 2), expand=False))
    return 0
