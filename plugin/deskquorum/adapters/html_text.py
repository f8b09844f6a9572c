"""What a person sees of HTML mail: hidden nodes and quoted history are dropped."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

__all__ = ["as_html", "plain", "seen_text"]

_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg"})
_QUOTED = frozenset({"blockquote"})
_QUOTE_CLASSES = ("gmail_quote", "moz-cite-prefix", "yahoo_quoted", "zendesk-quoted")
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "col", "wbr", "source"})
_BREAKS = frozenset(
    {"br", "p", "div", "li", "tr", "table", "ul", "ol", "hr", "h1", "h2", "h3", "h4", "pre"}
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?\s*(?:;|$)"
    r"|font-size\s*:\s*0(?:\.0*)?(?:px|pt|em|%)?\s*(?:;|$)|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_NOT_WORDS = re.compile(r"[\W_]+")


def plain(text: str, *, html: bool) -> str:
    """The text of a message."""
    if not html:
        return text.strip()
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.seen).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def as_html(text: str) -> str:
    """Plain text for helpdesks that take HTML: nothing in it is markup."""
    return "<br>".join(escape(line) for line in text.split("\n"))


def seen_text(text: str) -> str:
    """Letters and digits alone, by which a plain text is known again however it was laid out."""
    return _NOT_WORDS.sub("", text).casefold() or text.strip()


class _Reader(HTMLParser):
    """Collects what is seen; a node that is hidden hides all that it holds."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the node hides."""
        if tag in _BREAKS:
            self.seen.append("\n")
        if tag not in _VOID:
            self._open.append((tag, _hides(tag, dict(attrs))))

    def handle_endtag(self, tag: str) -> None:
        """Close the node, and what was left open in it."""
        names = [name for name, _ in self._open]
        if tag in names:
            del self._open[len(names) - 1 - names[::-1].index(tag) :]
        if tag in _BREAKS:
            self.seen.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep it unless a node around it is hidden."""
        if not any(hidden for _, hidden in self._open):
            self.seen.append(re.sub(r"\s+", " ", data))


def _hides(tag: str, attributes: dict[str, str | None]) -> bool:
    classes = attributes.get("class") or ""
    return (
        tag in _UNSEEN
        or tag in _QUOTED
        or "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or any(name in classes for name in _QUOTE_CLASSES)
        or _HIDING.search(attributes.get("style") or "") is not None
    )
