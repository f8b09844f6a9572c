"""Certificates beside audits that were chosen: do they promise what comes true, and how much?

The student is taught by 100 chosen audits. Further tickets are drawn at random, as many as stated;
by the halves of `deskquorum calibrate`, one half fits the labelers' model and the other certifies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from learning_sets import Data, Floats, Ints, Voted, student_vote

from deskquorum.domain import Vote
from deskquorum.labeling import Student, load_embedder
from deskquorum.learning import measured_votes, table_of
from deskquorum.reconciliation import certify, fit_from_votes, item_posteriors

__all__ = ["print_certificates"]

MAX_ERROR, CONFIDENCE = 0.10, 0.95
DRAWN = (100, 300, 600)
DRAWS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    coverage: float
    """Share of dev rows that it lets through; 0 where nothing was certified."""
    error: float
    """Among these; nan where there are none."""
    accuracy: float
    """Of all dev rows that have a right route."""
    at_80: float
    """Of the surest 80% of them."""


def print_certificates(data: Data, students: Sequence[Student]) -> None:
    """One line for each number of audits, over draws of them and students."""
    runs = len(students) * DRAWS
    print(f"  certificate: error {MAX_ERROR}, confidence {CONFIDENCE}, {runs} draws of audits")
    heads = "issued  violated  coverage     error  accuracy    at 80%"
    print(f"  {'random audits, half of them certify':<36}{heads}")
    for count in DRAWN:
        for who, score in (("desk", _desk), ("student alone", _alone)):
            found = [
                _run(data, student, count, seed * DRAWS + draw, score)
                for seed, student in enumerate(students)
                for draw in range(DRAWS)
            ]
            issued = [run for run in found if run.coverage > 0]
            violated = sum(run.error > MAX_ERROR for run in issued)
            error = np.mean([run.error for run in issued]) if issued else np.nan
            coverage = np.mean([run.coverage for run in found])
            print(
                f"  {f'{count}, {who}':<36}{len(issued):>6}{violated:>10}{coverage:>10.3f}"
                f"{error:>10.3f}{_mean(run.accuracy for run in found):>10.3f}"
                f"{_mean(run.at_80 for run in found):>10.3f}",
                flush=True,
            )


_Score = Callable[[Data, Student, Ints, Ints], tuple[Floats, Floats]]
"""Of the tickets that fit and those that certify, to shares of the latter and of dev."""


def _run(data: Data, student: Student, count: int, seed: int, score: _Score) -> _Run:
    """One draw of audits from tickets that did not teach the student."""
    new = np.array([n for n in range(len(data.pool.texts)) if not student.was_taught(f"{n}")])
    drawn = np.random.default_rng(1000 + seed).permutation(new)[:count]
    ranked = sorted(drawn.tolist(), key=lambda n: hashlib.sha256(f"{n}".encode()).hexdigest())
    fitting, held = np.array(ranked[::2]), np.array(ranked[1::2])
    audited, dev = score(data, student, fitting, held)
    certified = certify(
        audited.max(axis=1).tolist(),
        (audited.argmax(axis=1) == data.pool.truth[held]).tolist(),
        max_error=MAX_ERROR,
        confidence=CONFIDENCE,
    )
    known = data.known
    sure, right = dev.max(axis=1)[known], (dev.argmax(axis=1) == data.dev.truth)[known]
    surest = right[np.argsort(-sure, kind="stable")]
    let = sure >= (np.inf if certified.threshold is None else certified.threshold)
    return _Run(
        coverage=float(let.mean()),
        error=float(1 - right[let].mean()) if let.any() else np.nan,
        accuracy=float(right.mean()),
        at_80=float(surest[: len(surest) * 4 // 5].mean()),
    )


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _alone(data: Data, student: Student, _: Ints, held: Ints) -> tuple[Floats, Floats]:
    texts = [data.pool.texts[n] for n in held]
    return _said(student, texts), _said(student, data.dev.texts)


def _desk(data: Data, student: Student, fitting: Ints, held: Ints) -> tuple[Floats, Floats]:
    cast = _cast(data, data.pool, student, fitting)
    truth = {f"{n}": data.labels[data.pool.truth[n]] for n in fitting}
    model = fit_from_votes(table_of(data.question, cast), truth)
    if model is None:
        raise SystemExit(f"{len(fitting)} audits are too few to fit on")
    told = [
        [{vote.labeler: str(vote.label) for vote in votes} for votes in said.values()]
        for said in (
            _cast(data, data.pool, student, held),
            _cast(data, data.dev, student, np.arange(len(data.dev.texts))),
        )
    ]
    return item_posteriors(model, told[0]), item_posteriors(model, told[1])


def _cast(data: Data, of: Voted, student: Student, rows: Ints) -> dict[str, tuple[Vote, ...]]:
    shares = _said(student, [of.texts[n] for n in rows])
    return {
        f"{n}": measured_votes(data.question, [*of.votes[n], student_vote(student, share)])
        for n, share in zip(rows, shares, strict=True)
    }


def _said(student: Student, texts: list[str]) -> Floats:
    embedder = load_embedder()
    if embedder is None:
        raise SystemExit("install wordllama")
    return student.probabilities(texts, embedder)
