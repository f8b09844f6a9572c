"""Typed quantities of a text: money, windows of time, percentages, counts and dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

import regex

from deskquorum.grounding.words import content_words, parse_number, words_of

__all__ = ["Bound", "CalendarDay", "Quantity", "QuantityKind", "find_quantities"]


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


def find_quantities(text: str) -> tuple[Quantity, ...]:
    """Every quantity of a text in order; overlapping readings go to the more telling kind."""
    taken: list[Quantity] = []
    for reader in (_dates, _money, _percents, _windows, _counts):
        for found in reader(text):
            if all(found.end <= other.start or found.start >= other.end for other in taken):
                taken.append(found)
    ordered = sorted(taken, key=lambda quantity: quantity.start)
    return tuple(
        replace(one, bound=_bound(text, one), role=_role(text, one, ordered)) for one in ordered
    )


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(regex.escape(word) for word in sorted(words, key=len, reverse=True))


_COUNTED = (
    "one two three four five six seven eight nine ten eleven twelve",
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "un deux trois quatre cinq six sept huit neuf dix onze douze",
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "um dois três quatro cinco seis sete oito nove dez onze doze",
)
_NUMBER_WORDS = {
    word: Decimal(value) for line in _COUNTED for value, word in enumerate(line.split(), start=1)
} | dict.fromkeys("a an una une ein eine einen einem einer uma duas".split(), Decimal(1))
_NUMBER_WORDS["duas"] = Decimal(2)
_NUMBER_WORDS |= {
    word: Decimal(10 * tens)
    for tens, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_NOT_COUNTS = {word for word, value in _NUMBER_WORDS.items() if value == 1} | {"once", "sept"}

_DIGITS = (
    r"(?<![\p{L}\d][-.,:/']?)(?<!#)"
    r"(?:\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)(?![/:]?\d)"
)
_WRITTEN = rf"(?<!\p{{L}})(?:{_alternatives(_NUMBER_WORDS)})(?!\p{{L}})"
_ANY_NUMBER = rf"(?:{_DIGITS}|{_WRITTEN})"

_CURRENCIES = {
    "US$": "USD", "R$": "BRL", "C$": "CAD", "A$": "AUD", "$": "USD", "€": "EUR", "£": "GBP",
    "¥": "JPY", "₹": "INR", "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD",
    "dólares": "USD", "dólar": "USD", "pounds": "GBP", "pound": "GBP", "libras": "GBP",
    "livres": "GBP", "pfund": "GBP", "francs": "CHF", "franken": "CHF", "francos": "CHF",
    "yen": "JPY", "reais": "BRL", "bucks": "USD", "quid": "GBP",
} | {
    code: code for code in (
        "USD EUR GBP CHF JPY CAD AUD NZD BRL MXN INR SEK NOK DKK PLN CZK HUF CNY SGD HKD ZAR".split()
    )
}  # fmt: skip
_BY_CURRENCY = {name.casefold(): code for name, code in _CURRENCIES.items()}
_CURRENCY = rf"(?:{_alternatives(_CURRENCIES)})"
_MONEY = regex.compile(
    rf"(?P<before>(?<!\p{{L}}){_CURRENCY})\s?(?P<n>(?:\d[\d.,'\u00a0\u202f]*)?\d)(?![\d])"
    rf"|(?P<n>{_ANY_NUMBER})\s?(?P<after>{_CURRENCY})(?!\p{{L}})"
    r"|(?P<n>(?<![\p{L}\d][-.,:/']?)(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{2})(?![\d%.,:/]|\s?%)",
    regex.IGNORECASE,
)
_PERCENT = regex.compile(
    rf"(?P<n>{_ANY_NUMBER})\s?(?:%|(?:per\s?cent|por\s?ciento|pour\s?cent|prozent|por\s?cento)\b)",
    regex.IGNORECASE,
)
_UNITS = {
    "hour": "hour hours hora horas heure heures stunde stunden h",
    "day": "day days día días jour jours tag tage tagen dia dias calendar-day",
    "week": "week weeks semana semanas semaine semaines woche wochen",
    "month": "month months mes meses mois monat monate monaten mês",
    "year": "year years año años an ans année années jahr jahre jahren ano anos",
    "minute": "minute minutes minuto minutos minuten min mins",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_IN_BASE = {"week": ("day", 7), "fortnight": ("day", 14), "year": ("month", 12)}
_WORKING = r"(?:business|working|work)|laborables?|hábiles|ouvr(?:és?|ables?)|úteis"
_WINDOW = regex.compile(
    rf"(?P<n>{_ANY_NUMBER})(?:[-–\s]|\s?(?:-|–|to|a|à|bis|or|o|ou|oder)\s?(?P<m>\d+|{_WRITTEN})[-–\s])\s?"
    rf"(?P<working>(?:{_WORKING})\s)?(?:calendar\s|full\s)?"
    rf"(?P<unit>{_alternatives(_UNIT_OF)})(?!\p{{L}})(?P<late>\s(?:{_WORKING}))?"
    rf"|(?P<n>{_ANY_NUMBER})\s(?P<working>(?:Werk|Arbeits))(?P<unit>tagen?|tage)(?!\p{{L}})"
    r"|(?P<n>(?<!\p{L})(?:an?))\s(?P<unit>fortnight)(?!\p{L})",
    regex.IGNORECASE,
)
_ARTICLES = {word for word, value in _NUMBER_WORDS.items() if value == 1} - {"one", "uno", "eins"}
_BEFORE_ONE = regex.compile(
    r"(?:within|in|for|after|than|of|about|dentro de|en|durante|dans|pendant|après|innerhalb(?: von)?"
    r"|für|nach|em|até|por|of)\s+$",
    regex.IGNORECASE,
)
_COUNT = regex.compile(rf"(?P<n>{_ANY_NUMBER})(?:\s(?P<unit>\p{{L}}+))?", regex.IGNORECASE)

_MONTHS = (
    "january jan enero janvier januar janeiro", "february feb febrero février februar fevereiro",
    "march mar marzo mars märz março", "april apr abril avril", "may mayo mai maio",
    "june jun junio juin juni junho", "july jul julio juillet juli julho",
    "august aug agosto août", "september sep sept septiembre septembre setembro",
    "october oct octubre octobre oktober outubro",
    "november nov noviembre novembre novembro",
    "december dec diciembre décembre dezember dezembro",
)  # fmt: skip
_MONTH_OF = {name: number for number, line in enumerate(_MONTHS, 1) for name in line.split()}
_MONTH = rf"(?P<month>{_alternatives(_MONTH_OF)})(?!\p{{L}})\.?"
_DATE = regex.compile(
    r"(?<![\p{L}\d-])(?P<y>\d{4})-(?P<mm>\d{2})-(?P<d>\d{2})(?!\d)"
    rf"|(?<![\d.,])(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.|º|er)?\s(?:of\s|de\s)?{_MONTH}(?:,?\s(?:de\s)?(?P<y>\d{{4}}))?"
    rf"|(?<!\p{{L}}){_MONTH}\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%.,]\d|\d)(?:,?\s(?P<y>\d{{4}}))?"
    r"|(?<![\d.,/])(?P<d>\d{1,2})(?P<sep>[./])(?P<mm>\d{1,2})(?P=sep)(?P<y>\d{4})(?!\d)",
    regex.IGNORECASE,
)


def _dates(text: str) -> Iterator[Quantity]:
    for match in _DATE.finditer(text):
        named = match.group("month")
        month = _MONTH_OF[named.casefold()] if named else int(match.group("mm"))
        day, year = int(match.group("d")), int(match.group("y")) if match.group("y") else None
        if match.group("sep") == "/" and month != day and max(month, day) <= len(_MONTHS):
            continue
        if month > len(_MONTHS):
            month, day = day, month
        try:
            date(year or 2024, month, day)
        except ValueError:
            continue
        written = CalendarDay(month=month, day=day, year=year)
        yield _quantity(match, QuantityKind.DATE, written, "")


def _money(text: str) -> Iterator[Quantity]:
    for match in _MONEY.finditer(text):
        written = match.group("n")
        if written.casefold() in _ARTICLES:
            continue
        value = _value(written)
        # Money has no three decimals: `1.299 EUR` can only be a thousand and more.
        if value is not None and "." in written and written[-4:-3] == ".":
            value = parse_number(written.replace(".", ""))
        name = match.group("before") or match.group("after") or ""
        if value is not None:
            yield _quantity(match, QuantityKind.MONEY, value, _BY_CURRENCY.get(name.casefold(), ""))


def _percents(text: str) -> Iterator[Quantity]:
    for match in _PERCENT.finditer(text):
        value = _value(match.group("n"))
        if value is not None:
            yield _quantity(match, QuantityKind.PERCENT, value, "%")


def _windows(text: str) -> Iterator[Quantity]:
    for match in _WINDOW.finditer(text):
        number, unit = match.group("n").casefold(), match.group("unit").casefold()
        unit = _UNIT_OF.get(unit, unit)
        # `12 EUR a month` is a rate; `within a month` is a window.
        if number in _ARTICLES and unit != "fortnight":
            if not _BEFORE_ONE.search(text, max(0, match.start() - 20), match.start()):
                continue
        unit, factor = _IN_BASE.get(unit, (unit, 1))
        if match.group("working") or match.group("late"):
            unit = f"business-{unit}"
        for written in filter(None, (number, match.group("m"))):
            value = _value(written)
            if value is not None:
                at = match.span("n") if written is number else (match.start("m"), match.end())
                end = match.end() if match.group("m") is None else at[1]
                yield Quantity(
                    kind=QuantityKind.WINDOW, value=value * factor, unit=unit, start=at[0], end=end
                )


def _counts(text: str) -> Iterator[Quantity]:
    for match in _COUNT.finditer(text):
        value = _value(match.group("n"))
        if value is None or match.group("n").casefold() in _NOT_COUNTS:
            continue
        noun = content_words(words_of(match.group("unit") or ""))
        yield Quantity(
            kind=QuantityKind.COUNT,
            value=value,
            unit=noun[0] if noun else "",
            start=match.start(),
            end=match.end("n"),
        )


def _value(written: str) -> Decimal | None:
    return _NUMBER_WORDS.get(written.casefold()) or parse_number(written)


def _quantity(
    match: regex.Match[str], kind: QuantityKind, value: Decimal | CalendarDay, unit: str
) -> Quantity:
    return Quantity(kind=kind, value=value, unit=unit, start=match.start(), end=match.end())


_AT_MOST = (
    "within|up to|at most|no more than|not more than|maximum|max|maximum of|under|below|less than"
    "|no later than|not later than|until|hasta|como máximo|dentro de|menos de|innerhalb|innerhalb von"
    "|bis zu|bis|höchstens|maximal|weniger als|jusqu'à|dans les|au plus|moins de|até|no máximo"
    "|em até"
)
_AT_LEAST = (
    "at least|more than|over|above|minimum|minimum of|from|after|older than|exceeds|exceeding"
    "|al menos|más de|a partir de|mindestens|mehr als|über|ab|nach|au moins|plus de|à partir de"
    "|pelo menos|mais de"
)
_BEFORE_AT_MOST = regex.compile(rf"(?<!\p{{L}})(?:{_AT_MOST})(?:\sthe)?\s*$", regex.IGNORECASE)
_BEFORE_AT_LEAST = regex.compile(rf"(?<!\p{{L}})(?:{_AT_LEAST})(?:\sthe)?\s*$", regex.IGNORECASE)
_AFTER_AT_LEAST = regex.compile(r"\s(?:or|and|o|oder|ou) (?:more|over|above|más|mehr|plus|mais)\b|\s(?:upwards|and up)\b", regex.I)
_AFTER_AT_MOST = regex.compile(r"\s(?:or|o|oder|ou) (?:less|fewer|menos|weniger|moins)\b", regex.I)
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


def _role(text: str, quantity: Quantity, others: Iterable[Quantity]) -> frozenset[str]:
    """Content words within a few words of the quantity that belong to no other quantity."""
    spans = [(other.start, other.end) for other in others]
    words = [
        word
        for word in words_of(text[max(0, quantity.start - 120) : quantity.end + 120])
    ]
    shift = max(0, quantity.start - 120)
    outside = [
        word
        for word in words
        if not any(start <= word.start + shift < end for start, end in spans)
    ]
    before = [word for word in outside if word.end + shift <= quantity.start][-_NEIGHBOURS:]
    after = [word for word in outside if word.start + shift >= quantity.end][:_NEIGHBOURS]
    return frozenset(content_words((*before, *after)))
