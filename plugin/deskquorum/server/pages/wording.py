"""Texts of the pages from their catalogues; dates, money and numbers as a language writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

from deskquorum.decision import sentence
from deskquorum.domain import Reason

__all__ = ["LANGUAGES", "Wording", "language_for", "readable", "wording"]

LANGUAGES = ("en", "de")

_NEARLY = 0.995
"""From here on it would be rounded to a certainty."""

_TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language."""

    language: str
    locale: Locale = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)

    def text(self, key: str, **params: object) -> str:
        """A text of the catalogue.

        Raises:
            KeyError: There is none; the catalogues have the same keys, which is tested.
        """
        return self.texts[key].format_map(params)

    def count(self, key: str, number: int) -> str:
        """A text with a number in it, in the right plural."""
        form = self.locale.plural_form(number)
        return self.text(f"{key}.{form}", number=self.number(number))

    def word(self, kind: str, word: str) -> str:
        """A word of a closed set; one that the catalogue lacks as it stands, made readable."""
        return self.texts.get(f"{kind}.{word}") or readable(word)

    def listed(self, kind: str, names: Iterable[str]) -> str:
        """Words of a closed set, one after the other."""
        return ", ".join(self.word(kind, name) for name in names)

    def reason(self, reason: Reason) -> str:
        """A reason in this language; one that the catalogue lacks, in English."""
        params = dict(reason.params)
        if "action" in params:
            params["action"] = readable(params["action"])
        if "mode" in params:
            params["mode"] = self.word("mode", params["mode"])
        template = self.texts.get(f"reason.{reason.code}")
        if template is None:
            return sentence(replace(reason, params=params))
        try:
            return template.format_map(params)
        except KeyError:
            return sentence(replace(reason, params=params))

    def moment(self, at: datetime) -> str:
        """Date and time in UTC; the page's script shows the reader's own zone."""
        return f"{format_datetime(at.astimezone(UTC), 'medium', locale=self.locale)} UTC"

    def until(self, at: datetime, *, now: datetime) -> str:
        """How long until then, or since then."""
        return format_timedelta(at - now, locale=self.locale, add_direction=True, format="short")

    def lasting(self, time: timedelta) -> str:
        """How long something took."""
        return format_timedelta(time, locale=self.locale, format="short")

    def day(self, day: date) -> str:
        """A date."""
        return format_date(day, "medium", locale=self.locale)

    def number(self, value: float | Decimal) -> str:
        """A number."""
        return format_decimal(value, locale=self.locale)

    def percent(self, share: float) -> str:
        """A share; nothing is certain that is not."""
        if _NEARLY <= share < 1:
            return self.text("over", value=format_percent(0.99, locale=self.locale))
        return format_percent(share, locale=self.locale)

    def money(self, amount: Decimal | str, currency: str) -> str:
        """An amount in its currency."""
        return format_currency(Decimal(amount), currency, locale=self.locale)


def readable(name: str) -> str:
    """A name of the policies as people read it: `issue_refund` is `Issue refund`."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


@cache
def wording(language: str) -> Wording:
    """A language of the pages."""
    text = (_TEXTS / f"{language}.json").read_text(encoding="utf-8")
    return Wording(language=language, locale=Locale.parse(language), texts=json.loads(text))


def language_for(wanted: str, accepted: str) -> str:
    """The language that somebody is shown.

    Args:
        wanted: What the address asks for; empty where it does not.
        accepted: The header `Accept-Language`.
    """
    tags = [wanted, *(part.partition(";")[0].strip() for part in accepted.split(","))]
    known = [tag.replace("-", "_") for tag in tags if _is_tag(tag)]
    return negotiate_locale(known, LANGUAGES) or LANGUAGES[0]


def _is_tag(tag: str) -> bool:
    try:
        Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, UnknownLocaleError):
        return False
    return True
