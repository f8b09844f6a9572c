"""`deskquorum ledger rekey` and `after-restore`: upkeep of the database under the record."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import asdict
from getpass import getuser
from pathlib import Path

from deskquorum.assembly import ledger_of
from deskquorum.cli.batch import wide_console
from deskquorum.errors import InputError
from deskquorum.host_key import HOST_KEY, read_host_key

__all__ = ["hold_after_restore", "rekey_ledger"]

_OLD_KEY = "DESKQUORUM_KEY_OLD"


def rekey_ledger(*, folder: Path, ledger: str | None, as_json: bool) -> int:
    """Wrap every person's key in the new host key; returns 1 while old bytes are left in files.

    Raises:
        InputError: There is no new key.
        ConfigError: A key, or the desk, can't be read.
        LedgerError: Nothing was changed.
    """
    from deskquorum.ledger.rekeying import rekey

    new, old = read_host_key(os.environ), read_host_key(os.environ, _OLD_KEY)
    if new is None:
        raise InputError(
            f"{HOST_KEY} is not set; make the new key with `deskquorum keys host` and keep the old"
            f" one in {_OLD_KEY}"
        )
    with closing(ledger_of(folder, ledger, keys=os.environ)) as record:
        done = rekey(record.database, old=old, new=new)
    console = wide_console()
    if as_json:
        console.print_json(json.dumps(asdict(done)))
    else:
        console.print(f"{done.changed} keys wrapped anew, {done.unchanged} were already")
        if not done.files_clean:
            console.print("the old bytes still stand in the database's files: run this again")
    return int(not done.files_clean)


def hold_after_restore(*, folder: Path, ledger: str | None, by: str | None, as_json: bool) -> int:
    """Hold what may have been sent since the backup, and stop everything; returns 0.

    Raises:
        ConfigError: The desk can't be read.
        LedgerError: Nothing was changed.
    """
    from deskquorum.ledger.restoring import after_restore

    with closing(ledger_of(folder, ledger, keys=os.environ)) as record:
        held = after_restore(record.database, by=by or getuser())
    console = wide_console()
    if as_json:
        console.print_json(json.dumps({**asdict(held), "stopped": True}))
        return 0
    console.print(f"{held.executions} executions are unknown now; {held.tickets} tickets are open")
    console.print("everything is stopped: start the service, let it finish, `deskquorum resume`")
    return 0
