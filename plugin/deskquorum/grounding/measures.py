"""How quantities are written in the languages that desks serve: numbers, money, time, dates."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.patterns import Pattern, any_of

__all__ = [
    "AFTER_ONE",
    "ARTICLES",
    "BEFORE_ONE",
    "COUNT",
    "CURRENCIES",
    "DATE",
    "MONEY",
    "MONTHS",
    "NOT_COUNTS",
    "NUMBER",
    "NUMBER_WORDS",
    "PERCENT",
    "UNITS",
    "WINDOW",
]


def _alternatives(words: Iterable[str]) -> str:
    return any_of(sorted(words, key=len, reverse=True))


_COUNTED = (
    (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen"
    ),
    (
        "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis diecisiete dieciocho diecinueve"
    ),
    "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    (
        "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
        "fünfzehn "
        "sechzehn siebzehn achtzehn neunzehn"
    ),
    (
        "um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze "
        "dezesseis dezessete dezoito dezenove"
    ),
)
_TENS = ("ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_OTHER_TENS = (
    "diez veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "dix vingt trente quarante cinquante soixante",
    "zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "dez vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
)
_ONES = _COUNTED[0].split()[:9]
ARTICLES = frozenset(
    {"a", "an", "un", "una", "une", "um", "uma", "ein", "eine", "einen", "einem", "einer"}
)
"""Words for one that mostly mean none in particular."""
NUMBER_WORDS = (
    {word: Decimal(value) for line in _COUNTED for value, word in enumerate(line.split(), 1)}
    | {word: Decimal(10 * tens) for tens, word in enumerate(_TENS, 1)}
    | {
        word: Decimal(10 * tens)
        for line in _OTHER_TENS
        for tens, word in enumerate(line.split(), 1)
    }
    | {
        f"{ten}-{one}": Decimal(10 * tens + ones)
        for tens, ten in enumerate(_TENS[1:], 2)
        for ones, one in enumerate(_ONES, 1)
    }
    | dict.fromkeys(ARTICLES, Decimal(1))
    | {"duas": Decimal(2)}
)
NOT_COUNTS = ARTICLES | {"one", "uno", "eins", "once", "sept"}
"""Too often no number, unless a unit follows."""

_DIGITS = (
    r"(?<![\p{L}\d][-.,:/']?)(?<!#)"
    r"(?:\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)(?![/:]?\d)"
)
_LARGE = r"hundred|thousand|hundert|tausend|cent|mille|mil|cien|ciento"
_WRITTEN = (
    rf"(?<!\p{{L}})(?<!(?:{_LARGE}|{_alternatives(_TENS)})(?:\s|-|\sand\s))"
    rf"(?:{_alternatives(NUMBER_WORDS)})(?!\p{{L}}|-(?:{_alternatives(NUMBER_WORDS)})\b"
    rf"|\s(?:{_LARGE})(?!\p{{L}}))"
)
_NUMBER = rf"(?:{_DIGITS}|{_WRITTEN})"
_NUMERALS = frozenset({"#0", *(word.partition("-")[0] for word in NUMBER_WORDS)})
"""One of them is in every text with such a number."""
NUMBER = Pattern(_NUMBER, needs=(_NUMERALS,), ignore_case=True)
"""What `PERCENT`, `WINDOW` and `COUNT` start with."""

CURRENCIES = {
    "us$": "USD", "r$": "BRL", "c$": "CAD", "a$": "AUD", "$": "USD", "€": "EUR", "£": "GBP",
    "¥": "JPY", "₹": "INR", "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD",
    "dólares": "USD", "dólar": "USD", "pounds": "GBP", "pound": "GBP", "libras": "GBP",
    "livres": "GBP", "pfund": "GBP", "francs": "CHF", "franken": "CHF", "francos": "CHF",
    "yen": "JPY", "reais": "BRL",
} | {
    code: code.upper() for code in (
        "usd", "eur", "gbp", "chf", "jpy", "cad", "aud", "nzd", "brl", "mxn", "inr", "sek",
        "nok", "dkk", "pln", "czk", "huf", "cny", "sgd", "hkd", "zar",
    )
}  # fmt: skip
"""Signs, codes and names in small letters to ISO 4217; a bare `$` is taken for USD."""
_CURRENCY = rf"(?:{_alternatives(CURRENCIES)})"
MONEY = Pattern(
    rf"(?P<before>(?<!\p{{L}}){_CURRENCY})\s?(?P<n>(?:\d[\d.,'\u00a0\u202f]*)?\d)"
    rf"|(?P<n>{_NUMBER})\s?(?P<after>{_CURRENCY})(?!\p{{L}})"
    r"|(?P<n>(?<![\p{L}\d][-.,:/']?)(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{2})(?![\d%.,:/]\d|\d|\s?%)",
    needs=({"0", "$", *(name for name in CURRENCIES if "$" not in name)},),
    gate=rf"\d\.\d\d|{_CURRENCY}",
    ignore_case=True,
)
PERCENT = Pattern(
    rf"(?P<n>{_NUMBER})\s?(?:%|(?:per\s?cent|por\s?ciento|pour\s?cent|prozent|por\s?cento)\b)",
    needs=(word_set("% percent cent porciento ciento pourcent prozent porcento cento"),),
    ignore_case=True,
)

_UNITS = {
    "minute": "minute minutes minuto minutos minuten min mins",
    "hour": "hour hours hora horas heure heures stunde stunden h",
    "night": "night nights noche noches nuit nuits nacht nächte nächten noite noites",
    "day": "day days día días jour jours tag tage tagen dia dias",
    "week": "week weeks semana semanas semaine semaines woche wochen",
    "month": "month months mes meses mois monat monate monaten mês",
    "year": "year years año años an ans année années jahr jahre jahren ano anos",
}
UNITS = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_WORKING = r"(?:business|working|work)|laborables?|hábiles|ouvr(?:és?|ables?)|úteis"
_TO = r"(?:[-\u2013]|to|a|à|bis|or|o|ou|oder)"
WINDOW = Pattern(
    rf"(?P<n>{_NUMBER})(?:[-\u2013\s]|\s?{_TO}\s?(?P<m>\d+|{_WRITTEN})[-\u2013\s])\s?"
    rf"(?P<working>(?:{_WORKING})\s)?(?:calendar\s)?"
    rf"(?P<unit>{_alternatives(UNITS)})(?!\p{{L}})(?P<late>\s(?:{_WORKING}))?"
    rf"|(?P<n>{_NUMBER})\s(?P<working>Werk|Arbeits)(?P<unit>tagen?|tage)(?!\p{{L}})"
    r"|(?P<n>(?<!\p{L})an?)\s(?P<unit>fortnight)(?!\p{L})",
    needs=(
        {"fortnight", "werktage", "werktagen", "arbeitstage", "arbeitstagen", *UNITS},
        _NUMERALS,
    ),
    ignore_case=True,
)
BEFORE_ONE = Pattern(
    r"(?:within|in|for|after|than|of|about|dentro de|en|durante|dans|pendant|après|innerhalb"
    r"|innerhalb von|für|nach|em|até|por)\s+$",
    ignore_case=True,
)
"""`12 EUR a month` is a rate, `within a month` a window."""
AFTER_ONE = Pattern(
    r"\s(?:later|earlier|before|after|ahead|from|or|of notice|notice|más tarde|plus tard|später)"
    r"(?!\p{L})|'s notice",
    ignore_case=True,
)
"""`a week later`."""
COUNT = Pattern(
    rf"(?P<n>{_NUMBER})(?:\s(?P<unit>\p{{L}}+))?",
    needs=(_NUMERALS,),
    ignore_case=True,
)

_MONTHS = (
    "January Jan enero janvier Januar janeiro", "February Feb febrero février Februar fevereiro",
    "March marzo mars März março", "April Apr abril avril", "May mayo mai Mai maio",
    "June Jun junio juin Juni junho", "July Jul julio juillet Juli julho",
    "August Aug agosto août", "September Sep Sept septiembre septembre setembro",
    "October Oct octubre octobre Oktober outubro",
    "November Nov noviembre novembre novembro",
    "December Dec diciembre décembre Dezember dezembro",
)  # fmt: skip
# As they are written, since `may` and `march` in small letters are other words.
MONTHS = {name: number for number, line in enumerate(_MONTHS, 1) for name in line.split()}
_MONTH = rf"(?P<month>{_alternatives(MONTHS)})(?!\p{{L}})\.?"
DATE = Pattern(
    r"(?<![\p{L}\d-])(?P<y>\d{4})-(?P<mm>\d{2})-(?P<d>\d{2})(?!\d)"
    r"|(?<![\d.,])(?P<d>\d{1,2})(?:st|nd|rd|th|\.|º|er)?\s(?:of\s|de\s)?"
    rf"{_MONTH}(?:,?\s(?:de\s)?(?P<y>\d{{4}}))?"
    rf"|(?<!\p{{L}}){_MONTH}\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%.,]\d|"
    rf"\d)(?:,?\s(?P<y>\d{{4}}))?"
    r"|(?<![\d.,/])(?P<d>\d{1,2})(?P<sep>[./])(?P<mm>\d{1,2})(?P=sep)(?P<y>\d{4})(?!\d)",
    needs=({"0"},),
    gate=rf"\d\d-\d\d-\d|\d[./]\d\d?[./]\d\d|{_alternatives(map(str.lower, MONTHS))}",
)
