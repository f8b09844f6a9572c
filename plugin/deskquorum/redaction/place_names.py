"""Places: countries and cities on the list, and whatever stands where only a place can."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.name_runs import THING, Run, Word
from deskquorum.redaction.record import fold
from deskquorum.redaction.views import View
from deskquorum.redaction.wordlists import place_starts, places, words

__all__ = ["place_entities"]

_SURE = Matcher(
    r"\b(?:(?:live[sd]?|living|grew[ ]up|based|born|raised|resid(?:es?|ing)|moved|relocated|moving"
    r"|stationed|settled)[ ](?:up[ ]|back[ ])?(?:in|to|near|from)"
    r"|(?:home[ ]?)?(?:city|town|village|university|port|suburb)(?:[ ]of)?|hometown(?:[ ]is)?"
    r"|travell?ing[ ]to|flying[ ]to|street[ ]in|i['’]?a?m[ ]in|vivo[ ]en|wohne[ ]in|habite[ ]à"
    r"|moro[ ]em|abito[ ]a|woon[ ]in)[ ]"
    r"|\b(?:city|town|location|where|country|ort|stadt|ciudad|ville|cidade|citt[àa]"
    r"|plaats)[ ]?:[ ]{1,2}",
    needs="=live|=lives|=lived|=living|=grew|=based|=born|=raised|=reside|=resides"
    "|=residing|=moved|=relocated|=moving|=stationed|=settled|=city|=town|=village"
    "|=university|=port|=suburb|=where|=location|=country|=ort|=stadt|=ciudad|=ville|=cidade|=città|=citta|=plaats|=homecity|=hometown"
    "|=homevillage|=homeuniversity|=homeport|=homesuburb|=travelling|=traveling|=flying"
    "|=street|=i|=im|=am|=vivo|=wohne|=habite|=moro|=abito|=woon",
    gate=r"(?:live[sd]?|living|up|back|based|born|raised|resid\w+|moved|relocated|moving|stationed"
    r"|settled) (?:in|to|near|from) |(?:city|town|village|university|port|suburb)(?: of)? "
    r"|hometown|l?ling to |flying to |street in |m in |vivo en|wohne in|habite |moro em|abito a"
    r"|woon in|(?:city|town|location|where|country|ort|stadt|ciudad|ville|cidade"
    r"|citt[àa]|plaats) ?: ",
    ignore_case=True,
)
_BEFORE = re.compile(
    r"\b(?:in|from|to|near|at|of|around|outside|visit(?:ed|ing)?|via|en|de|desde|aus|nach|von|bei"
    r"|à|dans|em|a|da|di|per|uit|naar|te|the|and|that|with|where|through)[ \n]{1,2}$"
    r"|[,(/\n][ \t]*$",
    re.IGNORECASE,
)
_SMALL = re.compile(
    r"\b(?:in|from|to|near|that|with|visit(?:ed|ing)?)[ ]((?:[^\W\d_]+)(?:[ ][^\W\d_]+){0,2})"
)
_POSTCODE = re.compile(
    r"[ ,]{1,2}(?:[A-Z]{1,2}[ \-])?\d{4,5}(?:-\d{3,4})?(?![\d\-])|[ ]\d{3}[ ]\d{2}(?!\d)"
)
_KIND = re.compile(r"(?:city|town|village|university|port|suburb)[ ]$", re.IGNORECASE)
_REACH, _LONGEST = 14, 60


def place_entities(view: View, runs: Sequence[Run]) -> Iterator[Entity]:
    """Find places by the list where a place can stand, and any name where only a place can."""
    text = view.text
    sure = {hit.end() for hit in _SURE.find_in(view)}
    for run in runs:
        if run[0].start in sure and not run[0].everyday:
            yield _place(text, tuple(takewhile(lambda word: not word.everyday, run)))
            continue
        for part in _listed(run):
            before = max(0, part[0].start - _REACH)
            if _BEFORE.search(text, before, part[0].start) and not THING.match(text, part[-1].end):
                yield _place(text, part)
    # Saves reading texts that have no place's name at all, which most have not.
    if not (text.isascii() and view.vocabulary.isdisjoint(place_starts())):
        yield from _in_small_letters(text, sure, everywhere=not runs)


def _in_small_letters(text: str, sure: Iterable[int], *, everywhere: bool) -> Iterator[Entity]:
    starts = {
        start
        for start in sure
        # 'The city centre' is none.
        if text[start : start + 1].islower()
        and not _KIND.search(text, max(0, start - _REACH), start)
    }
    if everywhere:
        starts |= {hit.start(1) for hit in _SMALL.finditer(text)}
    for start in starts:
        length = _listed_start(text[start : start + _LONGEST])
        if length:
            yield _entity(start, start + length)


def _listed(run: Run) -> Iterator[Run]:
    """The longest stretches of a run that are on the list, without common first names."""
    place = 0
    while place < len(run):
        for end in range(len(run), place, -1):
            part = run[place:end]
            if _is_place(part):
                yield part
                place = end - 1
                break
        place += 1


def _is_place(part: Sequence[Word]) -> bool:
    name = " ".join(word.folded for word in part)
    if name not in places() and name.replace("-", " ") not in places():
        return False
    return len(part) > 1 or part[0].everyday or not (part[0].given and part[0].surname)


def _listed_start(text: str) -> int:
    """Length of the place that a text in small letters starts with, 0 for none."""
    found = re.match(r"[^\W\d_]+(?:[ \-'’][^\W\d_]+){0,2}", text)
    parts = found[0].split(" ") if found else []
    for count in range(len(parts), 0, -1):
        name = " ".join(parts[:count])
        if fold(name) in places() and fold(name) not in words("english_words"):
            return len(name)
    return 0


def _place(text: str, part: Run) -> Entity:
    """The place, with the postcode behind it."""
    code = _POSTCODE.match(text, part[-1].end)
    return _entity(part[0].start, code.end() if code else part[-1].end)


def _entity(start: int, end: int) -> Entity:
    return Entity(start=start, end=end, type=EntityType.LOCATION, score=0.6, source="gazetteer")
