"""How long ago, how soon, how far apart: what a reply tells of this case's time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

import regex

from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.measures import MONTHS, NUMBER_WORDS, UNITS
from deskquorum.grounding.patterns import Pattern, any_of

__all__ = ["DAYS", "Direction", "Moment", "TimeSpan", "find_spans"]

DAYS = {
    "second": Decimal(1) / 86400,
    "minute": Decimal(1) / 1440,
    "hour": Decimal(1) / 24,
    "day": Decimal(1),
    "night": Decimal(1),
    "business-day": Decimal("1.4"),
    "week": Decimal(7),
    "month": Decimal("30.4"),
    "year": Decimal(365),
}
"""Length of each unit in days."""


class Direction(StrEnum):
    """Which way a span runs."""

    AGO = "ago"
    """From something of this case up to now."""
    AHEAD = "ahead"
    """From now to something of this case."""
    APART = "apart"
    """Between two moments that the reply names, the later one a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSpan:
    """A stretch of time in this case, in days."""

    days: Decimal
    direction: Direction
    start: int
    end: int
    """Where the reply tells it."""
    business_days: int | None = None
    """Between two weekdays, without the weekend."""
    slack: Decimal = Decimal(0)
    """Days by which it may be off: `last week`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time that a reply names."""

    days: Decimal
    """Since the start of its own calendar: a month, a week or a day."""
    calendar: str
    start: int
    end: int
    now: bool


def find_spans(text: str) -> tuple[TimeSpan, ...]:
    """Every span that is told of the case, in the order of the text."""
    exact = [
        span
        for moments in (_dates(text), _weekdays(text), _clock(text))
        for span in _between(moments)
    ]
    # `Tomorrow at eight` is told to the hour where the reply says what time it is.
    timed = any(span.direction is Direction.AHEAD for span in exact)
    found = [*exact, *_relative(text), *([] if timed else _named(text))]
    return tuple(sorted(found, key=lambda span: span.start))


_WORDS = any_of(sorted(NUMBER_WORDS, key=len, reverse=True))
_N = rf"(?P<n>\d+|{_WORDS}|half an?|a few|couple of)"
_UNIT = rf"(?P<unit>{any_of(sorted(UNITS, key=len, reverse=True))})(?!\p{{L}})"
_RELATIVE = Pattern(
    rf"(?<!\p{{L}})(?:{_N}\s(?:full\s)?(?P<half>and\sa\shalf\s)?{_UNIT}(?P<half>\sand\sa\shalf)?(?=\s(?:ago|earlier|old|late|later|atrás|atras))"
    rf"|(?:hace|il y a|vor|seit|há|depuis|desde hace)\s(?:casi |fast |knapp |gut |ya |schon "
    rf")?{_N}\s{_UNIT})",
    needs=(UNITS, word_set("~ago ~earlier ~old ~late ~atr hace il vor seit há depuis")),
    ignore_case=True,
)  # fmt: skip
_AHEAD = Pattern(
    rf"(?<!\p{{L}})(?:in|a full|another|dentro de|dans|in noch|noch|otros|encore)\s{_N}\s{_UNIT}"
    rf"|(?<!\p{{L}}){_N}\s(?:full\s)?{_UNIT}(?=\s(?:from now|away|to go|left|ahead))",
    needs=(
        UNITS,
        {
            "~from now",
            "~away",
            "~to go",
            "~left",
            "~ahead",
            *word_set("in full another dentro dans noch otros encore"),
        },
    ),
    gate=rf"(?:in|full|another|de|dans|noch|otros|encore)\s(?:\d|{_WORDS}|half|a f|couple)"
    r"|\s(?:from now|away|to go|left|ahead)",
    ignore_case=True,
)
_NAMED: tuple[tuple[Pattern, Direction, str, str], ...] = tuple(
    (
        Pattern(
            rf"(?<!\p{{L}})(?:{words})(?!\p{{L}})", needs=(word_set(told),), ignore_case=True
        ),
        direction,
        days,
        slack,
    )
    for words, told, direction, days, slack in (
        (
            r"the day before yesterday|vorgestern|anteayer|avant-hier|anteontem",
            "yesterday vorgestern anteayer hier anteontem",
            Direction.AGO, "2", "0",
        ),
        (
            r"(?<!before )yesterday|gestern|ayer|hier(?=\s)|ontem|the evening before",
            "yesterday gestern ayer hier ontem evening",
            Direction.AGO, "1", "0",
        ),
        (
            r"last week|letzte woche|la semana pasada|la semaine dernière|semana passada",
            "last letzte pasada dernière passada",
            Direction.AGO, "7", "5",
        ),
        (
            r"last month|letzten monat|el mes pasado|le mois dernier",
            "last letzten pasado dernier",
            Direction.AGO, "30", "20",
        ),
        (r"a fortnight ago", "fortnight", Direction.AGO, "14", "1"),
        (
            r"the day after tomorrow|übermorgen|pasado mañana|après-demain",
            "tomorrow übermorgen mañana demain",
            Direction.AHEAD, "2", "0",
        ),
        (r"(?<!after )tomorrow morning", "tomorrow", Direction.AHEAD, "0.7", "0.3"),
        (
            r"(?<!after )tomorrow(?! morning)|mañana(?= )|demain|amanhã",
            "tomorrow mañana demain amanhã",
            Direction.AHEAD, "1", "0.5",
        ),
        (
            r"next week|nächste woche|la semana que viene",
            "next nächste viene",
            Direction.AHEAD, "7", "5",
        ),
    )
)  # fmt: skip


def _relative(text: str) -> Iterator[TimeSpan]:
    for pattern, direction in ((_RELATIVE, Direction.AGO), (_AHEAD, Direction.AHEAD)):
        for match in pattern.finditer(text):
            number = _number(match.group("n"))
            unit = UNITS.get(match.group("unit").casefold())
            if number is None or unit is None:
                continue
            if match.groupdict().get("half"):
                number += Decimal("0.5")
            days = number * DAYS[unit]
            yield TimeSpan(days=days, direction=direction, start=match.start(), end=match.end())


def _named(text: str) -> Iterator[TimeSpan]:
    for pattern, direction, days, slack in _NAMED:
        for match in pattern.finditer(text):
            yield TimeSpan(
                days=Decimal(days), direction=direction, slack=Decimal(slack),
                start=match.start(), end=match.end(),
            )  # fmt: skip


def _number(written: str) -> Decimal | None:
    plain = written.casefold()
    if plain.startswith("half"):
        return Decimal("0.5")
    if plain in {"a few", "couple of"}:
        return Decimal(2)
    return NUMBER_WORDS.get(plain) or (Decimal(plain) if plain.isdecimal() else None)


_MONTH = any_of(sorted(MONTHS, key=len, reverse=True))
_DATE = Pattern(
    rf"(?<![\d.,:€£$])(?P<d>\d{{1,2}})(?:(?:st|nd|rd|th|\.|º)(?!\d)(?:\s(?:of\s|"
    rf"de\s)?(?P<m>{_MONTH})(?!\p{{L}}))?(?!\s?\p{{Lu}}\p{{Ll}}+straße)"
    rf"|\s(?:of\s|de\s)?(?P<m>{_MONTH})(?!\p{{L}}))"
    rf"|(?<!\p{{L}})(?P<m>{_MONTH})\s(?P<d>\d{{1,2}})(?!\d)",
    needs=({"0"},),
    gate=r"(?<!\d)\d\d?(?:st|nd|rd|th|\.|º)(?!\d)"
    rf"|(?<![a-z]){any_of(map(str.lower, MONTHS))}(?![a-z])",
)
_NOW = Pattern(
    r"(?:today|it's now|is now|and now|now|heute|hoy|aujourd'hui|hoje)\W*(?:\p{L}+\W+){0,2}$"
    r"|(?:it is|it's|we have)\W*(?:already\W+)?$",
    ignore_case=True,
)
_NOW_AFTER = Pattern(r"\W*(?:today|now|heute|hoy|hoje)(?!\p{L})", ignore_case=True)


def _is_now(text: str, start: int, end: int) -> bool:
    return bool(
        _NOW.search(text[max(0, start - 30) : start]) or _NOW_AFTER.match(text[end : end + 8])
    )


def _dates(text: str) -> list[Moment]:
    out: list[Moment] = []
    month: int | None = None
    for match in _DATE.finditer(text):
        day = int(match.group("d"))
        if not 1 <= day <= 31:  # noqa: PLR2004 - days of a month
            continue
        month = MONTHS[match.group("m")] if match.group("m") else month
        days = Decimal(date(2026, month or 1, min(day, 28)).toordinal() + max(0, day - 28))
        out.append(
            Moment(days=days, calendar="date", start=match.start(), end=match.end(),
                   now=_is_now(text, *match.span()))
        )  # fmt: skip
    return out


_WEEK = (
    "monday montag lunes lundi segunda-feira",
    "tuesday dienstag martes mardi terça-feira",
    "wednesday mittwoch miércoles mercredi quarta-feira",
    "thursday donnerstag jueves jeudi quinta-feira",
    "friday freitag viernes vendredi sexta-feira",
    "saturday samstag sábado samedi",
    "sunday sonntag domingo dimanche",
)
_WEEKDAYS = {name: number for number, names in enumerate(_WEEK) for name in names.split()}
_WEEKDAY = Pattern(
    rf"(?<!\p{{L}})(?P<next>(?:following|next|nächsten|"
    rf"siguiente)\s)?(?P<w>{any_of(_WEEKDAYS)})(?!\p{{L}})"
    r"|(?P<one>the following one)",
    needs=({"following", *(name.partition("-")[0] for name in _WEEKDAYS)},), ignore_case=True,
)  # fmt: skip


def _weekdays(text: str) -> list[Moment]:
    out: list[Moment] = []
    for match in _WEEKDAY.finditer(text):
        if match.group("one"):
            if out:
                out.append(
                    Moment(
                        days=out[-1].days + 7,
                        calendar="week",
                        start=match.start(),
                        end=match.end(),
                        now=False,
                    )
                )
            continue
        days = Decimal(_WEEKDAYS[match.group("w").casefold()])
        if out:
            while days < out[-1].days or (match.group("next") and days == out[-1].days):
                days += 7
        out.append(
            Moment(days=days, calendar="week", start=match.start(), end=match.end(),
                   now=_is_now(text, *match.span()))
        )  # fmt: skip
    return out


_NOON = 12
_ARTICLE = 2
"""Letters of a word that is none of a number: `an`, `un`."""
_HOURS = {
    word: int(value)
    for word, value in NUMBER_WORDS.items()
    if value <= _NOON and len(word) > _ARTICLE
}
_AN_HOUR = rf"(?:\d|{any_of(sorted(_HOURS, key=len, reverse=True))})"
_HOUR = rf"(?P<h>\d{{1,2}}|{any_of(sorted(_HOURS, key=len, reverse=True))})"
_TIME = Pattern(
    rf"(?<![\d:€£$.,])(?:(?P<h>\d{{1,2}})[:h](?P<min>\d{{2}})(?!\d)"
    rf"|(?P<half>half past |a quarter past |a quarter to |quarter to |quarter past ){_HOUR}"
    rf"|(?:at|it's now|is now|from|until|till|by|past|um|a las|à|ab|as) (?:about "
    rf")?{_HOUR}(?=(?:\s(?:o'clock|am|pm|uhr|in the|this|tomorrow|tonight|and|on)|[.,;]|$))"
    rf"|{_HOUR}\s?(?P<ap>am|pm|o'clock|uhr)(?!\p{{L}})|(?<!\p{{L}})(?P<noon>noon|"
    rf"midday)(?!\p{{L}})|{_HOUR}(?= (?:in the (?:morning|afternoon|evening)|this (?:morning|"
    rf"evening|afternoon))))",
    needs=({"0", "noon", "midday", *(f"~{word}" for word in _HOURS)},),
    gate=rf"\d[:h]\d\d|noon|midday|(?:half|quarter) |(?:at|now|from|until|till|by|past|um|las|à|ab"
    rf"|as) (?:about )?{_AN_HOUR}|{_AN_HOUR}(?:\s?(?:[ap]m|o'clock|uhr)| (?:in the|this) )",
    ignore_case=True,
)  # fmt: skip


_DAY = 1440
"""Minutes."""


def _clock(text: str) -> list[Moment]:
    out: list[Moment] = []
    for match in _TIME.finditer(text):
        minutes = _minutes(match, text)
        if minutes is None:
            continue
        after = text[match.end() : match.end() + 24].casefold()
        before = text[max(0, match.start() - 24) : match.start()].casefold()
        day = (
            _DAY
            if "tomorrow" in after[:12] or before.rstrip().endswith(("tomorrow", "tomorrow at"))
            else 0
        )
        now = _is_now(text, *match.span()) or "now" in match.group().casefold()
        days = Decimal(minutes + day) / _DAY
        out.append(
            Moment(days=days, calendar="clock", start=match.start(), end=match.end(), now=now)
        )
    return out


def _minutes(match: regex.Match[str], text: str) -> int | None:
    if match.group("noon"):
        return 720
    written = match.group("h").casefold()
    hour = int(written) if written.isdecimal() else _HOURS[written]
    if hour > 24:  # noqa: PLR2004 - hours of a day
        return None
    minute = int(match.group("min") or 0)
    half = (match.group("half") or "").casefold()
    minute += 30 if "half" in half else 15 if "past" in half else -15 if "to" in half else 0
    tail = text[match.end() : match.end() + 20].casefold()
    late = match.group("ap") in {"pm", "PM"} or any(
        w in tail for w in ("afternoon", "evening", "tonight")
    )
    return (hour + 12 if late and hour < 12 else hour) * 60 + minute  # noqa: PLR2004


def _between(moments: list[Moment]) -> Iterator[TimeSpan]:
    """Each pair of moments that follow one another; one of them now makes it ago or ahead."""
    for earlier, later in pairwise(moments):
        apart = later.days - earlier.days
        if apart == 0:
            continue
        if apart < 0 and not (earlier.now or later.now):
            continue
        direction = (
            Direction.AGO if later.now else Direction.AHEAD if earlier.now else Direction.APART
        )
        if earlier.now and apart < 0:
            direction = Direction.AGO
        if later.now and apart < 0:
            direction = Direction.AHEAD
        yield TimeSpan(
            days=abs(apart), direction=direction, start=earlier.start, end=later.end,
            business_days=_business(earlier, later),
        )  # fmt: skip


def _business(earlier: Moment, later: Moment) -> int | None:
    """Business days between two weekdays, or between dates that are whole weeks apart."""
    if earlier.calendar == "week":
        days = range(int(earlier.days) + 1, int(later.days) + 1)
        return sum(1 for day in days if day % _WEEK_LONG < _WORKING)
    weeks, rest = divmod(int(later.days - earlier.days), _WEEK_LONG)
    return weeks * _WORKING if earlier.calendar == "date" and not rest else None


_WEEK_LONG, _WORKING = 7, 5
