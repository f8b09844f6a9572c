"""What is right for a ticket, as suites write it, and whether a proposed action is that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from deskquorum.domain import JsonValue
from deskquorum.policy import minor_of

__all__ = ["AllowedAction", "Expected", "currency_in", "proposes"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AllowedAction(_Shape):
    """An action that is right with exactly these arguments, its amount aside."""

    action: str = Field(min_length=1)
    args: dict[str, JsonValue] = {}
    max_amount_minor: int | None = Field(default=None, ge=0)
    """Most that its `amount` may be, in minor units; None where it takes none."""


class Expected(_Shape):
    """What is right for one ticket."""

    route: str | None = None
    """The team."""
    secondary_routes: list[str] = []
    priority: Literal["urgent", "high", "normal", "low"] | None = None
    must_be_human: bool = False
    """Whether only a person may handle it."""
    why: str = ""
    clauses: list[str] = []
    allowed_actions: list[AllowedAction] = []
    forbidden_actions: list[str] = []
    redact: list[str] = []
    """Strings of the messages that must not get past redaction."""
    labels: dict[str, str] = {}
    """Further questions of the desk to their right labels."""

    @property
    def actions(self) -> list[AllowedAction]:
        """The actions that are right here besides handing over."""
        return [allowed for allowed in self.allowed_actions if allowed.action != "escalate"]


def proposes(
    name: str, args: Mapping[str, object], expected: Expected, facts: Mapping[str, JsonValue]
) -> bool:
    """Whether an action is one of those that are right, with the right arguments.

    Args:
        name: Of the action.
        args: Its arguments.
        expected: What is right.
        facts: Those of the ticket; they tell the currency.
    """
    return any(_is(name, args, allowed, currency_in(facts)) for allowed in expected.actions)


def currency_in(facts: Mapping[str, JsonValue]) -> str:
    """The currency of the ticket's order; US dollars where none is told."""
    order = facts.get("order")
    currency = order.get("currency") if isinstance(order, dict) else None
    return currency if isinstance(currency, str) else "USD"


def _is(name: str, args: Mapping[str, object], allowed: AllowedAction, currency: str) -> bool:
    if name != allowed.action:
        return False
    if {key: value for key, value in args.items() if key != "amount"} != allowed.args:
        return False
    if allowed.max_amount_minor is None:
        return "amount" not in args
    try:
        minor = minor_of(str(args.get("amount")), currency)
    except ValueError:
        return False
    return 0 < minor <= allowed.max_amount_minor
