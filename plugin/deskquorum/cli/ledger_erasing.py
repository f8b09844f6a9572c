"""`deskquorum ledger erase` and `retain`: what is kept about persons, made unreadable."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.cli.batch import wide_console
from deskquorum.errors import InputError, Problem

if TYPE_CHECKING:
    from deskquorum.ledger import Ledger

__all__ = ["Person", "desk_ledger", "erase_person", "retain_days"]

_NOT_CLEAN = (
    "the old bytes still stand in the database's files, as somebody was reading: run this again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person, as the command line names one."""

    customers: Sequence[str]
    emails: Sequence[str]
    tickets: Sequence[str]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Names as `Ticket.subject` gives them, the tickets' left out."""
        emails = (f"email:{email.strip().casefold()}" for email in self.emails)
        return (*(f"customer:{customer}" for customer in self.customers), *emails)


def erase_person(
    person: Person,
    *,
    folder: Path,
    ledger: str | None,
    by: str | None,
    why: str,
    force: bool,
    as_json: bool,
) -> int:
    """Erase a person; returns 1 when nobody was found or something is left.

    Raises:
        InputError: Nobody is named, or there is no desk whose person it is.
        LedgerError: Nothing was erased; something about the person may be open.
    """
    from deskquorum.ledger.erasing import erase

    subjects = person.subjects
    if not subjects and not person.tickets:
        raise InputError("nobody is named; use --customer, --email or --ticket")
    with closing(desk_ledger(folder, ledger)) as record:
        done = erase(
            record.database,
            subjects,
            by=by or getuser(),
            why=why,
            tickets=person.tickets,
            force=force,
        )
    left = []
    if not done.keys:
        already = f"; {done.earlier} were destroyed before" if done.earlier else ""
        left.append(f"no key of this person is here{already}")
    if done.in_clear:
        left.append(f"{done.in_clear} entries from before values were sealed can't be erased")
    if not done.files_clean:
        left.append(_NOT_CLEAN)
    told = f"{done.keys} keys destroyed; {done.entries} entries about this person are unreadable"
    _say(told, left, asdict(done), as_json=as_json)
    found = done.keys or done.earlier
    return int(not found or bool(done.in_clear) or not done.files_clean)


def retain_days(
    days: int | None,
    *,
    folder: Path,
    ledger: str | None,
    by: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Destroy the keys of months that ended so many days ago; returns 1 when something is left.

    Raises:
        InputError: Neither the command line nor `desk.yaml` says for how many days.
        LedgerError: Nothing was destroyed.
    """
    from deskquorum.ledger.erasing import retain

    kept = days or _days_of(folder)
    before = datetime.now(UTC) - timedelta(days=kept)
    with closing(desk_ledger(folder, ledger)) as record:
        done = retain(record.database, before, by=by or getuser(), dry_run=dry_run)
    left = []
    if done.held:
        left.append(f"{done.held} keys as old are kept, as open work needs them")
    if done.in_clear:
        left.append(f"{done.in_clear} entries from before values were sealed can't be erased")
    if not done.files_clean:
        left.append(_NOT_CLEAN)
    verb = "would be destroyed" if dry_run else "destroyed"
    told = f"{done.keys} keys of months that ended before {before:%Y-%m-%d} {verb}"
    _say(told, left, asdict(done) | {"dry_run": dry_run}, as_json=as_json)
    return int(bool(done.held or done.in_clear) or not done.files_clean)


def desk_ledger(folder: Path, ledger: str | None) -> Ledger:
    """The ledger of a desk that is known by name, since persons are a desk's own.

    Raises:
        InputError: There is no desk.
        ConfigError: It can't be read.
    """
    from deskquorum.assembly import ledger_of

    record = ledger_of(folder, ledger, keys=os.environ)
    if not record.database.tenant:
        record.close()
        raise InputError(f"{folder}: no desk whose person this is; name its folder with --desk")
    return record


def _days_of(folder: Path) -> int:
    from deskquorum.policy import load_desk_file

    path, problems = folder / "policies" / "desk.yaml", list[Problem]()
    desk = load_desk_file(path, problems) if path.is_file() else None
    if desk is None or desk.retention_days is None:
        raise InputError(f"{path}: no 'retention: {{days: ...}}'; write it there, or use --days")
    return desk.retention_days


def _say(told: str, left: Sequence[str], row: object, *, as_json: bool) -> None:
    console = wide_console()
    if as_json:
        console.print_json(json.dumps(row))
        return
    for line in (told, *left):
        console.print(line)
