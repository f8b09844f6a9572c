"""What a reply claims, piece by piece; when the kind is unclear it is a policy claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from deskquorum.grounding.lexicon import (
    COURTESY,
    ENTITLEMENTS,
    GREETINGS,
    LEAD_IN_NOUNS,
    LEAD_INS,
    LEGAL,
    PERMISSIONS,
    PROMISES,
    REQUESTED,
    REQUESTS,
    SENDABLE,
    SENDING,
    SIGN_OFFS,
)
from deskquorum.grounding.quantities import QuantityKind, find_quantities
from deskquorum.grounding.sentences import Span, clauses_of, sentences_of
from deskquorum.grounding.words import Word, words_of

__all__ = ["Claim", "ClaimKind", "LeadIn", "PolicyAct", "extract_claims", "lead_in"]


class ClaimKind(StrEnum):
    """What a claim has to be checked against: clauses, facts or nothing."""

    POLICY = "policy"
    CASE = "case"
    SOCIAL = "social"


class PolicyAct(StrEnum):
    """What a policy claim does; the first that fits, the gravest first."""

    COMMITMENT = "commitment"
    ENTITLEMENT = "entitlement"
    PERMISSION = "permission"
    QUANTITY = "quantity"
    PROCEDURE = "procedure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One clause of a reply that says something of its own."""

    text: str
    start: int
    end: int
    kind: ClaimKind
    act: PolicyAct | None = None
    """Set exactly when `kind` is policy."""
    sentence: Span
    """Offsets of the sentence that the claim stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadIn:
    """Where a lead-in ends, 0 when there is none, and the clause ids in it, in small letters."""

    end: int = 0
    clauses: frozenset[str] = frozenset()


def extract_claims(reply: str) -> tuple[Claim, ...]:
    """Cut a reply into claims, in order."""
    claims: list[Claim] = []
    signed = False
    for sentence in sentences_of(reply):
        words = words_of(reply[slice(*sentence)])
        if _is_social(words, reply[slice(*sentence)]) or (signed and _is_signature(words)):
            claims.append(_claim(reply, sentence, sentence, ClaimKind.SOCIAL))
            signed = signed or _is_sign_off(words)
            continue
        signed = False
        claims += (
            _claim(reply, span, sentence, _kind(reply[slice(*span)]))
            for span in clauses_of(reply, sentence)
        )
    return tuple(claims)


def lead_in(sentence: str) -> LeadIn:
    """The words up to a colon that only say that the policy follows: `Our policy (R1):`."""
    words = words_of(sentence[: max(0, sentence.find(":"))])
    ids = {word.text for word in words if _names_a_clause(word.text)}
    rest = {word.text for word in words} - ids
    if len(words) > _LONGEST_LEAD_IN or not rest <= LEAD_INS | LEAD_IN_NOUNS:
        return LeadIn()
    if not ids and not rest & LEAD_IN_NOUNS:
        return LeadIn()
    return LeadIn(end=sentence.find(":") + 1, clauses=frozenset(ids))


_LONGEST_LEAD_IN = 10
_LONGEST_NAME = 3
_LONGEST_SIGNATURE = 6
_LONGEST_ID = 12
_GRAVE = PROMISES | LEGAL | ENTITLEMENTS
_GRAVE_OR_MODAL = _GRAVE | PERMISSIONS
_CASE_WORDS = frozenset({"order", "parcel", "package", "shipment", "item", "items", "total"})
_ASKS = frozenset({"which", "what"})
_OF_THE_CASE = frozenset({"your", "the", "this", "is", "was", "are", "were", "has", "have", "been"})


def _claim(reply: str, span: Span, sentence: Span, kind: ClaimKind) -> Claim:
    text = reply[slice(*span)]
    act = _act(text) if kind is ClaimKind.POLICY else None
    return Claim(text=text, start=span[0], end=span[1], kind=kind, act=act, sentence=sentence)


def _kind(text: str) -> ClaimKind:
    words = words_of(text)
    if _is_social(words, text):
        return ClaimKind.SOCIAL
    plain = _plain_words(text)
    if plain & _GRAVE_OR_MODAL:
        return ClaimKind.POLICY
    speaks_of_case = bool(plain & _CASE_WORDS) and bool(plain & _OF_THE_CASE)
    return ClaimKind.CASE if speaks_of_case else ClaimKind.POLICY


def _act(text: str) -> PolicyAct:
    words = _plain_words(text)
    quantities = find_quantities(text)
    if words & (PROMISES | LEGAL):
        return PolicyAct.COMMITMENT
    if words & ENTITLEMENTS or any(q.kind is QuantityKind.MONEY for q in quantities):
        return PolicyAct.ENTITLEMENT
    if words & PERMISSIONS:
        return PolicyAct.PERMISSION
    return PolicyAct.QUANTITY if quantities else PolicyAct.PROCEDURE


def _plain_words(text: str) -> set[str]:
    """The words outside of quantities: `3 May` permits nothing."""
    measured = bytearray(len(text))
    for quantity in find_quantities(text):
        measured[quantity.start : quantity.end] = b"1" * (quantity.end - quantity.start)
    return {word.text for word in words_of(text) if not measured[word.start]}


# INVARIANT: a social sentence is built from closed lists alone, since nothing checks it later.
def _is_social(words: Sequence[Word], text: str) -> bool:
    if 0 < lead_in(text).end == len(text.rstrip()):
        return True
    plain = [word.text.rstrip(",") for word in words if word.text != "?"]
    if not any(c.isalnum() for word in plain for c in word):
        return True
    if set(plain) <= COURTESY:
        return True
    return _is_greeting(plain, text) or _is_request(plain, text)


def _is_greeting(plain: Sequence[str], text: str) -> bool:
    """`Hello Anouk,`: a greeting and a name of up to three capitalised words or a placeholder."""
    names = plain[:0]
    for place, word in enumerate(plain):
        if word not in GREETINGS:
            names = plain[place:]
            break
    if len(names) == len(plain) or len(names) > _LONGEST_NAME:
        return False
    spelled = {word.strip(",.!:;") for word in text.split()}
    return all(
        name.startswith("⟦")
        or (name.isalpha() and name.title() in spelled and name not in _GRAVE | PERMISSIONS)
        for name in names
    )


def _is_request(plain: Sequence[str], text: str) -> bool:
    """`Could you send us a photo?`: asks for something to know or to see, promises nothing."""
    given = set(plain)
    asks = given & REQUESTS or (given & _ASKS and text.rstrip().endswith("?"))
    if not asks or not given <= COURTESY | REQUESTS | REQUESTED:
        return False
    return not given & SENDING or bool(given & SENDABLE)


def _is_sign_off(words: Sequence[Word]) -> bool:
    return any(word.text in SIGN_OFFS for word in words)


def _is_signature(words: Sequence[Word]) -> bool:
    """A few words without a number after the sign-off."""
    return len(words) <= _LONGEST_SIGNATURE and all(
        word.text.startswith("⟦")
        or (word.text.isalpha() and word.text not in _GRAVE | PERMISSIONS | {"not", "no", "never"})
        for word in words
    )


def _names_a_clause(word: str) -> bool:
    """`r1`, `nw-1.2`: letters, then a number."""
    return (
        len(word) <= _LONGEST_ID
        and word[:1].isalpha()
        and word[-1:].isdecimal()
        and word.replace("-", "").replace(".", "").isalnum()
    )
