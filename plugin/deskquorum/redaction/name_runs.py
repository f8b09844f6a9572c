"""Names by their own look: runs of capitalised words, weighed with the lists of names."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.record import fold
from deskquorum.redaction.views import View
from deskquorum.redaction.wordlists import (
    common_words,
    everyday_words,
    first_names,
    given_names,
    namelike_words,
    places,
    surname_endings,
    surnames,
    words,
)

__all__ = ["THING", "Run", "Word", "capitalised_runs", "listed_people"]

_CAPITALISED = Matcher(
    r"(?<![\p{L}\p{N}_@#&/\\+.\-'’])\p{Lu}[\p{L}\p{M}]*(?:['’\-]\p{L}[\p{L}\p{M}]*)*(?![\p{L}\p{N}_@/\\]|[.\-]\p{Ll})"
)
_GAP = re.compile(r"[ \t\u00a0]{1,2}")
_INITIAL_GAP = re.compile(r"\.?[ \t\u00a0]{0,2}")
_PARTICLES = re.compile(
    r"[ \t\u00a0](?:de|del|della|di|da|das|do|dos|du|van|von|der|den|zu|la|le|bin|ibn|al|el|ten"
    r"|ter|y|e|af|av|[ \t\u00a0]){1,3}[ \t\u00a0]"
)
_LONGEST, _LONGEST_RUN = 5, 12
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[ \t]{1,2}[(\"']?$")
_LEAST_FAMILY = 6
_AND = re.compile(r"[ ](?:and|&|und|et|y|e|en)[ ]")
_SENTENCE_END = frozenset('.!?:\n\r>*•"“”(')
THING = re.compile(
    r"[ ](?:jacket|boot|shoe|shirt|tee|top|dress|coat|tent|pack|backpack|bag|sandal|sneaker|trainer"
    r"|pant|trouser|short|skirt|sweater|hoodie|hat|cap|glove|sock|vest|fleece|parka|lamp|lantern"
    r"|stove|chair|table|sofa|bed|watch|ring|bracelet|necklace|edition|collection|line|series"
    r"|model|style|size|colou?r|set|kit|bottle|mug|blanket|pillow|rug|case|cover|store|shop|street"
    r"|road|avenue|beach|island|county|city|university|hospital|hotel|airport|station|app|plan"
    r"|card|version|number|team|branch|office|website)"
    r"(?:s|es)?\b"
)
"""A word behind a proper name that makes it a thing's."""


@dataclass(frozen=True, kw_only=True)
class Word:
    """One capitalised word and what the lists say of it."""

    start: int
    end: int
    text: str
    folded: str
    """Without a possessive `s`."""

    @property
    def initial(self) -> bool:
        """One letter."""
        return len(self.text) == 1

    @property
    def suffix(self) -> bool:
        """A degree or a number behind a name."""
        return self.folded in words("name_suffixes")

    @property
    def shouted(self) -> bool:
        """In capitals throughout."""
        return len(self.text) > 1 and self.text.isupper()

    @cached_property
    def everyday(self) -> bool:
        """In a dictionary, or in the names of companies."""
        if self.folded in first_names():
            return False
        return self.folded in everyday_words() or self.folded in words("organisation_suffixes")

    @cached_property
    def given(self) -> bool:
        """A first name, or two of them joined."""
        return all(part in given_names() for part in self.folded.split("-"))

    @cached_property
    def surname(self) -> bool:
        """A surname, or two of them joined."""
        return all(map(_is_surname, self.folded.split("-")))


def _is_surname(word: str) -> bool:
    return word in surnames() or (len(word) >= _LEAST_FAMILY and word.endswith(surname_endings()))


Run = Sequence[Word]
"""Capitalised words with nothing but a space, an initial's full stop or a particle between."""


def capitalised_runs(text: str) -> Iterator[Run]:
    """Runs of capitalised words, first to last."""
    run: list[Word] = []
    for hit in _CAPITALISED.finditer(text):
        word = _word(hit.start(), hit[0])
        if run and (len(run) == _LONGEST_RUN or not _joined(text, run[-1], word)):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def listed_people(view: View, runs: Sequence[Run], language: str) -> Iterator[Entity]:
    """Find people whose names the lists hold.

    Args:
        view: The text.
        runs: Its runs of capitalised words.
        language: What the text looks like: `en`, `de` (where nouns are capitalised) or other.
    """
    found: list[Run] = []
    for run in runs:
        for part in _parts(view.text, run):
            score = _score(view.text, run, part, language)
            if score:
                found.append(part)
                yield _person(part, score)
    for part in _beside(view.text, runs, found):
        yield _person(part, 0.4)


def _person(part: Run, score: float) -> Entity:
    return Entity(
        start=part[0].start,
        end=part[-1].end,
        type=EntityType.PERSON,
        score=score,
        source="gazetteer",
    )


def _beside(text: str, runs: Sequence[Run], found: Sequence[Run]) -> Iterator[Run]:
    """Single words that are joined to a person by 'and'."""
    starts = {part[0].start for part in found}
    ends = {part[-1].end for part in found}
    for left, right in pairwise(runs):
        if not _AND.fullmatch(text[left[-1].end : right[0].start]):
            continue
        for one, other in ((left[-1:], right[0].start in starts), (right, left[-1].end in ends)):
            if other and len(one) == 1 and not one[0].initial and _may_be_name(one[0]):
                yield one


def _may_be_name(word: Word) -> bool:
    return word.folded in namelike_words() or not (
        word.everyday or word.shouted or word.folded in places()
    )


def _word(start: int, text: str) -> Word:
    bare = re.sub(r"['’][sS]$", "", text)
    return Word(start=start, end=start + len(bare), text=bare, folded=fold(bare))


def _joined(text: str, left: Word, right: Word) -> bool:
    gap = text[left.end : right.start]
    if left.initial and _INITIAL_GAP.fullmatch(gap):
        return True
    return bool(_GAP.fullmatch(gap) or _PARTICLES.fullmatch(gap))


def _parts(text: str, run: Run) -> Iterator[Run]:
    """Stretches of a run without everyday words, but for those that are names beside a name."""
    part: list[Word] = []
    for place, word in enumerate(run):
        if (
            not word.everyday
            or (part and (word.initial or word.suffix))
            or (part and _closes_name(part[-1], word))
            or (word.folded in namelike_words() and _opens_name(text, run, place))
        ):
            part.append(word)
        else:
            yield from [part] if part else []
            part = []
    yield from [part] if part else []


def _closes_name(before: Word, word: Word) -> bool:
    """Whether an everyday word behind a first name is its surname ('Beth Rose')."""
    if word.folded in namelike_words():
        return before.given or before.initial
    plain = word.folded in common_words() or word.folded in words("organisation_suffixes")
    return before.folded in first_names() and not word.shouted and not plain


def _opens_name(text: str, run: Run, place: int) -> bool:
    """Whether an everyday word that is also a first name ('Mark') has a surname behind it."""
    after = run[place + 1] if place + 1 < len(run) else None
    if after is None or after.everyday or after.shouted or after.folded in places():
        return False
    return after.surname or not (after.given or _opens_sentence(text, run[place]))


def _opens_sentence(text: str, word: Word) -> bool:
    before = text[max(0, word.start - 8) : word.start].rstrip(" \t\"'“(")
    return before[-1:] in {"", *_SENTENCE_END}


def _score(text: str, run: Run, part: Run, language: str) -> float:
    """How surely a stretch names a person, 0 for not at all."""
    named = [word for word in part if not (word.initial or word.suffix)]
    if not named or len(part) > _LONGEST or _names_a_thing(text, run, part):
        return 0.0
    if len(part) == 1:
        return _alone(text, part[0], language)
    if any(word.shouted for word in named):
        return 0.6 if named[0].given and (len(named) == 1 or named[-1].surname) else 0.0
    given, family = (any(getattr(w, kind) for w in named) for kind in ("given", "surname"))
    if named[0].given or (given and family):
        return 0.7
    likely = part[0] is named[0] and len(named) > 1
    dotted = len(part) > len(named) and "." in text[part[0].start : part[-1].end]
    opened = named[0].folded in words("namelike_words") and named[-1].folded not in places()
    if language != "en" and not (given or all(word.surname for word in named)):
        family = False
    return 0.55 if given or family or (likely and (dotted or opened)) else 0.0


def _alone(text: str, word: Word, language: str) -> float:
    """A single word: a common first name, or a rarer name where a capital letter says enough."""
    if word.shouted or word.text[1:2].isupper() or THING.match(text, word.end):
        return 0.0
    before = _WORD_BEFORE.search(text, max(0, word.start - 12), word.start)
    if before and before[1].lower() in words("determiners"):
        return 0.0
    opens = _opens_sentence(text, word)
    if all(part in first_names() for part in word.folded.split("-")):
        # 'Mark it as paid' is about nobody.
        return 0.0 if opens and word.folded in words("english_words") else 0.5
    if word.folded in places() or not (word.given or word.surname):
        return 0.0
    return 0.4 if language == "en" or (language != "de" and not opens) else 0.0


def _names_a_thing(text: str, run: Run, part: Run) -> bool:
    """Whether a stretch is a place, or the words beside it make it a company or a street."""
    if part[0].folded in words("place_heads"):
        return True
    if len(part) > 1 and " ".join(word.folded for word in part) in places():
        return True
    first, last = run.index(part[0]), run.index(part[-1])
    if first and run[first - 1].folded in words("place_heads"):
        return True
    if first and len(part) == 1 and not _opens_sentence(text, run[first - 1]):
        # 'The Nike Air Max': what stands amid capitals is part of a thing's name.
        before = run[first - 1]
        return before.everyday and before.folded not in words("kin_and_titles")
    if last + 1 < len(run):
        return run[last + 1].folded in words("organisation_suffixes") or len(part) == 1
    after = re.match(r"[ ]([a-z]+)", text[part[-1].end : part[-1].end + 16])
    return after is not None and after[1] in {
        "street",
        "road",
        "avenue",
        "st",
        "ltd",
        "inc",
        "gmbh",
    }
