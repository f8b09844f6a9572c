"""Named parts, put in where an expression uses them.

A part with parameters is put in by words, and no name changes its meaning on the way: what an
argument names, no loop of the part takes over, and what the part names, no loop around its use
may hide. The text that comes out means what it would if it had been written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from deskquorum.policy.complaints import (
    LONGEST,
    MOST_LAYERS,
    TOO_DEEP,
    TOO_LONG,
    Complaint,
)
from deskquorum.policy.expressions import (
    TABLE,
    VALUE,
    Span,
    Word,
    arguments_of,
    named_part,
    words_of,
)
from deskquorum.policy.named_parts import PART_KINDS, Expanded, Part, Piece, Use
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.scopes import Anatomy

__all__ = ["expand"]

_TWO_NAMES = re.compile(r"[A-Za-z_]\w*\s*\.\s*[A-Za-z_]\w*")
_ALONE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*|\"[^\"\\\n]*\"")
"""Arguments that need no brackets."""


def expand(expression: str, parts: Mapping[str, Part]) -> Expanded:
    """Put named parts in brackets where they are used.

    Args:
        expression: CEL with `cond.NAME`, `value.NAME(ARGUMENT, ...)` and `table.NAME`.
        parts: Those names to what they stand for.
    """
    # Most expressions name none, which is seen without taking them apart.
    named = any(kind in expression for kind in PART_KINDS)
    words = tuple(words_of(expression)) if named else ()
    writer = _Writer(
        expression=expression, parts=parts, words=words, anatomy=Anatomy(text=expression)
    )
    made = writer.written_out((0, len(expression)), 0) if named else writer.as_written()
    return Expanded(
        written=expression,
        text=made.text,
        pieces=tuple(made.pieces),
        complaints=tuple(made.complaints),
    )


@dataclass(slots=True, kw_only=True)
class _Made:
    """What has been written out so far."""

    text: str = ""
    pieces: list[Piece] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)

    def add(self, text: str, source: int, use: Use | None = None) -> None:
        self.pieces.append(Piece(start=len(self.text), source=source, use=use))
        self.text += text

    def put_in(self, other: _Made) -> None:
        start = len(self.text)
        self.pieces += [replace(piece, start=piece.start + start) for piece in other.pieces]
        self.text += other.text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    expression: str
    parts: Mapping[str, Part]
    words: Sequence[Word]
    """Of the whole expression."""
    anatomy: Anatomy

    def as_written(self) -> _Made:
        made = _Made()
        made.add(self.expression, 0)
        return made

    def written_out(self, span: Span, layer: int) -> _Made:
        """A span of the expression with its parts written out."""
        made, (done, end) = _Made(), span
        for at, name in self._uses(span):
            word = self.words[at]
            if word.start < done:
                continue
            spans, stop = self._arguments(at)
            made.add(self.expression[done : word.start], done)
            if layer > MOST_LAYERS:
                made.complaints.append(Complaint(offset=word.start, message=TOO_DEEP))
                done = stop
                continue
            arguments = [self._argument(argument, layer) for argument in spans or ()]
            made.complaints += [c for argument in arguments for c in argument.complaints]
            fault = self._fault(word, name, spans, arguments)
            if fault is None and len(made.text) + _length(self.parts[name], arguments) > LONGEST:
                fault = Complaint(
                    offset=word.start, message=TOO_LONG, hint="use this part less often"
                )
            done = word.start if fault else stop
            if fault:
                made.complaints.append(fault)
            else:
                _write(made, name, self.parts[name], arguments, word.start)
        made.add(self.expression[done:end], done)
        return made

    def _uses(self, span: Span) -> Iterator[tuple[int, str]]:
        # What `exists(value, ...)` calls an element is no named part.
        alone = {VALUE, TABLE} & {word.text for word in self.words}
        own = {s.variable for s in self.anatomy.scopes if s.variable in alone} if alone else set()
        for at, word in enumerate(self.words):
            name = named_part(word) if span[0] <= word.start < span[1] else None
            if name is not None and name.partition(".")[0] not in own:
                yield at, name

    def _arguments(self, at: int) -> tuple[list[Span] | None, int]:
        """Where arguments stand, None without brackets; and where the use ends."""
        word = self.words[at]
        match = _TWO_NAMES.match(self.expression, word.start)
        end = word.start if match is None else match.end()
        called = word.text.count(".") == 1 and at + 1 < len(self.words)
        if not called or self.words[at + 1].text != "(":
            return None, end
        spans, close = arguments_of(self.words, at + 1)
        if close == len(self.words):
            return None, end
        if not self.expression[slice(*spans[0])].strip() and len(spans) == 1:
            spans = []
        return spans, self.words[close].start + 1

    def _argument(self, span: Span, layer: int) -> _Made:
        """An argument ready to stand anywhere: in brackets, unless it is a name or a text."""
        written = self.expression[slice(*span)]
        inside = written.strip()
        start = span[0] + len(written) - len(written.lstrip())
        made = self.written_out((start, start + len(inside)), layer + 1)
        if not inside:
            made.complaints.append(Complaint(offset=start, message="an argument is missing here"))
        if _ALONE.fullmatch(inside):
            return made
        bracketed = _Made(complaints=made.complaints)
        bracketed.add("(", start)
        bracketed.put_in(made)
        bracketed.add(_closed(made.text), start + len(inside))
        return bracketed

    def _fault(
        self, word: Word, name: str, spans: Sequence[Span] | None, arguments: Sequence[_Made]
    ) -> Complaint | None:
        part = self.parts.get(name)
        if part is None:
            return _unknown(word, self.parts)
        head, _, short = name.partition(".")
        what, takes = f"{PART_KINDS[head]} '{short}'", part.parameters
        wanted = (spans is not None) if takes is None else bool(takes)
        if wanted is not (spans is not None) or (takes and len(takes) != len(arguments)):
            given = f", got {len(arguments) or 'none'}" if takes else ""
            message = f"{what} takes {_counted(len(takes or ()))}{given}"
            hint = f"write {part.called(name)}"
            return Complaint(offset=word.start, message=message, hint=hint)
        if hidden := sorted(part.free & self.anatomy.bound_at(word.start)):
            message = f"{what} reads '{hidden[0]}', which is what the loop around it calls elements"
            return Complaint(offset=word.start, message=message, hint="rename the loop's element")
        return None


def _write(made: _Made, name: str, part: Part, arguments: Sequence[_Made], source: int) -> None:
    """Write a part in brackets, with arguments in place of its parameters."""
    given = dict(zip(part.parameters or (), arguments, strict=False))
    renamed = dict(_renamed(part.anatomy, arguments))
    body = _Made()
    use, done = Use(name=name), 0
    for word, at in part.anatomy.names if given else ():
        if at in part.places:
            body.add(part.text[done:at], source, use)
            body.put_in(given[word])
        elif at in renamed:
            body.add(part.text[done:at] + renamed[at], source, use)
        else:
            continue
        done = at + len(word)
    body.add(part.text[done:], source, use)
    if part.parameters:
        shown = replace(use, text=body.text)
        body.pieces = [replace(p, use=shown) if p.use is use else p for p in body.pieces]
        use = shown
    made.add("(", source, use)
    made.put_in(body)
    made.add(_closed(body.text), source, use)


def _renamed(anatomy: Anatomy, arguments: Sequence[_Made]) -> Iterator[tuple[int, str]]:
    """Places of what loops of a part call their elements, where an argument names the same."""
    outside = {name for made in arguments for name, _ in Anatomy(text=made.text).names}
    taken = outside | {name for name, _ in anatomy.names}
    new: dict[str, str] = {}
    for variable in sorted({scope.variable for scope in anatomy.scopes} & outside):
        number = 2
        while f"{variable}_{number}" in taken:
            number += 1
        new[variable] = f"{variable}_{number}"
        taken.add(new[variable])
    for name, at in anatomy.names:
        if name in new and name in anatomy.bound_at(at):
            yield at, new[name]


def _length(part: Part, arguments: Sequence[_Made]) -> int:
    given = dict(zip(part.parameters or (), arguments, strict=False))
    return len(part.text) + sum(len(given[name].text) for name in part.places.values())


def _closed(text: str) -> str:
    # A comment at the end of what is in brackets must not swallow the bracket.
    return "\n)" if "//" in text else ")"


def _unknown(word: Word, parts: Mapping[str, Part]) -> Complaint:
    head, _, short = word.text.partition(".")
    known = [name.partition(".")[2] for name in parts if name.startswith(f"{head}.")]
    what = PART_KINDS[head]
    hint = did_you_mean(short, known, what=f"{what}s")
    return Complaint(offset=word.start, message=f"unknown {what} '{short}'", hint=hint)


def _counted(arguments: int) -> str:
    match arguments:
        case 0:
            return "no argument"
        case 1:
            return "1 argument"
        case _:
            return f"{arguments} arguments"
