"""What is learned from labelers without a model and 100 audited tickets, beside the gold ceiling.

DIR holds, for each set, `<set>_pool.jsonl` (past tickets), `<set>_dev.jsonl` (measured on; rows
without a route are out of scope) and `<set>_routes.json`, as `bench/label_tickets.py` takes them.
Of the pool's labels only those of the audited tickets are read, and those of the ceiling.

    python bench/learning.py --data DIR [--sets banking clinc] [--seeds 0 1 2 3 4] [--audited 100]
        [--only student audits certificates] [--plot OUT.png]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from label_tickets import QUESTION, Set, print_place
from learning_certificates import print_certificates
from learning_sets import Bools, Data, Floats, Ints, read_set, student_vote
from scipy.stats import t as student_t
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from deskquorum.labeling import Embedder, Student, fit_wording, load_embedder
from deskquorum.learning import Material, Taught, agreement, material, next_audits, teach
from deskquorum.learning.distilling import student_of
from deskquorum.reconciliation import VoteTable, reconcile
from deskquorum.reconciliation.vote_table import part_of

CEILING = 600
"""Gold labels that the ceiling is taught."""

ASSUMED = 0.85
"""What the desk assumes of a student that nobody measured yet."""

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
AUDITS = (50, 67, 100, 150)
WAYS = ("at random", "chosen")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """A desk whose past tickets are a draw of four fifths of the pool, some of them audited."""

    of: Material
    table: VoteTable
    right: Ints
    truth: Mapping[str, str]

    def taught(self) -> Taught:
        """As `deskquorum distill` does it."""
        return teach(QUESTION, self.of, self.table, self.truth)

    def student(self) -> Student:
        """The same student without its calibration, which takes most of the time."""
        _, agreed = agreement(self.of, self.table, self.truth)
        audited = np.array([n for n, item in enumerate(self.table.items) if item in self.truth])
        every = np.ones(len(self.table.items), dtype=np.bool_)
        return student_of(QUESTION, self.of, self.table.labels, agreed, audited, taught=every)


def main() -> None:
    """Measure every set that is wanted."""
    options = _options()
    print_place()
    embedder = load_embedder()
    if embedder is None:
        raise SystemExit("install wordllama: this bench is about labelers that need no model")
    curves: dict[str, Floats] = {}
    for name in options.sets:
        data = read_set(Set(name=name, data=options.data))
        print(f"\n{name}: {len(data.pool.texts)} past tickets, {len(data.dev.texts)} measured")
        _baselines(data, embedder)
        for way in WAYS if "student" in options.only else ():
            found = _measure(data, embedder, way, options.audited, options.seeds)
            curves |= {f"{name}, {who}, audits {way}": curve for who, curve in found.items()}
        if "audits" in options.only:
            _compare_audits(data, embedder, options.seeds)
        if "certificates" in options.only:
            students = [_drawn(data, embedder, "chosen", 100, n).taught().student for n in range(4)]
            print_certificates(data, students)
    if options.plot is not None and curves:
        _plot(options.plot, curves)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--sets", nargs="+", default=["banking", "clinc"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--audited", type=int, default=100)
    parts = ("student", "audits", "certificates")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--plot", type=Path, help="draw the risk-coverage curves into this file")
    return parser.parse_args()


def _baselines(data: Data, embedder: Embedder) -> None:
    for place, labeler in enumerate(data.dev.table.labelers):
        print(f"{labeler:<36}{data.single(place):>8.3f}")
    shares, right = _ceiling(data, embedder)
    sure = shares.max(axis=1)
    print(f"{f'taught {CEILING} gold labels (ceiling)':<36}{right[data.known].mean():>8.3f}")
    _print_curves({"ceiling": _curve(sure[data.known], right[data.known])})


def _ceiling(data: Data, embedder: Embedder) -> tuple[Floats, Bools]:
    """A linear model on the same wording, taught right labels alone."""
    texts = data.pool.texts
    wording = fit_wording(texts, embedder)
    drawn = np.random.default_rng(9).permutation(len(texts))[:CEILING]
    model = LogisticRegression(C=10.0, max_iter=500)
    model.fit(wording.read([texts[n] for n in drawn], embedder), data.pool.truth[drawn])
    shares = model.predict_proba(wording.read(data.dev.texts, embedder))
    return shares, model.classes_[shares.argmax(axis=1)] == data.dev.truth


def _curve(sure: Floats, right: Bools) -> Floats:
    """Accuracy on the surest share of rows, for each of `COVERAGES`."""
    surest = right[np.argsort(-sure, kind="stable")]
    return np.array([surest[: int(len(right) * share)].mean() for share in COVERAGES])


def _print_curves(curves: Mapping[str, Floats]) -> None:
    heads = "".join(f"{f'{share:.0%}':>8}" for share in COVERAGES)
    print(f"  {'accuracy on the surest':<34}{heads}")
    for name, curve in curves.items():
        print(f"  {name:<34}{''.join(f'{value:>8.3f}' for value in curve)}", flush=True)


def _measure(
    data: Data, embedder: Embedder, way: str, audited: int, seeds: Sequence[int]
) -> Mapping[str, Floats]:
    """Accuracy of the reconciled votes and of the student, over draws of audited tickets."""
    weak = max(data.single(place) for place in range(len(data.dev.table.labelers)))
    top = float(_ceiling(data, embedder)[1][data.known].mean())
    figures: list[dict[str, float]] = []
    curves: dict[str, list[Floats]] = {}
    for seed in seeds:
        drawn = _drawn(data, embedder, way, audited, seed)
        taught = drawn.taught()
        shares = taught.student.probabilities(data.dev.texts, embedder)
        figures.append(_past(drawn, taught) | _figures(data, taught.student, shares))
        for who, (sure, right) in _answers(data, taught.student, shares).items():
            curves.setdefault(who, []).append(_curve(sure[data.known], right[data.known]))
            if not data.known.all():
                curves.setdefault(f"{who}, all rows", []).append(_curve(sure, right))
    print(f"{audited} audited tickets, {way}, seeds {' '.join(map(str, seeds))}")
    for name in figures[0]:
        print(f"  {name:<34}{_interval([row[name] for row in figures])}")
    gained = [(row["student"] - weak) / (top - weak) for row in figures]
    print(f"  {'performance gap recovered':<34}{_interval(gained)}")
    means = {who: np.mean(found, axis=0) for who, found in curves.items()}
    _print_curves(means)
    return means


def _interval(found: Iterable[float]) -> str:
    """Mean and a 95% interval of it over the seeds (Student's t)."""
    values = np.array(list(found))
    mean = values.mean()
    if len(values) < 2:  # noqa: PLR2004 - one has no spread
        return f"{mean:>8.3f}"
    half = student_t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{mean:>8.3f}  +-{half:.3f}  ({' '.join(f'{value:.3f}' for value in values)})"


def _drawn(data: Data, embedder: Embedder, way: str, audited: int, seed: int) -> _Drawn:
    texts = data.pool.texts
    part = np.random.default_rng(seed).permutation(len(texts))[: len(texts) * 4 // 5]
    table, right_of = part_of(data.pool.table, part), data.pool.truth[part]
    of = material([texts[n] for n in part], embedder)
    chosen = way == "chosen"
    places = _chosen(of, table, right_of, audited) if chosen else np.arange(audited)
    truth = {table.items[n]: data.labels[right_of[n]] for n in places}
    return _Drawn(of=of, table=table, right=right_of, truth=truth)


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


def _past(drawn: _Drawn, taught: Taught) -> dict[str, float]:
    right = drawn.right
    return {
        "reconciled votes, past tickets": float((taught.reconciled.argmax(axis=1) == right).mean()),
        "what the student is taught": float((taught.agreed.argmax(axis=1) == right).mean()),
    }


def _figures(data: Data, student: Student, shares: Floats) -> dict[str, float]:
    known, sure = data.known, shares.max(axis=1)
    right = shares.argmax(axis=1) == data.dev.truth
    found = {
        "student": float(right[known].mean()),
        "calibration error (10 bins)": _calibration_error(sure[known], right[known]),
    }
    if not known.all():
        # Out of scope, only leaving it to a person is right.
        voted = sure >= student.review_below
        found |= {
            "student, all rows": float(np.where(known, right, ~voted).mean()),
            "out of scope, AUROC": float(roc_auc_score(known, sure)),
            "out of scope, recall at 10% false": float(
                (sure[~known] < np.quantile(sure[known], 0.1)).mean()
            ),
        }
    return found


def _calibration_error(sure: Floats, right: Bools) -> float:
    bins = np.minimum((sure * 10).astype(int), 9)
    return float(
        sum(
            (bins == n).mean() * abs(sure[bins == n].mean() - right[bins == n].mean())
            for n in set(bins.tolist())
        )
    )


def _answers(data: Data, student: Student, shares: Floats) -> dict[str, tuple[Floats, Bools]]:
    """How sure, and whether right: the student alone, and the desk that it votes in."""
    accuracies = {**data.accuracies, "student": ASSUMED}
    answers = [
        reconcile(data.question, [*votes, student_vote(student, row)], accuracies)
        for votes, row in zip(data.dev.votes, shares, strict=True)
    ]
    places = {label: n for n, label in enumerate(data.labels)}
    said = np.array([places.get(str(answer.label), -2) for answer in answers])
    return {
        "student": (shares.max(axis=1), shares.argmax(axis=1) == data.dev.truth),
        "desk with the student": (
            np.array([answer.probability for answer in answers]),
            said == data.dev.truth,
        ),
    }


def _compare_audits(data: Data, embedder: Embedder, seeds: Sequence[int]) -> None:
    """How far chosen audits go, and how far the same number drawn at random."""
    print(f"  {'student by audits':<34}{''.join(f'{count:>8}' for count in AUDITS)}")
    for way in WAYS:
        means = []
        for count in AUDITS:
            students = [_drawn(data, embedder, way, count, seed).student() for seed in seeds]
            said = [s.probabilities(data.dev.texts, embedder).argmax(axis=1) for s in students]
            means.append(np.mean([(s == data.dev.truth)[data.known].mean() for s in said]))
        print(f"  {way:<34}{''.join(f'{mean:>8.3f}' for mean in means)}", flush=True)


def _plot(path: Path, curves: Mapping[str, Floats]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    for name, curve in curves.items():
        axes.plot(COVERAGES, 1 - curve, marker="o", label=name)
    axes.set_xlabel("coverage: share of tickets answered, the surest first")
    axes.set_ylabel("risk: share of these answered wrong")
    axes.legend(fontsize="small")
    figure.savefig(path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
