"""How well the reply check tells what a policy says from what it does not, beside two controls.

`counterfactual.jsonl` is the main file: every reply stands in it once with a policy that backs it
and once with one that does not, so whoever reads the reply alone is at chance. Figures are from
weights fitted on the other items (cross-fitting: an item's rows are never on both sides). The
controls are a TF-IDF model that never sees the policy, and the share of the reply's words that the
policy holds. The 95% intervals resample items, not rows.

    python bench/claims.py --data DIR                      every file of the folder
    python bench/claims.py --data DIR --own tests/claim_sets   with our own items beside
    python bench/claims.py --data DIR --own tests/claim_sets --fit   writes the shipped weights
    python bench/claims.py --data DIR --base-url URL --model NAME   asks a model as well
    python bench/claims.py --speed                         milliseconds a reply, by clauses
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from claims_model import judged_by_model
from scipy.optimize import minimize
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from deskquorum.domain import Facts, Scope
from deskquorum.grounding import ClauseIndex, check_reply, index_clauses, risk_of
from deskquorum.grounding.alignment import WordVectors, nearness
from deskquorum.grounding.passages import read_passage
from deskquorum.grounding.voting import FEATURES, Ballot, ballot_of
from deskquorum.grounding.weights import WEIGHTS_FILE
from deskquorum.labeling import load_embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Row", "main", "policies_index", "read_own", "read_rows"]

NUMERIC = ("number", "amount", "window", "percent")
FOLDS = 8
RIDGE = 1.0
"""Of the weights; not tuned."""
FALSE_ALARMS = (0.10, 0.05)
SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reply with one policy."""

    id: str
    item: str
    kind: str
    language: str
    policy: str
    reply: str
    wrong: bool


def read_rows(path: Path) -> list[Row]:
    """Rows of one file; one whose labels are missing is no row of this benchmark."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        given = json.loads(line)
        item = given.get("item") or given.get("clause_id") or given["id"]
        rows.append(
            Row(
                id=str(given["id"]),
                item=str(item),
                kind=given.get("kind") or given.get("corruption") or "all",
                language=given.get("language", "en"),
                policy=given["policy_text"],
                reply=given["reply"],
                wrong=given["label"] != "supported",
            )
        )
    return rows


def read_own(folder: Path) -> list[Row]:
    """Our own items: two policies and two replies each, crossed."""
    rows = []
    for path in sorted(folder.glob("counterfactual*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            given = json.loads(line)
            for suffix, p, r in (("a", 0, 0), ("b", 1, 1), ("c", 0, 1), ("d", 1, 0)):
                rows.append(
                    Row(
                        id=f"{given['item']}-{suffix}",
                        item=given["item"],
                        kind=given["kind"],
                        language=given["language"],
                        policy=given["policies"][p],
                        reply=given["replies"][r],
                        wrong=p != r,
                    )
                )
    return rows


def ballots(rows: Sequence[Row]) -> Floats:
    """The voters' word on every row; shape (rows, features)."""
    embedder = load_embedder()
    vectors = WordVectors(None if embedder is None else embedder.embed)
    return np.array([[*_ballot(row, vectors).features.values()] for row in rows])


def _ballot(row: Row, vectors: WordVectors) -> Ballot:
    reply, clause = read_passage(row.reply), read_passage(row.policy)
    return ballot_of(reply, clause, nearness(reply.marks, clause, vectors))


def fit_weights(features: Floats, wrong: NDArray[np.bool_]) -> Floats:
    """Ridge logistic regression without negative weights; the bias comes last."""
    signs = np.where(wrong, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = signs * (features @ weights[:-1] + weights[-1])
        pull = -signs / (1.0 + np.exp(margin))
        value = np.logaddexp(0.0, -margin).sum() + RIDGE * (weights[:-1] ** 2).sum() / 2
        return float(value), np.append(features.T @ pull + RIDGE * weights[:-1], pull.sum())

    size = features.shape[1]
    bounds = [(0.0, None)] * size + [(None, None)]
    found = minimize(loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x)


def cross_fitted(rows: Sequence[Row], features: Floats) -> Floats:
    """Each row's risk by weights that never saw its item."""
    wrong = np.array([row.wrong for row in rows])
    items = [row.item for row in rows]
    out = np.zeros(len(rows))
    for train, test in GroupKFold(FOLDS).split(features, wrong, items):
        weights = fit_weights(features[train], wrong[train])
        out[test] = _logistic(features[test], weights)
    return out


def fitted_elsewhere(features: Floats, others: Sequence[Row], other_features: Floats) -> Floats:
    """Each row's risk by weights that were fitted on another file."""
    weights = fit_weights(other_features, np.array([row.wrong for row in others]))
    return _logistic(features, weights)


def _logistic(features: Floats, weights: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-(features @ weights[:-1] + weights[-1]))))


def as_shipped(rows: Sequence[Row]) -> Floats:
    """What `check-reply` says with the packaged weights."""
    embedder = load_embedder()
    embed = None if embedder is None else embedder.embed
    return np.array(
        [
            risk_of(
                check_reply(
                    row.reply,
                    index=index_clauses([_Policy(text=row.policy)], embed),
                    facts=Facts(),
                    allowed_links=(),
                )
            )
            for row in rows
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policy:
    text: str
    id: str = "policy"
    version: str = ""
    scope: Scope = field(default_factory=dict)


def never_sees_the_policy(rows: Sequence[Row]) -> Floats:
    """Control: TF-IDF of the reply and logistic regression, cross-fitted by item."""
    wrong = np.array([row.wrong for row in rows])
    replies = np.array([row.reply for row in rows])
    out = np.zeros(len(rows))
    folds = min(FOLDS, len({row.item for row in rows}))
    for train, test in GroupKFold(folds).split(replies, wrong, [row.item for row in rows]):
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(max_iter=1000),
        )
        model.fit(replies[train], wrong[train])
        out[test] = model.predict_proba(replies[test])[:, 1]
    return out


def word_overlap(rows: Sequence[Row]) -> Floats:
    """Control: one less the share of the reply's words that the policy holds."""

    def words(text: str) -> set[str]:
        return set(re.findall(r"\w+", text.lower()))

    return np.array(
        [1 - len(words(r.reply) & words(r.policy)) / max(1, len(words(r.reply))) for r in rows]
    )


def recall_at(risk: Floats, wrong: NDArray[np.bool_], false_alarms: float) -> float:
    """Share of wrong rows above the risk that so many of the right rows exceed."""
    right = np.sort(risk[~wrong])
    allowed = int(false_alarms * len(right))
    threshold = right[len(right) - allowed - 1]
    return float((risk[wrong] > threshold).mean())


def interval(rows: Sequence[Row], risk: Floats, draws: int = 500) -> tuple[float, float]:
    """95% interval of the AUROC by resampling items."""
    random = np.random.default_rng(SEED)
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.item, []).append(place)
    items = list(places.values())
    wrong = np.array([row.wrong for row in rows])
    found = []
    for _ in range(draws):
        drawn = [p for i in random.integers(0, len(items), len(items)) for p in items[i]]
        if len(set(wrong[drawn])) > 1:
            found.append(roc_auc_score(wrong[drawn], risk[drawn]))
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def report(title: str, rows: Sequence[Row], risk: Floats, *, parts: bool = True) -> None:
    """Print AUROC and recalls, overall, by kind and by language."""
    wrong = np.array([row.wrong for row in rows])
    low, high = interval(rows, risk)
    print(f"{title:<34}{_line(risk, wrong)}   95% {low:.3f} to {high:.3f}  rows {len(rows)}")
    if not parts:
        return
    numeric = np.array([row.kind in NUMERIC for row in rows])
    groups: list[tuple[str, NDArray[np.bool_]]] = []
    if 0 < numeric.sum() < len(rows):
        groups.append(("number, amount, window, percent", numeric))
    for name in ("kind", "language"):
        for value in sorted({getattr(row, name) for row in rows}):
            mask = np.array([getattr(row, name) == value for row in rows])
            groups += [(f"{name} {value}", mask)]
    for name, mask in groups:
        if len(set(wrong[mask])) > 1:
            print(f"  {name:<32}{_line(risk[mask], wrong[mask])}   rows {mask.sum()}")


def _line(risk: Floats, wrong: NDArray[np.bool_]) -> str:
    recalls = "".join(f"  {recall_at(risk, wrong, rate):>9.2f}" for rate in FALSE_ALARMS)
    return f"{roc_auc_score(wrong, risk):>7.3f}{recalls}"


def policies_index(rows: Sequence[Row]) -> ClauseIndex:
    """All policies of some rows as the clauses of one desk."""
    texts = sorted({row.policy for row in rows})
    embedder = load_embedder()
    clauses = [_Policy(text=text, id=str(place)) for place, text in enumerate(texts)]
    return index_clauses(clauses, None if embedder is None else embedder.embed)


def retrieval(rows: Sequence[Row]) -> None:
    """Whether the right clause is among the top three of all for replies that state a quantity."""
    from deskquorum.grounding import find_quantities

    index = policies_index(rows)
    kept = [row for row in rows if not row.wrong and find_quantities(row.reply)]
    twins = {row.item: {r.policy for r in rows if r.item == row.item} for row in kept}
    found = index.nearest([row.reply for row in kept], top=6)
    # The two policies of an item differ in a number at most, so either counts as the right topic,
    # and the two together take one place.
    hits = 0
    for row, nearest in zip(kept, found, strict=True):
        topics: list[frozenset[str]] = []
        for clause in nearest:
            topic = frozenset(twins[row.item] if clause.text in twins[row.item] else {clause.text})
            if topic not in topics:
                topics.append(topic)
        hits += frozenset(twins[row.item]) in topics[:3]
    print(
        f"right clause among the top 3 of {len(index.clauses)}, replies that state a quantity: "
        f"{hits} of {len(kept)} = {hits / len(kept):.3f}"
    )


def speed() -> None:
    """Milliseconds of processor time for a reply of 120 words, by clauses.

    The smallest of three rounds, since the machine may be busy; each round has replies of its own,
    and clauses that were read before are kept, as in a desk that runs.
    """
    embedder = load_embedder()
    embed = None if embedder is None else embedder.embed
    for clauses in (500, 10_000):
        index = index_clauses(
            [
                _Policy(id=str(n), text=_CLAUSE.format(n=n % 89 + 1, thing=_THINGS[n % 40], x=n))
                for n in range(clauses)
            ],
            embed,
        )
        rounds = [_round(index, turn) for turn in range(4)][1:]
        p50 = min(float(np.median(times)) for times in rounds)
        words = len(_reply(0).split())
        print(f"{clauses:>6} clauses, {words} words: p50 {p50:.1f} ms")


def _round(index: ClauseIndex, turn: int) -> list[float]:
    times = []
    for number in range(40):
        reply = _reply(turn * 40 + number)
        started = time.process_time()
        check_reply(reply, index=index, facts=Facts(), allowed_links=())
        times.append((time.process_time() - started) * 1000)
    return times


def _reply(number: int) -> str:
    things = [_THINGS[(number + step * 7) % 40] for step in range(4)]
    return _REPLY.format(
        n=number % 83 + 5, m=number % 29 + 2, a=things[0], b=things[1], c=things[2]
    )


_THINGS = [
    "kettle",
    "tent",
    "lamp",
    "jacket",
    "stove",
    "bottle",
    "rope",
    "boots",
    "gloves",
    "tripod",
    "saddle",
    "helmet",
    "canoe",
    "paddle",
    "compass",
    "hammock",
    "blanket",
    "axe",
    "saw",
    "bucket",
    "chair",
    "table",
    "shelf",
    "mirror",
    "curtain",
    "carpet",
    "pillow",
    "towel",
    "racket",
    "bat",
    "ball",
    "net",
    "skate",
    "ski",
    "sledge",
    "kite",
    "drone",
    "camera",
    "phone",
    "watch",
]
_CLAUSE = "A {thing} of line {x} can be returned within {n} days of delivery if it is unused."
_REPLY = (
    "Hello Anouk,\n\nThank you very much for your message, and I am sorry about the trouble with "
    "your order. I had a look at it for you. The {a} can be sent back within {n} days of delivery "
    "as long as it is unused, so please keep the packaging until you are sure. For the {b} it is "
    "different: it can only be exchanged, and the exchange has to reach us within {m} days, "
    "because "
    "it was made to measure. A refund of 24.00 USD for the {c} goes to the card that you paid "
    "with, "
    "which takes up to five business days. If anything is unclear, just reply to this message and "
    "we will be happy to help you further.\n\nBest regards,\nYour support team"
)


def write_weights(rows: Sequence[Row], features: Floats, sources: Sequence[Path]) -> None:
    """Fit on everything given and write the file that the package ships."""
    wrong = np.array([row.wrong for row in rows])
    weights = fit_weights(features, wrong)
    risk = cross_fitted(rows, features)
    document = {
        "made_by": "python bench/claims.py --data DIR --own tests/claim_sets --fit",
        "made_on": datetime.now(UTC).date().isoformat(),
        "fitted_on": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in sources
        },
        "rows": len(rows),
        "items": len({row.item for row in rows}),
        "bias": round(float(weights[-1]), 4),
        "features": {
            name: round(float(weight), 4)
            for name, weight in zip(FEATURES, weights[:-1], strict=True)
        },
        "doubtful_from": round(float(np.quantile(risk[~wrong], 0.95)), 4),
        "doubtful_from_is": "the cross-fitted risk that 5% of the supported rows exceed",
    }
    WEIGHTS_FILE.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {WEIGHTS_FILE}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    args = _arguments().parse_args(argv)
    if args.speed:
        speed()
        return 0
    main_file = args.data / "counterfactual.jsonl"
    rows = read_rows(main_file)
    own = read_own(args.own) if args.own else []
    features, own_features = ballots(rows), ballots(own) if own else np.zeros((0, len(FEATURES)))
    if args.fit:
        sources = (
            [main_file, *sorted(args.own.glob("counterfactual*.jsonl"))] if own else [main_file]
        )
        write_weights([*rows, *own], np.vstack([features, own_features]), sources)
        return 0
    print(f"{datetime.now(UTC):%Y-%m-%d}, seed {SEED}, {FOLDS} folds by item")
    print(f"{'':<34}{'AUROC':>7}  recall at 10%  and 5% false alarms")
    report("counterfactual, cross-fitted", rows, cross_fitted(rows, features))
    _controls(rows)
    if own:
        report("own items, cross-fitted", own, cross_fitted(own, own_features))
        _controls(own)
        there = fitted_elsewhere(features, own, own_features)
        report("counterfactual, fitted on own", rows, there, parts=False)
        back = fitted_elsewhere(own_features, rows, features)
        report("own, fitted on counterfactual", own, back, parts=False)
    retrieval([*rows, *own])
    for name in ("support_claims", "begin_wow_dev", "halueval_qa"):
        _smoke(args.data / f"{name}.jsonl")
    if args.base_url:
        risk = judged_by_model(rows, base_url=args.base_url, model=args.model, limit=args.limit)
        report(f"counterfactual, with {args.model}", rows[: len(risk)], risk)
    return 0


def _controls(rows: Sequence[Row]) -> None:
    report("  control: never sees the policy", rows, never_sees_the_policy(rows), parts=False)
    report("  control: word overlap", rows, word_overlap(rows), parts=False)


def _smoke(path: Path) -> None:
    """A file that is no main file: as shipped, with the controls."""
    if not path.is_file():
        return
    rows = read_rows(path)
    matched = {
        json.loads(line)["id"]
        for line in path.read_text(encoding="utf-8").splitlines()
        if json.loads(line).get("length_matched")
    }
    if matched:
        rows = [row for row in rows if row.id in matched]
    title = f"{path.stem}{', length-matched' if matched else ''}"
    report(title, rows, as_shipped(rows), parts=False)
    _controls(rows)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--own", type=Path, help="folder of our own items")
    parser.add_argument("--fit", action="store_true", help="write the shipped weights")
    parser.add_argument("--speed", action="store_true", help="time the check")
    parser.add_argument("--base-url", help="OpenAI-compatible endpoint to ask as well")
    parser.add_argument("--model", default=os.environ.get("MODEL", ""))
    parser.add_argument("--limit", type=int, default=None, help="rows to ask the model about")
    return parser


if __name__ == "__main__":
    sys.exit(main())
