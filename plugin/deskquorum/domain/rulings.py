"""Rulings of the policy gate and findings of the reply check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from deskquorum.domain.reasons import Reason

__all__ = ["Effect", "Finding", "Mode", "Ruling", "Verdict"]


class Effect(StrEnum):
    """What the gate says; `deny` beats `human` beats `allow`."""

    ALLOW = "allow"
    HUMAN = "human"
    DENY = "deny"


class Mode(StrEnum):
    """How far an action may go by itself."""

    SHADOW = "shadow"
    SUGGEST = "suggest"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The gate's word on one action."""

    action: str
    effect: Effect
    rules: tuple[str, ...] = ()
    """Ids of the matched rules of that effect, in file order."""
    clauses: tuple[str, ...] = ()
    """Clause ids those rules cite, without repeats, the deciding one first."""
    reasons: tuple[Reason, ...] = ()
    mode: Mode = Mode.SHADOW
    signed_off: str | None = None
    """Who signed the action off for `auto` without a certificate, and when; None if nobody did."""
    obligations: tuple[str, ...] = ()
    policy_hash: str = ""
    trace: Mapping[str, str] = field(default_factory=dict)
    """Rule id to `matched`, `not-matched` or `error`."""


class Verdict(StrEnum):
    """What the clauses say of one claim in a reply."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One claim of a drafted reply (or one leak in it) and the verdict on it."""

    check: str
    """`claim`, `privacy`, `secret`, `abuse`, `tone`, `link`, `placeholder`, `leakage`."""
    verdict: Verdict
    start: int
    end: int
    """Offsets in the reply, in characters, end exclusive."""
    text: str
    """The claim as it stands in the redacted reply."""
    clause: str | None = None
    clause_version: str | None = None
    quote: str | None = None
    """Verbatim words of the clause that decide."""
    risk: float | None = None
    """0..1: how likely nothing backs the claim; None where that is not asked."""
    why: str = ""
