"""The numbers of a passage as terms to reckon with: one dimension each, in base units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypedDict

from deskquorum.grounding.bounds import bound_at
from deskquorum.grounding.kept import kept_by_text
from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.measures import NUMBER_WORDS, UNITS
from deskquorum.grounding.patterns import Pattern, any_of
from deskquorum.grounding.quantities import Bound, Quantity, QuantityKind, find_quantities
from deskquorum.grounding.spans import DAYS, find_spans
from deskquorum.grounding.words import content_words, words_of

__all__ = ["TIMES", "Term", "terms_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A number that a passage states."""

    value: Decimal
    dimension: str
    """`money`, `time` (days), `percent`, `count`, or a physical one in its base unit."""
    unit: str
    """Currency code, `business-day`, `day`, or the stem of what is counted; can be empty."""
    start: int
    end: int
    bound: Bound = Bound.EXACT
    told: bool = False
    """A span of the case: how long ago, how soon."""
    ahead: bool = False
    """Counted back from something to come: `48 hours before departure`."""
    reach: int = 0
    """Where the words that it is a rate of end; 0 when it is none."""
    rates: tuple[tuple[Decimal, str, str], ...] = ()
    """Per what: value, dimension and unit of each."""
    business_days: int | None = None
    slack: Decimal = Decimal(0)
    apart: bool = False
    """A span between two moments that are named, the later one a result."""


@kept_by_text
def terms_of(text: str, *, case: bool) -> tuple[Term, ...]:
    """Every number of a text.

    Args:
        text: A clause or a reply.
        case: Whether the text is a reply, which tells of a case.
    """
    found: list[Term] = [*_fractions(text), *_minor(text), *_measured(text)]
    found += [t for t in (_term(text, q) for q in find_quantities(text)) if t is not None]
    found += [*_ordinals(text), *_times(text, case=case)]
    spans: list[Term] = list(_spans(text)) if case else []
    kept: list[Term] = []
    rated = [(t.end, t.reach) for t in found if t.reach]
    for term in [*spans, *found]:
        if any(end <= term.start < reach for end, reach in rated):
            continue
        inside = any(_covers(k, term) for k in kept)
        if not inside:
            kept.append(term)
    return tuple(sorted(kept, key=lambda term: (term.start, term.end)))


def _covers(kept: Term, term: Term) -> bool:
    """A span between two moments covers only their own numbers."""
    if not (kept.start < term.end and term.start < kept.end):
        return False
    return not kept.apart or term.dimension in {"count", "time"}


def _term(text: str, quantity: Quantity) -> Term | None:
    if not isinstance(quantity.value, Decimal):
        return None
    bound = bound_at(text, quantity.start, quantity.end, quantity.bound)
    plain = Term(
        value=quantity.value, dimension=quantity.kind.value, unit=quantity.unit,
        start=quantity.start, end=quantity.end, bound=bound,
    )  # fmt: skip
    match quantity.kind:
        case QuantityKind.WINDOW:
            return replace(
                plain,
                value=quantity.value
                * DAYS.get(quantity.unit.removeprefix("business-"), Decimal(1)),
                dimension="time",
                ahead=bool(_AHEAD_OF.match(text, quantity.end)),
            )
        case QuantityKind.MONEY:
            return replace(plain, **_rated(text, quantity.end))
        case QuantityKind.COUNT:
            counted = _COUNTED.match(text, quantity.end)
            return replace(plain, **_rated(text, counted.end() if counted else quantity.end))
        case QuantityKind.PERCENT:
            return plain
        case _:
            return None


_COUNTED = Pattern(r"\s(?!(?:an?|per|each)\s)\p{L}+")
_AHEAD_OF = Pattern(
    r"\s(?:\p{L}+\s)?(?:before|ahead|in advance|beforehand|prior|antes|avant|vor(?:her)?|im "
    r"voraus|antes de)(?!\p{L})",
    ignore_case=True,
)

_MEASURES: dict[str, dict[float, str]] = {
    "mass": {
        1: "g gram grams gramm gramme grammes gramo gramos",
        1000: "kg kilo kilos kilogram kilograms kilogramm kilogramo kilogramos",
        453.6: "lb lbs",
        28.35: "oz ounce ounces",
        1_000_000: "ton tons tonne tonnes",
    },
    "length": {
        1: "mm millimetre millimetres",
        10: "cm centimetre centimetres centimeters centimetros centímetros",
        1000: "m metre metres meter meters metro metros mètre mètres",
        1_000_000: "km kilometre kilometres kilometer kilometers kilómetros kilomètres",
        25.4: "inch inches",
        304.8: "ft foot feet",
        1_609_344: "mile miles",
    },
    "volume": {1: "ml", 1000: "l litre litres liter liters litro litros"},
    "data": {
        1: "kb",
        1000: "mb meg megs megabytes",
        1_000_000: "gb gig gigs gigas gigabytes",
        1_000_000_000: "tb",
    },
    "energy": {1: "kwh", 1000: "mwh"},
}
_UNITS = {
    name: (dimension, str(factor))
    for dimension, factors in _MEASURES.items()
    for factor, names in factors.items()
    for name in names.split()
}
"""Unit to its dimension and to how many of the base unit it is."""
_ARTICLE = 2
_WORDS = any_of(
    sorted((word for word in NUMBER_WORDS if len(word) > _ARTICLE), key=len, reverse=True)
)
_NUMBER = rf"(?:\d[\d.,]*\d|\d|{_WORDS})"


def _counted(units: Iterable[str]) -> set[str]:
    """Units, alone and glued to the last word of a number."""
    ends = {"", "half", *(word.rpartition("-")[2] for word in NUMBER_WORDS)}
    return {end + unit for unit in units for end in ends}


_MEASURED = Pattern(
    rf"(?<![\p{{L}}\d])(?P<n>{_NUMBER})(?P<half>\sand a half)?[\s-]?(?P<cubic>(?:cubic|"
    rf"square)\s)?(?P<unit>{any_of(sorted(_UNITS, key=len, reverse=True))})(?![\p{{L}}\d])",
    needs=(_counted(_UNITS),), ignore_case=True,
)  # fmt: skip


def _value(written: str) -> Decimal | None:
    word = NUMBER_WORDS.get(written.casefold())
    if word is not None:
        return word
    from deskquorum.grounding.words import parse_number

    return parse_number(written)


def _measured(text: str) -> Iterator[Term]:
    for match in _MEASURED.finditer(text):
        value = _value(match.group("n"))
        unit = match.group("unit").casefold()
        dimension, factor = _UNITS[unit]
        # `Ten m` is no length.
        if (
            value is None
            or (unit in {"in", "t", "l", "m"} and not match.group("n")[0].isdigit())
            or unit == "in"
        ):
            continue
        if match.group("half"):
            value += Decimal("0.5")
        if match.group("cubic"):
            dimension, factor = "volume", "1000000"
        yield Term(
            value=value * Decimal(factor), dimension=dimension, unit=unit, start=match.start(),
            end=match.end(), bound=bound_at(text, match.start(), match.end(), Bound.EXACT),
        )  # fmt: skip


_SHARES = {
    "half": "50", "a half": "50", "one half": "50", "a third": "33.3333", "one third": "33.3333",
    "two thirds": "66.6667", "a quarter": "25", "one quarter": "25", "three quarters": "75",
    "a fifth": "20", "one fifth": "20", "a tenth": "10", "one tenth": "10", "la mitad": "50",
    "un tercio": "33.3333", "un cuarto": "25", "la moitié": "50", "un tiers": "33.3333",
    "un quart": "25", "die hälfte": "50", "ein drittel": "33.3333", "ein viertel": "25",
    "metade": "50", "um terço": "33.3333",
}  # fmt: skip
_SHARE = Pattern(
    rf"(?<!\p{{L}})(?P<share>{any_of(sorted(_SHARES, key=len, reverse=True))})(?=\s(?:of|off|"
    rf"the|price|de|del|du|des|der|vom|do|da)\b|[.,;]|$)",
    needs=({share.rpartition(" ")[2] for share in _SHARES},),
    ignore_case=True,
)


def _fractions(text: str) -> Iterator[Term]:
    for match in _SHARE.finditer(text):
        value = Decimal(_SHARES[match.group("share").casefold()])
        yield Term(
            value=value, dimension="percent", unit="%", start=match.start(), end=match.end(),
            bound=bound_at(text, match.start(), match.end(), Bound.EXACT),
        )  # fmt: skip


_CENTS = Pattern(
    rf"(?<![\p{{L}}\d])(?P<n>{_NUMBER})(?:\s?(?:cents|pence|céntimos|centavos|centimes)|"
    rf"p)(?!\p{{L}})",
    needs=(_counted(word_set("cents pence céntimos centavos centimes p")),),
    ignore_case=True,
)


def _minor(text: str) -> Iterator[Term]:
    for match in _CENTS.finditer(text):
        value = _value(match.group("n"))
        if value is not None:
            yield Term(value=value / 100, dimension="money", unit="", start=match.start(),
                       end=match.end(), **_rated(text, match.end()))  # fmt: skip


_NTH = {
    word: number
    for line in (
        "first second third fourth fifth sixth seventh eighth ninth tenth",
        "primera segunda tercera cuarta quinta sexta", "erste zweite dritte vierte fünfte sechste",
        "ersten zweiten dritten vierten fünften sechsten", "erster zweiter dritter vierter",
        "premier deuxième troisième quatrième cinquième", "primeira segunda terceira quarta quinta",
    )
    for number, word in enumerate(line.split(), 1)
}  # fmt: skip
_ORDINAL = Pattern(
    rf"(?<!\p{{L}})(?P<n>{any_of(_NTH)})(?=\s\p{{L}})", needs=(_NTH,), ignore_case=True
)
_ONE = Pattern(
    r"(?<=\b(?:hold|holds|have|has|take|takes|keep|bring|register|only|just|to|most|of|than|"
    r"exactly|allows?|"
    r"include|includes|admits?|with|for)\s)(?P<n>one|a single)(?=\s\p{L})(?!\s(?:of|more|another|"
    r"or))",
    needs=({"one", "single"},),
    ignore_case=True,
)
_NOUN_REACH = 40
TIMES = {
    "once": 1, "twice": 2, "both": 2, "couple": 2, "dozen": 12, "single": 1, "einmal": 1,
    "zweimal": 2, "dreimal": 3, "viermal": 4, "fünfmal": 5, "beide": 2, "beiden": 2, "ambos": 2,
    "ambas": 2, "deux fois": 2, "les deux": 2, "pair": 2,
}  # fmt: skip
_OF_A_CASE = frozenset({"both", "couple", "pair", "beide", "beiden", "ambos", "ambas", "les deux"})
"""No clause sets a limit by these."""
_TIME_WORDS = Pattern(
    rf"(?<!\p{{L}})(?<!\bat )(?P<n>{any_of(TIMES)})(?!\p{{L}})",
    needs=({word.rpartition(" ")[2] for word in TIMES},),
    ignore_case=True,
)


def _ordinals(text: str) -> Iterator[Term]:
    for match in _ORDINAL.finditer(text):
        noun_word = text[match.end() :].split(maxsplit=1)[0].casefold().strip(".,;:")
        if noun_word in UNITS:
            unit = UNITS[noun_word]
            yield Term(
                value=_NTH[match.group("n").casefold()] * DAYS[unit], dimension="time", unit=unit,
                start=match.start(), end=match.end() + 1 + len(noun_word), bound=Bound.AT_LEAST,
            )  # fmt: skip
            continue
        if _NTH[match.group("n").casefold()] == 1:
            continue
        noun = content_words(words_of(text[match.end() : match.end() + _NOUN_REACH]))
        yield Term(
            value=Decimal(_NTH[match.group("n").casefold()]), dimension="count",
            unit=noun[0] if noun else "", start=match.start(), end=match.end(),
            bound=Bound.AT_LEAST,
        )  # fmt: skip


def _times(text: str, *, case: bool) -> Iterator[Term]:
    for match in _ONE.finditer(text):
        noun = content_words(words_of(text[match.end() : match.end() + _NOUN_REACH]))
        yield Term(value=Decimal(1), dimension="count", unit=noun[0] if noun else "",
                   start=match.start(), end=match.end(),
                   bound=bound_at(text, match.start(), match.end(), Bound.EXACT))  # fmt: skip
    for match in _TIME_WORDS.finditer(text):
        if not case and match.group("n").casefold() in _OF_A_CASE:
            continue
        yield Term(value=Decimal(TIMES[match.group("n").casefold()]), dimension="count",
                   unit="time", start=match.start(), end=match.end(),
                   bound=bound_at(text, match.start(), match.end(), Bound.EXACT))  # fmt: skip


def _spans(text: str) -> Iterator[Term]:
    for span in find_spans(text):
        apart = span.direction == "apart"
        yield Term(
            value=span.days, dimension="time", unit="", start=span.start, end=span.end,
            told=not apart, ahead=span.direction == "ahead", business_days=span.business_days,
            slack=span.slack, apart=apart,
        )  # fmt: skip


_PER = Pattern(
    r"\s*(?:\([^)]*\)\s*)?(?:/|(?:and\s|et\s|und\s)?(?:per|for each|for every|each|every|an?|pro|"
    r"je|por(?: cada)?|cada|par|pour chaque)\s)(?P<full>full\s)?"
    rf"(?:(?P<n>half|{_NUMBER})\s(?:an?\s)?)?(?P<cubic>cubic\s)?(?P<unit>\p{{L}}+)",
    ignore_case=True,
)


class _Rated(TypedDict, total=False):
    rates: tuple[tuple[Decimal, str, str], ...]
    reach: int


def _rated(text: str, place: int) -> _Rated:
    found = list(_rates(text, place))
    return _Rated(rates=tuple(rate for rate, _ in found), reach=found[-1][1]) if found else _Rated()


def _rates(text: str, place: int) -> Iterator[tuple[tuple[Decimal, str, str], int]]:
    while (match := _PER.match(text, place)) is not None:
        written = match.group("n")
        number = Decimal("0.5") if written == "half" else _value(written) if written else Decimal(1)
        unit = match.group("unit").casefold()
        number = number or Decimal(1)
        if unit in UNITS or unit in DAYS:
            yield (number * DAYS[UNITS.get(unit, unit)], "time", UNITS.get(unit, unit)), match.end()
        elif match.group("cubic"):
            yield (number * 1_000_000, "volume", "cubic"), match.end()
        elif unit in _UNITS:
            dimension, factor = _UNITS[unit]
            yield (number * Decimal(factor), dimension, unit), match.end()
        else:
            noun = content_words(words_of(unit))
            yield (number, "count", noun[0] if noun else unit), match.end()
        place = match.end()
