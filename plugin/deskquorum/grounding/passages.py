"""A text read for checking: segments that say one thing each, how each turns out, and for whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

import regex

from deskquorum.grounding.measures import CURRENCIES, NUMBER_WORDS
from deskquorum.grounding.senses import denied, sign_of, strength_of
from deskquorum.grounding.sentences import Span, sentences_of
from deskquorum.grounding.stances import AGAINST, FAVOUR, FILLERS, ONLY
from deskquorum.grounding.words import content_words, words_of

__all__ = ["Mark", "Part", "Passage", "Segment", "read_passage"]


class Part(StrEnum):
    """What a segment does in its sentence."""

    MAIN = "main"
    CONDITION = "condition"
    EXCEPTION = "exception"
    CONCESSION = "concession"
    REASON = "reason"
    RESULT = "result"
    INCLUSION = "inclusion"
    """`Sundays included`: what holds for these too."""
    DEFAULT = "default"
    """`Otherwise`, `all others`: what holds where nothing named does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A content word of a passage, by its stem, with the way its segment turns out."""

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
                replace(mark, segment=now[mark.segment])
                for mark in self.marks
                if mark.segment in now
            ),
        )

    def segment_at(self, place: int) -> Segment | None:
        """The segment that a character stands in."""
        return next((s for s in self.segments if s.start <= place < s.end), None)


@lru_cache(maxsize=4096)
def read_passage(text: str) -> Passage:
    """Cut a text into segments and read how each turns out."""
    segments: list[Segment] = []
    for number, sentence in enumerate(sentences_of(text)):
        segments += _linked(
            [_segment(text, span, number, part) for span, part in _cut(text, sentence)]
        )
    marks = tuple(
        mark for place, segment in enumerate(segments) for mark in _marks(text, segment, place)
    )
    return Passage(text=text, whole=text, segments=tuple(segments), marks=marks)


_OPENERS: dict[Part, str] = {
    Part.EXCEPTION: (
        "unless|except(?:ing)?(?: for)?|save for|apart from|other than|with the exception of|"
        "but not|excluding|not counting|aside from|"
        r"(?<=\b(?:all|every|everything|everybody|everyone|nothing|no)\b[^.;]{0,60})"
        r"but(?=\s(?:the\s)?\p{L}+(?:\s\p{L}+)?\s?[.;])|"
        r"(?<=\b(?:all|every|any|each|everything|everybody|"
        r"everyone)\s(?:\p{L}+\s)?)but(?!\s(?:also|only))|"
        "salvo|excepto|menos|a menos que|sauf|hormis|excepté|à moins que|außer|ausgenommen|"
        "es sei denn|exceto|a não ser"
    ),
    Part.CONCESSION: (
        "even though|although|though|even if|despite|in spite of|albeit|"
        "aunque|a pesar de|bien que|même si|malgré|obwohl|obgleich|auch wenn|embora|apesar de"
    ),
    Part.CONDITION: (
        r"(?:but )?only if|(?:but )?only when|if|when|(?<!(?:is|are|be|was|were|been) )"
        r"provided(?: that)?(?!\s(?:by|with|for|in|on|at|free)\b)|as long as|so long as|"
        r"in case|once(?=\s(?:you|we|it|they|the|your|a|an)\b)|while|on condition that|"
        r"where(?!ver)|"
        r"si|cuando|siempre que|en caso de|quand|lorsque|pourvu que|wenn|falls|sofern|sobald|"
        r"se(?=\s(?:você|não|for|houver|estiver|tiver|os|as)\b)|quando|caso|desde que"
    ),
    Part.DEFAULT: (
        "otherwise|for (?:all|everybody|everyone|anybody) (?:other|else)\\w*|below that|above "
        "that|"
        "all others?|in all other cases|for the rest|elsewhere|"
        "de lo contrario|en otro caso|en los demás|sinon|autrement|sonst|andernfalls|ansonsten|"
        "caso contrário|senão"
    ),
    Part.REASON: (
        "because|since|as|given that|seeing that|now that|porque|como|ya que|puesto que|parce que|"
        "puisque|comme|car|weil|da|denn|como|já que"
    ),
    Part.RESULT: (
        "so|therefore|which means|that means|meaning|hence|thus|and so|which is why|that is why|"
        "así que|por eso|por lo que|donc|c'est pourquoi|daher|deshalb|also|somit|por isso|então"
    ),
}  # fmt: skip
_INNER = regex.compile(
    "|".join(
        rf"(?P<{part.value}>(?<![\p{{L}}'])(?:{words})(?![\p{{L}}']))"
        for part, words in _OPENERS.items()
        if part in {Part.EXCEPTION, Part.CONCESSION, Part.CONDITION}
    ),
    regex.IGNORECASE,
)
_AFTER_COMMA = regex.compile(
    r"[,:]\s+(?:(?:and|but|yet|or|y|pero|et|mais|und|aber|e|mas)\s+)?(?:"
    + "|".join(rf"(?P<{part.value}>(?:{words})(?![\p{{L}}']))" for part, words in _OPENERS.items())
    + r")",
    regex.IGNORECASE,
)
_OPENING = regex.compile(
    r"\s*(?:(?:and|but|yes|no|sure),?\s+)?(?:"
    + "|".join(rf"(?P<{part.value}>(?:{words})(?![\p{{L}}']))" for part, words in _OPENERS.items())
    + r")",
    regex.IGNORECASE,
)
_JOINT = regex.compile(
    r";\s+|\s+[—\u2013-]\s+|:\s+"
    r"|,\s+(?=(?:and|but|yet|while|whereas|though|y|pero|mientras|et|mais|tandis|und|aber|sondern|"
    r"während|e|mas|enquanto|plus|nor)\s)"
    r"|\s(?=(?:but|whereas|pero|mais|aber|sondern|mas)\s)"
    r"|,\s+(?=(?:you|we|it|they|there|that|the|your|our|this|he|she|i|please|however|not)\b)"
    r"|,\s+(?=(?:nicht|nur|als|pas|no|não|der|die|das|ihre?|el|los|las|le|les|su|tu)\s)"
    r"|,\s+(?=(?:[\p{L}'-]+\s){1,4}(?:excepted|exempted|not excepted|ausgenommen|excepté)\b)"
    r"|,\s+(?=(?:[\p{L}'-]+\s){1,3}(?:pay|pays|get|gets|is|are|can|may|must|costs?|receives?)\s)"
    r"|\sand\s(?=(?:we|you|they|it)\s|\p{L}+(?:ed|en|wn|id)\sby\s)"
    r"|,\s+(?=(?:\p{L}+\s){1,3}\d+\s?%)",
    regex.IGNORECASE,
)
_INCLUSION = regex.compile(
    r",\s+(?=(?:and\s)?(?:[\p{L}'-]+\s){1,4}(?:included|too|as well|among them|alike|likewise|"
    r"inbegriffen|"
    r"eingeschlossen|incluidos?|incluidas?|también|compris(?:es)?|aussi|incluídos?|também)\b)"
    r"|,?\s+(?=(?:including|inclusive of|einschließlich|incluyendo|incluso|y compris|"
    r"incluindo)\s)",
    regex.IGNORECASE,
)
_IS_INCLUSION = regex.compile(
    r"\s*(?!.*\b(?:is|are|isn't|aren't|not|be|was|"
    r"were)\b)(?:(?:and\s)?(?:[\p{L}'-]+\s){1,4}(?:included|too|as well|among them|alike|"
    r"likewise|inbegriffen|"
    r"eingeschlossen|incluidos?|incluidas?|también|compris(?:es)?|aussi|incluídos?|"
    r"também)[\s.,;]*$"
    r"|(?:including|inclusive of|einschließlich|incluyendo|incluso|y compris|incluindo)\s)",
    regex.IGNORECASE,
)
_EXCEPTED = regex.compile(
    r"\s*(?!.*\b(?:is|are|be|was|were)\b)(?:[\p{L}'-]+\s){1,4}(?:excepted|exempted|exempt|aside|"
    r"ausgenommen|excepté|"
    r"exceptuados?)[\s.,;]*$",
    regex.IGNORECASE,
)
_BELOW_THAT = regex.compile(
    r"(?<!\p{L})(?:below that|above that|under that|over that|beyond that|otherwise|sonst|"
    r"darunter|darüber)(?!\p{L})",
    regex.IGNORECASE,
)
_SUBJECT = regex.compile(
    r"(?<=\s)(?:you|you'll|you'd|we|we'll|we'd|it|it's|it'll|there's|there|they|they'll|"
    r"then)(?=\s\p{L}+\s)",
    regex.IGNORECASE,
)
_TOPIC = regex.compile(
    r"(?<=\s)(?:the|your|our)(?=\s(?:[^\s,;]+\s){1,6}(?:is|are|will|can|must|may|has|have)\s)",
    regex.IGNORECASE,
)


def _cut(text: str, sentence: Span) -> Iterator[tuple[Span, Part]]:
    """The segments of a sentence with what opens each."""
    start, end = sentence
    cuts = {start}
    for pattern in (_JOINT, _AFTER_COMMA):
        cuts |= {
            match.end() if pattern is _JOINT else match.start() + 1
            for match in pattern.finditer(text, start, end)
        }
    cuts |= {match.start() for match in _INNER.finditer(text, start, end)}
    cuts |= {match.end() for match in _INCLUSION.finditer(text, start, end)}
    whole_is_main = False
    opened = _OPENING.match(text, start, end)
    if opened is not None and not opened.groupdict().get(Part.DEFAULT.value):
        comma = text.find(",", opened.end(), end)
        topics = [*_TOPIC.finditer(text, opened.end() + 12, end)]
        subject = _SUBJECT.search(text, opened.end() + 8, end) or (topics[-1] if topics else None)
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


def _part_of(text: str, start: int, end: int) -> Part:
    if start and _EXCEPTED.match(text[start:end]):
        return Part.EXCEPTION
    if start and _IS_INCLUSION.match(text[start:end]):
        return Part.INCLUSION
    if _BELOW_THAT.search(text, start, end):
        return Part.DEFAULT
    opened = _OPENING.match(text, start, end)
    if opened is None:
        return Part.MAIN
    return next(part for part in _OPENERS if opened.groupdict().get(part.value))


def _segment(text: str, span: Span, sentence: int, part: Part) -> Segment:
    words = tuple(word.text for word in words_of(text[slice(*span)]))
    sign = sign_of(words)
    return Segment(
        start=span[0], end=span[1], sentence=sentence, part=part, sign=sign, told=sign,
        strength=strength_of(words), words=words, exclusive=bool(ONLY & set(words)),
    )  # fmt: skip


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


def _marks(text: str, segment: Segment, place: int) -> Iterator[Mark]:
    for word in words_of(text[segment.start : segment.end]):
        if word.text in _SAYS_NOTHING or any(c.isdigit() for c in word.text):
            continue
        stems = content_words([word])
        if stems:
            yield Mark(
                stem=stems[0], word=word.text, start=segment.start + word.start, segment=place,
                sign=segment.told,
            )  # fmt: skip


_SAYS_NOTHING = (
    FILLERS
    | NUMBER_WORDS.keys()
    | CURRENCIES.keys()
    | {phrase[0] for phrase in FAVOUR | AGAINST if len(phrase) == 1}
)
