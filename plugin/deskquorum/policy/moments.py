"""The moment that a case or a row rules at, as it is told beside the facts or among them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deskquorum.policy.fact_types import Scalar, TypeSpec
from deskquorum.policy.fitting import UnfitError, moment_of

__all__ = ["told_now"]

_NOW = "now"


def told_now(
    now: object, facts: Mapping[str, object], variables: Mapping[str, TypeSpec]
) -> datetime | None:
    """The moment; None where nobody told one.

    Args:
        now: As it is told beside the facts; it comes before what they say.
        facts: The facts, one of which may be `now`.
        variables: What is declared: the zone of times that are told without one.

    Raises:
        ValueError: No time, or one whose zone nobody told; says how to mend it.
    """
    told = facts.get(_NOW) if now is None else now
    if told is None:
        return None
    kind = variables[_NOW].type
    zone = kind.zone if isinstance(kind, Scalar) else None
    try:
        return moment_of(str(told), zone=zone)
    except UnfitError:
        message = "now: expected a time such as 2026-01-31T09:00:00Z"
        if zone is None:
            message += "; for times without a zone declare now: {type: time, zone: ZONE}"
        raise ValueError(message) from None
