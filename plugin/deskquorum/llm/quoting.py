"""Customers' words as data: nothing in them can end a fence or look like a control token."""

from __future__ import annotations

import re
import secrets

__all__ = ["neutralised", "new_fence"]

_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    "\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b\u200e\u200f\ufeff"
    "\u202a-\u202e\u2060-\u206f"  # direction overrides, invisible operators
    "\U000e0000-\U000e0fff"  # tag characters and selectors: whole hidden sentences fit in them
    "]"
)
_OPEN, _CLOSE = "\u2039\u203a"
"""Single guillemets: what a tag's brackets become."""
_TAG = re.compile(r"<(?=[\s\u200c\u200d/!?]{0,4}(?:[^\W\d]|[|\uff5c]))(?:([^<>]{0,200})>)?")
_BRACKETED = re.compile(
    r"\[(\s{0,4}/?\s{0,4}(?:INST|SYS|SYSTEM|USER|ASSISTANT|TOOL\w{0,12}|AVAILABLE_TOOLS)\s{0,4})\]",
    re.IGNORECASE,
)
_FENCE_LINE = re.compile(r"^([^\S\n]{0,8})([=\-_*#~`<>+|\"'])(?=\2{2})", re.MULTILINE)
_SPEAKER = re.compile(
    r"^([^\S\n]{0,8}[#*>\-]{0,4}[^\S\n]{0,8}"
    r"(?:system|developer|assistant|user|human|ai|tool|instruction|response|answer))"
    r"([^\S\n]*[*]{0,2}[:\uff1a])",
    re.MULTILINE | re.IGNORECASE,
)

_OTHER_CASE = re.compile("[\u0130\u0131\u017f]")
"""Where case is ignored these match an i or an s, which their lower case is not."""


def new_fence() -> str:
    """A mark that no customer can foresee."""
    return f"ticket-{secrets.token_hex(4)}"


def neutralised(text: str, *, fence: str) -> str:
    """The text with everything that could be taken for more than a customer's words broken.

    Tags and control tokens get guillemets; lines that look like a fence or a speaker's name get a
    dot in them; the fence itself and invisible characters are taken out. A reader sees each change.
    """
    shown = _INVISIBLE.sub("", _LINE_END.sub("\n", text))
    shown = _TAG.sub(_in_guillemets, shown)
    shown = _BRACKETED.sub(rf"{_OPEN}\1{_CLOSE}", shown)
    shown = _FENCE_LINE.sub(r"\1\2·", shown)
    shown = _SPEAKER.sub(r"\1·\2", shown)
    # A fence is new each time: its pattern is made only where it may match.
    if fence.lower() in shown.lower() or _OTHER_CASE.search(shown):
        shown = re.sub(re.escape(fence), f"{_OPEN}fence{_CLOSE}", shown, flags=re.IGNORECASE)
    return shown


def _in_guillemets(tag: re.Match[str]) -> str:
    inside = tag[1]
    return _OPEN if inside is None else f"{_OPEN}{inside}{_CLOSE}"
