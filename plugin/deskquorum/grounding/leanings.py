"""Which way the words of a reply lean, against those of a clause that speak of the same things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from deskquorum.grounding.passages import Part, Passage
from deskquorum.grounding.scopes import coverage_of_segments, nearest_of

if TYPE_CHECKING:
    from deskquorum.grounding.alignment import Nearness

__all__ = ["branch_agreement", "stance_agreement", "unheard"]

_SHARP = 3
"""Words that are only a little alike count for little."""
_CONCLUDES = frozenset({Part.MAIN, Part.RESULT, Part.DEFAULT})


def stance_agreement(
    reply: Passage, clause: Passage, near: Nearness
) -> tuple[Mapping[int, float], Mapping[int, float]]:
    """For each segment of the reply: above 0 where its things turn out as in the clause.

    Then the same for what is a duty or a certainty, and what is left open.
    """
    import numpy as np

    if not near.size:
        return {}, {}
    pull = near**_SHARP
    whole = np.maximum(pull.sum(axis=1), _NOTHING)
    best = near.max(axis=1) ** 2
    scale = np.sqrt(best.sum() + 1)

    def agreement(said: Sequence[float], written: Sequence[float]) -> Mapping[int, float]:
        each = np.array(said) * ((pull @ np.array(written)) / whole) * best / scale
        found: dict[int, float] = {}
        for mark, score in zip(reply.marks, each.tolist(), strict=True):
            found[mark.segment] = found.get(mark.segment, 0.0) + score
        return found

    return (
        agreement([m.sign for m in reply.marks], [m.sign for m in clause.marks]),
        agreement(
            [reply.segments[m.segment].strength for m in reply.marks],
            [clause.segments[m.segment].strength for m in clause.marks],
        ),
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
    spoken = nearest_of([m.segment for m in reply.marks], near, len(reply.segments))
    sentences = [s.sentence for s in reply.segments]
    around = nearest_of(sentences, spoken, sentences[-1] + 1)
    anywhere = near.max(axis=0)
    found: dict[int, float] = {}
    for place, segment in enumerate(reply.segments):
        if segment.part not in _CONCLUDES:
            continue
        # Words of the same sentence tell the case, those of others a little.
        beside = np.maximum(0.6 * around[segment.sentence], 0.3 * anywhere)
        covered = coverage_of_segments(clause, np.maximum(spoken[place], beside))
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
