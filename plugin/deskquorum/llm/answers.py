"""Reading a closed answer: one letter by its log probabilities, or one label by a JSON schema."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from deskquorum.domain import JsonValue, VoteStatus
from deskquorum.llm.chat import ChatMessage, ChatReply, ChatRequest

__all__ = ["ABSTAIN", "LETTERS", "MAX_LABELS", "Reading", "ask_for_label", "read_label"]

ReadMode = Literal["logprobs", "schema"]

LETTERS = "ABCDEFGHIJKLMNOPQRST"
"""Each is one token for every tokenizer in use, and no two share a first token."""

ABSTAIN = "abstain"
"""What a model answers instead of a label when read by schema and unsure."""

MAX_LABELS: Mapping[ReadMode, int] = {"logprobs": len(LETTERS), "schema": 100}
"""Most labels a question may have, by the way it is read."""

_TOP_LOGPROBS = 20
"""The most that the widespread endpoints report."""
_LEAST_MASS = 0.05
"""Least probability that the letters of the menu must have together for a vote."""
_SCHEMA_TOKENS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an answer amounts to; anything but one label of the menu is no vote."""

    status: VoteStatus
    label: str | None = None
    distribution: Mapping[str, float] = field(default_factory=dict)
    """Over the labels that were found; empty when read by schema."""
    why: str = ""


def ask_for_label(
    messages: Sequence[ChatMessage], labels: Sequence[str], *, read: ReadMode, model: str
) -> ChatRequest:
    """The request whose reply `read_label` understands."""
    if read == "logprobs":
        return ChatRequest(
            model=model, messages=tuple(messages), max_tokens=1, top_logprobs=_TOP_LOGPROBS
        )
    return ChatRequest(
        model=model,
        messages=tuple(messages),
        max_tokens=_SCHEMA_TOKENS,
        json_schema=_schema(labels),
    )


def read_label(
    reply: ChatReply,
    labels: Sequence[str],
    *,
    read: ReadMode,
    least_mass: float = _LEAST_MASS,
) -> Reading:
    """Read the reply to `ask_for_label` for the same labels in the same order."""
    if read == "logprobs":
        return _read_letters(reply.first_token_logprobs, labels, least_mass)
    return _read_choice(reply.text, labels)


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    label: str


def _schema(labels: Sequence[str]) -> Mapping[str, JsonValue]:
    choice: dict[str, JsonValue] = {"type": "string", "enum": [*labels, ABSTAIN]}
    return {
        "type": "object",
        "properties": {"label": choice},
        "required": ["label"],
        "additionalProperties": False,
    }


def _read_choice(text: str, labels: Sequence[str]) -> Reading:
    try:
        choice = _Choice.model_validate_json(text)
    except ValidationError:
        return Reading(status=VoteStatus.FAILED, why="garbage")
    if choice.label in labels:
        return Reading(status=VoteStatus.CAST, label=choice.label)
    if choice.label == ABSTAIN:
        return Reading(status=VoteStatus.ABSTAINED, why="model-abstained")
    return Reading(status=VoteStatus.FAILED, why="unknown-label")


def _read_letters(
    logprobs: Mapping[str, float], labels: Sequence[str], least_mass: float
) -> Reading:
    if not logprobs:
        return Reading(status=VoteStatus.FAILED, why="no-logprobs")
    masses = _masses(logprobs, labels)
    found = math.fsum(masses.values())
    if not masses or found < least_mass:
        return Reading(status=VoteStatus.ABSTAINED, why="off-menu")
    # Rounded, so that no long run of digits in a record looks like a card number.
    distribution = {label: round(mass / found, 6) for label, mass in masses.items()}
    best = max(distribution.values())
    winners = [label for label, share in distribution.items() if share == best]
    if len(winners) > 1:
        return Reading(status=VoteStatus.ABSTAINED, distribution=distribution, why="tie")
    return Reading(status=VoteStatus.CAST, label=winners[0], distribution=distribution)


def _masses(logprobs: Mapping[str, float], labels: Sequence[str]) -> dict[str, float]:
    """Probability of each label that shows among the tokens; others get nothing, not a floor."""
    by_letter = dict(zip(LETTERS, labels, strict=False))
    masses: dict[str, float] = {}
    for token, logprob in logprobs.items():
        label = by_letter.get(_letter(token))
        if label is not None:
            masses[label] = masses.get(label, 0.0) + math.exp(logprob)
    return {label: mass for label, mass in masses.items() if mass > 0.0}


def _letter(token: str) -> str:
    """`A` for `A`, ` A`, `a`, `(A`, `A.` and the raw forms that show a space as a mark."""
    return token.strip(" \t\n▁Ġ\"'`*([{.,:;)]}").upper()
