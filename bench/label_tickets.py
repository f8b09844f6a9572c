"""How well labelers that need no model route past tickets: coverage, accuracy and time a text.

DIR holds, for each set, `<set>_pool.jsonl` (past tickets with their route, from which examples are
taken), `<set>_dev.jsonl` (measured on; rows without a route are counted apart) and
`<set>_routes.json` (route to description). The desks are made as `deskquorum init` makes them; the
keyword rules stand in `bench/desks/<set>/route.rules.yaml`.

    python bench/label_tickets.py --data DIR [--sets banking clinc] [--seeds 0 1 2 3 4]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import platform
import random
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import anyio
from ruamel.yaml import YAML

from deskquorum import load_desk
from deskquorum.cli.init import make_desk
from deskquorum.formats import ticket_of_text

DESKS = Path(__file__).parent / "desks"
QUESTION = "route"
ALL = -1
README = {
    ("banking", "rules"): ".86 at .71",
    ("clinc", "rules"): ".81 at .65",
    ("banking", 0): ".60",
    ("clinc", 0): ".59",
    ("banking", 5): ".73",
    ("clinc", 5): ".63",
    ("banking", 20): ".84",
    ("clinc", 20): ".74",
}
"""Figures of the data's README, on 200 rows of another part, where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """One set of routed tickets."""

    name: str
    data: Path

    def file(self, part: str) -> Path:
        """Path of one of the set's files."""
        return self.data / f"{self.name}_{part}"

    @property
    def rules(self) -> Path:
        """Path of the set's keyword rules; may not exist."""
        return DESKS / self.name / "route.rules.yaml"

    def rows(self, part: str) -> list[dict[str, str | None]]:
        """Rows of one of the set's files."""
        lines = self.file(part).read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines if line.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one desk made of the dev rows; rows without a right route count nowhere but in `ms`."""

    rows: int
    voted: int
    right: int
    ms: float
    strays: int = 0
    """Rows without a right route."""
    strays_voted: int = 0

    @property
    def accuracy(self) -> float:
        """Over all rows; no vote is no right answer."""
        return self.right / self.rows

    @property
    def precision(self) -> float:
        """Where it votes."""
        return self.right / self.voted if self.voted else math.nan


def main() -> None:
    """Measure every set that is wanted."""
    options = _options()
    print_place()
    for name in options.sets:
        _measure_set(Set(name=name, data=options.data), options.seeds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--sets", nargs="+", default=["banking", "clinc"])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    return parser.parse_args()


def print_place() -> None:
    """Say where this is measured."""
    packages = ("deskquorum", "wordllama", "numpy", "regex", "rapidfuzz")
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"Python {platform.python_version()}, {versions}")
    print("s.e. is that of `over all`; examples are the first of each route in the pool's order")


def _measure_set(tickets: Set, seeds: Sequence[int]) -> None:
    routes = len(json.loads(tickets.file("routes.json").read_text(encoding="utf-8")))
    print(
        f"\n{tickets.name}: {len(tickets.rows('dev.jsonl'))} rows measured, {routes} routes, "
        f"{len(tickets.rows('pool.jsonl'))} past tickets"
    )
    print(
        f"{'labelers':<34}{'coverage':>9}{'where votes':>12}{'over all':>9}{'s.e.':>6}"
        f"{'ms/text':>8}  README"
    )
    with_rules = tickets.rules.is_file()
    if with_rules:
        _show("keyword rules", _run(tickets, nearest=False, rules=True), _readme(tickets, "rules"))
    for count in (0, 5, 20, ALL):
        measured = _run(tickets, count=count)
        _show(f"nearest of {_said(count)}", measured, _readme(tickets, count))
    for count in (0, 20) if with_rules else ():
        _show(f"rules + nearest of {_said(count)}", _run(tickets, count=count, rules=True), "")
    for count in (5, 20) if seeds else ():
        _show_draws(tickets, count, seeds)


def _show_draws(tickets: Set, count: int, seeds: Sequence[int]) -> None:
    found = [_run(tickets, count=count, seed=seed).accuracy for seed in seeds]
    spread = f", s.d. {statistics.stdev(found):.3f}" if len(found) > 1 else ""
    said = " ".join(map(str, seeds))
    print(
        f"random {count} a route, seeds {said}: mean {statistics.mean(found):.3f}{spread}"
        f"  (README {_readme(tickets, count)})"
    )


def _run(
    tickets: Set,
    *,
    count: int = 0,
    seed: int | None = None,
    nearest: bool = True,
    rules: bool = False,
) -> Measured:
    """Make a desk, label the dev rows, compare."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / tickets.name
        examples = _examples(tickets, Path(scratch), seed) if count else None
        with contextlib.redirect_stdout(io.StringIO()):
            make_desk(
                folder,
                labels=tickets.file("routes.json"),
                examples=examples,
                question=QUESTION,
                per_label=count if count > 0 else None,
            )
        if rules:
            add_rules(folder, tickets, nearest=nearest)
        return anyio.run(_label, folder, tickets.rows("dev.jsonl"))


def _examples(tickets: Set, scratch: Path, seed: int | None) -> Path:
    """The pool, or the pool in another order, whose first rows of each route are a random draw."""
    if seed is None:
        return tickets.file("pool.jsonl")
    rows = tickets.rows("pool.jsonl")
    random.Random(seed).shuffle(rows)  # noqa: S311 - a draw that anybody can repeat
    path = scratch / "drawn.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def add_rules(folder: Path, tickets: Set, *, nearest: bool) -> None:
    """Put the keyword labeler beside the nearest one, or in its place."""
    path = folder / "policies" / "desk.yaml"
    yaml = YAML()
    desk = yaml.load(path.read_text(encoding="utf-8"))
    question = desk["questions"][QUESTION]
    shutil.copyfile(tickets.rules, folder / "labelers" / "route.rules.yaml")
    if not nearest:
        question["labelers"].clear()
        desk["labelers"].clear()
    question["labelers"].append("route-words")
    desk["labelers"]["route-words"] = {
        "kind": "rule",
        "file": "labelers/route.rules.yaml",
        "accuracy": 0.8,
    }
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(desk, file)


async def _label(folder: Path, rows: Sequence[dict[str, str | None]]) -> Measured:
    now = datetime.now(UTC)
    tally: defaultdict[str, int] = defaultdict(int)
    async with load_desk(folder, models=False) as desk:
        await desk.label(ticket_of_text({"text": "hello"}, now=now), QUESTION)  # warm
        started = time.perf_counter()
        for number, row in enumerate(rows, start=1):
            ticket = ticket_of_text({"text": row["text"]}, now=now, number=number)
            label = (await desk.label(ticket, QUESTION)).answer.label
            if row[QUESTION] is None:
                tally["strays"] += 1
                tally["strays_voted"] += label is not None
            else:
                tally["rows"] += 1
                tally["voted"] += label is not None
                tally["right"] += label == row[QUESTION]
        elapsed = time.perf_counter() - started
    return Measured(
        rows=tally["rows"],
        voted=tally["voted"],
        right=tally["right"],
        ms=elapsed * 1000 / len(rows),
        strays=tally["strays"],
        strays_voted=tally["strays_voted"],
    )


def _show(name: str, measured: Measured, readme: str) -> None:
    error = math.sqrt(measured.accuracy * (1 - measured.accuracy) / measured.rows)
    strays = ""
    if measured.strays:
        strays = f"  (answers {measured.strays_voted} of {measured.strays} rows without a route)"
    print(
        f"{name:<34}{measured.voted / measured.rows:>9.3f}{measured.precision:>12.3f}"
        f"{measured.accuracy:>9.3f}{error:>6.3f}{measured.ms:>8.2f}  {readme:<11}{strays}",
        flush=True,
    )


def _said(count: int) -> str:
    if count == 0:
        return "descriptions"
    return "all examples" if count == ALL else f"{count} examples a route"


def _readme(tickets: Set, what: str | int) -> str:
    return README.get((tickets.name, what), "")


if __name__ == "__main__":
    main()
