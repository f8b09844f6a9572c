"""Money: decimal text at the edges, whole minor units inside, never a float between them."""

from __future__ import annotations

import re
from decimal import Decimal

__all__ = ["decimal_text", "exponent_of", "is_currency", "minor_of"]

# fmt: off
_NONE = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
})
# fmt: on
_THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_FOUR = frozenset({"CLF", "UYW"})
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.([0-9]+))?")


def is_currency(text: str) -> bool:
    """Whether it is a three-letter code."""
    return _CURRENCY.fullmatch(text) is not None


def exponent_of(currency: str) -> int:
    """Digits after the point of a currency (ISO 4217).

    Raises:
        ValueError: No three-letter code.
    """
    if not is_currency(currency):
        raise ValueError(f"a currency is a three-letter code such as USD, got {currency!r}")
    if currency in _NONE:
        return 0
    if currency in _THREE:
        return 3
    return 4 if currency in _FOUR else 2


def minor_of(text: str, currency: str) -> int:
    """Minor units of a decimal text: `2400` for `"24.00"` in USD, `24` for `"24"` in JPY.

    Raises:
        ValueError: Not a plain decimal number, or finer than the currency's smallest unit.
    """
    exponent = exponent_of(currency)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"an amount is a decimal number such as 24.00, got {text!r}")
    # More digits than the currency has would be a thousands point as often as a fraction.
    if len(match[1] or "") > exponent:
        raise ValueError(f"{currency} has {exponent} digits after the point, got {text!r}")
    return int(Decimal(text).scaleb(exponent))


def decimal_text(minor: int, currency: str) -> str:
    """The decimal text of minor units: `"24.00"` for `2400` in USD.

    Raises:
        ValueError: No three-letter code.
    """
    return f"{Decimal(minor).scaleb(-exponent_of(currency)):f}"
