"""How the desk's review queue is run: `reviews` of `desk.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from deskquorum.policy.desk_shapes import ReviewsShape
from deskquorum.policy.durations import read_duration

__all__ = ["RISKS", "NotifySpec", "ReviewsSpec", "reviews_spec"]

RISKS = ("none", "reply", "close", "account", "disclosure", "money")
"""Risks of actions, the least first: the queue shows the highest first."""

_DUE: Mapping[str, timedelta] = MappingProxyType(
    {
        "none": timedelta(hours=8),
        "reply": timedelta(hours=8),
        "close": timedelta(hours=4),
        "account": timedelta(hours=2),
        "disclosure": timedelta(hours=1),
        "money": timedelta(hours=1),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySpec:
    """Where notices go, and which."""

    url_env: str
    """Name of the variable that holds the address, which is a secret."""
    opened: bool
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsSpec:
    """Due times, leases and notices."""

    due: Mapping[str, timedelta]
    """Risk of the suggested action to the time in which somebody should look."""
    lease: timedelta
    """How long somebody holds an item."""
    link: str | None
    """Address of an item's page; `{id}` stands for the item's id."""
    notify: NotifySpec | None


def reviews_spec(shape: ReviewsShape) -> ReviewsSpec:
    """The section as it was written, with what it leaves out."""
    written = {str(risk): _length(length) for risk, length in shape.due.items()}
    return ReviewsSpec(
        due={**_DUE, **written},
        lease=_length(shape.lease),
        link=shape.link,
        notify=None if shape.notify is None else NotifySpec(**shape.notify.model_dump()),
    )


def _length(written: str) -> timedelta:
    found = read_duration(written)
    if found is None:
        raise ValueError(f"no length of time: {written}")
    return found
