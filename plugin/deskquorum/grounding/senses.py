"""How a stretch of words turns out for the customer, and how firmly it says so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from deskquorum.grounding.kept import MOST_TEXTS
from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.stances import (
    AGAINST,
    FAVOUR,
    FIRM,
    NEGATORS,
    NEUTRAL,
    ONLY,
    OPEN,
    WHOLE_NEGATORS,
    WITHOUT,
    Phrase,
)

__all__ = ["denied", "sign_of", "strength_of"]

_PLAIN = 0.5
"""A statement without a word of stance."""
_TURNED = 1.5
"""A negator that turns no word of stance turns the whole."""
_OUT = -2.0
"""`Too late` settles it, whatever else is said."""
_REACH = 4
"""Words over which a negator turns a word of stance."""
_WITHOUT_REACHES = 2
"""`Without extra charge`."""
_OUTRIGHT = frozenset({"too", "zu", "trop", "demasiado", "unable", "past", "excluded"})
_NOT_BEFORE_NUMBERS = frozenset({"over", "past"})
_PREDICATED = {("past",): 1, ("over",): 1, ("more", "than", "one"): 2} | {
    (word,): 3
    for word in word_set(
        "included late separate locked blocked closed lost refused expired cancelled removed void "
        "gone excluded"
    )
}  # fmt: skip
"""Words of stance only behind a form of `be`, and how near it must stand."""
_BE = word_set(
    "is are be been being was were still not get gets got counts has have remain remains cannot"
)
_LACKS = (("comes",), ("come",), ("is",), ("are",), ("be",), ("sold",), ("do",), ("das",))
_CAN = word_set("can could may")
"""`Only the maker can` leaves nothing open."""
_OR = word_set("or oder o ou")
"""`Locked or not` turns nothing."""
_PRONOUNS = word_set("you we they i he she")
_AUXILIARIES = word_set("do did does have has had was were are is")
"""Of relative clauses."""
_LONGEST = max(len(phrase) for phrase in FAVOUR | AGAINST | NEUTRAL)


@lru_cache(maxsize=MOST_TEXTS)
def sign_of(words: tuple[str, ...]) -> float:
    """-1..1: its words of stance together, each turned by a negator before it."""
    negators = _negators(words)
    if _asks_for_it(words, negators):
        return -1.0
    total, last, pending, place = 0.0, _PLAIN, list(negators), 0
    while place < len(words):
        stance = _stance_at(words, place) if words[place] in _FIRST else None
        length, sign = stance or (1, 0.0)
        if length > 1 or sign:
            pending = [n for n in pending if not place <= n < place + length]
        if sign:
            turning = [n for n in pending if _reaches(words, n, place)]
            pending = [n for n in pending if n not in turning]
            if not turning and sign == _OUT:
                return -1.0
            last = -sign if turning else sign
            total += last
        place += length
    # `Three months without a complaint` is bad for nobody; `comes without a guarantee` is.
    left = [n for n in pending if words[n] not in WITHOUT or words[n - 1 : n] in _LACKS]
    total -= _TURNED * (len(left) % 2)
    if total == 0 and not left:
        return last * _PLAIN if abs(last) >= 1 else _PLAIN
    return max(-1.0, min(1.0, total))


@lru_cache(maxsize=MOST_TEXTS)
def strength_of(words: tuple[str, ...]) -> float:
    """1 where it is a duty or a certainty, -1 where it is open or up to somebody, else 0."""
    negators = _negators(words)
    if WITHOUT & set(words):
        return 1.0 if sign_of(words) < 0 or _asks_for_it(words, negators) else -1.0
    total, place = 0.0, 0
    restricted = bool(ONLY & set(words))
    while place < len(words):
        word = words[place]
        firm = _phrase_at(words, place, FIRM) if word in _FIRST_FIRM else 0
        may = _phrase_at(words, place, OPEN) if word in _FIRST_OPEN else 0
        if firm:
            # A negator inside the phrase is part of it: `no choice`.
            turned = any(0 < place - n <= _REACH for n in negators)
            total += -1.0 if turned else 1.0
        elif may and not (restricted and words[place] in _CAN):
            turned = any(-1 <= place - n <= _REACH for n in negators)
            total += 0.0 if turned else -1.0
        place += max(firm, may, 1)
    return max(-1.0, min(1.0, total))


def denied(words: Sequence[str]) -> bool:
    """Whether the words say that something is not so."""
    return bool(len(_negators(words)) % 2)


def _asks_for_it(words: Sequence[str], negators: Collection[int]) -> bool:
    """`Not without a receipt` asks for the receipt."""
    places = [place for place, word in enumerate(words) if word in WITHOUT]
    return bool(places) and any(n not in places for n in negators)


def _negators(words: Sequence[str]) -> list[int]:
    """Places of the words that turn the clause; not those inside `the one you didn't name`."""
    return [
        place
        for place, word in enumerate(words)
        if word in NEGATORS
        and not (place and words[place - 1] in _OR)
        and not _inside_a_relative_clause(words, place)
    ]


def _inside_a_relative_clause(words: Sequence[str], place: int) -> bool:
    """`The pipes you did not name are ...`: a noun, a subject, `did not`, and the verb later."""
    if place < 3 or words[place - 1] not in _AUXILIARIES:  # noqa: PLR2004 - noun, subject, auxiliary
        return False
    if words[place - 2] in _PRONOUNS:
        return words[place - 3] not in _OPENING and place + 2 < len(words)
    return "the" in words[place - 4 : place - 2] and bool(_BE & set(words[place + 2 :]))


_OPENING = word_set(
    "and but so if when because since as that although though or while which says sorry then "
    "unless case , means"
)


def _reaches(words: Sequence[str], negator: int, place: int) -> bool:
    if words[negator] in WITHOUT:
        return 0 < place - negator <= _WITHOUT_REACHES
    return negator < place and (words[negator] in WHOLE_NEGATORS or place - negator <= _REACH)


_FIRST = frozenset(phrase[0] for phrase in FAVOUR | AGAINST | NEUTRAL)
_FIRST_FIRM = frozenset(phrase[0] for phrase in FIRM)
_FIRST_OPEN = frozenset(phrase[0] for phrase in OPEN)


def _stance_at(words: Sequence[str], place: int) -> tuple[int, float] | None:
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        phrase: Phrase = tuple(words[place : place + length])
        if phrase in NEUTRAL:
            return length, 0.0
        if not (phrase in FAVOUR or phrase in AGAINST):
            continue
        after = words[place + 1 : place + 2]
        if phrase[0] in _NOT_BEFORE_NUMBERS and after and after[0][0].isdigit():
            return None
        if phrase in _PREDICATED:
            before = words[max(0, place - _PREDICATED[phrase]) : place]
            if not any(word in _BE or word.endswith(("'s", "'re")) for word in before):
                return None
        if phrase in FAVOUR:
            return length, 1.0
        return length, _OUT if phrase[0] in _OUTRIGHT else -1.0
    return None


def _phrase_at(words: Sequence[str], place: int, phrases: Collection[Phrase]) -> int:
    """Words of the longest of the phrases that starts here, 0 for none."""
    return next((n for n in (3, 2, 1) if tuple(words[place : place + n]) in phrases), 0)
