"""Whether a case lies within a limit of a clause, and whether the reply concludes the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.measures import NUMBER_WORDS
from deskquorum.grounding.passages import Part, Passage, Segment
from deskquorum.grounding.patterns import Pattern, any_of
from deskquorum.grounding.quantities import Bound
from deskquorum.grounding.terms import TIMES, Term

__all__ = ["Comparison", "compare_limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A number of the case held against a limit."""

    limit: Term
    case: Term
    within: bool
    expected: float
    """-1..1: how it turns out by the clause."""
    concluded: float
    """-1..1: how the reply says that it turns out."""

    @property
    def agreement(self) -> float:
        """-1..1: whether the reply concludes what the clause says."""
        return self.expected * self.concluded


def compare_limits(
    reply: Passage, told: Sequence[Term], clause: Passage, limits: Sequence[Term]
) -> Iterator[Comparison]:
    """Hold every number of the case against every limit of its dimension."""
    for limit in limits:
        if limit.dimension in {"money", "percent"} and (limit.bound is Bound.EXACT or limit.rates):
            continue
        base = _base(clause, limit)
        for case in _candidates(reply, told, limit):
            stated = _stated(reply, case, limit)
            if stated is not None:
                kept, expected = case.value <= limit.value, 1.0 if stated else -1.0
                yield Comparison(
                    limit=limit, case=case, within=kept, expected=expected, concluded=1.0
                )
                continue
            taken, concluded = _projected(reply, case, limit)
            within = _within(taken, limit, clause)
            if within is not None:
                expected = base if within else -base
                yield Comparison(
                    limit=limit, case=case, within=within, expected=expected, concluded=concluded
                )


_N = rf"(?P<n>\d+|{any_of(sorted([*NUMBER_WORDS, *TIMES], key=len, reverse=True))})"
_EXCESS = Pattern(
    rf"(?<!\p{{L}}){_N}\s(?:\p{{L}}+\s)?(?:more than|over(?! the (?:year|phone))|above|too many|"
    rf"too much|beyond|de trop|de más|zu viele?|demasiado)(?!\p{{L}})",
    needs=(word_set("than over above too beyond trop más viel viele demasiado"),),
    ignore_case=True,
)
_LEFT = Pattern(
    rf"(?<!\p{{L}})(?:(?:still|another|noch|otros|otras|encore|mais)\s{_N}(?=\s)"
    rf"|{_N}\s(?:\p{{L}}+\s)?(?:left|remaining|restantes?|übrig|more(?! than)|más(?! de| que)|"
    r"weitere|de plus))(?!\p{L})",
    needs=(
        word_set(
            "still another noch otros otras encore mais left remaining restante restantes "
            "übrig more más weitere plus"
        ),
    ),
    ignore_case=True,
)
_NEXT = Pattern(
    r"(?<!\p{L})(?:next|another|(?:one|no|any) more(?! than)|further|additional|weitere\w*|noch "
    r"ein\w*|otra(?! vez)|otro|ninguna más|una más|uno más|"
    r"une autre|un autre|outra|outro|a (?:second|third|fourth|fifth|sixth))(?!\p{L})",
    needs=(
        {
            "~weitere",
            *word_set(
                "next another more further additional noch otra otro más autre outra outro "
                "second third fourth fifth sixth"
            ),
        },
    ),
    ignore_case=True,
)


def _stated(reply: Passage, case: Term, limit: Term) -> bool | None:
    """Whether what the reply says is too much or left over is so; None when it says neither."""
    if limit.dimension not in {"count", "time"}:
        return None
    for pattern, sign in ((_EXCESS, 1), (_LEFT, -1)):
        for match in pattern.finditer(reply.text):
            number = _count(match.group("n"))
            if (
                number is None
                or (number == 1 and sign < 0)
                or (case.start <= match.start("n") < case.end)
            ):
                continue
            return (case.value - limit.value) * sign == number
    return None


def _count(written: str) -> Decimal | None:
    word = written.casefold()
    value = NUMBER_WORDS.get(word) or TIMES.get(word)
    return Decimal(value) if value is not None else Decimal(word) if word.isdecimal() else None


def _projected(reply: Passage, case: Term, limit: Term) -> tuple[Term, float]:
    """The number that the reply draws its conclusion from: the case's, or the next one."""
    if limit.dimension == "count":
        for match in _NEXT.finditer(reply.text):
            segment = reply.segment_at(match.start())
            if segment is not None and match.start() > case.start:
                return replace(case, value=case.value + 1), segment.sign
    return case, _conclusion(reply, case)


_OBLIGES = Pattern(
    r"(?<!\p{L})(?:must|have to|has to|need(?:s|ed)? to|required|shall|muss|müssen|debe|deben|"
    r"doit|doivent|deve|devem)(?!\p{L})",
    ignore_case=True,
)


def _base(clause: Passage, limit: Term) -> float:
    """How it turns out within the limit."""
    segment = clause.segment_at(limit.start)
    if segment is None:
        return 0.0
    text = clause.text[segment.start : segment.end]
    if limit.bound is Bound.AT_MOST and _OBLIGES.search(text):
        return 1.0
    sign = segment.told
    return 1.0 if sign > 0 else -1.0 if sign < 0 else 0.0


def _per_same_time(case: Term, limit: Term) -> Decimal:
    """Five a second are 300 a minute."""
    ours = [value for value, dimension, _ in case.rates if dimension == "time" and value]
    theirs = [value for value, dimension, _ in limit.rates if dimension == "time" and value]
    return case.value * theirs[0] / ours[0] if ours and theirs else case.value


_GATES = Pattern(r"(?<!\p{L})(open|from|start|begin|clos|end|until|later)", ignore_case=True)
_BEYOND = Pattern(
    r"\s(?:over|above|beyond|extra|too (?:much|many|heavy|long))(?!\p{L})", ignore_case=True
)
"""`Four kilos over` is no weight to hold against the limit once more."""
_PLUS = Pattern(r"\s(?:plus|and|und|y|et|e)\s", ignore_case=True)


def _candidates(reply: Passage, told: Sequence[Term], limit: Term) -> list[Term]:
    """The numbers of the case that the limit may be about, sums in place of their parts."""
    same = [
        t
        for t in told
        if t.dimension == limit.dimension
        and not t.apart
        and not _restates(t, limit)
        and not _BEYOND.match(reply.text, t.end)
        and not (t.dimension == "money" and t.unit and limit.unit and t.unit != limit.unit)
    ]
    if limit.dimension == "time":
        spans = [t for t in same if t.told]
        same = spans or same
    if limit.dimension == "count" and len(same) > 1:
        first, second = same[0], same[1]
        between = reply.text[first.end : second.start]
        if _PLUS.search(between) and len(between) < 30:  # noqa: PLR2004 - characters between two counts
            return [replace(first, value=first.value + second.value, end=second.end)]
        same = same[:1]
    return same


def _restates(term: Term, limit: Term) -> bool:
    """`Within 60 days` tells a rule of its own, no case that it is applied to."""
    if term.told or term.dimension == "count":
        return False
    return term.value == limit.value or (term.bound is limit.bound is not Bound.EXACT)


def _within(case: Term, limit: Term, clause: Passage) -> bool | None:
    """Whether the case meets the limit; None when it can't be told."""
    value = _per_same_time(case, limit)
    if abs(value - limit.value) <= case.slack and case.slack:
        return None
    if limit.ahead:
        if not case.ahead:
            return None
        gates = [
            hit[1] for hit in _GATES.finditer(clause.text[max(0, limit.start - 60) : limit.start])
        ]
        opens = bool(gates) and gates[-1].casefold() in {"open", "from", "start", "begin"}
        return value <= limit.value if opens else value >= limit.value
    if limit.dimension == "time" and case.told and case.ahead and limit.bound is Bound.EXACT:
        return None
    return value >= limit.value if limit.bound is Bound.AT_LEAST else value <= limit.value


def _conclusion(reply: Passage, case: Term) -> float:
    """How the reply says that it turns out: the nearest clause that draws a conclusion."""
    here = reply.segment_at(case.start)
    if here is None:
        return 0.0
    sentence = [s for s in reply.segments if s.sentence == here.sentence]
    results = [s for s in sentence if s.part is Part.RESULT]
    later = [s for s in sentence if s.start > here.start and s.part is Part.MAIN]
    following = [s for s in reply.segments if s.sentence == here.sentence + 1]
    spoken = [here] if abs(here.sign) >= 1 else []
    for group in (results, spoken, later, following, [here]):
        if group:
            return _strongest(group)
    return 0.0


def _strongest(segments: Sequence[Segment]) -> float:
    return max((s.sign for s in segments), key=abs)
