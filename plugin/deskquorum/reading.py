"""Mail as a person reads it, and what a mail conceals from the person who reads it."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser

__all__ = ["concealed", "fold", "readable"]

_SOFT_BREAK = re.compile(r"=\r?\n")
_QUOTED_PRINTABLE = re.compile(r"=(?:[0-9A-F]{2})")
_TAG = re.compile(r"</?(?:html|body|div|p|br|span|table|tr|td|a|font|b|i|img|ul|li|o:p)\b", re.I)
_CUT = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|forwarded message|urspr.ngliche nachricht"
    r"|mensaje original|message d.origine|mensagem original)\b.*|-- )$",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"^\s*(?:on\b.{5,120}\bwrote|am\b.{5,120}\bschrieb.*|le\b.{5,120}\ba .crit"
    r"|el\b.{5,120}\bescribi.|em\b.{5,120}\bescreveu)\s*:\s*$",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/=])")
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])"
    r"|(?<!-)color\s*:\s*(?:#fff(?:fff)?\b|white)",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0020-\U000e007f]")
_TAG_CHARACTERS = 0xE0000
"""Unicode's invisible copy of ASCII starts here."""
_VOID = frozenset({"br", "img", "hr", "meta", "link", "input", "wbr", "col"})
_UNSHOWN = frozenset({"script", "style", "head", "template", "title"})
_LEAST_LETTERS = 0.7
"""Share of letters and spaces that tells decoded words from decoded bytes."""


def readable(text: str) -> str:
    """The mail without markup, hidden nodes, quoted history and signature marks.

    A mail that is nothing but history comes back whole: somebody meant something by it.
    """
    shown = _shown(text)[0]
    lines: list[str] = []
    for line in shown.splitlines():
        if _CUT.match(line):
            break
        if not line.lstrip().startswith(">") and not _ATTRIBUTION.match(line):
            lines.append(line)
    own = "\n".join(lines).strip()
    return own if any(c.isalnum() for c in own) else shown.strip()


def concealed(text: str) -> str:
    """What the mail hides: hidden nodes, encoded text, invisible characters; each kind is named."""
    hidden = _shown(text)[1]
    parts = [f"[hidden text] {hidden}"] if hidden else []
    parts += [f"[encoded text] {decoded}" for decoded in _decoded(text)]
    invisible = _INVISIBLE.findall(text)
    spelled = "".join(chr(ord(c) - _TAG_CHARACTERS) for c in invisible if ord(c) > _TAG_CHARACTERS)
    # One byte-order mark or joiner is an accident of some mail program.
    if len(invisible) > 1:
        parts.append(f"[invisible characters] {spelled}".rstrip())
    return "\n".join(parts)


def fold(text: str) -> str:
    """Lower case, without accents, straight quotes, single spaces: the form that patterns read."""
    plain = text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"'})
    decomposed = unicodedata.normalize("NFKD", plain.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", _INVISIBLE.sub("", letters)).strip()


def _shown(text: str) -> tuple[str, str]:
    """Text as shown, and text that was marked up to stay hidden."""
    plain = _without_transfer_encoding(text)
    if not _TAG.search(plain):
        return plain, ""
    parser = _Page()
    parser.feed(plain)
    parser.close()
    return "".join(parser.shown), " ".join(" ".join(parser.hidden).split())


def _without_transfer_encoding(text: str) -> str:
    """Undo quoted-printable where a mail was pasted with it."""
    codes = _QUOTED_PRINTABLE.findall(text)
    if not _SOFT_BREAK.search(text) and len(codes) < 2:  # noqa: PLR2004 - one may be chance
        return text
    try:
        return quopri.decodestring(text.encode("utf-8")).decode("utf-8")
    except UnicodeDecodeError:
        return _SOFT_BREAK.sub("", text)


def _decoded(text: str) -> Iterator[str]:
    for run in _BASE64.findall(text):
        try:
            decoded = base64.b64decode(run + "=" * (-len(run) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        letters = sum(c.isalpha() or c.isspace() for c in decoded)
        if decoded.isprintable() and letters >= _LEAST_LETTERS * len(decoded):
            yield decoded


class _Page(HTMLParser):
    """Splits a page into what is shown and what is not."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.hidden: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whether what follows is shown."""
        if tag in {"br", "p", "div", "tr", "li"}:
            self.shown.append("\n")
        if tag not in _VOID:
            given = dict(attrs)
            hides = "hidden" in given or bool(_HIDING_STYLE.search(given.get("style") or ""))
            self._open.append((tag, hides or tag in _UNSHOWN))

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and whatever was left open inside it."""
        if any(name == tag for name, _ in self._open):
            while self._open and self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep the text on its side."""
        if any(hides and tag not in _UNSHOWN for tag, hides in self._open):
            self.hidden.append(data)
        elif not any(hides for _, hides in self._open):
            self.shown.append(data)

    def handle_comment(self, data: str) -> None:
        """A comment is hidden text, unless a mail program wrote it."""
        if not data.lstrip().startswith("[if"):
            self.hidden.append(data)
