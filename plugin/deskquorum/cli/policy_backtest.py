"""`deskquorum policy backtest`: recorded decisions, decided again by other files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from time import perf_counter

from rich.table import Table

from deskquorum.assembly import Parts, demand_ledger, load_parts
from deskquorum.backtesting import Redecided, Tally, change_row, redecide, tally_for
from deskquorum.cli.batch import progress_bar, wide_console
from deskquorum.cli.policy_folder import counted, desk_of, indented, refusing
from deskquorum.decision import action_text, sentence
from deskquorum.domain import Decision, Effect, Route
from deskquorum.errors import ConfigError, InputError, Problem

__all__ = [
    "Window",
    "backtest_folder",
    "decided_again",
    "load_both",
    "load_each",
    "moment",
    "notes_on",
    "tally_row",
    "tell_tally",
]


def backtest_folder(
    folder: Path,
    *,
    ledger: str | None,
    since: str | None,
    until: str | None,
    against: Path | None,
    limit: int,
    as_json: bool,
) -> int:
    """Print what changes; returns 1 if something does, or can't be told, else 0.

    Raises:
        ConfigError: Every problem of files that can't be used, where no JSON was asked for.
        InputError: There is no such ledger, or a date can't be read.
        LedgerError: The ledger can't be read.
    """

    def work() -> int:
        window = Window(since=moment(since), until=moment(until))
        new, old = load_both(folder, against, ledger)
        demand_ledger(new.ledger_place)
        started = perf_counter()
        tally = decided_again(new, old, window, limit)
        took_s = perf_counter() - started
        if as_json:
            wide_console().print_json(data=_data(tally, took_s))
        else:
            _tell(tally, took_s)
        return int(bool(tally.changed or tally.untold))

    return refusing(work, as_json=as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which recorded decisions to look at, by the time of recording."""

    since: datetime | None = None
    until: datetime | None = None


def moment(written: str | None) -> datetime | None:
    """A day stands for its beginning in UTC."""
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as exc:
        said = f"'{written}' is no date; write 2026-11-20, or 2026-11-20T12:00:00+01:00"
        raise InputError(said) from exc
    if moment.tzinfo is None and moment.time() != time.min:
        raise InputError(f"'{written}' has no zone; write it like 2026-11-20T12:00:00+01:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def load_both(folder: Path, against: Path | None, ledger: str | None) -> tuple[Parts, Parts | None]:
    """The files to decide by, and those to compare with.

    Raises:
        ConfigError: Every problem of both.
    """
    new, *old = load_each([path for path in (folder, against) if path is not None], ledger)
    return new, old[0] if old else None


def load_each(folders: Iterable[Path], ledger: str | None) -> list[Parts]:
    """The files of several folders, in order.

    Raises:
        ConfigError: Every problem of all of them.
    """
    loaded: list[Parts] = []
    problems: list[Problem] = []
    for path in folders:
        try:
            loaded.append(load_parts(desk_of(path), models=False, ledger=ledger, host=os.environ))
        except ConfigError as exc:
            problems += exc.problems
    if problems:
        raise ConfigError(problems)
    return loaded


def decided_again(new: Parts, old: Parts | None, window: Window, limit: int) -> Tally:
    """Decide what the new files' ledger holds again by them, and by the old ones if given."""
    learned = new.rules.versions["learned"]
    tally = tally_for(new.desk, new.prompts, learned=learned, keep=limit)
    against = None if old is None else old.rules
    with progress_bar() as progress, closing(new.ledger) as ledger:
        count = ledger.count(since=window.since, until=window.until)
        task = progress.add_task("deciding again", total=count)
        for entry in ledger.entries(since=window.since, until=window.until):
            tally.add(redecide(entry, new.rules, against=against))
            progress.advance(task)
    return tally


def _data(tally: Tally, took_s: float) -> dict[str, object]:
    return {
        "loaded": True,
        "seconds": round(took_s, 3),
        **tally_row(tally),
        "changes": [change_row(redecided) for redecided in tally.kept],
        "left_out": tally.changed + tally.untold_changes - len(tally.kept),
    }


def tally_row(tally: Tally) -> dict[str, object]:
    """What the decisions come to, as JSON."""
    return {
        "decisions": tally.decisions,
        "changed": tally.changed,
        "untold": tally.untold,
        "routes": {old: {new: tally.turns[old, new] for new in Route} for old in Route},
        "stakes": [
            {"from": old, "to": new, "currency": currency, "amount": str(amount)}
            for (old, new), sums in tally.stakes.items()
            for currency, amount in sums.items()
        ],
        "gaps": [
            {"kind": gap.kind, "name": gap.name, "decisions": count}
            for gap, count in sorted(tally.gaps.items())
        ],
        "notes": list(notes_on(tally)),
    }


def _tell(tally: Tally, took_s: float) -> None:
    for redecided in tally.kept:
        _tell_change(redecided)
    left_out = tally.changed + tally.untold_changes - len(tally.kept)
    if left_out:
        wide_console().print(f"... and {left_out} less grave; --limit lists more")
    tell_tally(tally, took_s)


def tell_tally(tally: Tally, took_s: float) -> None:
    """Print what the decisions come to, without the changes themselves."""
    console = wide_console()
    if tally.decisions:
        console.print(_routes(tally))
    for (old, new), sums in tally.stakes.items():
        for currency, amount in sums.items():
            console.print(f"at stake {old} → {new}: {amount} {currency}")
    for gap, count in sorted(tally.gaps.items()):
        console.print(f"would need {gap} ({counted(count, 'decision')})")
    for note in notes_on(tally):
        console.print(f"note: {note}")
    console.print(
        f"of {counted(tally.decisions, 'decision')} {tally.changed} change and {tally.untold} can't"
        f" be told ({took_s:.1f} s)",
        markup=False,
    )


def _routes(tally: Tally) -> Table:
    table = Table("was", *(f"now {new}" for new in Route), box=None)
    for old in Route:
        table.add_row(old, *(str(tally.turns[old, new]) for new in Route))
    return table


def _tell_change(redecided: Redecided) -> None:
    before, after = redecided.before, redecided.after
    was, now = before.route.value, after.route.value
    turn = was if was == now else f"{was} → {now}"
    indented(f"{turn}: ticket {redecided.recorded.ticket}, {redecided.recorded.id}", 0)
    for gap in redecided.gaps:
        indented(f"can't be told: would need {gap}", 2)
    if before.action != after.action:
        indented(f"{action_text(before.action)} → {action_text(after.action)}", 2)
    elif after.action is not None:
        indented(action_text(after.action), 2)
    for target in dict.fromkeys(r.action for d in (before, after) for r in d.rulings):
        old, new = _ruled(before, target), _ruled(after, target)
        if old != new:
            indented(f"{target}: {old} → {new}", 2)
    if "reply" in redecided.differs:
        indented("the reply is another one", 2)
    if set(redecided.differs) <= {"reasons", "findings"}:
        indented(f"because: {_why(before)} → {_why(after)}", 2)


def _ruled(decision: Decision, target: str) -> str:
    ruling = next((ruling for ruling in decision.rulings if ruling.action == target), None)
    if ruling is None:
        return "not ruled on"
    words = [ruling.effect.value]
    if ruling.rules:
        words.append(f"by {', '.join(ruling.rules)}")
    if ruling.clauses:
        words.append(f"citing {', '.join(ruling.clauses)}")
    if ruling.obligations:
        words.append(f"with {', '.join(ruling.obligations)}")
    if ruling.effect is Effect.ALLOW:
        words.append(f"in mode {ruling.mode.value}")
    return " ".join(words)


def _why(decision: Decision) -> str:
    return "; ".join(dict.fromkeys(map(sentence, decision.reasons))) or "nothing"


def notes_on(tally: Tally) -> Iterator[str]:
    """What to know of the votes: they are those that were recorded."""
    for gone, count in sorted(tally.unused.items()):
        yield f"{gone} is gone; its votes in {counted(count, 'decision')} do not count"
    for labeler in tally.silent:
        yield f"no vote of labeler {labeler} is recorded, so what it would say plays no part"
    for labeler, count in sorted(tally.other_prompts.items()):
        yield f"{counted(count, 'vote')} of labeler {labeler} came by another prompt than today's"
    if tally.other_learned:
        yield (
            f"{counted(tally.other_learned, 'decision')} rested on another learned state than the"
            " one in this folder"
        )
