"""What the numbers of a reply say for or against its following from a clause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deskquorum.grounding.limits import Comparison, compare_limits
from deskquorum.grounding.passages import Passage
from deskquorum.grounding.quantities import Bound
from deskquorum.grounding.reckoning import Derivation, derivations
from deskquorum.grounding.roles import OUT, roles_of, selects
from deskquorum.grounding.terms import Term, terms_of

if TYPE_CHECKING:
    from deskquorum.grounding.alignment import Nearness

__all__ = ["NumberVote", "vote_on_numbers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberVote:
    """One number that was looked into."""

    start: int
    end: int
    """Where the reply states it."""
    score: float
    """-1 says that the clause has it otherwise, 1 that it follows."""
    kind: str
    """`limit`, `equal`, `derived`, `other` (the number of something else) or `unexplained`."""
    source: Term | None
    """The clause's number that it was held against."""
    why: str


_WHY = {
    "equal": "is the clause's number",
    "derived": "follows from the clause's number",
    "other": "is the clause's number for something else",
    "unexplained": "does not follow from the clause's numbers",
}
_TIE = 0.1
"""Roles this near to one another do not tell two numbers apart."""


def vote_on_numbers(reply: Passage, clause: Passage, near: Nearness) -> tuple[NumberVote, ...]:
    """Look into every number of the reply that the clause bears on."""
    written = terms_of(clause.text, case=False)
    if not written:
        return ()
    said = [t for t in terms_of(reply.whole, case=True) if reply.segment_at(t.start) is not None]
    words = frozenset(word for s in (*clause.segments, *reply.segments) for word in s.words)
    found = [
        d
        for d in derivations(said, written, words)
        if d.result.dimension != "count" and not d.result.told
    ]
    results = [d.result for d in found if d.source.bound is Bound.EXACT]
    cases = [term for term in said if term not in results]
    compared = list(compare_limits(reply, cases, clause, written))
    kept = {written.index(c.limit): c.within for c in compared}
    roles = roles_of(clause, written, near, kept)
    role = {term: roles[place] for place, term in enumerate(written)}
    worked_out = tuple(_result_votes(said, written, found, compared, role))
    idle = {
        t for place, t in enumerate(written)
        if place in kept and worked_out and selects(clause, written, place)
    }  # fmt: skip
    limits = [c for c in compared if c.limit not in idle]
    return (*_limit_votes(limits, role, clause), *worked_out)


def _limit_votes(
    compared: Sequence[Comparison], role: Mapping[Term, float], clause: Passage
) -> Iterable[NumberVote]:
    """The limits that the reply speaks of most; of steps (under 99%, under 95%) the one met."""
    most = max((role[c.limit] for c in compared), default=0.0)
    for comparison in compared:
        if role[comparison.limit] < most - _TIE / 2 or _steps_aside(
            comparison, compared, clause, role
        ):
            continue
        side = "within" if comparison.within else "beyond"
        yield NumberVote(
            start=comparison.case.start, end=comparison.case.end, score=comparison.agreement,
            source=comparison.limit, kind="limit", why=f"the case lies {side} the limit",
        )  # fmt: skip


def _steps_aside(
    one: Comparison, others: Sequence[Comparison], clause: Passage, role: Mapping[Term, float]
) -> bool:
    here = clause.segment_at(one.limit.start)
    if one.within and any(
        not other.within and other.case == one.case and other.limit.bound is not one.limit.bound
        and clause.segment_at(other.limit.start) is here
        for other in others
    ):  # fmt: skip
        # Between two and six: the end that is broken decides.
        return True
    return not one.within and any(
        other.within and other.case == one.case and role[other.limit] >= role[one.limit]
        and other.limit.bound is one.limit.bound
        and (there := clause.segment_at(other.limit.start)) is not None
        and here is not None and there.sentence == here.sentence
        for other in others
    )  # fmt: skip


def _result_votes(
    said: Sequence[Term],
    written: Sequence[Term],
    found: Sequence[Derivation],
    compared: Sequence[Comparison],
    role: Mapping[Term, float],
) -> Iterable[NumberVote]:
    dimensions = {t.dimension for t in written} - {"count"}
    dimensions |= {"money"} if "percent" in dimensions else set()
    operands = {o for d in found for o in d.operands}
    cases = {c.case for c in compared}
    results = [t for t in said if t.dimension in dimensions and not t.told]
    for term in results:
        ways = [d for d in found if d.result is term and not _mirrored(d, found)]
        if ways:
            best = max(ways, key=lambda d: _margin(d, ways, written, role))
            margin = _margin(best, ways, written, role)
            score = -1.0 if margin < -_TIE else 1.0
            kind = (
                "other"
                if score < 0
                else "derived"
                if best.operands or best.result.value != best.source.value
                else "equal"
            )
            yield NumberVote(
                start=term.start,
                end=term.end,
                score=score,
                kind=kind,
                source=best.source,
                why=_WHY[kind],
            )
        elif term not in operands and term not in cases:
            restated = next((t for t in written if _same_limit(term, t)), None)
            if restated is not None:
                yield NumberVote(
                    start=term.start, end=term.end, score=-1.0, kind="other", source=restated,
                    why="is not the clause's limit",
                )  # fmt: skip
                continue
            source = next((t for t in written if t.dimension in {term.dimension, "percent"}), None)
            yield NumberVote(
                start=term.start, end=term.end, score=-0.6, kind="unexplained", source=source,
                why=_WHY["unexplained"],
            )  # fmt: skip


def _same_limit(term: Term, written: Term) -> bool:
    """`Within 60 days` beside `within 30 days`."""
    return (
        term.bound is written.bound is not Bound.EXACT
        and term.dimension == written.dimension
        and not (
            term.unit and written.unit and term.dimension == "money" and term.unit != written.unit
        )
    )


def _mirrored(one: Derivation, found: Sequence[Derivation]) -> bool:
    """Of `14 + 6 = 20` and `20 - 6 = 14` the number told last is the result."""
    return any(
        one.result in other.operands and other.result in one.operands
        and other.result.start > one.result.start
        for other in found
    )  # fmt: skip


def _margin(
    one: Derivation, ways: Sequence[Derivation], written: Sequence[Term], role: Mapping[Term, float]
) -> float:
    """By how much the reply speaks more of this number than of another that it could have used."""
    if role[one.source] == OUT:
        return OUT
    sources = {d.source for d in ways}
    rivals = [
        role[t]
        for t in written
        if t not in sources and t.dimension == one.source.dimension and t.unit == one.source.unit
    ]
    return role[one.source] - max(rivals) if rivals else 0.5
