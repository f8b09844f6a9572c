"""What a reply claims, piece by piece; when the kind is unclear it is a policy claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from deskquorum.grounding.lexicon import (
    COURTESY,
    ENTITLEMENTS,
    GREETINGS,
    LEAD_INS,
    LEGAL,
    PERMISSIONS,
    PROMISES,
    REQUESTED,
    REQUESTS,
    SIGN_OFFS,
)
from deskquorum.grounding.quantities import QuantityKind, find_quantities
from deskquorum.grounding.sentences import Span, clauses_of, sentences_of
from deskquorum.grounding.words import Word, words_of

__all__ = ["Claim", "ClaimKind", "PolicyAct", "extract_claims", "lead_in_end"]


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
        for span in clauses_of(reply, sentence):
            claims.append(_claim(reply, span, sentence, _kind(reply[slice(*span)])))
    return tuple(claims)


def lead_in_end(sentence: str) -> int:
    """Where the words after a lead-in such as `Our policy (R1):` begin; 0 without a lead-in."""
    colon = sentence.find(":")
    if colon < 0:
        return 0
    words = words_of(sentence[:colon])
    known = (_names_a_clause(word.text) or word.text in LEAD_INS for word in words)
    return colon + 1 if 0 < len(words) <= _LONGEST_LEAD_IN and all(known) else 0


_LONGEST_LEAD_IN = 10
_LONGEST_NAME = 3
_LONGEST_SIGNATURE = 6
_LONGEST_ID = 12
_GRAVE = PROMISES | LEGAL | ENTITLEMENTS
_CASE_WORDS = frozenset("order parcel package shipment item items purchase payment total".split())
_OF_THE_CASE = frozenset("your the my this that is was were are has have been on it".split())
_NEEDS_AN_OBJECT = frozenset("send attach enviar envíe envía envoyer envoyez senden schicken".split())
_SENDABLE = frozenset(
    "photo photos picture pictures receipt number numbers details information copy screenshot "
    "foto número numéro bestellnummer".split()
)


def _claim(reply: str, span: Span, sentence: Span, kind: ClaimKind) -> Claim:
    text = reply[slice(*span)]
    act = _act(text) if kind is ClaimKind.POLICY else None
    return Claim(text=text, start=span[0], end=span[1], kind=kind, act=act, sentence=sentence)


def _kind(text: str) -> ClaimKind:
    words = words_of(text)
    if _is_social(words, text):
        return ClaimKind.SOCIAL
    plain = {word.text for word in words}
    if plain & (_GRAVE | PERMISSIONS - _OF_THE_CASE):
        return ClaimKind.POLICY
    speaks_of_case = bool(plain & _CASE_WORDS) and bool(plain & _OF_THE_CASE)
    return ClaimKind.CASE if speaks_of_case else ClaimKind.POLICY


def _act(text: str) -> PolicyAct:
    words = {word.text for word in words_of(text)}
    quantities = find_quantities(text)
    if words & (PROMISES | LEGAL):
        return PolicyAct.COMMITMENT
    if words & ENTITLEMENTS or any(q.kind is QuantityKind.MONEY for q in quantities):
        return PolicyAct.ENTITLEMENT
    if words & PERMISSIONS:
        return PolicyAct.PERMISSION
    return PolicyAct.QUANTITY if quantities else PolicyAct.PROCEDURE


# INVARIANT: a social sentence is built from closed lists alone, since nothing checks it later.
def _is_social(words: Sequence[Word], text: str) -> bool:
    if lead_in_end(text) == len(text.rstrip()):
        return True
    plain = [word.text.rstrip(",") for word in words if word.text != "?"]
    if not any(c.isalnum() for word in plain for c in word):
        return True
    if set(plain) <= COURTESY:
        return True
    return _is_greeting(plain, text) or _is_request(plain)


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


def _is_request(plain: Sequence[str]) -> bool:
    """`Could you send us a photo?`: asks for something to know or to see, promises nothing."""
    given = set(plain)
    if not given & REQUESTS or not given <= COURTESY | REQUESTS | REQUESTED:
        return False
    return not given & _NEEDS_AN_OBJECT or bool(given & _SENDABLE)


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
