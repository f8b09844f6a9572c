"""Whether a reply names the currency that a clause names."""

from __future__ import annotations

from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.passages import Passage
from deskquorum.grounding.patterns import Pattern

__all__ = ["currency_agreement"]

_NAMES = {
    "USD": r"(?:us )?dollars?|usd|dólar(?:es)?|us-dollars?",
    "EUR": r"euros?|eur",
    "GBP": r"pounds? sterling|sterling|gbp",
    "CHF": r"swiss francs?|francs?|chf|(?:schweizer )?franken|francos(?: suizos)?",
    "MXN": r"(?:mexican )?pesos?|mxn|pesos mexicanos",
    "CZK": r"(?:czech )?crowns?|czk|kronen",
    "SEK": r"(?:swedish )?kronor|sek|kroner",
    "JPY": r"yen|jpy",
    "PLN": r"z[lł]oty(?:s)?|pln",
    "BRL": r"reais|real(?=\s|\.)|brl",
    "INR": r"rupees?|inr",
    "CAD": r"canadian dollars?|cad",
    "AUD": r"australian dollars?|aud",
}
_NAMED = Pattern(
    r"(?<!\p{L})(?:"
    + "|".join(rf"(?P<{code}>{names})" for code, names in _NAMES.items())
    + r")(?!\p{L})",
    needs=(
        word_set(
            "dollar dollars usd dólar dólares euro euros eur sterling gbp franc francs chf "
            "franken francos peso pesos mxn crown crowns czk kronen kronor sek kroner yen jpy "
            "zloty zlotys złoty złotys pln reais real brl rupee rupees inr cad aud"
        ),
    ),
    ignore_case=True,
)
_OF_THE_CASE = Pattern(
    r"(?:local|same|original|own) currency|currency (?:of|in which)|moneda (?:de|local|en)|"
    r"währung (?:der|des|in)|landeswährung|(?:devise|monnaie) (?:de|du|locale|d'origine)|moeda "
    r"(?:de|da|do|local)",
    ignore_case=True,
)


def currency_agreement(reply: Passage, clause: Passage) -> float | None:
    """1 where the reply's last currency is the clause's, -1 where it is not; None if neither."""
    said = _codes(reply.text)
    if not said:
        return None
    own = set(_codes(clause.text))
    if own:
        return 1.0 if said[-1] in own else -1.0
    if _OF_THE_CASE.search(clause.text) is None:
        return None
    before = set(said[:-1])
    if not before:
        return None
    return 1.0 if before == {said[-1]} else -1.0


def _codes(text: str) -> list[str]:
    """Currencies that are named without an amount, in order."""
    return [
        next(code for code in _NAMES if match.group(code))
        for match in _NAMED.finditer(text)
        if not _AMOUNT.search(text[max(0, match.start() - _REACH) : match.start()])
    ]


_REACH = 12
_AMOUNT = Pattern(r"[\d\p{L}]*\d[\d.,]*\s?$")
