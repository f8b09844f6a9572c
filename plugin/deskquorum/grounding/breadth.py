"""Whether a text holds for all cases or for some: `whichever`, `even so`, against `only if`."""

from __future__ import annotations

import math

from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.passages import Part, Passage
from deskquorum.grounding.patterns import Pattern

__all__ = ["breadth_agreement"]

_WIDE = Pattern(
    r"(?<!\p{L})(?:wherever|whenever|whatever|whichever|whoever|however(?=\s\p{L}+(?:ed|n|e|ly|"
    r"\sit|\sthey))|either way|either|"
    r"irrelevant|regardless|at any time|any time|any day|or not|all the same|even|included|"
    r"including|among them|"
    r"too(?=[\s]*[.,;]|$)|as well|alike|both|no matter|no difference|no different|no obstacle|"
    r"does(?:n't| not) matter|"
    r"plays? no part|with or without|and so (?:is|are|do|does|can)|being no exception|anyway|in "
    r"any case|just the same|no exceptions?|without exception|also|"
    r"sin importar|da igual|incluso|igualmente|también|même|aussi|quel que soit|peu importe|y "
    r"compris|"
    r"egal|auch wenn|ebenso|trotzdem|ohne ausnahme|mesmo assim|mesmo|também|ou não|o no|oder "
    r"nicht|ou non)(?!\p{L})",
    needs=(
        word_set(
            "wherever whenever whatever whichever whoever however either irrelevant regardless "
            "any or same even included including among too well alike both matter difference "
            "different obstacle part without so exception anyway case exceptions also importar "
            "igual incluso igualmente también também même aussi soit importe compris egal auch "
            "ebenso trotzdem ausnahme mesmo não o oder ou"
        ),
    ),
    ignore_case=True,
)
_NARROW = Pattern(
    r"(?<!\p{L})(?:only|alone|solely|exclusively|unless|except|save for|but not|other than|apart "
    r"from|"
    r"provided|as long as|so long as|on condition|if|when|while|otherwise|elsewhere|"
    r"sólo|solo|solamente|salvo|excepto|si|cuando|seulement|sauf|lorsque|quand|nur|außer|wenn|"
    r"falls|sofern|"
    r"somente|apenas|quando)(?!\p{L})",
    needs=(
        word_set(
            "only alone solely exclusively unless except save but than apart provided long "
            "condition if when while otherwise elsewhere sólo solo solamente salvo excepto si "
            "cuando seulement sauf lorsque quand nur außer wenn falls sofern somente apenas "
            "quando"
        ),
    ),
    ignore_case=True,
)


def breadth_agreement(reply: Passage, clause: Passage) -> float:
    """-1..1: above 0 where both hold for all cases or both for some."""
    return math.tanh(_breadth(reply)) * math.tanh(_breadth(clause))


def _breadth(passage: Passage) -> float:
    wide = sum(1 for _ in _WIDE.finditer(passage.text))
    narrow = sum(1 for _ in _NARROW.finditer(passage.text))
    reasons = sum(s.part is Part.RESULT for s in passage.segments)
    return wide - narrow - 0.5 * reasons
