"""Whom and what a clause covers: `only`, `all`, groups by name, and whether the customer is in."""

from __future__ import annotations

from collections.abc import Mapping
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

__all__ = ["coverage_of_segments", "scope_agreement"]

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
    held = np.array(group, dtype=float)
    found: dict[int, float] = {}
    for place, segment in enumerate(reply.segments):
        if segment.part not in _ACTS:
            continue
        topic = np.array(
            [float(m.segment == place and not g) for m, g in zip(reply.marks, group, strict=True)]
        )
        covered = coverage_of_segments(clause, near, topic)
        best = int(covered.argmax())
        if covered[best] < _LEAST_TOPIC:
            continue
        granted = _granted(clause, near, held, best)
        if granted < 0 < segment.sign and not _ADDRESSED & set(segment.words):
            continue
        sign = 1.0 if segment.sign > 0 else -1.0
        told = 1.0 if clause.segments[best].told > 0 else -1.0
        found[place] = granted * told * sign * float(covered[best]) ** 0.5
    return found


_LEAST_TOPIC = 0.1


def coverage_of_segments(clause: Passage, near: Nearness, weights: Nearness) -> Nearness:
    """0..1 for each segment of a clause: how much of it words of the reply speak of."""
    import numpy as np

    places, shares, whole = _layout(clause.text)
    best = (near * weights[:, None]).max(axis=0)
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


def _granted(clause: Passage, near: Nearness, held: Nearness, place: int) -> float:
    """-1..1: whether a segment of the clause holds for who the reply says the customer is."""
    columns = [i for i, mark in enumerate(clause.marks) if mark.segment == place]
    rows = held > 0
    # A word of the group that stands in every segment tells nobody apart.
    apart = near[rows]
    common = [
        all(
            any(apart[row, i] > _HELD for i, m in enumerate(clause.marks) if m.segment == s)
            for s in range(len(clause.segments))
        )
        for row in range(len(apart))
    ]
    apart = apart[[not one for one in common]]
    if not len(apart):
        return 0.0
    segment = clause.segments[place]
    if float(apart[:, columns].max()) > _HELD:
        return 1.0
    if _EVERYBODY & set(segment.words):
        return 1.0
    if float(apart.max()) > _HELD or segment.exclusive:
        return -1.0
    return -0.5 if _FOR.search(clause.text, segment.start, segment.end) else 0.0
