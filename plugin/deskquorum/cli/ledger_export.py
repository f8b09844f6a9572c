"""`deskquorum ledger export`: the record as JSON Lines, for audits and for those it is about."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from deskquorum.cli.batch import to_line, wide_console
from deskquorum.cli.ledger_erasing import Person, desk_ledger
from deskquorum.errors import InputError

__all__ = ["export_entries"]


def export_entries(
    person: Person,
    *,
    folder: Path,
    ledger: str | None,
    out: Path,
    since: str | None,
    until: str | None,
    as_json: bool,
) -> int:
    """Write the records into a new file that its owner alone may read; returns 0.

    Raises:
        InputError: A moment can't be read, or the file is there or can't be written.
        LedgerError: The ledger can't be read; the file is incomplete.
    """
    from deskquorum.ledger.exporting import exported

    begin, end = _moment(since), _moment(until)
    counts: Counter[str] = Counter()
    erased = 0
    with closing(desk_ledger(folder, ledger)) as record:
        try:
            # A file that is there already could be open to others.
            file = os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as exc:
            raise InputError(f"{out}: {str(exc.strerror).lower()}") from exc
        with file:
            for row in exported(
                record.database,
                since=begin,
                until=end,
                tickets=person.tickets,
                subjects=person.subjects,
            ):
                counts[str(row["record"])] += 1
                erased += row.get("erased") is True
                file.write(to_line(row).encode())
    console = wide_console()
    if as_json:
        done = {"records": counts.total(), "erased": erased, "kinds": counts, "out": str(out)}
        console.print_json(json.dumps(done))
    else:
        console.print(f"{counts.total()} records, {erased} of them erased, written to {out}")
        console.print(", ".join(f"{kind} {number}" for kind, number in counts.items()))
    return 0


def _moment(text: str | None) -> datetime | None:
    """A moment; without a zone it is in UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is no time; write 2026-11-20 or 2026-11-20T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
