"""What each number of a clause is about, and how far the reply speaks of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from deskquorum.grounding.passages import Part, Passage
from deskquorum.grounding.patterns import Pattern
from deskquorum.grounding.quantities import Bound
from deskquorum.grounding.terms import Term

if TYPE_CHECKING:
    from deskquorum.grounding.alignment import Nearness

__all__ = ["OUT", "roles_of", "selects"]

_JOINT = Pattern(
    r"[,;.:]\s|\s(?:and|or|but|while|und|oder|aber|y|o|pero|et|ou|mais|e)\s", ignore_case=True
)


OUT = -0.5
"""The role of a number that holds under a condition that the case does not meet."""


def roles_of(
    clause: Passage, terms: Sequence[Term], near: Nearness, kept: Mapping[int, bool]
) -> Mapping[int, float]:
    """For each term, by its place in `terms`, how much of its slot the reply mentions: 0..1.

    Args:
        clause: The clause.
        terms: Its numbers.
        near: Nearness of the reply's words (rows) to the clause's marks (columns).
        kept: Places of the terms that are limits, to whether the case keeps them.
    """
    best = near.max(axis=0) if near.size else None
    slots = _slots(clause, terms)
    out: dict[int, float] = {}
    for place, slot in enumerate(slots):
        total = seen = 0.0
        for i in slot:
            stem = clause.marks[i].stem
            weight = 1.0 / sum(any(clause.marks[j].stem == stem for j in other) for other in slots)
            total += weight
            seen += weight * (float(best[i]) ** _SHARP if best is not None else 0.0)
        out[place] = seen / total if total else 0.0
        holds = _holds(clause, terms, place, kept)
        if holds is not None and place not in kept:
            out[place] = 1.0 if holds else OUT
    return out


def selects(clause: Passage, terms: Sequence[Term], limit: int) -> bool:
    """Whether a limit only tells which of two numbers holds."""
    return any(
        place != limit and _holds(clause, terms, place, {limit: True}) is not None
        for place in range(len(terms))
    )


def _holds(
    clause: Passage, terms: Sequence[Term], place: int, kept: Mapping[int, bool]
) -> bool | None:
    """Whether a number holds, by the limit that it hangs on; None when it hangs on none.

    What holds otherwise holds where a limit before it is not kept, and only there.
    """
    segment = clause.segment_at(terms[place].start)
    if segment is None:
        return None
    if segment.part is Part.DEFAULT:
        before = [
            keeps
            for limit, keeps in kept.items()
            if terms[limit].start < segment.start
            and (found := clause.segment_at(terms[limit].start)) is not None
            and segment.sentence - found.sentence <= 1
        ]
        return not before[-1] if before else None
    for limit, keeps in kept.items():
        if _hang_together(clause, terms, limit, place):
            return keeps
    return None


def _hang_together(clause: Passage, terms: Sequence[Term], one: int, other: int) -> bool:
    """`1% when more than a year remains`, `above 10,000 EUR earn 2%`."""
    limit, term = terms[one], terms[other]
    if limit.dimension == term.dimension and term.bound is not Bound.EXACT:
        return False
    if _piece(clause, limit) == _piece(clause, term):
        return True
    here, there = clause.segment_at(limit.start), clause.segment_at(term.start)
    if here is None or there is None or here.sentence != there.sentence:
        return False
    if here is there:
        # `From the sixth on, a fee of 4 EUR applies`.
        inside = [t for t in terms if clause.segment_at(t.start) is here]
        return len(inside) == 2  # noqa: PLR2004 - the limit and the number
    if here.part is not Part.CONDITION or there.part is not Part.MAIN:
        return False
    between = [
        s
        for s in clause.segments
        if min(here.start, there.start) < s.start < max(here.start, there.start)
    ]
    return not between


_SHARP = 3
"""Words that are only a little alike count for little."""


def _slots(clause: Passage, terms: Sequence[Term]) -> list[list[int]]:
    """Places of the marks that tell what each number is about."""
    groups: dict[tuple[int, str], list[int]] = {}
    for place, term in enumerate(terms):
        segment = clause.segment_at(term.start)
        sentence = -1 if segment is None else segment.sentence
        groups.setdefault((sentence, term.dimension), []).append(place)
    out: list[list[int]] = [[] for _ in terms]
    for places in groups.values():
        for place, slot in zip(places, _slots_of([terms[p] for p in places], clause), strict=True):
            out[place] = slot
    return out


def _slots_of(terms: Sequence[Term], clause: Passage) -> list[list[int]]:
    """Slots of the numbers of one kind in one sentence, told apart by what the last one follows.

    `12% on electronics and 8% on books` names things after the numbers, `students 20%, seniors 30%`
    before them.
    """
    pieces = [_piece(clause, term) for term in terms]
    if len(terms) == 1:
        return [_within(clause, *pieces[0]) or _within(clause, *_whole(clause, terms[0]))]
    leads = bool(_within(clause, pieces[-1][0], terms[-1].start))
    slots = []
    for term, (left, right) in zip(terms, pieces, strict=True):
        part = _within(clause, left, term.start) if leads else _within(clause, term.end, right)
        slots.append(part or _within(clause, left, right))
    return slots


def _piece(clause: Passage, term: Term) -> tuple[int, int]:
    """The stretch between joints that a number stands in."""
    start, end = _whole(clause, term)
    cuts = [start, *(m.end() for m in _JOINT.finditer(clause.text, start, end)), end]
    for left, right in pairwise(cuts):
        if left <= term.start < right:
            return left, right
    return start, end


def _whole(clause: Passage, term: Term) -> tuple[int, int]:
    segment = clause.segment_at(term.start)
    return (0, len(clause.text)) if segment is None else (segment.start, segment.end)


def _within(clause: Passage, left: int, right: int) -> list[int]:
    return [i for i, mark in enumerate(clause.marks) if left <= mark.start < right]
