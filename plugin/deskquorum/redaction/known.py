"""Known entities: the values of the requester's own record, however the text writes them."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.record import KnownRecord
from deskquorum.redaction.views import View, folded
from deskquorum.redaction.wordlists import common_words, everyday_words, words

__all__ = ["known_entities"]

_WORD = re.compile(r"[^\W_]+")
_JOINT = re.compile(r"[ \t\u00a0]{0,2}[.,'_\-–+]?[ \t\u00a0]{0,2}")
_INTRODUCED = re.compile(
    r"(?:\b(?:m(?:r|rs|s|x)|miss|dr|herrn?|frau|sra?|mme|name is|name's|this is|its|it's|i am|i'm"
    r"|im|call me|soy|je suis|ich bin|sono)\.? |[\n,] ?|^)$"
)
_SETTLED = re.compile(r"[ \t]*(?:[.,!?;:)\n]|$|(?:again|here|from|and)\b)")
_INITIAL = re.compile(r"(?<![^\W_])[^\W\d_]\.$")
_REACH = 16
_BETWEEN = re.compile(r"[\W_]{0,4}")
_MAX_JOINT = 4
_SHORT = 2
_TYPO_LENGTH = 5
_LOCAL_PHONE = 7
_HANDLE_LENGTH, _HANDLE_REACH = 7, 64
_HANDLE, _HANDLE_END = re.compile(r"\w+"), re.compile(r"\w+$")


def known_entities(view: View, record: KnownRecord) -> Iterator[Entity]:
    """Find the requester's name, phone, e-mail, address and ids in a view."""
    if not (record.parts or record.phones or record.values):
        return
    low = folded(view)
    for start, end, kind in (
        *_names(view, low, record),
        *_values(low, record),
        *((*place, EntityType.PHONE) for place in _phones(view, record.phones)),
    ):
        first, last = (start, end) if kind is EntityType.PHONE else _in_view(view, low, start, end)
        yield Entity(start=first, end=last, type=kind, score=1.0, source="known")


def _in_view(view: View, low: View, start: int, end: int) -> tuple[int, int]:
    """Offsets in `view` for offsets in its folded form, which may be longer."""
    if len(view.text) == len(low.text):
        return start, end
    return _places(view, low, start), _places(view, low, end - 1) + 1


def _places(view: View, low: View, place: int) -> int:
    """The last character of `view` that starts where the folded character does."""
    wanted = low.starts[place]
    first, last = 0, len(view.starts) - 1
    while first < last:
        middle = (first + last + 1) // 2
        if view.starts[middle] <= wanted:
            first = middle
        else:
            last = middle - 1
    return first


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    word: str
    capitalised: bool
    shouted: bool
    """In capitals throughout."""
    part: bool = False
    """Is a part of the name, for itself."""


def _names(view: View, low: View, record: KnownRecord) -> Iterator[tuple[int, int, EntityType]]:
    if not record.parts:
        return
    for name in record.full_names:
        for start, end in (*_spelled(low.text, name), *_in_handles(low.text, name)):
            yield start, end, EntityType.PERSON
    tokens = _tokens(view, low)
    parts = {part.word: part.capitalised for part in record.parts}
    shouting = sum(t.shouted for t in tokens) * 2 > len(tokens)
    for token in tokens:
        token.part = _stands_alone(token, parts, low.text, shouting=shouting)
    _spread(tokens, parts, low.text)
    for first, last in _groups(tokens, low.text):
        yield tokens[first].start, tokens[last].end, EntityType.PERSON


def _tokens(view: View, low: View) -> list[_Token]:
    tokens = []
    same = len(view.text) == len(low.text)
    for hit in _WORD.finditer(low.text):
        start, end = hit.span()
        original = view.text[start:end] if same else _original(view, low, start, end)
        shouted = end - start > 1 and original.isupper()
        tokens.append(_Token(start, end, hit[0], original[:1].isupper(), shouted))
    return tokens


def _original(view: View, low: View, start: int, end: int) -> str:
    first, last = _in_view(view, low, start, end)
    return view.text[first:last]


def _opens(text: str, token: _Token) -> bool:
    """Whether a word stands where a sentence begins."""
    near = text[max(0, token.start - _REACH) : token.start].rstrip(" \t\"'(*>«¡¿")
    return near[-1:] in {"", ".", "!", "?", "\n", ":"} and not _INITIAL.search(near)


def _introduced(text: str, token: _Token) -> bool:
    """Whether a word can be nothing but a name: after a title or 'this is', or on its own line."""
    near = text[max(0, token.start - _REACH) : token.start]
    return bool(_INTRODUCED.search(near)) and bool(_SETTLED.match(text, token.end))


def _stands_alone(token: _Token, parts: dict[str, str], text: str, *, shouting: bool) -> bool:
    named = token.capitalised and not (token.shouted and shouting)
    if token.word not in parts:
        return token.word not in common_words() and _is_nearly(token, parts, text, named=named)
    if len(token.word) <= _SHORT:
        return len(token.word) == _SHORT and named and token.word not in common_words()
    if token.word in common_words():
        return (named and not _opens(text, token)) or _introduced(text, token)
    return True


def _is_nearly(token: _Token, parts: dict[str, str], text: str, *, named: bool) -> bool:
    """Whether a word is a part of the name with a plural's or possessor's `s`, or with a slip."""
    if named and token.word.removesuffix("s") in parts and len(token.word) > _TYPO_LENGTH:
        return True
    if not _typo(token.word, tuple(parts), alone=True):
        return False
    return named or (token.word not in everyday_words() and _introduced(text, token))


def _spread(tokens: Sequence[_Token], parts: dict[str, str], text: str) -> None:
    """Let words that are a name only beside a part of it join: initials, typos, short words."""
    names = tuple(parts)
    initials = {name[0] for name in names}
    for left, right in pairwise(tokens):
        # A slip or an initial beside a name that is an everyday word: each is one for the other.
        pair = (left.word in parts and _slip(right, names)) or (
            right.word in parts and (_slip(left, names) or _initials(left, right, names, text))
        )
        if pair and _joined(left, right, text):
            left.part = right.part = True
    if not any(token.part for token in tokens):
        return
    for steps in (range(len(tokens)), range(len(tokens) - 1, -1, -1)):
        for place in steps:
            token = tokens[place]
            if token.part or not _beside_part(tokens, place, text):
                continue
            token.part = (
                token.word in parts
                or (len(token.word) == 1 and token.capitalised and token.word in initials)
                or (
                    (token.capitalised or token.word not in common_words())
                    and _typo(token.word, names, alone=False)
                )
            )


def _slip(token: _Token, names: tuple[str, ...]) -> bool:
    return (
        token.word not in names
        and token.word not in everyday_words()
        and _typo(token.word, names, alone=True)
    )


def _initials(left: _Token, right: _Token, names: tuple[str, ...], text: str) -> bool:
    """Whether a letter is short for another part of the name, and not the article 'a'."""
    if len(left.word) != 1 or not any(n[0] == left.word and n != right.word for n in names):
        return False
    return left.capitalised or text[left.end] == "." or _opens(text, left)


def _beside_part(tokens: Sequence[_Token], place: int, text: str) -> bool:
    # Asked of every word, twice; nearly none of them stands beside a part.
    if place and tokens[place - 1].part and _joined(tokens[place - 1], tokens[place], text):
        return True
    after = place + 1
    return (
        after < len(tokens) and tokens[after].part and _joined(tokens[place], tokens[after], text)
    )


def _joined(left: _Token, right: _Token, text: str) -> bool:
    gap = text[left.end : right.start]
    if "," in gap and left.word == right.word:
        return False
    return len(gap) <= _MAX_JOINT and bool(_JOINT.fullmatch(gap))


def _groups(tokens: Sequence[_Token], text: str) -> Iterator[tuple[int, int]]:
    """First and last token of each run of parts; a particle between two parts belongs to it."""
    place = 0
    while place < len(tokens):
        if not tokens[place].part:
            place += 1
            continue
        last = place
        while (step := _next_part(tokens, last, text)) is not None:
            last = step
        yield place, last
        place = last + 1


def _next_part(tokens: Sequence[_Token], place: int, text: str) -> int | None:
    for step in range(place + 1, min(place + 4, len(tokens))):
        if not _joined(tokens[step - 1], tokens[step], text):
            return None
        if tokens[step].part:
            return step
        if tokens[step].word not in words("name_particles"):
            return None
    return None


def _typo(word: str, names: tuple[str, ...], *, alone: bool) -> bool:
    """One slip away from a name of five letters or more."""
    if len(word) < _TYPO_LENGTH - 1:
        return False
    from rapidfuzz.distance import OSA

    return any(
        len(name) >= _TYPO_LENGTH
        and -1 <= len(name) - len(word) <= 1
        and (not alone or name[0] == word[0])
        and OSA.distance(word, name, score_cutoff=1) <= 1
        for name in names
    )


def _values(low: View, record: KnownRecord) -> Iterator[tuple[int, int, EntityType]]:
    for value, kind in record.values:
        for start, end in _spelled(low.text, value):
            yield start, end, kind


def _spelled(text: str, value: str) -> Iterator[tuple[int, int]]:
    """Places of a folded value, with any punctuation and spaces between its words."""
    words = _words_of(value)
    place = text.find(words[0]) if words else -1
    while place >= 0:
        end = _spelled_end(text, place, words)
        if end:
            yield place, end
        place = text.find(words[0], end or place + 1)


def _spelled_end(text: str, place: int, words: Sequence[str]) -> int:
    """Where the words end that start at a place with the first of them, 0 if they do not follow."""
    # Scripts without spaces have no word boundaries to ask for.
    bounded = words[0].isascii()
    if bounded and _goes_on(text[place - 1 : place], words[0][0]):
        return 0
    end = place + len(words[0])
    for word in words[1:]:
        gap = _BETWEEN.match(text, end)
        end = gap.end() if gap else end
        end = end + len(word) if text.startswith(word, end) else _respaced_end(text, end, word)
        if not end:
            return 0
    return 0 if bounded and _goes_on(text[end : end + 1], words[-1][-1]) else end


def _respaced_end(text: str, place: int, number: str) -> int:
    """Where a number ends that is written with gaps between its figures, 0 for another."""
    if not number.isdecimal() or text[place : place + 1] != number[0]:
        return 0
    for digit in number:
        if text[place : place + 1] in {" ", "-", "."}:
            place += 1
        if text[place : place + 1] != digit:
            return 0
        place += 1
    return place


def _goes_on(beside: str, edge: str) -> bool:
    """Whether the character beside a value belongs to a longer number or word."""
    if edge.isdecimal():
        return beside.isdecimal()
    return beside.isalpha()


def _in_handles(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Words that have the whole name in them without a space, such as a login."""
    glued = "".join(_words_of(name))
    if len(glued) < _HANDLE_LENGTH or glued not in text:
        return
    for hit in re.finditer(re.escape(glued), text):
        before = _HANDLE_END.search(text, max(0, hit.start() - _HANDLE_REACH), hit.start())
        after = _HANDLE.match(text, hit.end(), hit.end() + _HANDLE_REACH)
        yield before.start() if before else hit.start(), after.end() if after else hit.end()


def _words_of(value: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W\d_]+|\d+", value))


def _phones(view: View, phones: Sequence[str]) -> Iterator[tuple[int, int]]:
    if not phones:
        return
    for run in view.digit_runs:
        for phone in phones:
            for start, end in run.endings(phone, least=_LOCAL_PHONE):
                opened = view.text[start - 1 : start] == "(" and ")" in view.text[start:end]
                yield start - opened, end
