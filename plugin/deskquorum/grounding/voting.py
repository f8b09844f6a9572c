"""Every voter's word on whether a passage of a reply follows from a clause."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deskquorum.grounding.breadth import breadth_agreement
from deskquorum.grounding.currencies import currency_agreement
from deskquorum.grounding.leanings import (
    branch_agreement,
    stance_agreement,
    unheard,
)
from deskquorum.grounding.number_votes import NumberVote, vote_on_numbers
from deskquorum.grounding.parties import party_agreement
from deskquorum.grounding.passages import Passage
from deskquorum.grounding.scopes import scope_agreement

if TYPE_CHECKING:
    from deskquorum.grounding.alignment import Nearness

__all__ = ["FEATURES", "Ballot", "ballot_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """What the voters say of one passage against one clause."""

    features: Mapping[str, float]
    """Each of `FEATURES`; above 0 speaks against the passage, below for it."""
    numbers: tuple[NumberVote, ...]
    against: Mapping[int, tuple[float, str]]
    """Segment of the passage to the strongest doubt about it, and whose it is."""


FEATURES = (
    "number-conflict", "number-of-other", "number-unexplained", "number-equal", "number-derived",
    "limit-against", "limit-for", "currency-against", "currency-for", "sign-against", "sign-for",
    "firmness-against", "firmness-for", "branch-against", "branch-for", "party-against",
    "party-for", "scope-against", "scope-for", "breadth-against", "breadth-for", "unheard",
    "new-words",
)  # fmt: skip


def ballot_of(reply: Passage, clause: Passage, near: Nearness) -> Ballot:
    """Ask every voter; none of them sees more than the two texts, and how near their words are."""
    numbers = vote_on_numbers(reply, clause, near)
    sign, firmness = stance_agreement(reply, clause, near)
    parts: dict[str, Mapping[int, float]] = {
        "sign": sign,
        "firmness": firmness,
        "branch": branch_agreement(reply, clause, near),
        "party": party_agreement(reply, clause, near),
        "scope": scope_agreement(reply, clause, near),
    }
    leanings = {name: _together(name, found) for name, found in parts.items()}
    leanings["breadth"] = breadth_agreement(reply, clause)
    leanings["currency"] = currency_agreement(reply, clause) or 0.0
    covered, new = unheard(reply, near)
    features = _number_features(numbers) | {"unheard": covered, "new-words": new}
    for name, leaning in leanings.items():
        features[f"{name}-against"] = max(0.0, -leaning)
        features[f"{name}-for"] = min(0.0, -leaning)
    return Ballot(
        features={name: features[name] for name in FEATURES},
        numbers=numbers,
        against=_doubts(reply, numbers, parts),
    )


_SURE = 0.9


def _together(name: str, found: Mapping[int, float]) -> float:
    """-1..1: the segments of a passage together."""
    total = sum(found.values())
    if name == "branch" and found:
        total /= math.sqrt(len(found))
    return math.tanh(total)


def _number_features(votes: Sequence[NumberVote]) -> dict[str, float]:
    kinds = {vote.kind for vote in votes}
    limits = [vote.score for vote in votes if vote.kind == "limit"]
    limit = sum(limits) / len(limits) if limits else 0.0
    sure_for = any(v.score >= _SURE and v.kind in {"derived", "limit"} for v in votes)
    sure_against = any(v.score <= -_SURE for v in votes)
    return {
        "number-conflict": float(sure_against and not sure_for),
        "number-of-other": float("other" in kinds),
        "number-unexplained": float("unexplained" in kinds),
        "number-equal": -float("equal" in kinds),
        "number-derived": -float("derived" in kinds),
        "limit-against": max(0.0, -limit),
        "limit-for": min(0.0, -limit),
    }


def _doubts(
    reply: Passage, numbers: Iterable[NumberVote], parts: Mapping[str, Mapping[int, float]]
) -> Mapping[int, tuple[float, str]]:
    found: dict[int, tuple[float, str]] = {}

    def doubt(segment: int, score: float, why: str) -> None:
        if score < 0 and score < found.get(segment, (0.0, ""))[0]:
            found[segment] = (score, why)

    for name, scores in parts.items():
        for place, score in scores.items():
            doubt(place, math.tanh(score), _WHY[name])
    for vote in numbers:
        for place, segment in enumerate(reply.segments):
            if segment.start <= vote.start < segment.end:
                doubt(place, 2 * vote.score, vote.why)
    return found


_WHY = {
    "sign": "turns out otherwise",
    "firmness": "makes a duty of a choice, or the other way round",
    "branch": "another part of the rule applies",
    "party": "falls to somebody else",
    "scope": "holds for others",
}
