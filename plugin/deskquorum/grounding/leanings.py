"""Which way the words of a reply lean, against those of a clause that speak of the same things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from deskquorum.grounding.passages import Part, Passage
from deskquorum.grounding.scopes import coverage_of_segments

if TYPE_CHECKING:
    from deskquorum.grounding.alignment import Nearness

__all__ = ["branch_agreement", "firmness_agreement", "sign_agreement", "unheard"]

_SHARP = 3
"""Words that are only a little alike count for little."""
_CONCLUDES = frozenset({Part.MAIN, Part.RESULT, Part.DEFAULT})


def sign_agreement(reply: Passage, clause: Passage, near: Nearness) -> Mapping[int, float]:
    """For each segment of the reply: above 0 where its things turn out as in the clause."""
    return _agreement(reply, [m.sign for m in reply.marks], [m.sign for m in clause.marks], near)


def firmness_agreement(reply: Passage, clause: Passage, near: Nearness) -> Mapping[int, float]:
    """The same for what is a duty or a certainty, and what is left open."""
    return _agreement(
        reply,
        [reply.segments[m.segment].strength for m in reply.marks],
        [clause.segments[m.segment].strength for m in clause.marks],
        near,
    )


def branch_agreement(reply: Passage, clause: Passage, near: Nearness) -> Mapping[int, float]:
    """For each conclusion of the reply: whether the part of the clause that fits it best agrees.

    An exception or inclusion that the reply speaks of goes before the rule.
    """
    import numpy as np

    if not near.size:
        return {}
    told = np.array([s.told for s in clause.segments])
    special = np.array([s.part in {Part.EXCEPTION, Part.INCLUSION} for s in clause.segments])
    found: dict[int, float] = {}
    for place, segment in enumerate(reply.segments):
        if segment.part not in _CONCLUDES:
            continue
        weights = np.array([_nearby(reply, m.segment, place) for m in reply.marks])
        covered = coverage_of_segments(clause, near, weights)
        pull = covered**2 * np.where(special & (covered > _SPOKEN_OF), _FIRST, 1.0)
        if pull.sum() > _NOTHING:
            expected = float((pull * told).sum() / pull.sum())
            found[place] = expected * segment.sign * float(covered.max())
    return found


def unheard(reply: Passage, near: Nearness) -> tuple[float, float]:
    """How little of the reply the clause speaks of: on average, and the share of new words."""
    if not near.size:
        return (0.0, 1.0) if reply.marks else (0.0, 0.0)
    best = near.max(axis=1)
    rows = [i for i, m in enumerate(reply.marks) if reply.segments[m.segment].part in _CONCLUDES]
    new = float((best[rows] < _KNOWN).mean()) if rows else 0.0
    return -float(best.mean()), new


_NOTHING = 1e-6
_KNOWN = 0.35
_SPOKEN_OF = 0.4
_FIRST = 3.0


def _agreement(
    reply: Passage, said: Sequence[float], written: Sequence[float], near: Nearness
) -> Mapping[int, float]:
    import numpy as np

    if not near.size:
        return {}
    pull = near**_SHARP
    whole = pull.sum(axis=1)
    best = near.max(axis=1) ** 2
    expected = (pull @ np.array(written)) / np.maximum(whole, _NOTHING)
    each = np.array(said) * expected * best / np.sqrt(best.sum() + 1)
    found: dict[int, float] = {}
    for mark, score in zip(reply.marks, each, strict=True):
        found[mark.segment] = found.get(mark.segment, 0.0) + float(score)
    return found


def _nearby(reply: Passage, segment: int, place: int) -> float:
    """Words of the same sentence tell the case, those of others a little."""
    if segment == place:
        return 1.0
    return 0.6 if reply.segments[segment].sentence == reply.segments[place].sentence else 0.3
