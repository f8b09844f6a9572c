"""`deskquorum backfill --backtest`: all recorded decisions, decided again by other policies."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from deskquorum.assembly import demand_ledger, load_parts
from deskquorum.backfill import (
    RecordedDecisions,
    Redecide,
    Ruleset,
    begin,
    begun_at,
    desk_identity,
)
from deskquorum.backtesting import Counted, tally_for
from deskquorum.cli.backfill_run import BulkOptions, finished, manifest_of
from deskquorum.cli.batch import wide_console
from deskquorum.cli.policy_backtest import (
    load_both,
    moment,
    tally_row,
    tell_tally,
)
from deskquorum.cli.policy_folder import desk_of

__all__ = ["backtest_in_bulk"]


def backtest_in_bulk(
    policies: Path,
    *,
    folder: Path,
    ledger: str | None,
    window: tuple[str | None, str | None],
    against: Path | None,
    how: BulkOptions,
) -> int:
    """Write a row for each decision that changes; returns 1 if one does, or can't be told.

    Raises:
        ConfigError: Every problem of files that can't be used.
        InputError: There is no such ledger, or what was begun can't be gone on with.
        LedgerError: The ledger can't be read.
    """
    since, until = window
    new, old = load_both(policies, against, ledger)
    recorded = load_parts(folder, models=False, ledger=ledger)
    demand_ledger(recorded.ledger_place)
    before = begun_at(how.out)
    at = datetime.now(UTC) if before is None else before.started_at
    source = RecordedDecisions(
        recorded.ledger,
        since=moment(since),
        until=moment(until),
        last=None if before is None else before.input.last,
    )
    rules = Ruleset(folder=desk_of(policies).resolve(), identity=desk_identity(new))
    other = None
    if old is not None and against is not None:
        other = Ruleset(folder=desk_of(against).resolve(), identity=desk_identity(old))
    identity = dict(rules.identity)
    identity |= {
        f"{kind} compared with": h for kind, h in (other.identity if other else {}).items()
    }
    started = time.perf_counter()
    with closing(recorded.ledger):
        manifest = manifest_of(
            source,
            identity=identity,
            how=how,
            options={"backtest": True, "since": since, "until": until},
            started_at=at,
        )
        job = Redecide(new=rules, against=other)
        begun = begin(how.out, manifest, resume=how.resume)
        result = finished(begun, source, job, how, title="deciding again")
    learned = new.rules.versions["learned"]
    tally = tally_for(new.desk, new.prompts, learned=learned, keep=0)
    for summary in result.summaries:
        tally.take_in(Counted.model_validate(summary))
    if how.as_json:
        wide_console().print_json(data={**tally_row(tally), "lost": list(result.lost)})
    else:
        tell_tally(tally, time.perf_counter() - started)
    return int(bool(tally.changed or tally.untold or result.lost))
