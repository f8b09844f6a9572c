"""A simulated year of a desk: do alarms come in time, and do certificates keep their promise?

The tickets are made up: a truth out of five labels, votes of four labelers with known noise, two of
one family, and texts of made-up words, common ones and ones by label. What looks at them is the
desk's own code: models are fitted on audits, certificates are issued on the other half of them,
every ticket passes the drift watch, and software acts only under a certificate while no alarm
stands. After an alarm the labelers are measured again on the next week's audits.

Things happen in the year: one labeler slowly gets worse; a new product comes, of which labelers
know nothing and customers write in words of its own (for good: only the labelers are mended); the
model of both prompts is swapped in month 7; a prompt breaks; each is mended some weeks later. At
last an auditor gets lazy and repeats the desk. Each week the tickets of which the desk is least
sure are audited twice, and how often the two differ is watched by the same test.

A certificate is violated when the true error among what it accepts, on 20,000 fresh tickets of the
week that it was issued for, is above the allowed one: wanted for at most DELTA of them.

    python bench/year.py [--years 10]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deskquorum.domain import Evidence, Facts, Question, Vote
from deskquorum.drift_watch import DriftWatch
from deskquorum.learning import Audited, fit_question, halves
from deskquorum.novelty import Reference, fit_reference
from deskquorum.reconciliation import (
    Learned,
    QuestionModel,
    Watch,
    certify,
    changed,
    item_posteriors,
    observe,
    watch_over,
)
from deskquorum.reporting.intervals import wilson
from deskquorum.testing import make_redacted_ticket, make_vote
from deskquorum.wording_watch import WordingWatch

__all__ = ["main"]

MAX_ERROR, DELTA = 0.10, 0.05
LABELS = ("billing", "damage", "delivery", "login", "thanks")
LABELERS = ("words", "nearest", "prompt-a", "prompt-b")
FAMILIES = ("words", "nearest", "model", "model")
QUESTION = Question(
    id="topic", ask="What is it about?", labels=dict.fromkeys(LABELS, ""), labelers=LABELERS
)
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
COMMON_WORDS, LABEL_WORDS, PRODUCT_WORDS = 300, 60, 40
COMMON_IN, LABEL_IN, PRODUCT_IN = 9, 4, 3
"""Words of a ticket of each kind; a common one is left out half of the time."""

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS, TICKETS, AUDITS, TWICE, FRESH = 52, 600, 800, 40, 20_000
VALID_WEEKS = 12
SOLD, GUESS, FAR, ALIKE = 0.15, 0.3, 0.3, 0.5
"""Tickets about the new product; right on them until labelers are mended; errors to any label; how
often the second prompt repeats the first."""

AUDITOR_ERRS, AUDITORS_DIFFER = 0.02, 0.05

DRIFT, PRODUCT, SWAP, BROKEN, LAZY = "drift", "new product", "model swap", "broken prompt", "lazy"
BEGINS = {DRIFT: 8, PRODUCT: 18, SWAP: 27, BROKEN: 36, LAZY: 44}
MENDED = {DRIFT: 16, PRODUCT: 24, SWAP: 33, BROKEN: 42}
"""Who mends a labeler calibrates, too."""

WITHIN = {DRIFT: 6, PRODUCT: 4, SWAP: 2, BROKEN: 2, LAZY: 4}
"""Weeks within which the alarm is to come."""
DRIFTS_FOR = 6
QUIET_FOR, QUIET_LONGER_FOR = 20_000, 200_000
"""A false alarm by votes comes after so many tickets on average; one by words, and one by the
mix of labels, has at most the chance of tickets seen by this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How good each labeler is in a week."""

    right: Sequence[float]
    new_product: float = 0.0
    """Share of tickets on which everybody guesses."""
    sold: float = 0.0
    """Share of tickets in the new product's words; those that are guessed at among them."""
    stuck: float = 0.0
    """Share of tickets on which the first prompt says the same thing whatever it reads."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """Tickets: their truths, tickets x labelers of votes, and which are about the new product."""

    truth: NDArray[np.int64]
    votes: NDArray[np.int64]
    sold: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the desk learned; without a threshold people decide all."""

    model: QuestionModel
    threshold: float | None
    reference: Reference | None


@dataclass(slots=True, kw_only=True)
class Year:
    """What one year came to."""

    alarms: list[int] = field(default_factory=list)
    """Weeks with an alarm of the drift watch."""
    kinds: list[str] = field(default_factory=list)
    """Of each of them, what was noticed."""
    lazy_found: int | None = None
    certificates: int = 0
    violated: int = 0
    none_issued: int = 0
    acted: Counter[bool] = field(default_factory=Counter)
    """Whether an event stood unnoticed, to how many decisions software carried out."""
    wrong: Counter[bool] = field(default_factory=Counter)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--years", type=int, default=10, help="Seeds 0 to YEARS - 1.")
    options = parser.parse_args(arguments)
    began = time.process_time()
    years = [asyncio.run(_lived(seed)) for seed in range(options.years)]
    _print(years)
    print(f"\n{options.years} years, seeds 0.., in {time.process_time() - began:.0f} s of CPU")
    return 0


def _world(week: int) -> World:
    def happens(event: str) -> bool:
        return BEGINS[event] <= week < MENDED[event]

    gone = min(week - BEGINS[DRIFT] + 1, DRIFTS_FOR) if happens(DRIFT) else 0
    prompts = 0.75 if happens(SWAP) else 0.92
    return World(
        right=[0.80, 0.90 - 0.30 * gone / DRIFTS_FOR, prompts, prompts],
        new_product=SOLD if happens(PRODUCT) else 0.0,
        sold=SOLD if week >= BEGINS[PRODUCT] else 0.0,
        stuck=0.5 if happens(BROKEN) else 0.0,
    )


def _drawn(world: World, count: int, rng: np.random.Generator) -> Drawn:
    truth = rng.choice(len(LABELS), count, p=[0.3, 0.15, 0.3, 0.15, 0.1])
    about = rng.random(count)
    strange = about < world.new_product
    votes = np.empty((count, len(LABELERS)), dtype=np.int64)
    for place, right in enumerate(world.right):
        hit = rng.random(count) < np.where(strange, GUESS, right)
        # Most errors of a label are to the one beside it.
        far = rng.random(count) < FAR
        off = np.where(far, rng.integers(1, len(LABELS), count), 1)
        votes[:, place] = np.where(hit, truth, (truth + off) % len(LABELS))
    same = rng.random(count) < ALIKE
    votes[same, 3] = votes[same, 2]
    votes[rng.random(count) < world.stuck, 2] = 0
    return Drawn(truth=truth, votes=votes, sold=about < world.sold)


def _spelled(count: int, rng: np.random.Generator) -> NDArray[np.str_]:
    return np.array(["".join(rng.choice(SYLLABLES, 3)) for _ in range(count)])


_WORDS = np.random.default_rng(77)
COMMON = _spelled(COMMON_WORDS, _WORDS)
BY_LABEL = [_spelled(LABEL_WORDS, _WORDS) for _ in LABELS]
PRODUCT_NAMES = _spelled(PRODUCT_WORDS, _WORDS)


def _some(words: NDArray[np.str_], shape: tuple[int, int], rng: np.random.Generator) -> list[str]:
    """Rows of words, a few of them common and most rare."""
    weights = 1 / (np.arange(len(words)) + 3)
    return [" ".join(row) for row in rng.choice(words, shape, p=weights / weights.sum())]


def _texts(drawn: Drawn, rng: np.random.Generator) -> list[str]:
    count = len(drawn.truth)
    common = _some(COMMON, (count, COMMON_IN), rng)
    halves_of = [_some(words, (count, LABEL_IN), rng) for words in BY_LABEL]
    product = _some(PRODUCT_NAMES, (count, PRODUCT_IN), rng)
    kept = rng.integers(COMMON_IN // 2, COMMON_IN + 1, count)
    return [
        " ".join([*common[n].split()[: kept[n]], halves_of[label][n], product[n] if sold else ""])
        for n, (label, sold) in enumerate(zip(drawn.truth, drawn.sold, strict=True))
    ]


def _votes(row: NDArray[np.int64]) -> tuple[Vote, ...]:
    return tuple(
        make_vote(LABELS[label], labeler=name, question=QUESTION.id, family=family)
        for name, family, label in zip(LABELERS, FAMILIES, row, strict=True)
    )


def _answers(
    model: QuestionModel, votes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probability and label of each answer; each distinct row of votes is reconciled once."""
    rows, place = np.unique(votes, axis=0, return_inverse=True)
    items = [{n: LABELS[v] for n, v in zip(LABELERS, row, strict=True)} for row in rows]
    posterior = item_posteriors(model.model, items)
    order = np.array([LABELS.index(label) for label in model.counts.labels])
    place = place.reshape(-1)
    return posterior.max(axis=1)[place], order[posterior.argmax(axis=1)][place]


def _measured(
    world: World, week: int, rng: np.random.Generator, year: Year, *, lazy: QuestionModel | None
) -> Desk:
    """Audit, fit on one half, certify on the other."""
    drawn = _drawn(world, AUDITS, rng)
    said = _audit(drawn.truth, rng) if lazy is None else _answers(lazy, drawn.votes)[1]
    texts = _texts(drawn, rng)
    made = [
        Audited(
            evidence=Evidence(
                ticket=make_redacted_ticket(text, id=f"{week}-{n}"),
                facts=Facts(),
                votes=_votes(row),
            ),
            truth={QUESTION.id: LABELS[label]},
        )
        for n, (text, row, label) in enumerate(zip(texts, drawn.votes, said, strict=True))
    ]
    fitting, held = halves(made)
    model = fit_question(QUESTION, fitting, fitted_at=MONDAY + timedelta(weeks=week))
    if model is None:
        raise RuntimeError("too few audits to fit on")
    places = [int(ticket.evidence.ticket.id.split("-")[1]) for ticket in held]
    probability, label = _answers(model, drawn.votes[places])
    found = certify(
        probability.tolist(),
        (label == said[places]).tolist(),
        max_error=MAX_ERROR,
        confidence=1 - DELTA,
    )
    reference = fit_reference(texts, None, made_at=MONDAY + timedelta(weeks=week))
    desk = Desk(model=model, threshold=found.threshold, reference=reference)
    _check(desk, _drawn(world, FRESH, rng), year)
    return desk


def _check(desk: Desk, fresh: Drawn, year: Year) -> None:
    if desk.threshold is None:
        year.none_issued += 1
        return
    probability, label = _answers(desk.model, fresh.votes)
    accepted = probability >= desk.threshold
    year.certificates += 1
    year.violated += bool((label != fresh.truth)[accepted].mean() > MAX_ERROR)


def _audit(truth: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """What a person says who looks."""
    slip = rng.random(len(truth)) < AUDITOR_ERRS
    return np.where(slip, (truth + 1) % len(LABELS), truth)


async def _lived(seed: int) -> Year:
    rng = np.random.default_rng(seed)
    year = Year()
    desk = _measured(_world(0), 0, rng, year, lazy=None)
    issued, unnoticed = 0, False
    auditors = watch_over(AUDITORS_DIFFER)
    with tempfile.TemporaryDirectory() as folder:
        watch = _watch(desk, folder)
        for week in range(WEEKS):
            unnoticed |= any(week == BEGINS[event] for event in MENDED)
            drawn = _drawn(_world(week), TICKETS, rng)
            texts = _texts(drawn, rng)
            raised = await _worked(drawn, texts, desk, watch, year, week=week, unnoticed=unnoticed)
            auditors = _audited_twice(auditors, desk, drawn, rng, week=week, year=year)
            if raised:
                year.alarms.append(week)
                year.kinds.append(raised)
            mended = week + 1 in MENDED.values()
            unnoticed = unnoticed and not (raised or mended)
            if raised or mended or week - issued >= VALID_WEEKS:
                lazy = week >= BEGINS[LAZY] and year.lazy_found is None
                next_one = _world(week + 1)
                desk = _measured(next_one, week + 1, rng, year, lazy=desk.model if lazy else None)
                issued, watch = week, _watch(desk, folder)
    return year


def _watch(desk: Desk, folder: str) -> DriftWatch:
    wording = None if desk.reference is None else WordingWatch(desk.reference, None)
    return DriftWatch(Learned(models={QUESTION.id: desk.model}), Path(folder), wording=wording)


async def _worked(
    drawn: Drawn,
    texts: Sequence[str],
    desk: Desk,
    watch: DriftWatch,
    year: Year,
    *,
    week: int,
    unnoticed: bool,
) -> str:
    """One week's tickets; the alarm that was raised, if any. From then on people decide."""
    probability, label = _answers(desk.model, drawn.votes)
    for place, (text, row) in enumerate(zip(texts, drawn.votes, strict=True)):
        ticket = make_redacted_ticket(text, id=f"{week}-{place}")
        if reasons := await watch.drifts(ticket, _votes(row)):
            return reasons[0].code
        if desk.threshold is not None and probability[place] >= desk.threshold:
            year.acted[unnoticed] += 1
            year.wrong[unnoticed] += bool(label[place] != drawn.truth[place])
    return ""


def _audited_twice(
    watch: Watch, desk: Desk, drawn: Drawn, rng: np.random.Generator, *, week: int, year: Year
) -> Watch:
    """Do the two who audit what the desk is least sure of differ too often?"""
    probability, label = _answers(desk.model, drawn.votes)
    chosen = np.argsort(probability)[:TWICE]
    truth = drawn.truth[chosen]
    first = label[chosen] if week >= BEGINS[LAZY] else _audit(truth, rng)
    for differ in first != _audit(truth, rng):
        watch = observe(watch, bool(differ))
        if year.lazy_found is None and changed(watch, quiet_for=QUIET_FOR):
            year.lazy_found = week
    return watch


def _all_is_well(week: int) -> bool:
    """Nothing stands that nobody has mended yet."""
    return not any(BEGINS[name] <= week < end for name, end in MENDED.items())


def _delays(years: Sequence[Year]) -> tuple[dict[str, list[int | None]], int]:
    """Event to weeks until its first alarm, None where it was missed; and false alarms."""
    delays: defaultdict[str, list[int | None]] = defaultdict(list)
    false = 0
    for year in years:
        false += sum(_all_is_well(week) for week in year.alarms)
        false += year.lazy_found is not None and year.lazy_found < BEGINS[LAZY]
        for name, start in BEGINS.items():
            found = year.alarms if name != LAZY else [w for w in [year.lazy_found] if w is not None]
            first = next((week for week in found if start <= week < MENDED.get(name, WEEKS)), None)
            delays[name].append(None if first is None else first - start + 1)
    return delays, false


def _print(years: Sequence[Year]) -> None:
    delays, false = _delays(years)
    print(f"{'event':<15}{'from week':>10}{'within':>8}{'in time':>9}{'median':>8}{'missed':>8}")
    for name, found in delays.items():
        known = sorted(weeks for weeks in found if weeks is not None)
        timely = sum(weeks <= WITHIN[name] for weeks in known)
        median = str(known[len(known) // 2]) if known else "-"
        row = f"{name:<15}{BEGINS[name]:>10}{WITHIN[name]:>8}{f'{timely}/{len(found)}':>9}"
        print(f"{row}{median:>8}{found.count(None):>8}")
    tickets = len(years) * sum(_all_is_well(week) for week in range(WEEKS)) * TICKETS
    print(
        f"false alarms while all was well: {false} in {len(years)} years, {tickets:,} tickets;"
        f" stated: {tickets / QUIET_FOR + 2 * tickets / QUIET_LONGER_FOR:.1f} at most"
    )
    raised = [pair for year in years for pair in zip(year.alarms, year.kinds, strict=True)]
    wrong = Counter(kind for week, kind in raised if _all_is_well(week))
    right = Counter(kind for week, kind in raised if BEGINS[PRODUCT] <= week < MENDED[PRODUCT])
    print(f"false ones: {dict(wrong)}; while the new product was guessed at: {dict(right)}")
    issued, violated = sum(y.certificates for y in years), sum(y.violated for y in years)
    low, high = wilson(violated, issued)
    print(
        f"certificates: {issued} issued, {sum(y.none_issued for y in years)} refused;"
        f" {violated} violated, {violated / max(issued, 1):.1%} ({low:.1%} to {high:.1%}),"
        f" wanted at most {DELTA:.0%}"
    )
    for unnoticed, words in ((False, "all known"), (True, "event unnoticed")):
        acted = sum(y.acted[unnoticed] for y in years)
        wrong = sum(y.wrong[unnoticed] for y in years)
        share = wrong / acted if acted else 0.0
        print(f"done by software, {words}: {acted:,}, wrong {share:.2%}")


if __name__ == "__main__":
    raise SystemExit(main())
