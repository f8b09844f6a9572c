"""`deskquorum drift`: alarms that stand, what to do, and which terms are new."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from deskquorum.cli.drift_files import alarms_as_json, terms_as_json, told_alarms, told_terms
from deskquorum.cli.options import DeskOption, JsonOption, LedgerOption
from deskquorum.errors import ConfigError, InputError, Problem

if TYPE_CHECKING:
    from deskquorum.ledger import Ledger
    from deskquorum.novelty import Reference, Term
    from deskquorum.reconciliation import Alarm, Learned

__all__ = ["drift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What was looked at since the desk was calibrated."""

    since: datetime
    decisions: int
    found: Sequence[Alarm]
    """What the record of all processes together gives, beside the alarms that stand."""
    terms: Sequence[Term]


def drift(
    *,
    desk: DeskOption = Path(),
    ledger: LedgerOption = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Let alarms stand that the whole record gives.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell which alarms stand, what to do, and which terms are new; exit 1 with an alarm.

    All decisions since the desk was calibrated are watched once more, in order: each process sees
    only its own, and forgets them when it ends.
    """
    from deskquorum.assembly import ledger_of
    from deskquorum.novelty import read_reference
    from deskquorum.policy import load_desk_file
    from deskquorum.reconciliation import read_learned, write_alarms

    problems: list[Problem] = []
    record = ledger_of(desk, ledger, keys=os.environ)
    file = load_desk_file(desk / "policies" / "desk.yaml", problems)
    if file is None or problems:
        raise ConfigError(problems)
    folder = desk / file.learned
    learned, reference = read_learned(folder, file.questions), read_reference(folder)
    with closing(record):
        seen = anyio.run(_watched, record, learned, reference)
    if keep and seen.found:
        write_alarms(folder, [*learned.alarms, *seen.found])
    typer.echo(_as_json(learned, seen) if as_json else _printed(learned, seen, kept=keep))
    raise typer.Exit(int(bool(learned.alarms or seen.found)))


async def _watched(record: Ledger, learned: Learned, reference: Reference | None) -> _Seen:
    from deskquorum.drift_watch import DriftWatch
    from deskquorum.labeling import load_embedder
    from deskquorum.novelty import new_terms
    from deskquorum.reporting import texts_of
    from deskquorum.wording_watch import WordingWatch

    times = [model.fitted_at for model in learned.models.values()]
    times += [] if reference is None else [reference.made_at]
    if not times:
        raise InputError("nothing was measured that could drift; run: deskquorum calibrate")
    since, embedder = max(times), load_embedder()
    wording = None
    if reference is not None:
        wording = WordingWatch(reference, None if embedder is None else embedder.embed)
    watch, decisions = DriftWatch(replace(learned, alarms=()), None, wording=wording), 0
    for entry in record.entries(since=since):
        await watch.drifts(entry.evidence.ticket, entry.evidence.votes)
        decisions += 1
    stand = {alarm.about for alarm in learned.alarms}
    texts = texts_of(record.entries(since=since))
    return _Seen(
        since=since,
        decisions=decisions,
        found=[alarm for alarm in watch.alarms if alarm.about not in stand],
        terms=[] if reference is None else new_terms(texts, reference),
    )


def _printed(learned: Learned, seen: _Seen, *, kept: bool) -> str:
    lines = [f"{seen.decisions} decisions since {seen.since:%Y-%m-%d %H:%M} UTC"]
    if learned.alarms:
        lines += ["", "Alarms that stand: people decide until the desk is calibrated again"]
        lines += told_alarms(learned.alarms)
    if seen.found:
        title = "Found in the record, and kept" if kept else "Found in the record (--keep: stand)"
        lines += ["", title, *told_alarms(seen.found)]
    if not learned.alarms and not seen.found:
        lines += ["", "No alarm"]
    if seen.terms:
        lines += ["", "New terms, and in how many conversations", f"  {told_terms(seen.terms)}"]
        lines += [f"  deskquorum explain {seen.terms[0].examples[0]}"]
    return "\n".join(lines)


def _as_json(learned: Learned, seen: _Seen) -> str:
    data = {
        "since": seen.since.isoformat(),
        "decisions": seen.decisions,
        "alarms": alarms_as_json(learned.alarms),
        "found": alarms_as_json(seen.found),
        "new_terms": terms_as_json(seen.terms),
    }
    return json.dumps(data, ensure_ascii=False, indent=2)
