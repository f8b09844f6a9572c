"""Views: a text as a reader sees it, with the way back to the characters it came from."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from deskquorum.redaction.numbers import DigitRun, digit_runs, spelled_runs

__all__ = ["View", "folded", "views_of"]

_BEFORE_CAPITAL = re.compile(r"([^\W\d_]+)[\W_]+(?=[^\W\d_a-z])")
_ODD = re.compile("[\u017f\u0131\u0307]")
_DIGIT, _WORD = re.compile(r"\d"), re.compile(r"[^\W\d_]+")

_Piece = tuple[str, int, int]
"""What is read, and from where to where it stands in the original."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A reading of a text; each of its characters knows its place in the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @cached_property
    def low(self) -> str:
        """The text in small letters; not always of the same length."""
        return self.text.lower()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words, in small letters, in order."""
        return tuple(_WORD.findall(self.low))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Its words, in small letters, each once."""
        return frozenset(self.words)

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Where each of its words, in small letters, starts."""
        found: dict[str, list[int]] = {}
        for hit in _WORD.finditer(self.text):
            found.setdefault(hit[0].lower(), []).append(hit.start())
        return found

    @cached_property
    def odd(self) -> bool:
        """Whether a letter stands for another (a long s, a dotted capital i), as `low` hides."""
        return not self.low.isascii() and _ODD.search(self.low) is not None

    @cached_property
    def before_capitals(self) -> frozenset[str]:
        """Words, in small letters, of which the next one starts with a capital letter."""
        return frozenset(map(str.lower, _BEFORE_CAPITAL.findall(self.text)))

    @cached_property
    def has_digit(self) -> bool:
        """Whether there is a figure in it."""
        return _DIGIT.search(self.text) is not None

    @cached_property
    def digit_runs(self) -> tuple[DigitRun, ...]:
        """Figures that follow each other closely, then those spelled out in words."""
        spelled = spelled_runs(self.text, self.words)
        return tuple((*digit_runs(self.text), *spelled) if self.has_digit else spelled)

    @cached_property
    def has_capital(self) -> bool:
        """Whether there is a capital letter in it."""
        return self.text != self.low

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of a stretch of this view that is not empty."""
        return self.starts[start], self.ends[end - 1]


def views_of(text: str) -> tuple[View, ...]:
    """The text as it reads: decoded and, when it has HTML tags, once more without them."""
    plain = _plain(text)
    if not _TAG.search(plain.text):
        return (plain,)
    return plain, _derive(plain, _without_tags(plain.text))


def folded(view: View) -> View:
    """The same view in lower case and without accents, for comparing words."""
    if view.text.isascii():
        return View(text=view.text.lower(), starts=view.starts, ends=view.ends)
    return _derive(view, ((_fold(c), i, i + 1) for i, c in enumerate(view.text)))


_SPECIAL = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d"})
_SPECIAL |= str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "þ": "th", "ħ": "h"})


def _fold(char: str) -> str:
    if char.isascii() and char != "`":
        return char.lower()
    decomposed = unicodedata.normalize("NFKD", char.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return bare.translate(_SPECIAL)


_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_SOFT_BREAK = r"=\r?\n"
_OCTETS = r"(?:=[0-9A-F]{2})+"
_MARKUP = re.compile(_ENTITY)
_MAIL_MARKUP = re.compile(f"{_ENTITY}|{_SOFT_BREAK}|{_OCTETS}")
_QUOTED_PRINTABLE = re.compile(r"=\r?\n|=3D|=(?:C3|E2|F0)=[89AB][0-9A-F]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SEPARATOR = re.compile("[\x0b\x0c\x1c-\x1f\x85]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef]"
)
_INLINE_TAGS = "a|abbr|b|big|bdi|bdo|cite|code|em|font|i|ins|mark|o:p|s|small|span|strong|sub|sup|u"
_BLOCK_TAGS = (
    "address|article|blockquote|body|br|center|dd|div|dl|dt|footer|h[1-6]|head|header|hr|html|img"
    "|li|main|meta|ol|p|pre|section|table|tbody|td|th|thead|tr|ul|wbr"
)
_TAG = re.compile(
    rf"</?(?:(?P<inline>{_INLINE_TAGS})|{_BLOCK_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE
)


def _plain(text: str) -> View:
    markup = _MAIL_MARKUP if _QUOTED_PRINTABLE.search(text) else _MARKUP
    if text.isascii() and not markup.search(text) and not _CONTROL.search(text):
        return View(text=text, starts=range(len(text)), ends=range(1, len(text) + 1))
    return _assemble(_decoded(text, markup))


def _decoded(text: str, markup: re.Pattern[str]) -> Iterator[_Piece]:
    done = 0
    for mark in markup.finditer(text):
        yield from _visible(text, done, mark.start())
        yield _decode(mark[0]), mark.start(), mark.end()
        done = mark.end()
    yield from _visible(text, done, len(text))


def _decode(mark: str) -> str:
    if mark.startswith("&"):
        return _readable(html.unescape(mark))
    if mark.endswith("\n"):
        return ""
    return _readable(bytes.fromhex(mark.replace("=", "")).decode("utf-8", errors="replace"))


def _visible(text: str, start: int, end: int) -> Iterator[_Piece]:
    for place in range(start, end):
        yield _readable(text[place]), place, place + 1


def _readable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    # Lone surrogates can't be encoded, and libraries below encode.
    whole = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    spaced = _SEPARATOR.sub(" ", unicodedata.normalize("NFKC", whole))
    plain = _INVISIBLE.sub("", spaced)
    # Figures of every script count alike; the patterns and sums below know ASCII's.
    return "".join(str(int(c)) if c.isdecimal() else c for c in plain)


def _without_tags(text: str) -> Iterator[_Piece]:
    done = 0
    for tag in _TAG.finditer(text):
        yield from ((text[i], i, i + 1) for i in range(done, tag.start()))
        yield ("" if tag["inline"] else "\n"), tag.start(), tag.end()
        done = tag.end()
    yield from ((text[i], i, i + 1) for i in range(done, len(text)))


def _derive(view: View, pieces: Iterable[_Piece]) -> View:
    """A view of a view: its pieces lie in `view`, its offsets in the original."""
    return _assemble((t, view.starts[s], view.ends[e - 1]) for t, s, e in pieces)


def _assemble(pieces: Iterable[_Piece]) -> View:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for text, start, end in pieces:
        for char in text:
            chars.append(char)
            starts.append(start)
            ends.append(end)
    return View(text="".join(chars), starts=starts, ends=ends)
