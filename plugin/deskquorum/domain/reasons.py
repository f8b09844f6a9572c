"""Reasons are data; `deskquorum.decision.sentences` turns them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Reason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a ruling or a decision is what it is: a code and the ids it speaks of, no ticket text."""

    code: str
    """Kebab case, listed in docs/concepts.md (`missing-fact`, `not-settled`, `rule`, ...)."""
    params: Mapping[str, str] = field(default_factory=dict)
