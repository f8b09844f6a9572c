"""Texts cut at what a page marks in them: placeholders, values behind them, claims of a reply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deskquorum.domain import Finding
from deskquorum.weighing import values_in

__all__ = ["Piece", "chipped", "cited"]

_PLACEHOLDER = re.compile(r"⟦([A-Z][A-Z_]*)_([0-9]+)·[^⟦⟧\n]{1,60}⟧")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a text that is shown one way."""

    text: str
    kind: str = ""
    """Of personal data: `PERSON`, `ADDRESS`; empty where it is none."""
    number: str = ""
    """Tells placeholders of one kind apart."""
    hidden: bool = False
    """Whether only the placeholder is known here."""
    finding: int | None = None
    """Index of the finding whose claim it belongs to."""
    last: bool = False
    """Whether that claim ends here."""


def chipped(text: str, values: Mapping[str, str] | None = None) -> Iterator[Piece]:
    """Cut a redacted text at its placeholders.

    Args:
        text: With placeholders.
        values: Placeholder to its value, as far as that may be shown.
    """
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        if found.start() > at:
            yield Piece(text=text[at : found.start()])
        value = (values or {}).get(found[0])
        yield Piece(text=value or found[0], kind=found[1], number=found[2], hidden=value is None)
        at = found.end()
    if at < len(text):
        yield Piece(text=text[at:])


def cited(raw: str | None, kept: str | None, findings: Sequence[Finding]) -> tuple[Piece, ...]:
    """A suggested reply with its values, cut at its claims.

    Args:
        raw: As it is sent, with values; None where only the redacted form is known.
        kept: The same as it stands in the ledger; its offsets are those of the findings.
        findings: On that form.
    """
    if kept is None:
        return () if raw is None else (Piece(text=raw),)
    values = {placeholder: value for value, placeholder in values_in(raw, kept)}
    pieces = tuple(_cut(kept, findings, values))
    shown = "".join(piece.text for piece in pieces)
    # Never show another text than the one that an approval is bound to.
    return pieces if raw is None or shown == raw else (Piece(text=raw),)


def _cut(kept: str, findings: Sequence[Finding], values: Mapping[str, str]) -> Iterator[Piece]:
    at = 0
    for index, finding in sorted(enumerate(findings), key=lambda pair: pair[1].start):
        if finding.start < at or finding.end > len(kept):
            continue
        yield from chipped(kept[at : finding.start], values)
        claim = list(chipped(kept[finding.start : finding.end], values))
        for place, piece in enumerate(claim):
            yield Piece(
                text=piece.text,
                kind=piece.kind,
                number=piece.number,
                hidden=piece.hidden,
                finding=index,
                last=place == len(claim) - 1,
            )
        at = finding.end
    yield from chipped(kept[at:], values)
