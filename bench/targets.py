"""What the reconciliation is held to, read off the means of a run."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from peers import METHODS, OURS
from results import Means

__all__ = ["Target", "targets"]

_PEERS = tuple(method.name for method in METHODS if method.kind == "peer")
_FLOORS = tuple(method.name for method in METHODS if method.kind == "floor")
_ROUNDING = 1e-9

_ACCURACY_GAP = -0.005
_LLM_LOG_LOSS = 0.80
_UNCALIBRATED_CAP = 0.9
_ECE = 0.06
_SHARE_WITHOUT_GOLD = 0.8
_SHARE_WITH_GOLD = 0.9

_Sets = Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One promise and what was measured."""

    what: str
    measured: str
    met: bool | None
    """`None` where nothing was promised and the figure is shown for what it is."""


def targets(means: Means) -> list[Target]:
    """Promises that can be judged by what ran; sets on which ours did not finish are left out."""
    return [*_without_gold(_ours_ran(means, 0)), *_with_gold(_ours_ran(means, 100))]


def _ours_ran(means: Means, gold: int) -> _Sets:
    return {name: on for name, on in means.get(gold, {}).items() if OURS in on}


def _without_gold(sets: _Sets) -> Iterator[Target]:
    yield from _crowd(_of_kind(sets, "crowd_"))
    yield from _rules(_of_kind(sets, "rules_"))
    yield from _llm(_of_kind(sets, "llm_"))
    if sets:
        top = max(on[OURS]["top"] for on in sets.values())
        yield Target(
            what=f"no gold: no posterior above {_UNCALIBRATED_CAP}",
            measured=f"{top:.6f}",
            met=top <= _UNCALIBRATED_CAP + _ROUNDING,
        )
        yield _log_loss_wins(sets, "no gold", _PEERS, least=_SHARE_WITHOUT_GOLD)
        yield _log_loss_wins(sets, "no gold", _PEERS + _FLOORS, least=None)


def _with_gold(sets: _Sets) -> Iterator[Target]:
    if sets:
        yield _log_loss_wins(sets, "100 gold", _PEERS, least=_SHARE_WITH_GOLD)
        yield _log_loss_wins(sets, "100 gold", _PEERS + _FLOORS, least=None)
        ece = statistics.mean(on[OURS]["ece"] for on in sets.values())
        yield Target(
            what=f"100 gold: mean ECE at most {_ECE}", measured=f"{ece:.4f}", met=ece <= _ECE
        )


def _crowd(sets: _Sets) -> Iterator[Target]:
    gaps = _accuracy_gaps(sets, ("majority", "dawid-skene"))
    if gaps:
        mean = statistics.mean(gaps.values())
        yield Target(
            what="no gold, crowd_*: accuracy over the better of majority and dawid-skene, "
            f"mean at least {_ACCURACY_GAP}",
            measured=f"{mean:+.4f} ({_said(gaps)})",
            met=mean >= _ACCURACY_GAP,
        )


def _rules(sets: _Sets) -> Iterator[Target]:
    gaps = _accuracy_gaps(sets, ("majority",))
    if gaps:
        yield Target(
            what="no gold, rules_*: accuracy over majority, each at least 0",
            measured=_said(gaps),
            met=min(gaps.values()) >= -_ROUNDING,
        )


def _llm(sets: _Sets) -> Iterator[Target]:
    if sets:
        loss = statistics.mean(on[OURS]["log_loss"] for on in sets.values())
        yield Target(
            what=f"no gold, llm_*: mean log-loss at most {_LLM_LOG_LOSS}",
            measured=f"{loss:.3f}",
            met=loss <= _LLM_LOG_LOSS,
        )


def _log_loss_wins(sets: _Sets, gold: str, others: Sequence[str], *, least: float | None) -> Target:
    """On how many sets no other method that finished has a lower log-loss than ours."""
    lost = {
        name: best
        for name, on in sets.items()
        if on[OURS]["log_loss"] > on[best := _best(on, others)]["log_loss"] + _ROUNDING
    }
    share = 1 - len(lost) / len(sets)
    who = "every peer" if others == _PEERS else "every peer and floor"
    return Target(
        what=f"{gold}: log-loss no higher than that of {who}"
        + (f", on at least {least:.0%} of the sets" if least else ""),
        measured=f"{share:.0%}" + "".join(f"; {name}: {best}" for name, best in lost.items()),
        met=share >= least if least else None,
    )


def _best(on: Mapping[str, Mapping[str, float]], others: Sequence[str]) -> str:
    return min((name for name in (OURS, *others) if name in on), key=lambda n: on[n]["log_loss"])


def _accuracy_gaps(sets: _Sets, others: Sequence[str]) -> dict[str, float]:
    return {
        name: on[OURS]["accuracy"] - max(on[other]["accuracy"] for other in others)
        for name, on in sets.items()
        if all(other in on for other in others)
    }


def _of_kind(sets: _Sets, prefix: str) -> _Sets:
    return {name: on for name, on in sets.items() if name.startswith(prefix)}


def _said(gaps: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {gap:+.3f}" for name, gap in gaps.items())
