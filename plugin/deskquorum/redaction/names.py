"""Names of people whom no record names: after a cue, by a list of first names, and said again."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from deskquorum.redaction.entities import Entity, EntityType, Source
from deskquorum.redaction.matching import Hit
from deskquorum.redaction.name_cues import AGENT_CUES, CUES, Cue, Trust
from deskquorum.redaction.name_runs import capitalised_runs, listed_people
from deskquorum.redaction.place_names import place_entities
from deskquorum.redaction.record import fold
from deskquorum.redaction.small_names import looks_like, people_in_small_letters
from deskquorum.redaction.views import View
from deskquorum.redaction.wordlists import (
    common_words,
    everyday_words,
    first_names,
    given_names,
    namelike_words,
    places,
    surnames,
    words,
)

__all__ = ["Role", "named_entities", "repeated_names"]

Role = Literal["customer", "agent"]

_WORD = re.compile(r"\S+")
_EDGES = "\"'’‘“”«»,.;:!?()[]<>*_|"
_LEAST_PART = 3
_REACH = 12
_ORDINARY = re.compile(
    r"(?:^|[.!?:\n]|\b(?:the|a|an|this|that|next|last|in|on|of|by|since|until|every))[ \t\"'(*>]*$",
    re.IGNORECASE,
)


def named_entities(view: View, *, role: Role = "customer") -> Iterator[Entity]:
    """Find names after cue words, and names that the lists hold."""
    for cue in (*CUES, *(AGENT_CUES if role == "agent" else ())):
        for hit in cue.matcher.find_in(view):
            place = _name_at(hit, cue)
            if place is not None:
                yield _person(*place, "cue", 0.85 if cue.trust in {"any", "titled"} else 0.7)
    runs = tuple(capitalised_runs(view.text))
    language = looks_like(view.words)
    yield from listed_people(view, runs, language)
    if language == "en":
        yield from people_in_small_letters(view, shouted=not runs)
    if role == "customer":
        yield from place_entities(view, runs)


def _is_first_name(word: str) -> bool:
    """Whether a folded word is on the list, or is made of two names that are ('jean-paul')."""
    return all(part in given_names() for part in word.split("-"))


def _is_surname(word: str) -> bool:
    return all(part in surnames() for part in word.split("-"))


def repeated_names(view: View, names: Iterable[str]) -> Iterator[Entity]:
    """Find listed people again, by their full name or one part of it, written with a capital."""
    wanted = {part for name in names for part in _parts(name)}
    if not wanted:
        return
    done = 0
    # Where two of them start, the longer one stands there.
    for start, less in sorted((s, -len(part)) for part in wanted for s in _places(view.text, part)):
        end = start - less
        if start < done:
            continue
        done = end
        found = fold(view.text[start:end])
        if found not in common_words() or _names_someone(view.text, start):
            yield _person(start, end, "cue", 0.4)


def _places(text: str, part: str) -> Iterator[int]:
    """Where a name stands for itself; a search costs less than a pattern made for it."""
    start = text.find(part)
    while start >= 0:
        end = start + len(part)
        if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            yield start
        start = text.find(part, start + 1)


def _names_someone(text: str, start: int) -> bool:
    """Whether a listed surname that is an everyday word stands where a name can."""
    return not _ORDINARY.search(text[max(0, start - _REACH) : start])


def _parts(name: str) -> Iterator[str]:
    tokens = [word.strip(_EDGES) for word in name.split()]
    if len(tokens) > 1:
        yield name
    for word in tokens:
        if len(word) >= _LEAST_PART and word[:1].isupper() and not _is_plain(fold(word)):
            yield word


def _is_plain(word: str) -> bool:
    """Whether a folded word is an everyday one and nobody's name."""
    return word in common_words() and word not in namelike_words()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    start: int
    end: int
    text: str
    folded: str

    @property
    def common(self) -> bool:
        return self.folded in common_words()

    @property
    def listed(self) -> bool:
        return _is_first_name(self.folded)

    @property
    def common_name(self) -> bool:
        return self.folded in first_names()


def _words(hit: Hit, trust: Trust = "listed") -> list[_Word]:
    """Words of the matched name, up to the first that is none."""
    tokens: list[_Word] = []
    for raw in _WORD.finditer(hit["name"]):
        bare = raw[0].strip(_EDGES)
        if not bare:
            break
        start = hit.start("name") + raw.start() + raw[0].index(bare)
        word = _Word(start=start, end=start + len(bare), text=bare, folded=fold(bare))
        initial = len(bare) == 1 and bare.isupper()
        if word.common and not initial and not _may_be_name(word, tokens, trust):
            break
        tokens.append(word)
        if raw[0][-1:] in {",", ";", ":", "!", "?"}:
            break
    while tokens and tokens[-1].folded in words("name_particles") and tokens[-1].text.islower():
        tokens.pop()
    return tokens


def _may_be_name(word: _Word, before: list[_Word], trust: Trust) -> bool:
    """An everyday word is a name after a title, in a sign-off, or behind a listed first name."""
    if word.folded in words("name_particles") and word.text.islower():
        return bool(before)
    typed_small = bool(before) and before[0].text.islower()
    if word.folded not in namelike_words() or not (word.text[:1].isupper() or typed_small):
        return False
    return trust in {"titled", "signed"} or any(w.listed for w in before)


def _name_at(hit: Hit, cue: Cue) -> tuple[int, int] | None:
    tokens = _words(hit, cue.trust)
    if not tokens:
        return None
    whole = tokens[-1].end >= len(hit["name"].rstrip(_EDGES + " \t\n")) + hit.start("name")
    match cue.trust:
        case "any" | "titled":
            sound = True
        case "whole" | "signed":
            sound = whole
        case "listed":
            sound = tokens[0].listed
        case "listed-or-pair":
            sound = tokens[0].listed or (whole and len(tokens) > 1)
        case "unknown-pair":
            sound = len(tokens) > 1 and whole and not any(map(_is_something_else, tokens))
        case "unknown":
            sound = tokens[0].listed or not any(map(_is_something_else, tokens))
        case "small":
            sound = tokens[0].common_name or (
                len(tokens) > 1 and tokens[0].listed and not _is_something_else(tokens[1])
            )
    return (tokens[0].start, tokens[-1].end) if sound else None


def _is_something_else(word: _Word) -> bool:
    """Whether a word is in a dictionary or on the map, and so need not be a name."""
    return word.folded in everyday_words() or word.folded in places()


def _person(start: int, end: int, source: Source, score: float) -> Entity:
    return Entity(start=start, end=end, type=EntityType.PERSON, score=score, source=source)
