"""Who has to do what, or who pays: the customer, the company, or somebody else by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.passages import Passage, Segment
from deskquorum.grounding.patterns import Pattern
from deskquorum.grounding.senses import denied
from deskquorum.grounding.stances import NEGATORS

if TYPE_CHECKING:
    from deskquorum.grounding.alignment import Nearness

__all__ = ["party_agreement"]

_CUSTOMER = word_set(
    "you yours yourself you'd you'll you've you're customer customers buyer buyers "
    "passenger passengers client clients user users subscriber subscribers "
    "policyholder policyholders traveller travellers patient patients cardholder cardholders "
    "shopper shoppers bidder bidders usted ustedes cliente clientes comprador vous kunde kunden "
    "sie käufer gäste gast você"
)
_COMPANY = word_set(
    "we us ours we'll we'd we're we've company technician technicians engineer engineers "
    "insurer airline bank hotel nosotros nous wir uns nós empresa"
)
_OTHERS = word_set(
    "landlord landlady tenant seller sender owner caretaker operator agency carrier resident "
    "school "
    "parent parents family carer admin admins supplier manufacturer merchant retailer employer "
    "doctor agent driver holder friend host courier recipient contractor municipality city "
    "council "
    "dealer vendor neighbour publisher organiser employee lender borrower broker "
    "installer notary vendedor vendeur verkäufer mieter vermieter propriétaire locataire "
    "inquilino casero arrendador bailleur senhorio hausmeister absender empfänger"
)
_BURDEN = word_set("job expense cost costs business responsibility charge duty task problem")
_BESIDES = 3
"""Words between a negator and the party that it turns."""
_BESIDE = word_set("of with between to from")
"""Behind one of these a party is not the one who acts."""
_POSSESSIVE = {"your": "customer", "our": "company"}
_ALIAS = Pattern(
    r"\bas (?:an?|the|your(?: \p{L}+'s)?|(?:\p{L}+'s))\s(?:\p{L}+\s)?(?P<who>\p{L}+)"
    r"|\b(?:como|als|en tant que)\s(?:un|una|une|o)?\s?(?P<who>\p{L}+)"
    r"|\byou(?:'re| are) (?:an?|the) (?:\p{L}+\s)?(?P<who>\p{L}+)",
    needs=(word_set("as como als tant re are"),),
    ignore_case=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agent:
    who: str
    """`customer`, `company`, or somebody's own word without its plural."""
    affirmed: bool


def party_agreement(reply: Passage, clause: Passage, near: Nearness) -> Mapping[int, float]:
    """For each segment of the reply: above 0 where things fall to those whom the clause names."""
    names = _names(clause)
    written = [_agent(segment, names) for segment in clause.segments]
    if not near.size or not any(written):
        return {}
    aliases = _aliases(reply, clause, names)
    spread = _spread(clause)
    things = [(i, m) for i, m in enumerate(clause.marks) if not _party(m.word, names)]
    rows: dict[int, list[int]] = {}
    for row, mark in enumerate(reply.marks):
        if not _party(mark.word, names):
            rows.setdefault(mark.segment, []).append(row)
    found: dict[int, float] = {}
    for place, segment in enumerate(reply.segments):
        said = _agent(segment, names)
        if said is None or place not in rows:
            continue
        best = near[rows[place]].max(axis=0).tolist()
        shares = [0.0] * len(written)
        for column, mark in things:
            shares[mark.segment] += best[column] ** 2 / spread[mark.stem]
        found[place] = sum(
            min(share, 1.0)
            * (1.0 if said.affirmed == other.affirmed else -1.0)
            * _same(said.who, other.who, aliases)
            for share, other in zip(shares, written, strict=True)
            if other is not None
        )
    return found


def _same(said: str, written: str, aliases: frozenset[str]) -> float:
    if said == written or (said == "customer" and written in aliases):
        return 1.0
    if {said, written} == {"customer", "company"} or (said == "customer" and aliases):
        return -1.0
    if written == "customer" and said in aliases:
        return 1.0
    return -0.7


def _aliases(reply: Passage, clause: Passage, names: frozenset[str]) -> frozenset[str]:
    """Words for the customer: `as a tenant you`, or whom the clause alone names."""
    named = {_stem(m["who"]) for m in _ALIAS.finditer(reply.text)} & (names | _OTHERS)
    own = {_stem(w) for s in clause.segments for w in s.words if _party(w, names)} & names
    told = {_stem(w) for s in reply.segments for w in s.words}
    addressed = any(w in _CUSTOMER for s in clause.segments for w in s.words)
    left = own - told
    if named:
        return frozenset(named)
    return frozenset(left if len(left) == 1 < len(own) and not addressed else set())


def _names(clause: Passage) -> frozenset[str]:
    """Who the clause speaks of by name: known words, and whoever something is done by."""
    found = set()
    for segment in clause.segments:
        words = segment.words
        for place, word in enumerate(words):
            if _stem(word) in _OTHERS or word in _OTHERS:
                found.add(_stem(word))
            if word in _BY:
                after = [w for w in words[place + 1 : place + 4] if w not in _ARTICLES]
                found |= {_stem(w) for w in after[:2] if w.isalpha() and w not in _TIMES}
    return frozenset(found)


_BY = frozenset(["by", "por", "par", "von", "durch"])
_ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "its",
        "their",
        "your",
        "our",
        "his",
        "her",
        "home",
        "el",
        "la",
        "los",
        "le",
        "les",
        "der",
        "dem",
        "die",
        "den",
        "o",
    ]
)
_TIMES = frozenset(
    ["phone", "post", "mail", "email", "card", "hand", "law", "default", "then", "car", "and"]
)
"""What follows `by` and is nobody."""


def _agent(segment: Segment, names: frozenset[str]) -> _Agent | None:
    """Whom a segment makes responsible: `by X`, `for X to`, `at X's expense`, else its subject."""
    words = segment.words
    parties = [
        (place, who)
        for place, word in enumerate(words)
        if (who := _party(word, names)) and not (place and words[place - 1] in _BESIDE)
    ]
    turned = denied(words) and any(
        word in NEGATORS and abs(place - at) <= _BESIDES
        for at, word in enumerate(words)
        for place, _ in parties
    )
    for place, word in enumerate(words):
        if word in _POSSESSIVE and _BURDEN & set(words[place + 1 : place + 3]):
            return _Agent(who=_POSSESSIVE[word], affirmed=not turned)
    for place, who in parties:
        if _BY & set(words[max(0, place - 2) : place]) or (
            "for" in words[max(0, place - 2) : place] and "to" in words[place + 1 : place + 3]
        ):
            return _Agent(who=who, affirmed=not turned)
        if _BURDEN & set(words[place + 1 : place + 3]):
            return _Agent(who=who, affirmed=not turned)
        if {"ask"} & set(words[max(0, place - 2) : place]):
            return _Agent(who=who, affirmed=True)
    if parties:
        return _Agent(who=parties[0][1], affirmed=not turned)
    return _Agent(who="customer", affirmed=not turned) if "please" in words else None


def _party(word: str, names: frozenset[str]) -> str | None:
    if word in _CUSTOMER:
        return "customer"
    if word in _COMPANY:
        return "company"
    stem = _stem(word)
    return stem if stem in _OTHERS or word in _OTHERS or stem in names else None


def _stem(word: str) -> str:
    return word.casefold().removesuffix("'s").removesuffix("s'").rstrip("s")


def _spread(clause: Passage) -> dict[str, int]:
    """In how many segments each word stands."""
    places: dict[str, set[int]] = {}
    for mark in clause.marks:
        places.setdefault(mark.stem, set()).add(mark.segment)
    return {stem: len(segments) for stem, segments in places.items()}
