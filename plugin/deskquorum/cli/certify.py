"""`deskquorum certify`: from which probability on answers are right often enough to act on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from deskquorum.cli.batch import wide_console
from deskquorum.cli.extras import needing_learn
from deskquorum.cli.plots import reliability_svg, risk_coverage_svg
from deskquorum.cli.reconcile import collected, listed
from deskquorum.errors import InputError, Problem
from deskquorum.vote_files import (
    PosteriorFile,
    VoteFileError,
    read_gold,
    read_posterior,
    read_strata,
)

if TYPE_CHECKING:
    from deskquorum.reconciliation import Certified

__all__ = ["certify_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audit:
    """The items of the posterior that have gold, in its order."""

    items: Sequence[str]
    probability: Sequence[float]
    right: Sequence[bool]


def certify_file(
    path: Path,
    *,
    gold_path: Path,
    max_error: float,
    confidence: float,
    strata_path: Path | None,
    plot: Path | None,
    as_json: bool,
) -> int:
    """Certify a threshold; returns 1 when nothing is certified, else 0.

    Raises:
        InputError: A share is out of range, or the extra `learn` is not installed.
        VoteFileError: Carries the problems of all files together.
    """
    _check_share("--max-error", max_error, "0.05")
    _check_share("--confidence", confidence, "0.95")
    problems: list[Problem] = []
    posterior = collected(problems, lambda: read_posterior(path))
    gold = collected(problems, lambda: read_gold(gold_path))
    strata = collected(problems, lambda: read_strata(strata_path) if strata_path else {})
    if posterior is not None and strata is not None and strata_path is not None:
        problems += _without_stratum(posterior, strata, strata_path)
    if problems or posterior is None or gold is None or strata is None:
        raise VoteFileError(problems)
    audit = _audit(posterior, gold)
    with needing_learn():
        certified = _certified(posterior, audit, strata, max_error, confidence)
        if plot is not None and audit.items:
            reliability_svg(plot / "reliability.svg", audit.probability, audit.right)
            risk_coverage_svg(
                plot / "risk-coverage.svg",
                audit.probability,
                audit.right,
                threshold=certified.threshold,
                max_error=max_error,
            )
    for notice in _notices(posterior, gold, strata, audit):
        typer.echo(f"note: {notice}", err=True)
    _report(certified, len(posterior.items), as_json=as_json)
    return int(certified.threshold is None)


def _check_share(option: str, value: float, example: str) -> None:
    if not 0 < value < 1:
        raise InputError(f"{option} {value:g}: write a share between 0 and 1, such as {example}")


def _without_stratum(
    posterior: PosteriorFile, strata: Mapping[str, str], path: Path
) -> Iterator[Problem]:
    lost = [item for item in posterior.items if item not in strata]
    if lost:
        message = f"{len(lost)} items have no stratum: {listed(lost)}"
        yield Problem(path=str(path), message=message, hint="give every item one")


def _audit(posterior: PosteriorFile, gold: Mapping[str, str]) -> _Audit:
    rows = [
        (item, probability, label == gold[item])
        for item, label, probability in zip(
            posterior.items, posterior.labels, posterior.probabilities, strict=True
        )
        if item in gold
    ]
    return _Audit(
        items=[item for item, _, _ in rows],
        probability=[probability for _, probability, _ in rows],
        right=[right for _, _, right in rows],
    )


def _certified(
    posterior: PosteriorFile,
    audit: _Audit,
    strata: Mapping[str, str],
    max_error: float,
    confidence: float,
) -> Certified:
    from deskquorum.reconciliation import certify

    return certify(
        audit.probability,
        audit.right,
        max_error=max_error,
        confidence=confidence,
        population=posterior.probabilities,
        strata=[strata[item] for item in audit.items] if strata else None,
        population_strata=[strata[item] for item in posterior.items] if strata else None,
    )


def _notices(
    posterior: PosteriorFile, gold: Mapping[str, str], strata: Mapping[str, str], audit: _Audit
) -> Iterator[str]:
    known = set(posterior.items)
    absent = sorted(gold.keys() - known)
    if absent:
        yield f"gold of {len(absent)} items that have no row is left out: {listed(absent)}"
    if not audit.items:
        yield "no item has both a row and gold: there is nothing to certify with"
    beyond = sorted(strata.keys() - known)
    if beyond:
        yield f"the stratum of {len(beyond)} items that have no row is left out: {listed(beyond)}"


def _report(certified: Certified, items: int, *, as_json: bool) -> None:
    console = wide_console()
    if as_json:
        names = ("threshold", "n", "errors", "upper_bound", "coverage", "audited")
        console.print_json(data={name: getattr(certified, name) for name in names})
        return
    for line in _sentences(certified, items):
        console.print(line, markup=False)


def _sentences(c: Certified, items: int) -> Iterator[str]:
    allowed = f"{c.max_error:.4g} at {c.confidence:.4g} confidence"
    if c.threshold is None:
        yield f"nothing is certified for an error of at most {allowed}: {c.audited} audited items"
        needed = _fewest(c.max_error, c.confidence)
        yield f"it takes at least {needed} audited items above the threshold, none of them wrong"
        return
    yield f"accept answers from probability {c.threshold:.6g} on: error at most {allowed}"
    yield (
        f"{c.n} of {c.audited} audited items are accepted, {c.errors} of them wrong: "
        f"by these counts at most {c.upper_bound:.4g}"
    )
    yield f"coverage {c.coverage:.4g} of {items} items"


def _fewest(max_error: float, confidence: float) -> int:
    """Accepted items, all right, from which the exact binomial bound is low enough."""
    # Rounded, so that 1 - 0.95 counts as 0.05.
    return math.ceil(round(math.log(1 - confidence) / math.log1p(-max_error), 9))
