"""Plots of how far probabilities can be trusted, as SVG that reads on light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from deskquorum.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["dress", "reliability_svg", "risk_coverage_svg", "styled"]

_BINS = 10
# Mid tones: about as far from white as from black.
_TEXT, _BLUE, _ORANGE = "#808080", "#3b82c4", "#d9762b"
_SMALL = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bin:
    """The answers whose probability lies in one tenth of 0..1."""

    middle: float
    mean: float
    right: float
    """Share of right answers."""
    n: int


def reliability_svg(path: Path, probability: Sequence[float], right: Sequence[bool]) -> None:
    """Draw how often answers are right against how probable they were called, by tenths.

    Args:
        path: SVG file to write.
        probability: Of each audited answer.
        right: Whether it was right.

    Raises:
        InputError: The file can't be written.
    """
    with _figure(path) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        bins = _binned(probability, right)
        upper.plot([0, 1], [0, 1], color=_TEXT, linestyle=":", label="as probable as claimed")
        upper.plot(
            [b.mean for b in bins], [b.right for b in bins], "o-", color=_BLUE, label="observed"
        )
        upper.set(ylabel="share of right answers", ylim=(-0.02, 1.02))
        upper.set_title(f"Reliability on {len(right):,} audited items", fontsize="medium")
        bars = lower.bar([b.middle for b in bins], [b.n for b in bins], 1 / _BINS, color=_BLUE)
        lower.bar_label(bars, fmt="{:,.0f}", fontsize=_SMALL)
        lower.set(xlabel="probability of the answer", ylabel="items", xlim=(-0.02, 1.02))
        lower.margins(y=0.35)
        dress(upper, legend="upper left")
        dress(lower)


def risk_coverage_svg(
    path: Path,
    probability: Sequence[float],
    right: Sequence[bool],
    threshold: float | None = None,
    max_error: float | None = None,
) -> None:
    """Draw the error among accepted answers against how many are accepted, most probable first.

    Args:
        path: SVG file to write.
        probability: Of each audited answer.
        right: Whether it was right.
        threshold: Marks the coverage at which answers are accepted.
        max_error: Marks the error that is allowed.

    Raises:
        InputError: The file can't be written.
    """
    with _figure(path) as figure:
        axes = figure.subplots()
        curve = list(_risks(probability, right))
        axes.plot([x for x, _ in curve], [y for _, y in curve], color=_BLUE, label="audited")
        if max_error is not None:
            label = f"allowed, {max_error:.4g}"
            axes.axhline(max_error, color=_ORANGE, linestyle="--", label=label)
        if threshold is not None:
            accepted = sum(p >= threshold for p in probability)
            label = f"threshold {threshold:.4g}: {accepted:,} accepted"
            share = accepted / len(probability) if probability else 0.0
            axes.axvline(share, color=_TEXT, linestyle=":", label=label)
        axes.set(xlabel="coverage: share of answers accepted", ylabel="error among accepted")
        axes.set(xlim=(0, 1.02))
        axes.set_ylim(bottom=0)
        axes.set_title(f"Risk and coverage on {len(right):,} audited items", fontsize="medium")
        dress(axes, legend="best")


def styled(ink: str, *, salt: str = "deskquorum") -> AbstractContextManager[None]:
    """While it lasts, plots have text and axes of one colour; same numbers, same bytes."""
    from matplotlib import rc_context

    return rc_context(
        {
            "svg.hashsalt": salt,
            "svg.fonttype": "none",
            "text.color": ink,
            "axes.edgecolor": ink,
            "axes.labelcolor": ink,
            "xtick.color": ink,
            "ytick.color": ink,
        }
    )


def dress(
    axes: Axes, *, legend: Literal["upper left", "best"] | None = None, grid: str = _TEXT
) -> None:
    """Take away what a plot does not need."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=grid, alpha=0.2)
    if legend is not None:
        axes.legend(frameon=False, loc=legend, fontsize=_SMALL)


def _binned(probability: Sequence[float], right: Sequence[bool]) -> list[_Bin]:
    members: dict[int, list[tuple[float, bool]]] = {}
    for p, ok in zip(probability, right, strict=True):
        members.setdefault(min(int(p * _BINS), _BINS - 1), []).append((p, ok))
    return [
        _Bin(
            middle=(tenth + 0.5) / _BINS,
            mean=sum(p for p, _ in pairs) / len(pairs),
            right=sum(ok for _, ok in pairs) / len(pairs),
            n=len(pairs),
        )
        for tenth, pairs in sorted(members.items())
    ]


def _risks(probability: Sequence[float], right: Sequence[bool]) -> Iterator[tuple[float, float]]:
    """Coverage and error at each distinct probability: equal ones can't be told apart."""
    ranked = sorted(zip(probability, right, strict=True), key=lambda pair: -pair[0])
    wrong = 0
    for n, (p, ok) in enumerate(ranked, start=1):
        wrong += not ok
        if n == len(ranked) or ranked[n][0] != p:
            yield n / len(ranked), wrong / n


@contextmanager
def _figure(path: Path) -> Iterator[Figure]:
    """A figure that is written to the file; same numbers, same bytes."""
    from matplotlib.figure import Figure

    with styled(_TEXT):
        figure = Figure(figsize=(6, 4.5), layout="constrained")
        yield figure
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(
                path, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
            )
        except OSError as exc:
            raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc
