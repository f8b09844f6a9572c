"""Check digits: the arithmetic by which numbers catch their own mistyping."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["iso_7064_mod_11_10", "luhn_holds", "verhoeff_holds", "weighted_sum"]

_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
"""Multiplication in the dihedral group of the pentagon."""

_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_TURNS = 8


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the check digit that card numbers carry (ISO/IEC 7812-1)."""
    doubled = (int(d) * 2 for d in digits[-2::-2])
    total = sum(map(int, digits[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)  # noqa: PLR2004 - digit sum of a doubled digit
    return total % 10 == 0


def verhoeff_holds(digits: str) -> bool:
    """Whether the last digit is Verhoeff's check digit (Verhoeff 1969)."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        turned = int(digit)
        for _ in range(place % _TURNS):
            turned = _TURN[turned]
        check = _D5[check][turned]
    return check == 0


def iso_7064_mod_11_10(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO 7064, mod 11, 10."""
    product = 10
    for digit in digits[:-1]:
        rest = (int(digit) + product) % 10 or 10
        product = rest * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def weighted_sum(digits: str, weights: Sequence[int]) -> int:
    """Sum of the digits times their weights; digits without a weight do not count."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
