"""`deskquorum stop` and `resume`: the kill switch, for every process that records in one ledger."""

from __future__ import annotations

import json
from contextlib import closing
from getpass import getuser
from pathlib import Path

from deskquorum.assembly import ledger_of
from deskquorum.cli.batch import wide_console
from deskquorum.errors import ConfigError, InputError
from deskquorum.ledger import Ledger
from deskquorum.policy import REPLY, did_you_mean, load_policies

__all__ = ["resume_desk", "stop_desk"]


def stop_desk(
    action: str, *, folder: Path, ledger: str | None, by: str | None, why: str, as_json: bool
) -> int:
    """Send an action, or with an empty name everything, to people; returns 0.

    Raises:
        InputError: No policy declares the action.
        ConfigError: The desk names no ledger that can be used.
        LedgerError: Nothing was stopped.
    """
    _check_name(action, folder)
    with closing(ledger_of(folder, ledger)) as record:
        record.stop(action, by=by or getuser(), why=why)
        return _show(record, as_json=as_json)


def resume_desk(
    action: str, *, folder: Path, ledger: str | None, by: str | None, why: str, as_json: bool
) -> int:
    """Undo a stop of the same name; returns 0.

    Raises:
        InputError: Nothing of that name is stopped.
        ConfigError: The desk names no ledger that can be used.
        LedgerError: Nothing was resumed.
    """
    with closing(ledger_of(folder, ledger)) as record:
        stopped = [stop.action for stop in record.stops()]
        if action not in stopped:
            what = f"'{action}'" if action else "the desk as a whole"
            names = ", ".join(name or "everything" for name in stopped) or "nothing"
            raise InputError(f"{what} is not stopped; stopped: {names}")
        record.resume(action, by=by or getuser(), why=why)
        return _show(record, as_json=as_json)


def _check_name(action: str, folder: Path) -> None:
    try:
        known = {*load_policies(folder / "policies").actions, REPLY, ""}
    except ConfigError:
        # Broken policies are a reason to stop, not one to refuse it.
        return
    if action not in known:
        hint = did_you_mean(action, known, what="actions")
        raise InputError(f"unknown action '{action}'; {hint}" if hint else f"unknown '{action}'")


def _show(record: Ledger, *, as_json: bool) -> int:
    stops = record.stops()
    console = wide_console()
    if as_json:
        rows = [
            {"action": s.action or None, "by": s.by, "why": s.why, "at": s.at.isoformat()}
            for s in stops
        ]
        console.print_json(json.dumps({"stopped": rows}))
        return 0
    for stop in stops:
        at = f"{stop.at:%Y-%m-%d %H:%M %Z}"
        console.print(f"stopped: {stop.action or 'everything'}, by {stop.by}, {at}: {stop.why}")
    if not stops:
        console.print("nothing is stopped")
    return 0
