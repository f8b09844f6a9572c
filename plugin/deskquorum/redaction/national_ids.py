"""Identity numbers of many countries, known by their shape and their check digits.

The checks are those that each country's authority publishes; numbers without any are left to the
words before them (`identity.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deskquorum.redaction.check_digits import (
    iso_7064_mod_11_10,
    luhn_holds,
    verhoeff_holds,
    weighted_sum,
)
from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.views import View

__all__ = ["national_id_entities"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """One country's number: how it is written, and whether its check digits hold."""

    shape: str
    holds: Callable[[str], bool]
    """Takes letters and digits only, in capitals."""
    weak: bool = False
    """Whether a phone number can look the same: then it is one."""


def _dni(number: str) -> bool:
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[-1]


def _nir(number: str) -> bool:
    whole = number.replace("2A", "19").replace("2B", "18")
    return 97 - int(whole[:13]) % 97 == int(whole[13:])


def _steuer_id(number: str) -> bool:
    # Among the first ten digits one stands twice or three times, and no other more than once.
    counts = sorted((number[:10].count(d) for d in set(number[:10])), reverse=True)
    return counts[0] in {2, 3} and counts[1] == 1 and iso_7064_mod_11_10(number)


_FISCAL_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_FISCAL_LETTERS = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_FISCAL_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (*_FISCAL_DIGITS, *_FISCAL_DIGITS, *_FISCAL_LETTERS),
        strict=True,
    )
)


def _codice_fiscale(number: str) -> bool:
    odd = sum(_FISCAL_ODD[char] for char in number[0:15:2])
    even = sum(int(c) if c.isdecimal() else ord(c) - ord("A") for c in number[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == number[-1]


def _bsn(number: str) -> bool:
    return weighted_sum(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and int(number) > 0


def _mod_11_twice(number: str, weights: tuple[int, ...]) -> bool:
    """Two check digits, the second over the first too, as Brazil counts them."""
    body = len(number) - 2
    for length in (body, body + 1):
        rest = weighted_sum(number[:length], weights[-length:]) % 11
        if int(number[length]) != (0 if rest < 2 else 11 - rest):  # noqa: PLR2004 - the rule's own
            return False
    return len(set(number)) > 1


def _cpf(number: str) -> bool:
    return _mod_11_twice(number, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2))


def _cnpj(number: str) -> bool:
    return _mod_11_twice(number, (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2))


def _nif(number: str) -> bool:
    rest = weighted_sum(number[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return int(number[8]) == (0 if rest < 2 else 11 - rest)  # noqa: PLR2004 - the rule's own


def _pesel(number: str) -> bool:
    month, day = int(number[2:4]) % 20, int(number[4:6])
    dated = 1 <= month <= 12 and 1 <= day <= 31  # noqa: PLR2004 - the calendar
    return dated and weighted_sum(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _nhs(number: str) -> bool:
    return weighted_sum(number, (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _tfn(number: str) -> bool:
    return weighted_sum(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def _medicare(number: str) -> bool:
    return weighted_sum(number[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(number[8])


def _tc_kimlik(number: str) -> bool:
    digits = [int(d) for d in number]
    tenth = (sum(digits[0:9:2]) * 7 - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def _ean13(number: str) -> bool:
    return weighted_sum(number, (1, 3) * 6 + (1,)) % 10 == 0


def _rijksregister(number: str) -> bool:
    check = int(number[9:])
    return check in {97 - int(number[:9]) % 97, 97 - int("2" + number[:9]) % 97}


def _rut(number: str) -> bool:
    total = sum(int(d) * (2 + i % 6) for i, d in enumerate(reversed(number[:-1])))
    return "0K987654321"[total % 11] == number[-1]


def _cuit(number: str) -> bool:
    return weighted_sum(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _nric(number: str) -> bool:
    total = weighted_sum(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(
        number[0], 0
    )
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}
    return letters.get(number[0], "XWUTRQPNMLK")[total % 11] == number[8]


def _hetu(number: str) -> bool:
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(number[:6] + number[-4:-1]) % 31] == number[-1]


def _fodselsnummer(number: str) -> bool:
    first = weighted_sum(number, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    second = weighted_sum(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11
    return first == second == 0


def _cnp(number: str) -> bool:
    rest = weighted_sum(number[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return number[0] != "0" and int(number[12]) == (1 if rest == 10 else rest)  # noqa: PLR2004 - the rule's own


def _rodne_cislo(number: str) -> bool:
    return int(number) % 11 == 0


def _pps(number: str) -> bool:
    total = weighted_sum(number[:7], (8, 7, 6, 5, 4, 3, 2))
    total += 9 * (ord(number[8]) - ord("A") + 1) if len(number) > 8 and number[8] != "W" else 0  # noqa: PLR2004 - a second letter
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == number[7]


def _dated_luhn(number: str) -> bool:
    month, day = int(number[2:4]), int(number[4:6])
    return 1 <= month <= 12 and 1 <= day % 60 <= 31 and luhn_holds(number)  # noqa: PLR2004 - the calendar


def _anything(number: str) -> bool:
    return len(number) > 0


_NUMBERS = (
    _Number(shape=r"\d{8}[ \-]?[A-HJ-NP-TV-Z]|[XYZ][ \-]?\d{7}[ \-]?[A-HJ-NP-TV-Z]", holds=_dni),
    _Number(shape=r"\d{2}\.\d{3}\.\d{3}-?[A-HJ-NP-TV-Z]", holds=_dni),
    _Number(
        shape=r"[12][ ]?\d\d[ ]?(?:0[1-9]|1[0-2]|[2-9]\d)[ ]?(?:\d\d|2[AB])[ ]?\d{3}[ ]?\d{3}"
        r"[ ]?\d\d",
        holds=_nir,
    ),
    _Number(shape=r"[1-9]\d{10}|[1-9]\d[ ]\d{3}[ ]\d{3}[ ]\d{3}", holds=_steuer_id),
    _Number(
        shape=r"[A-Z]{6}[ ]?[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[ ]?[A-Z][0-9LMNP-V]{3}[A-Z]",
        holds=_codice_fiscale,
    ),
    _Number(shape=r"\d{4}[.]\d{2}[.]\d{3}", holds=_bsn),
    _Number(shape=r"\d{3}[.]?\d{3}[.]?\d{3}-?\d{2}", holds=_cpf),
    _Number(shape=r"\d{2}[.]?\d{3}[.]?\d{3}/?\d{4}-?\d{2}", holds=_cnpj),
    _Number(shape=r"[12356]\d{2}[ ]\d{3}[ ]\d{3}", holds=_nif, weak=True),
    _Number(shape=r"\d{11}", holds=_pesel),
    _Number(shape=r"\d{3}[ \-]\d{3}[ \-]\d{4}", holds=_nhs, weak=True),
    _Number(shape=r"[2-9]\d{3}[ \-]\d{4}[ \-]\d{4}", holds=verhoeff_holds),
    _Number(shape=r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", holds=_anything),
    _Number(
        shape=r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ ]?\d\d[ ]?\d\d[ ]?\d\d"
        r"[ ]?[A-D]",
        holds=_anything,
    ),
    _Number(shape=r"[1-79]\d{2}[ \-]\d{3}[ \-]\d{3}", holds=luhn_holds, weak=True),
    _Number(shape=r"\d{3}[ ]\d{3}[ ]\d{3}", holds=_tfn, weak=True),
    _Number(shape=r"[2-6]\d{3}[ ]\d{5}[ ]\d", holds=_medicare),
    _Number(shape=r"[1-9]\d{10}", holds=_tc_kimlik),
    _Number(shape=r"756[.]?\d{4}[.]?\d{4}[.]?\d{2}", holds=_ean13),
    _Number(shape=r"\d{2}[.]?\d{2}[.]?\d{2}[ \-]?\d{3}[. ]?\d{2}", holds=_rijksregister),
    _Number(shape=r"\d{1,2}[.]\d{3}[.]\d{3}-[\dK]|\d{7,8}-[\dK]", holds=_rut),
    _Number(shape=r"(?:20|2[3-7]|30|33|34)-\d{8}-\d", holds=_cuit),
    _Number(shape=r"[STFGM]\d{7}[A-Z]", holds=_nric),
    _Number(shape=r"(?:0[1-9]|[12]\d|3[01])(?:0\d|1[0-2])\d\d[\-+A]\d{3}[0-9A-Y]", holds=_hetu),
    _Number(shape=r"[0-7]\d[01]\d{3}[ ]?\d{5}", holds=_fodselsnummer),
    _Number(shape=r"[1-9]\d\d(?:0[1-9]|1[0-2])[0-3]\d{7}", holds=_cnp),
    _Number(shape=r"\d\d[0156]\d[0-3]\d/\d{4}", holds=_rodne_cislo),
    _Number(shape=r"\d{7}[A-W][A-IW]?", holds=_pps),
    _Number(shape=r"(?:19|20)?\d{6}[\-+]\d{4}", holds=lambda number: _dated_luhn(number[-10:])),
    _Number(shape=r"\d{13}", holds=_dated_luhn),
    _Number(
        shape=r"[A-Z][AEIOUX][A-Z]{2}\d\d(?:0[1-9]|1[0-2])[0-3]\d[HMX][A-Z]{5}[0-9A-Z]\d",
        holds=_anything,
    ),
    _Number(shape=r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-4]\d{6}", holds=_anything),
)
"""Spain (2), France, Germany, Italy, Netherlands, Brazil (2), Portugal, Poland, England, India (2),
United Kingdom, Canada, Australia (2), Turkey, Switzerland, Belgium, Chile, Argentina, Singapore,
Finland, Norway, Romania, Czechia and Slovakia, Ireland, Sweden, South Africa, Mexico, Korea."""

_CANDIDATE = Matcher(
    # Every shape starts with these; the look ahead saves trying them all at each letter.
    r"(?=[A-Z\d][A-Z\d .\-][A-Z\d .\-/]{2})(?<![\p{L}\p{N}.\-/$€£#_])(?:"
    + "|".join(n.shape for n in _NUMBERS)
    + r")(?![\p{L}\p{N}_\-/]|[.,]\d)",
    needs="0",
)
_COMPILED = tuple((re.compile(number.shape), number) for number in _NUMBERS)
_SCORE, _WEAK_SCORE = 1.0, 0.6
_WORTH_IT = re.compile(r"\d[\d .\-/]{5,}\d|[A-Z]{2} ?\d|[A-Z]{6}")
"""Cheap, and in every shape above."""
_ONLY_BY_CUE = re.compile(
    r"\b(?:order|bestell\w*|pedido|commande|encomenda|ordine|invoice|rechnung\w*|factura|facture"
    r"|tracking|sku|model|item|serial|transaction|ref\w*)\b[^\n.]{0,20}$",
    re.IGNORECASE,
)
_REACH = 32


def national_id_entities(view: View) -> Iterator[Entity]:
    """Find identity numbers whose check digits hold."""
    text = view.text
    for hit in _CANDIDATE.find_in(view) if _WORTH_IT.search(text) else ():
        found = hit[0]
        plain = re.sub(r"[^0-9A-Z]", "", found)
        kinds = [n for shape, n in _COMPILED if shape.fullmatch(found) and n.holds(plain)]
        if not kinds:
            continue
        if found.isdecimal() and _ONLY_BY_CUE.search(
            text, max(0, hit.start() - _REACH), hit.start()
        ):
            continue
        yield Entity(
            start=hit.start(),
            end=hit.end(),
            type=EntityType.NATIONAL_ID,
            score=_WEAK_SCORE if all(kind.weak for kind in kinds) else _SCORE,
            source="pattern",
        )
