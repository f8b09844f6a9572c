"""Plots of our posteriors on sets of votes: reliability, and risk against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from peer_runs import draws_of
from peers import METHODS, OURS
from vote_sets import VoteSet

__all__ = ["plot_sets"]

_GOLD = 100


def plot_sets(sets: Sequence[VoteSet], folder: Path) -> None:
    """Write two SVGs a set: ours on the items left by the first draw of 100 gold, or of none."""
    from deskquorum.cli.plots import reliability_svg, risk_coverage_svg

    folder.mkdir(parents=True, exist_ok=True)
    fit = next(method for method in METHODS if method.name == OURS).load()
    for votes in sets:
        draw = draws_of(votes, [0, _GOLD], 1)[-1]
        posterior = fit(votes.table, draw.gold)[draw.scored]
        top = posterior.argmax(axis=1)
        probability = posterior[np.arange(len(top)), top].tolist()
        right = (top == votes.truth[draw.scored]).tolist()
        reliability_svg(folder / f"{votes.name}-reliability.svg", probability, right)
        risk_coverage_svg(folder / f"{votes.name}-risk-coverage.svg", probability, right)
