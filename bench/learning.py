"""What is learned from labelers without a model and 100 audited tickets, beside the gold ceiling.

DIR holds, for each set, `<set>_pool.jsonl` (past tickets), `<set>_dev.jsonl` (measured on; rows
without a route are out of scope) and `<set>_routes.json`, as `bench/label_tickets.py` takes them.
Of the pool's labels only those of the audited tickets are read, and those of the ceiling.

    python bench/learning.py --data DIR [--sets banking clinc] [--seeds 0 1 2 3 4] [--audited 100]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import anyio
import numpy as np
from label_tickets import QUESTION, Set, add_rules, print_place
from numpy.typing import NDArray
from scipy.stats import t as student_t
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from deskquorum import load_desk
from deskquorum.cli.init import make_desk
from deskquorum.formats import ticket_of_text
from deskquorum.labeling import Embedder, fit_wording, load_embedder
from deskquorum.learning import Material, agreement, material, next_audits, teach
from deskquorum.reconciliation import VoteTable, vote_table
from deskquorum.reconciliation.vote_table import part_of

CEILING = 600
"""Gold labels that the ceiling is taught."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Data:
    """One set, with the votes that the desk's labelers cast on it."""

    labels: tuple[str, ...]
    texts: list[str]
    truth: Ints
    table: VoteTable
    dev_texts: list[str]
    dev_truth: Ints
    """-1 where no route is right."""
    dev_table: VoteTable

    @property
    def known(self) -> NDArray[np.bool_]:
        """Dev rows that have a right route."""
        found: NDArray[np.bool_] = self.dev_truth >= 0
        return found


def main() -> None:
    """Measure every set that is wanted."""
    options = _options()
    print_place()
    embedder = load_embedder()
    if embedder is None:
        raise SystemExit("install wordllama: this bench is about labelers that need no model")
    for name in options.sets:
        data = _data(Set(name=name, data=options.data))
        print(f"\n{name}: {len(data.texts)} past tickets, {len(data.dev_texts)} measured")
        _baselines(data, embedder)
        for chosen in ("at random", "chosen"):
            _measure(data, embedder, chosen, options.audited, options.seeds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--sets", nargs="+", default=["banking", "clinc"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--audited", type=int, default=100)
    return parser.parse_args()


def _data(tickets: Set) -> Data:
    """Have the labelers of a desk as `init` makes it, and its word lists, vote on all rows."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / tickets.name
        with contextlib.redirect_stdout(io.StringIO()):
            make_desk(
                folder,
                labels=tickets.file("routes.json"),
                examples=None,
                question=QUESTION,
                per_label=None,
            )
        if tickets.rules.is_file():
            add_rules(folder, tickets, nearest=True)
        pool, dev = tickets.rows("pool.jsonl"), tickets.rows("dev.jsonl")
        labels = sorted(json.loads(tickets.file("routes.json").read_text(encoding="utf-8")))
        return Data(
            labels=tuple(labels),
            texts=[str(row["text"]) for row in pool],
            truth=_truth(pool, labels),
            table=anyio.run(_votes, folder, pool, labels),
            dev_texts=[str(row["text"]) for row in dev],
            dev_truth=_truth(dev, labels),
            dev_table=anyio.run(_votes, folder, dev, labels),
        )


def _truth(rows: Sequence[dict[str, str | None]], labels: Sequence[str]) -> Ints:
    places = {label: place for place, label in enumerate(labels)}
    return np.array([places.get(str(row[QUESTION]), -1) for row in rows], dtype=np.int64)


async def _votes(
    folder: Path, rows: Sequence[dict[str, str | None]], labels: Sequence[str]
) -> VoteTable:
    now, cast = datetime.now(UTC), []
    async with load_desk(folder, models=False) as desk:
        for number, row in enumerate(rows):
            ticket = ticket_of_text({"text": row["text"]}, now=now, number=number)
            found = await desk.label(ticket, QUESTION)
            cast += [(f"{number}", v.labeler, v.label) for v in found.votes if v.label is not None]
    return vote_table(cast, items=[f"{number}" for number in range(len(rows))], labels=labels)


def _baselines(data: Data, embedder: Embedder) -> None:
    known = data.known
    for place, labeler in enumerate(data.dev_table.labelers):
        print(f"{labeler:<34}{_single(data, place):>9.3f}")
    shares, right = _ceiling(data, embedder)
    print(
        f"{f'taught {CEILING} gold labels (ceiling)':<34}{right[known].mean():>9.3f}"
        f"{_at_coverage(shares[known], right[known]):>9.3f}"
    )


def _single(data: Data, labeler: int) -> float:
    """Accuracy of one labeler over the rows with a right route; no vote is no right answer."""
    table = data.dev_table
    mine = table.labeler == labeler
    said = np.full(len(table.items), -2)
    said[table.item[mine]] = table.label[mine]
    return float((said == data.dev_truth)[data.known].mean())


def _ceiling(data: Data, embedder: Embedder) -> tuple[Floats, NDArray[np.bool_]]:
    """The same kind of model, taught right labels alone."""
    wording = fit_wording(data.texts, embedder)
    drawn = np.random.default_rng(9).permutation(len(data.texts))[:CEILING]
    model = LogisticRegression(C=10.0, max_iter=500)
    model.fit(wording.read([data.texts[n] for n in drawn], embedder), data.truth[drawn])
    shares = model.predict_proba(wording.read(data.dev_texts, embedder))
    return shares, model.classes_[shares.argmax(axis=1)] == data.dev_truth


def _at_coverage(shares: Floats, right: NDArray[np.bool_], coverage: float = 0.8) -> float:
    """Accuracy on the share of rows of which the probability is the highest."""
    surest = np.argsort(-shares.max(axis=1), kind="stable")[: int(len(right) * coverage)]
    return float(right[surest].mean())


def _measure(
    data: Data, embedder: Embedder, chosen: str, audited: int, seeds: Sequence[int]
) -> None:
    """Accuracy of the reconciled votes and of the student, over draws of audited tickets."""
    weak = max(_single(data, place) for place in range(len(data.dev_table.labelers)))
    top = float(_ceiling(data, embedder)[1][data.known].mean())
    rows = [_one(data, embedder, chosen, audited, seed) for seed in seeds]
    print(f"{audited} audited tickets, {chosen}, seeds {' '.join(map(str, seeds))}")
    for name in rows[0]:
        print(f"  {name:<36}{_interval(np.array([row[name] for row in rows]))}")
    gained = np.array([(row["student"] - weak) / (top - weak) for row in rows])
    print(f"  {'performance gap recovered':<36}{_interval(gained)}", flush=True)


def _interval(found: Floats) -> str:
    """Mean and a 95% interval of it over the seeds (Student's t)."""
    mean = found.mean()
    if len(found) < 2:  # noqa: PLR2004 - one has no spread
        return f"{mean:>8.3f}"
    half = student_t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found))
    return f"{mean:>8.3f}  +-{half:.3f}  ({' '.join(f'{value:.3f}' for value in found)})"


def _one(data: Data, embedder: Embedder, chosen: str, audited: int, seed: int) -> dict[str, float]:
    """A desk whose past tickets are a draw of four fifths of the pool."""
    drawn = np.random.default_rng(seed).permutation(len(data.texts))
    part = drawn[: len(drawn) * 4 // 5]
    table, right_of = part_of(data.table, part), data.truth[part]
    of = material([data.texts[n] for n in part], embedder)
    places = np.arange(audited)
    if chosen == "chosen":
        places = _chosen(of, table, right_of, audited)
    truth = {table.items[n]: data.labels[right_of[n]] for n in places}
    taught = teach(QUESTION, of, table, truth)
    shares = taught.student.probabilities(data.dev_texts, embedder)
    right, known = shares.argmax(axis=1) == data.dev_truth, data.known
    found = {
        "reconciled votes, past tickets": float(
            (taught.reconciled.argmax(axis=1) == right_of).mean()
        ),
        "what the student is taught": float((taught.agreed.argmax(axis=1) == right_of).mean()),
        "student": float(right[known].mean()),
        "student at 80% coverage": _at_coverage(shares[known], right[known]),
        "calibration error (10 bins)": _calibration_error(shares[known].max(axis=1), right[known]),
    }
    if not known.all():
        sure = shares.max(axis=1)
        found["out of scope, AUROC"] = float(roc_auc_score(known, sure))
        found["out of scope, recall at 10% false"] = float(
            (sure[~known] < np.quantile(sure[known], 0.1)).mean()
        )
    return found


def _chosen(of: Material, table: VoteTable, right_of: Ints, audited: int) -> Ints:
    """Half of the audits stand for many tickets; the rest follow, in tens, where doubt is."""
    nobody = np.array([], dtype=np.int64)
    start = np.full((len(right_of), len(table.labels)), 1 / len(table.labels))
    places = next_audits(of.points, start, nobody, audited // 2)
    while len(places) < audited:
        truth = {table.items[n]: table.labels[right_of[n]] for n in places}
        _, agreed = agreement(of, table, truth)
        more = next_audits(of.points, agreed, places, min(10, audited - len(places)))
        places = np.concatenate([places, more])
    return places


def _calibration_error(sure: Floats, right: NDArray[np.bool_]) -> float:
    bins = np.minimum((sure * 10).astype(int), 9)
    return float(
        sum(
            (bins == n).mean() * abs(sure[bins == n].mean() - right[bins == n].mean())
            for n in set(bins.tolist())
        )
    )


if __name__ == "__main__":
    main()
