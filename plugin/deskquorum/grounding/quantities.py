"""Typed quantities of a text: money, windows of time, percentages, counts and dates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

import regex

from deskquorum.grounding.kept import kept_by_text
from deskquorum.grounding.measures import (
    AFTER_ONE,
    ARTICLES,
    BEFORE_ONE,
    COUNT,
    CURRENCIES,
    DATE,
    MONEY,
    MONTHS,
    NOT_COUNTS,
    NUMBER,
    NUMBER_WORDS,
    PERCENT,
    UNITS,
    WINDOW,
)
from deskquorum.grounding.patterns import Pattern, vocabulary
from deskquorum.grounding.words import Word, content_words, parse_number, words_of

__all__ = ["Bound", "CalendarDay", "Quantity", "QuantityKind", "after_numbers", "find_quantities"]


class QuantityKind(StrEnum):
    """What a quantity measures; different kinds are never compared."""

    MONEY = "money"
    WINDOW = "window"
    PERCENT = "percent"
    COUNT = "count"
    DATE = "date"


class Bound(StrEnum):
    """Whether a quantity is a value or the end of a range."""

    EXACT = "exact"
    AT_MOST = "at-most"
    AT_LEAST = "at-least"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A date as it was written, perhaps without its year."""

    month: int
    day: int
    year: int | None = None

    def agrees(self, other: CalendarDay) -> bool:
        """Whether both can mean the same day."""
        years = {self.year, other.year} - {None}
        return (self.month, self.day) == (other.month, other.day) and len(years) <= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One quantity with its unit, its bound and the words around it."""

    kind: QuantityKind
    value: Decimal | CalendarDay
    unit: str
    """Currency code, `hour`, `day`, `business-day`, `month`, or the counted noun; can be empty."""
    start: int
    end: int
    bound: Bound = Bound.EXACT
    role: frozenset[str] = frozenset()
    """Stems of the content words near by: what the quantity is about."""

    def comparable(self, other: Quantity) -> bool:
        """Whether the two measure in one unit; a currency that is not named fits any."""
        if self.kind is not other.kind:
            return False
        return self.unit == other.unit or (
            self.kind is QuantityKind.MONEY and "" in {self.unit, other.unit}
        )

    def equals(self, other: Quantity) -> bool:
        """Same kind, same unit, same value."""
        if self.kind is not other.kind or self.unit != other.unit:
            return False
        if isinstance(self.value, CalendarDay) or isinstance(other.value, CalendarDay):
            return (
                isinstance(self.value, CalendarDay)
                and isinstance(other.value, CalendarDay)
                and self.value.agrees(other.value)
            )
        return self.value == other.value

    def allows(self, other: Quantity) -> bool:
        """Whether the plain value `other` lies inside this bound (20 days inside `within 30`)."""
        if not (isinstance(self.value, Decimal) and isinstance(other.value, Decimal)):
            return False
        if other.bound is not Bound.EXACT:
            return False
        match self.bound:
            case Bound.AT_MOST:
                return other.value <= self.value
            case Bound.AT_LEAST:
                return other.value >= self.value
            case Bound.EXACT:
                return False


@kept_by_text
def find_quantities(text: str) -> tuple[Quantity, ...]:
    """Every quantity of a text in order; overlapping readings go to the more telling kind."""
    covered = bytearray(len(text))
    found: list[Quantity] = []
    for reader in (_dates, _money, _percents, _windows, _counts):
        for quantity in reader(text):
            if not any(covered[quantity.start : quantity.end]):
                covered[quantity.start : quantity.end] = b"1" * (quantity.end - quantity.start)
                found.append(quantity)
    words = [word for word in words_of(text) if not covered[word.start]] if found else []
    ordered = sorted(found, key=lambda quantity: quantity.start)
    return tuple(replace(one, bound=_bound(text, one), role=_role(words, one)) for one in ordered)


_MONTHS_A_YEAR = 12
_IN_BASE = {
    "night": ("day", 1),
    "week": ("day", 7),
    "fortnight": ("day", 14),
    "year": ("month", _MONTHS_A_YEAR),
}


def _dates(text: str) -> Iterator[Quantity]:
    for match in DATE.finditer(text):
        named = match.group("month")
        month = MONTHS[named] if named else int(match.group("mm"))
        day, year = int(match.group("d")), int(match.group("y")) if match.group("y") else None
        # `03/04/2026` is March or April, by the writer's country.
        if match.group("sep") == "/" and month != day and max(month, day) <= _MONTHS_A_YEAR:
            continue
        if month > _MONTHS_A_YEAR:
            month, day = day, month
        if _is_a_date(month, day):
            written = CalendarDay(month=month, day=day, year=year)
            yield _quantity(match, QuantityKind.DATE, written, "")


def _is_a_date(month: int, day: int) -> bool:
    try:
        date(2024, month, day)
    except ValueError:
        return False
    return True


def _money(text: str) -> Iterator[Quantity]:
    for match in MONEY.finditer(text):
        written = match.group("n")
        # Money has no three decimals: `1.299 EUR` can only be a thousand and more.
        value = parse_number(written.replace(".", ",")) if _GROUP.fullmatch(written) else None
        value = value or _value(written)
        name = match.group("before") or match.group("after") or ""
        if value is not None and written.casefold() not in ARTICLES:
            yield _quantity(match, QuantityKind.MONEY, value, CURRENCIES.get(name.casefold(), ""))


_GROUP = Pattern(r"\d{1,3}\.\d{3}")


def _percents(text: str) -> Iterator[Quantity]:
    for match in after_numbers(PERCENT, text):
        value = _value(match.group("n"))
        if value is not None:
            yield _quantity(match, QuantityKind.PERCENT, value, "%")


def _windows(text: str) -> Iterator[Quantity]:
    for match in after_numbers(WINDOW, text):
        unit = UNITS.get(match.group("unit").casefold(), match.group("unit").casefold())
        vague = match.group("n").casefold() in ARTICLES and unit != "fortnight"
        if vague and not (
            BEFORE_ONE.search(text, max(0, match.start() - _REACH), match.start())
            or AFTER_ONE.match(text, match.end())
        ):
            continue
        unit, factor = _IN_BASE.get(unit, (unit, 1))
        if match.group("working") or match.group("late"):
            unit = f"business-{unit}"
        ends = [(match.start(), match.end(), match.group("n"))]
        if match.group("m"):
            ends = [
                (*match.span("n"), match.group("n")),
                (match.start("m"), match.end(), match["m"]),
            ]
        for start, end, written in ends:
            value = _value(written)
            if value is not None:
                yield Quantity(
                    kind=QuantityKind.WINDOW, value=value * factor, unit=unit, start=start, end=end
                )


def _counts(text: str) -> Iterator[Quantity]:
    if not (met := vocabulary(text)).untold and met.words.isdisjoint(_COUNTING):
        return
    for match in after_numbers(COUNT, text):
        value = _value(match.group("n"))
        if value is None or match.group("n").casefold() in NOT_COUNTS:
            continue
        noun = content_words(words_of(match.group("unit") or ""))
        yield Quantity(
            kind=QuantityKind.COUNT,
            value=value,
            unit=noun[0] if noun else "",
            start=match.start(),
            end=match.end("n"),
        )


_COUNTING = {"#0", *(word.partition("-")[0] for word in NUMBER_WORDS.keys() - NOT_COUNTS)}


def after_numbers(pattern: Pattern, text: str) -> Iterator[regex.Match[str]]:
    """Every match of a pattern that starts with a number: numbers are looked for once a text."""
    if not pattern.can_match(vocabulary(text)):
        return
    end = 0
    for start in _numbers(text):
        if start >= end and (match := pattern.match(text, start)) is not None:
            yield match
            end = match.end()


@kept_by_text
def _numbers(text: str) -> tuple[int, ...]:
    return tuple(match.start() for match in NUMBER.finditer(text))


def _value(written: str) -> Decimal | None:
    return NUMBER_WORDS.get(written.casefold()) or parse_number(written)


def _quantity(
    match: regex.Match[str], kind: QuantityKind, value: Decimal | CalendarDay, unit: str
) -> Quantity:
    return Quantity(kind=kind, value=value, unit=unit, start=match.start(), end=match.end())


_AT_MOST = (
    "within|up to|at most|no more than|not more than|maximum|max|maximum of|under|below|less than"
    "|no later than|not later than|until|hasta|como máximo|dentro de|menos de|innerhalb"
    "|innerhalb von|bis zu|bis|höchstens|maximal|weniger als|jusqu'à|dans les|au plus|moins de"
    "|até|no máximo|em até"
)
_AT_LEAST = (
    "at least|more than|over|above|minimum|minimum of|from|after|older than|exceeds|exceeding"
    "|al menos|más de|a partir de|mindestens|mehr als|über|ab|nach|au moins|plus de|à partir de"
    "|pelo menos|mais de"
)
_BEFORE_AT_MOST = Pattern(rf"(?<!\p{{L}})(?:{_AT_MOST})(?:\sthe)?\s*$", ignore_case=True)
_BEFORE_AT_LEAST = Pattern(rf"(?<!\p{{L}})(?:{_AT_LEAST})(?:\sthe)?\s*$", ignore_case=True)
_AFTER_AT_LEAST = Pattern(
    r"\s(?:or|and|o|oder|ou) (?:more|over|above|más|mehr|plus|mais)\b|\s(?:upwards|and up)\b",
    ignore_case=True,
)
_AFTER_AT_MOST = Pattern(
    r"\s(?:or|o|oder|ou) (?:less|fewer|menos|weniger|moins)\b", ignore_case=True
)
_REACH = 24
_NEIGHBOURS = 5


def _bound(text: str, quantity: Quantity) -> Bound:
    before = text[max(0, quantity.start - _REACH) : quantity.start]
    after = text[quantity.end : quantity.end + _REACH]
    if _AFTER_AT_LEAST.match(after):
        return Bound.AT_LEAST
    if _BEFORE_AT_MOST.search(before) or _AFTER_AT_MOST.match(after):
        return Bound.AT_MOST
    return Bound.AT_LEAST if _BEFORE_AT_LEAST.search(before) else Bound.EXACT


def _role(words: Sequence[Word], quantity: Quantity) -> frozenset[str]:
    """Content words within a few words of the quantity that belong to no other quantity."""
    place = bisect_left(words, quantity.start, key=lambda word: word.start)
    return frozenset(content_words(words[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]))
