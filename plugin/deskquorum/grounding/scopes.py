"""Whom and what a clause covers: `only`, `all`, groups by name, and whether the customer is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from deskquorum.grounding.kept import MOST_TEXTS
from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.passages import Part, Passage, read_passage
from deskquorum.grounding.patterns import Pattern

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deskquorum.grounding.alignment import Nearness

__all__ = ["coverage_of_segments", "nearest_of", "scope_agreement"]

_EVERYBODY = word_set(
    "all any every everybody everyone both alike whichever whatever wherever whoever however "
    "either "
    "regardless anyone irrelevant anybody todos todas cualquier cualquiera tous toutes alle jeder "
    "jede beide todos ambos"
)
_GROUP = Pattern(
    r"(?<!\p{L})(?:as an?|as the|being an?|with (?:your|an?)|on (?:your|the|an?)|staying in|"
    r"staying in the|"
    r"you're (?:an?|in the|on the|on an?)|you are (?:an?|in the|on the)|for an?|your|(?:on|in|"
    r"with)(?=\s(?-i:\p{Lu}))|"
    r"como|als|en tant que|en tant qu'|com o|con (?:tu|su)|mit (?:Ihrer|Ihrem|der)|avec (?:votre|"
    r"une?))"
    r"\s+(?P<who>(?:[\p{L}'-]+\s?){1,3})",
    ignore_case=True,
)
_FOR = Pattern(
    r"(?<!\p{L})(?:for|to|of the|open to|with an?|with|on|reserved for|für|para|pour)\s+\p{L}+",
    ignore_case=True,
)
_ADDRESSED = word_set("you your you'd you'll you're usted tu te vous votre sie ihr ihnen você")
_HELD = 0.75
_ACTS = frozenset({Part.MAIN, Part.RESULT, Part.DEFAULT})


def scope_agreement(reply: Passage, clause: Passage, near: Nearness) -> Mapping[int, float]:
    """For each segment of the reply: above 0 where it grants to whom the clause does."""
    import numpy as np

    group = _group(reply)
    if not near.size or not any(group):
        return {}
    held = np.array(group)
    apart = _apart(clause, near[held])
    topics = np.where(held[:, None], 0.0, near)
    spoken = nearest_of([m.segment for m in reply.marks], topics, len(reply.segments))
    found: dict[int, float] = {}
    for place, segment in enumerate(reply.segments):
        if segment.part not in _ACTS:
            continue
        covered = coverage_of_segments(clause, spoken[place])
        best = int(covered.argmax())
        if covered[best] < _LEAST_TOPIC:
            continue
        granted = _granted(clause, apart, best)
        if granted < 0 < segment.sign and not _ADDRESSED & set(segment.words):
            continue
        sign = 1.0 if segment.sign > 0 else -1.0
        told = 1.0 if clause.segments[best].told > 0 else -1.0
        found[place] = granted * told * sign * float(covered[best]) ** 0.5
    return found


_LEAST_TOPIC = 0.1


def nearest_of(groups: Sequence[int], near: Nearness, count: int) -> Nearness:
    """The greatest nearness in each of so many groups of rows; 0 in one without any.

    Args:
        groups: The group of each row, in ascending order.
        near: Shape (rows, columns).
        count: Of groups.
    """
    import numpy as np

    most = np.zeros((count, near.shape[1]))
    starts = {group: row for row, group in reversed(list(enumerate(groups)))}
    held = sorted(starts)
    most[held] = np.maximum.reduceat(near, [starts[group] for group in held], axis=0)
    return most


def coverage_of_segments(clause: Passage, best: Nearness) -> Nearness:
    """0..1 for each segment of a clause: how much of it is spoken of.

    Args:
        clause: The clause.
        best: For each of its words how near a word of the reply comes.
    """
    import numpy as np

    places, shares, whole = _layout(clause.text)
    seen = np.bincount(places, shares * best**2, minlength=len(clause.segments))
    return seen / np.maximum(whole, 1e-6)


@lru_cache(maxsize=MOST_TEXTS)
def _layout(clause: str) -> tuple[npt.NDArray[np.intp], Nearness, Nearness]:
    """For each word of a clause its segment and its share; for each segment the sum of these."""
    import numpy as np

    read = read_passage(clause)
    spread: dict[str, set[int]] = {}
    for mark in read.marks:
        spread.setdefault(mark.stem, set()).add(mark.segment)
    places = np.array([mark.segment for mark in read.marks], dtype=np.intp)
    shares = np.array([1.0 / len(spread[mark.stem]) for mark in read.marks])
    whole = np.bincount(places, shares, minlength=len(read.segments))
    return places, shares, whole.astype(np.float64)


def _group(reply: Passage) -> list[bool]:
    """Which of the reply's words tell what the customer is or has."""
    spans = [match.span("who") for match in _GROUP.finditer(reply.text)]
    return [any(start <= mark.start < end for start, end in spans) for mark in reply.marks]


def _apart(clause: Passage, group: Nearness) -> Nearness:
    """The rows of a group's words; one that stands in every segment tells nobody apart."""
    segments = [mark.segment for mark in clause.marks]
    common = nearest_of(segments, group.T, len(clause.segments)) > _HELD
    return group[~common.all(axis=0)]


def _granted(clause: Passage, apart: Nearness, place: int) -> float:
    """-1..1: whether a segment of the clause holds for who the reply says the customer is."""
    if not len(apart):
        return 0.0
    segment = clause.segments[place]
    columns = [i for i, mark in enumerate(clause.marks) if mark.segment == place]
    if float(apart[:, columns].max()) > _HELD:
        return 1.0
    if _EVERYBODY & set(segment.words):
        return 1.0
    if float(apart.max()) > _HELD or segment.exclusive:
        return -1.0
    return -0.5 if _FOR.search(clause.text, segment.start, segment.end) else 0.0
