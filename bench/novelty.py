"""How soon is a new product noticed, by real texts that it was made without?

Of a set of routing tickets one route is held out: that is the new product. The watch's reference is
made of PAST texts of the other routes; then come other texts of these routes, shuffled and none
twice, with a share of the held-out ones among them. Counted is how many tickets come until the
alarm. `out of scope` are the tickets of clinc that fit no route. With a share of none every alarm
is a false one.

The last column is why an alarm stops everything: of the new tickets, how many are stranger by words
or by meaning than the strangest tenth of past ones. The others no look at a single ticket would
hold back.

    python bench/novelty.py --data DIR [--past 1000] [--seeds 5] [--no-embedder]
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from deskquorum.labeling import load_embedder
from deskquorum.novelty import Embed, Reference, fit_reference
from deskquorum.testing import make_redacted_ticket
from deskquorum.wording_watch import WordingWatch

__all__ = ["main"]

SHARES = (0.0, 0.05, 0.1, 0.2)
MOST = 2400
OUT_OF_SCOPE = "out of scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One set with something held out."""

    reference: Reference
    usual: Sequence[str]
    new: Sequence[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one row for each set and share."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="Folder of the routing tickets.")
    parser.add_argument("--past", type=int, default=1000, help="Texts of the reference.")
    parser.add_argument("--seeds", type=int, default=5, help="Each holds out another route.")
    parser.add_argument("--no-embedder", action="store_true", help="Words alone.")
    options = parser.parse_args(arguments)
    embedder = None if options.no_embedder else load_embedder()
    embed = None if embedder is None else embedder.embed
    print(f"{options.past} past texts, {options.seeds} seeds, {datetime.now(UTC):%Y-%m-%d}")
    print(
        f"{'set':<22}{'share':>6}{'alarms':>8}{'median':>8}{'soonest':>9}{'latest':>8}{'seen':>6}"
    )
    for name, held_out in (("clinc", "a route"), ("banking", "a route"), ("clinc", OUT_OF_SCOPE)):
        rows = _rows(options.data, name)
        told = [
            _told(rows, held_out, past=options.past, seed=seed, embed=embed)
            for seed in range(options.seeds)
        ]
        for share in SHARES:
            delays = [_delay(one, share, seed, embed) for seed, one in enumerate(told)]
            _print(f"{name}, {held_out}", share, delays, _seen(told, embed) if share else None)
    return 0


def _rows(data: Path, name: str) -> list[tuple[str, str | None]]:
    found = []
    for part in ("pool", "dev"):
        for line in (data / f"{name}_{part}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.append((row["text"], row["route"]))
    return found


def _told(
    rows: Sequence[tuple[str, str | None]],
    held_out: str,
    *,
    past: int,
    seed: int,
    embed: Embed | None,
) -> Told:
    rng = np.random.default_rng(seed)
    routes = sorted({route for _, route in rows if route is not None})
    route = None if held_out == OUT_OF_SCOPE else routes[seed % len(routes)]
    usual = [text for text, its in rows if its not in {route, None}]
    usual = [usual[place] for place in rng.permutation(len(usual))]
    new = [text for text, its in rows if its == route]
    reference = fit_reference(usual[:past], embed, made_at=datetime.now(UTC))
    if reference is None:
        raise SystemExit("--past: too few texts")
    new = [new[place] for place in rng.permutation(len(new))]
    return Told(reference=reference, usual=usual[past:], new=new)


def _stream(told: Told, share: float, seed: int) -> Iterator[str]:
    """Ends with the last usual text."""
    rng = np.random.default_rng(1000 + seed)
    usual, new = iter(told.usual), itertools.cycle(told.new)
    while True:
        text = next(new) if rng.random() < share else next(usual, None)
        if text is None:
            return
        yield text


def _delay(told: Told, share: float, seed: int, embed: Embed | None) -> int | None:
    watch = WordingWatch(told.reference, embed)
    stream = itertools.islice(_stream(told, share, seed), MOST)
    for number, text in enumerate(stream, start=1):
        if watch.notices(make_redacted_ticket(text, id=str(number))):
            return number
    return None


def _seen(told: Sequence[Told], embed: Embed | None) -> float:
    """Share of new tickets that are stranger than a tenth of past ones, by words or meaning."""
    hits = []
    for one in told:
        meaning = one.reference.meaning if embed is not None else None
        levels = (*one.reference.levels, *(() if meaning is None else meaning.levels))
        rare = [level.rate <= 0.1 for level in levels]  # noqa: PLR2004 - the tenth
        for text in one.new[:200]:
            found = one.reference.exceeded(text, embed)
            hits.append(any(hit for hit, counts in zip(found, rare, strict=False) if counts))
    return float(np.mean(hits))


def _print(name: str, share: float, delays: Sequence[int | None], seen: float | None) -> None:
    known = sorted(delay for delay in delays if delay is not None)
    ranked = sorted(delays, key=lambda delay: MOST + 1 if delay is None else delay)
    middle = ranked[len(ranked) // 2]
    median = f">{MOST}" if middle is None else str(middle)
    ends = (str(known[0]), str(known[-1])) if known else ("-", "-")
    caught = "" if seen is None else f"{seen:.0%}"
    alarms = f"{len(known)}/{len(delays)}"
    print(f"{name:<22}{share:>6.0%}{alarms:>8}{median:>8}{ends[0]:>9}{ends[1]:>8}{caught:>6}")


if __name__ == "__main__":
    raise SystemExit(main())
