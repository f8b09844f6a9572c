"""A text read for checking: segments that say one thing each, how each turns out, and for whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import regex

from deskquorum.grounding.kept import kept_by_text
from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.measures import CURRENCIES, NUMBER_WORDS
from deskquorum.grounding.openers import (
    AFTER_COMMA,
    BELOW_THAT,
    EXCEPTED,
    INCLUSION,
    INNER,
    IS_INCLUSION,
    JOINT,
    OPENERS,
    OPENING,
    SUBJECT,
    TOPIC,
    Part,
)
from deskquorum.grounding.patterns import Pattern
from deskquorum.grounding.senses import denied, sign_of, strength_of
from deskquorum.grounding.sentences import Span, sentences_of
from deskquorum.grounding.stances import AGAINST, FAVOUR, FILLERS, ONLY
from deskquorum.grounding.words import content_words, words_of

__all__ = ["Mark", "Part", "Passage", "Segment", "read_passage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A content word of a passage, by its stem, with the way its segment turns out."""

    place: int
    """Among the marks of the whole text."""
    stem: str
    word: str
    start: int
    segment: int
    sign: float
    """-1..1: what this word's mention says, for the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch that says one thing."""

    start: int
    end: int
    sentence: int
    part: Part
    sign: float
    """-1..1: how it turns out by its own words."""
    told: float
    """-1..1: how it bears on the outcome that its sentence tells."""
    strength: float
    """-1 leaves it open or up to somebody, 1 makes it a duty or a certainty."""
    words: tuple[str, ...]
    exclusive: bool
    """Holds `only` or `alone`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text, read once."""

    text: str
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]

    whole: str = ""
    """The text that this is a part of; places are the same in both."""

    def only(self, left_out: Collection[Span]) -> Passage:
        """The passage without some of its sentences, every place where it was."""
        if not left_out:
            return self
        text = list(self.text)
        for start, end in left_out:
            text[start:end] = " " * (end - start)
        kept = [
            place
            for place, segment in enumerate(self.segments)
            if not any(start <= segment.start < end for start, end in left_out)
        ]
        now = {place: number for number, place in enumerate(kept)}
        return Passage(
            text="".join(text),
            whole=self.whole,
            segments=tuple(self.segments[place] for place in kept),
            marks=tuple(
                mark if now[mark.segment] == mark.segment else _moved(mark, now[mark.segment])
                for mark in self.marks
                if mark.segment in now
            ),
        )

    def segment_at(self, place: int) -> Segment | None:
        """The segment that a character stands in."""
        return next((s for s in self.segments if s.start <= place < s.end), None)


def _moved(mark: Mark, segment: int) -> Mark:
    # Not `replace`, which takes three times as long.
    return Mark(
        place=mark.place, stem=mark.stem, word=mark.word, start=mark.start, segment=segment,
        sign=mark.sign,
    )  # fmt: skip


@kept_by_text
def read_passage(text: str) -> Passage:
    """Cut a text into segments and read how each turns out."""
    segments: list[Segment] = []
    for number, sentence in enumerate(sentences_of(text)):
        cut = [_segment(text, span, number, part) for span, part in _cut(text, sentence)]
        segments += _linked(_completed(cut, segments[-1] if segments else None))
    marks: list[Mark] = []
    for place, segment in enumerate(segments):
        marks += _marks(text, segment, place, first=len(marks))
    return Passage(text=text, whole=text, segments=tuple(segments), marks=tuple(marks))


def _cut(text: str, sentence: Span) -> Iterator[tuple[Span, Part]]:
    """The segments of a sentence with what opens each."""
    start, end = sentence
    cuts = {start}
    for pattern, place_of in _CUTS:
        cuts |= {place_of(match) for match in pattern.finditer(text, start, end)}
    whole_is_main = False
    opened = OPENING.match(text, start, end)
    if opened is not None and not opened.groupdict().get(Part.DEFAULT.value):
        comma = text.find(",", opened.end(), end)
        topics = [*TOPIC.finditer(text, opened.end() + 12, end)]
        subject = SUBJECT.search(text, opened.end() + 8, end) or (topics[-1] if topics else None)
        if comma > 0:
            cuts.add(comma + 1)
        elif subject is not None and not opened.groupdict().get(Part.REASON.value):
            cuts.add(subject.start())
        else:
            whole_is_main = True
    ordered = [*sorted(cuts), end]
    for left, right in pairwise(ordered):
        piece = text[left:right]
        if any(c.isalnum() for c in piece):
            part = _part_of(text, left, right)
            yield (left, right), Part.MAIN if whole_is_main and left == start else part


_CUTS: tuple[tuple[Pattern, Callable[[regex.Match[str]], int]], ...] = (
    (JOINT, lambda match: match.end()),
    (AFTER_COMMA, lambda match: match.start() + 1),
    (INNER, lambda match: match.start()),
    (INCLUSION, lambda match: match.end()),
)
"""What parts the pieces of a sentence, and where the next one starts."""


def _part_of(text: str, start: int, end: int) -> Part:
    if start and EXCEPTED.match(text[start:end]):
        return Part.EXCEPTION
    if start and IS_INCLUSION.match(text[start:end]):
        return Part.INCLUSION
    if BELOW_THAT.search(text, start, end):
        return Part.DEFAULT
    opened = OPENING.match(text, start, end)
    if opened is None:
        return Part.MAIN
    return next(part for part in OPENERS if opened.groupdict().get(part.value))


def _segment(text: str, span: Span, sentence: int, part: Part) -> Segment:
    words = tuple(word.text for word in words_of(text[slice(*span)]))
    sign = sign_of(words)
    return Segment(
        start=span[0], end=span[1], sentence=sentence, part=part, sign=sign, told=sign,
        strength=strength_of(words), words=words, exclusive=bool(ONLY & set(words)),
    )  # fmt: skip


def _completed(cut: Sequence[Segment], before: Segment | None) -> list[Segment]:
    """Segments that only say `stains are not`, told by the verb of the one before them."""
    out: list[Segment] = []
    for segment in cut:
        if before is not None and _is_elliptic(segment.words):
            turned = denied(segment.words) != denied(before.words)
            sign = -before.sign if turned else before.sign
            segment = replace(segment, sign=sign, told=sign)  # noqa: PLW2901 - the same, completed
        out.append(segment)
        before = segment
    return out


_VERBS = word_set("is are do does did was were can may will has have sind ist sont est son es")
_NOT = word_set("not nicht pas no non não")
_LONGEST_ELLIPSIS = 8


def _is_elliptic(words: Sequence[str]) -> bool:
    """`Stains are not`, `but not on the roof`: no verb of its own."""
    if not words or len(words) > _LONGEST_ELLIPSIS:
        return False
    plain = [word for word in words if word not in _JOINING]
    ends = plain[-1:] if plain[-1:] and plain[-1] not in _NOT else plain[-2:-1]
    return bool(plain) and (
        plain[0] in _NOT or (len(plain) > 1 and ends[:1] != [] and ends[0] in _VERBS)
    )


_JOINING = word_set("and but though however y pero et mais und aber e mas")


def _linked(segments: list[Segment]) -> list[Segment]:
    """The segments of one sentence, each told by how the sentence turns out."""
    out: list[Segment] = []
    for place, segment in enumerate(segments):
        main = _main_of(segments, place)
        told = segment.sign
        if main is not None:
            local = -1.0 if denied(segment.words) else 1.0
            match segment.part:
                case Part.EXCEPTION:
                    told = -main.sign
                case Part.CONDITION | Part.REASON | Part.MAIN:
                    told = local * main.sign
                case Part.INCLUSION:
                    told = main.sign
                case Part.CONCESSION if abs(segment.sign) < 1:
                    told = main.sign
                case _:
                    pass
        out.append(replace(segment, told=told))
    return out


def _main_of(segments: Sequence[Segment], place: int) -> Segment | None:
    """The clause that a dependent one hangs on: the one before it, or at the front the next."""
    after = segments[place + 1 :]
    if segments[place].part is Part.MAIN:
        # What is told before `so` is why.
        return after[0] if after and after[0].part is Part.RESULT else None
    if segments[place].part in {Part.RESULT, Part.DEFAULT}:
        return None
    before = [s for s in segments[:place] if s.part in {Part.MAIN, Part.RESULT, Part.DEFAULT}]
    later = [s for s in after if s.part in {Part.MAIN, Part.RESULT, Part.DEFAULT}]
    return before[-1] if before else later[0] if later else None


def _marks(text: str, segment: Segment, place: int, *, first: int) -> Iterator[Mark]:
    for word in words_of(text[segment.start : segment.end]):
        if word.text in _SAYS_NOTHING or any(c.isdigit() for c in word.text):
            continue
        stems = content_words([word])
        if stems:
            yield Mark(
                place=first, stem=stems[0], word=word.text, start=segment.start + word.start,
                segment=place, sign=segment.told,
            )  # fmt: skip
            first += 1


_SAYS_NOTHING = (
    FILLERS
    | NUMBER_WORDS.keys()
    | CURRENCIES.keys()
    | {phrase[0] for phrase in FAVOUR | AGAINST if len(phrase) == 1}
)
