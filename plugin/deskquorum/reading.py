"""Mail as a person reads it, and what a mail conceals from the person who reads it."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from deskquorum.domain import RedactedTicket

__all__ = ["concealed", "customer_text", "fold", "readable", "unmarked"]

_PLACEHOLDER = re.compile(r"⟦([A-Z_]+)_\d+·\w+⟧")
_SOFT_BREAK = re.compile(r"=\r?\n")
_QUOTED_PRINTABLE = re.compile(r"=(?:[89A-F][0-9A-F]|3D|20$)", re.MULTILINE)
"""Codes that mail needs; `=10` and `=25` stand in links and sums."""
_TAG = re.compile(
    r"</?(?:html|body|div|p|br|span|table|tr|td|a|font|b|i|img|ul|li|o:p"
    r"|blockquote)\b",
    re.IGNORECASE,
)
_MARKED_SECTION = re.compile(r"<!(\[[^>]*)>?")
_HISTORY = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:original message|forwarded message|urspr.ngliche nachricht"
    r"|mensaje original|message d.origine|mensagem original)\b.*|-- )$"
    r"|^[^\w\n]{0,9}(?:from|von|de)[^\w\n]{0,3}:.+\n(?:.+\n){0,2}?"
    r"[^\w\n]{0,9}(?:sent|date|gesendet|datum|envoy.|enviad[oa](?: el| em)?|fecha|data)"
    r"[^\w\n]{0,3}:",
    re.IGNORECASE | re.MULTILINE,
)
"""What follows is somebody else's: a line of a mail program, or the head of an earlier mail."""
_ATTRIBUTION = re.compile(
    r"^[ \t]*(?:(?:on|el|em|am|le)\b[^\n]{5,120}\n?[^\n]{0,80}"
    r"\b(?:wrote|escribi.|escreveu|schrieb[^\n]{0,80}|a .crit)\s?:[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/=])")
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])"
    r"|(?<!-)color\s*:\s*(?:#fff(?:fff)?\b|white)",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0020-\U000e007f]")
_FLAGS = re.compile(
    "\U0001f3f4\U000e0067\U000e0062(?:{})\U000e007f".format(
        "|".join("".join(chr(0xE0000 + ord(c)) for c in nation) for nation in ("eng", "sct", "wls"))
    )
)
"""Emoji of England, Scotland and Wales, which are spelled in tag characters."""
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_TAG_CHARACTERS = 0xE0000
"""Unicode's invisible copy of ASCII starts here."""
_ENDS_ITSELF = frozenset({"p", "li", "td", "tr"})
"""Elements whose end tag may be left out."""
_VOID = frozenset({"br", "img", "hr", "meta", "link", "input", "wbr", "col"})
_UNSHOWN = frozenset({"script", "style", "head", "template", "title"})
_LEAST_LETTERS = 0.7
"""Share of letters and spaces that tells decoded words from decoded bytes."""


def readable(text: str) -> str:
    """The mail without markup, hidden nodes, quoted history and signature marks.

    A mail that is nothing but history comes back whole: somebody meant something by it.
    """
    shown = _shown(text)[0].replace("\r\n", "\n")
    cut = _HISTORY.search(shown)
    newest = _ATTRIBUTION.sub("", shown[: cut.start()] if cut else shown)
    lines = (line for line in newest.splitlines() if not line.lstrip().startswith(">"))
    own = "\n".join(lines).strip()
    return own if any(c.isalnum() for c in own) else shown.strip()


def customer_text(ticket: RedactedTicket) -> str:
    """The customer's messages as a person reads them, oldest first, a blank line between them."""
    return "\n\n".join(readable(m.text) for m in ticket.messages if m.role == "customer")


def concealed(text: str) -> str:
    """What the mail hides: hidden nodes, encoded text, invisible characters; each kind is named."""
    hidden = _shown(text)[1]
    parts = [f"[hidden text] {hidden}"] if hidden else []
    parts += [f"[encoded text] {decoded}" for decoded in _decoded(text)]
    invisible = _INVISIBLE.findall(_FLAGS.sub("", text))
    spelled = "".join(chr(ord(c) - _TAG_CHARACTERS) for c in invisible if ord(c) > _TAG_CHARACTERS)
    # One byte-order mark or joiner is an accident of some mail program.
    if len(invisible) > 1:
        parts.append(f"[invisible characters] {spelled}".rstrip())
    return "\n".join(parts)


def unmarked(text: str) -> str:
    """The text with a type where a placeholder stood: the same each time, as marks are not."""
    return _PLACEHOLDER.sub(lambda found: found[1].replace("_", " ").lower(), text)


def fold(text: str) -> str:
    """Lower case, without accents, straight quotes, single spaces: the form that patterns read."""
    plain = text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"'})
    # Styled letters have no lower case before they are taken apart, some no single one after.
    decomposed = _decomposed(_decomposed(plain).casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    seen = "".join(c for c in _VARIATION.sub("", letters) if unicodedata.category(c) != "Cf")
    return re.sub(r"\s+", " ", seen).strip()


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


def _shown(text: str) -> tuple[str, str]:
    """Text as shown, and text that was marked up to stay hidden."""
    plain = _without_transfer_encoding(text)
    if not _TAG.search(plain):
        return plain, ""
    parser = _Page()
    # The parser stumbles over unknown marked sections, which browsers read as comments.
    parser.feed(_MARKED_SECTION.sub(r"<!--\1-->", plain))
    parser.close()
    return "".join(parser.shown), " ".join(" ".join(parser.hidden).split())


def _without_transfer_encoding(text: str) -> str:
    """Undo quoted-printable where a mail was pasted with it."""
    codes = _QUOTED_PRINTABLE.findall(text)
    if not _SOFT_BREAK.search(text) and len(codes) < 2:  # noqa: PLR2004 - one may be chance
        return text
    try:
        return quopri.decodestring(text.encode("utf-8", "surrogatepass")).decode("utf-8")
    except UnicodeDecodeError:
        return _SOFT_BREAK.sub("", text)


def _decoded(text: str) -> Iterator[str]:
    for run in _BASE64.findall(text):
        try:
            decoded = base64.b64decode(run + "=" * (-len(run) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        letters = sum(c.isalpha() or c.isspace() for c in decoded)
        printable = all(c.isprintable() or c.isspace() for c in decoded)
        if printable and letters >= _LEAST_LETTERS * len(decoded):
            yield decoded


class _Page(HTMLParser):
    """Splits a page into what is shown and what is not."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.hidden: list[str] = []
        self._open: list[tuple[str, bool]] = []
        # Counted, because looking through what is open takes too long in a mail made to be slow.
        self._tags: Counter[str] = Counter()
        self._hiding = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whether what follows is shown."""
        if tag in {"br", "p", "div", "tr", "li"}:
            self.shown.append(self._line_break())
        if tag in _ENDS_ITSELF and self._open and self._open[-1][0] == tag:
            self._close()
        if tag not in _VOID:
            given = dict(attrs)
            hides = "hidden" in given or bool(_HIDING_STYLE.search(given.get("style") or ""))
            self._open.append((tag, hides and tag not in _UNSHOWN))
            self._tags[tag] += 1
            self._hiding += self._open[-1][1]
        if tag == "blockquote":
            self.shown.append(self._line_break())

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and whatever was left open inside it."""
        if self._tags[tag]:
            while self._close() != tag:
                pass
        if tag == "blockquote":
            self.shown.append(self._line_break())

    def handle_data(self, data: str) -> None:
        """Keep the text on its side."""
        if self._hiding:
            self.hidden.append(data)
        elif not any(self._tags[tag] for tag in _UNSHOWN):
            self.shown.append(data.replace("\n", self._line_break()))

    def handle_comment(self, data: str) -> None:
        """A comment is hidden text, unless a mail program wrote it."""
        if not data.lstrip().startswith(("[if", "[endif")):
            self.hidden.append(data)

    def _line_break(self) -> str:
        """Quoted mail is marked as plain text marks it."""
        return "\n> " if self._tags["blockquote"] else "\n"

    def _close(self) -> str:
        """Close the innermost element; returns its name."""
        tag, hides = self._open.pop()
        self._tags[tag] -= 1
        self._hiding -= hides
        return tag
