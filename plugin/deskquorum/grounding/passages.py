"""A text read for checking: segments that say one thing each, how each turns out, and for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import regex

from deskquorum.grounding.measures import NUMBER_WORDS
from deskquorum.grounding.quantities import Quantity, find_quantities
from deskquorum.grounding.sentences import Span, sentences_of
from deskquorum.grounding.stances import AGAINST, FAVOUR, FILLERS, NEGATORS, Phrase
from deskquorum.grounding.words import Word, content_words, words_of

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
    words: tuple[str, ...]
    exclusive: bool
    """Holds `only` or `alone`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text, read once."""

    text: str
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    quantities: tuple[Quantity, ...]

    def segment_at(self, place: int) -> Segment | None:
        """The segment that a character stands in."""
        return next((s for s in self.segments if s.start <= place < s.end), None)


@lru_cache(maxsize=4096)
def read_passage(text: str) -> Passage:
    """Cut a text into segments and read how each turns out."""
    segments: list[Segment] = []
    for number, sentence in enumerate(sentences_of(text)):
        segments += _linked([_segment(text, span, number, part) for span, part in _cut(text, sentence)])
    marks = tuple(mark for place, segment in enumerate(segments) for mark in _marks(text, segment, place))
    return Passage(
        text=text, segments=tuple(segments), marks=marks, quantities=find_quantities(text)
    )


_OPENERS: dict[Part, str] = {
    Part.EXCEPTION: (
        "unless|except(?:ing)?(?: for)?|save for|apart from|other than|with the exception of|"
        "but not|excluding|not counting|aside from|all (?:days )?but|"
        "salvo|excepto|menos|a menos que|sauf|hormis|excepté|à moins que|außer|ausgenommen|"
        "es sei denn|exceto|a não ser"
    ),
    Part.CONCESSION: (
        "even though|although|though|even if|despite|in spite of|albeit|"
        "aunque|a pesar de|bien que|même si|malgré|obwohl|obgleich|auch wenn|embora|apesar de"
    ),
    Part.CONDITION: (
        "(?:but )?only if|(?:but )?only when|if|when|whenever|provided(?: that)?|as long as|so long as|"
        "in case|once|while|on condition that|where|"
        "si|cuando|siempre que|en caso de|quand|lorsque|pourvu que|wenn|falls|sofern|sobald|se|"
        "quando|caso|desde que"
    ),
    Part.DEFAULT: (
        "otherwise|for (?:all|everybody|everyone|anybody) (?:other|else)\\w*|below that|above that|"
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
    r"|,\s+(?=(?:you|we|it|they|there|that|the|your|our|this|he|she|i)\b)",
    regex.IGNORECASE,
)
_INCLUSION = regex.compile(
    r",\s+(?=(?:and\s)?(?:[\p{L}'-]+\s){1,4}(?:included|too|as well|among them|alike|likewise|inbegriffen|"
    r"eingeschlossen|incluidos?|incluidas?|también|compris(?:es)?|aussi|incluídos?|também)\b)"
    r"|,?\s+(?=(?:including|inclusive of|einschließlich|incluyendo|incluso|y compris|incluindo)\s)",
    regex.IGNORECASE,
)
_IS_INCLUSION = regex.compile(
    r"\s*(?:(?:and\s)?(?:[\p{L}'-]+\s){1,4}(?:included|too|as well|among them|alike|likewise|inbegriffen|"
    r"eingeschlossen|incluidos?|incluidas?|también|compris(?:es)?|aussi|incluídos?|também)[\s.,;]*$"
    r"|(?:including|inclusive of|einschließlich|incluyendo|incluso|y compris|incluindo)\s)",
    regex.IGNORECASE,
)
_ONLY = frozenset(
    "only alone solely exclusively sólo solo solamente únicamente seulement uniquement nur allein "
    "ausschließlich somente apenas só".split()
)


def _cut(text: str, sentence: Span) -> Iterator[tuple[Span, Part]]:
    """The segments of a sentence with what opens each."""
    start, end = sentence
    cuts = {start}
    for pattern in (_JOINT, _AFTER_COMMA):
        cuts |= {match.end() if pattern is _JOINT else match.start() + 1 for match in pattern.finditer(text, start, end)}
    cuts |= {match.start() for match in _INNER.finditer(text, start, end)}
    cuts |= {match.end() for match in _INCLUSION.finditer(text, start, end)}
    opened = _OPENING.match(text, start, end)
    if opened is not None:
        comma = text.find(",", opened.end(), end)
        if comma > 0:
            cuts.add(comma + 1)
        else:
            opened = None
    ordered = [*sorted(cuts), end]
    for left, right in zip(ordered, ordered[1:], strict=False):
        piece = text[left:right]
        if any(c.isalnum() for c in piece):
            yield (left, right), _part_of(text, left, right)


def _part_of(text: str, start: int, end: int) -> Part:
    if start and _IS_INCLUSION.match(text[start:end]):
        return Part.INCLUSION
    opened = _OPENING.match(text, start, end)
    if opened is None:
        return Part.MAIN
    return next(part for part in _OPENERS if opened.groupdict().get(part.value))


def _segment(text: str, span: Span, sentence: int, part: Part) -> Segment:
    words = tuple(word.text for word in words_of(text[slice(*span)]))
    sign = _sign(words)
    return Segment(
        start=span[0], end=span[1], sentence=sentence, part=part, sign=sign, told=sign,
        words=words, exclusive=bool(_ONLY & set(words)),
    )  # fmt: skip


_LONGEST = max(len(phrase) for phrase in FAVOUR | AGAINST)
_REACH = 4
"""Words over which a negator turns a word of stance."""
_OUT = -2.0
"""`Too late` settles it, whatever else is said."""
_TURNED = 1.5
"""A negator that turns no word of stance turns the whole."""
_PLAIN = 0.5
"""A statement without a word of stance."""


def _sign(words: Sequence[str]) -> float:
    """How a segment turns out: its words of stance, each turned by a negator before it."""
    total, pending, place = 0.0, [], 0
    if "without" in words and NEGATORS & set(words[: words.index("without")]):
        return -1.0
    while place < len(words):
        found = _stance_at(words, place)
        if found is not None:
            length, sign = found
            turned = [n for n in pending if place - n <= _REACH]
            if turned:
                pending = [n for n in pending if n not in turned]
                sign = -sign
            elif sign == _OUT:
                return -1.0
            total += sign
            place += length
            continue
        if words[place] in NEGATORS:
            pending.append(place)
        place += 1
    total -= _TURNED * (len(pending) % 2)
    if total == 0 and not pending:
        return _PLAIN
    return max(-1.0, min(1.0, total))


def _stance_at(words: Sequence[str], place: int) -> tuple[int, float] | None:
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        phrase: Phrase = tuple(words[place : place + length])
        if phrase[0] in _NOT_BEFORE_NUMBERS and words[place + 1 : place + 2] and words[place + 1][0].isdigit():
            return None
        if phrase in _ONLY_PREDICATED and not any(
            w in _BE or w.endswith(("'s", "'re")) for w in words[max(0, place - _BEFORE_PREDICATE.get(phrase[0], 3)) : place]
        ):
            return None
        if phrase in FAVOUR:
            return length, 1.0
        if phrase in AGAINST:
            return length, _OUT if phrase[0] in _OUTRIGHT else -1.0
    return None


_OUTRIGHT = frozenset({"too", "zu", "trop", "demasiado", "unable", "past", "excluded"})
_NOT_BEFORE_NUMBERS = frozenset({"over", "past"})
_BEFORE_PREDICATE = {"over": 1, "past": 1}
_ONLY_PREDICATED = frozenset({("included",), ("included", "too"), ("past",), ("over",), ("late",), ("separate",)})
_BE = frozenset("is are be been being was were still 's not it".split())


def _linked(segments: list[Segment]) -> list[Segment]:
    """The segments of one sentence, each told by how the sentence turns out."""
    from dataclasses import replace

    out: list[Segment] = []
    for place, segment in enumerate(segments):
        main = _main_of(segments, place)
        told = segment.sign
        if main is not None:
            local = -1.0 if segment.sign < 0 else 1.0
            match segment.part:
                case Part.EXCEPTION:
                    told = -main.sign
                case Part.CONDITION | Part.REASON:
                    told = local * main.sign
                case Part.CONCESSION | Part.INCLUSION:
                    told = main.sign
                case _:
                    pass
        out.append(replace(segment, told=told))
    return out


def _main_of(segments: Sequence[Segment], place: int) -> Segment | None:
    """The clause that a dependent one hangs on: the one before it, or at the front the next."""
    if segments[place].part in {Part.MAIN, Part.RESULT, Part.DEFAULT}:
        return None
    before = [s for s in segments[:place] if s.part in {Part.MAIN, Part.RESULT, Part.DEFAULT}]
    after = [s for s in segments[place + 1 :] if s.part in {Part.MAIN, Part.RESULT, Part.DEFAULT}]
    return before[-1] if before else after[0] if after else None


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
    | {phrase[0] for phrase in FAVOUR | AGAINST if len(phrase) == 1}
)
