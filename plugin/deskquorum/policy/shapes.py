"""The shapes of policy files and case files, as ops write them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    RootModel,
    WithJsonSchema,
)

__all__ = [
    "ActionShape",
    "CaseShape",
    "CasesShape",
    "ClauseShape",
    "LimitShape",
    "RuleShape",
    "Text",
    "TopicShape",
    "UncertifiedShape",
    "UsedShape",
]

Text = Annotated[str, Field(min_length=1)]


def _as_list(written: object) -> object:
    return [written] if isinstance(written, str) else written


Names = Annotated[list[Text], BeforeValidator(_as_list)]
"""One name, or a list of names."""


def _as_values(written: object) -> object:
    return written if isinstance(written, list) else [written]


_Value = Annotated[JsonValue, WithJsonSchema({"type": ["string", "integer", "boolean"]})]
ScopeValues = Annotated[list[_Value], Field(min_length=1), BeforeValidator(_as_values)]
"""One value of a fact, or several; whether they fit the fact is known once it is declared."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClauseShape(_Shape):
    """One numbered sentence of the written policy."""

    id: Text
    text: Text
    scope: dict[str, ScopeValues] = {}
    """To whom or what it applies: fact to the values that it may have."""


class UncertifiedShape(_Shape):
    """Who lets an action run by itself without a certificate."""

    by: Text
    date: date
    why: Text


class AutonomyShape(_Shape):
    """The error that ops accept, or a sign-off instead of a certificate."""

    max_error: Annotated[float, Field(gt=0, lt=1)] | None = None
    confidence: Annotated[float, Field(gt=0, lt=1)] | None = None
    uncertified: UncertifiedShape | None = None


class LimitShape(_Shape):
    """An allowance that an action takes from."""

    id: Text
    per: Text
    within: Text
    count: Annotated[int, Field(ge=1)] | None = None
    amount: Text | None = None
    of: Text | None = None
    currency: Text | None = None
    cite: Names = []
    reason: Text


class ActionShape(_Shape):
    """Something that can be done about a ticket."""

    args: dict[str, JsonValue] = {}
    risk: Literal["none", "reply", "close", "account", "disclosure", "money"] | None = None
    """Left out, a reply counts as `reply` and any other action as `money`, the riskiest."""
    mode: Literal["shadow", "suggest", "auto"] = "shadow"
    autonomy: AutonomyShape | None = None
    limits: list[LimitShape] = []


class RuleShape(_Shape):
    """A condition on an action, a ticket or a reply, and what follows from it."""

    id: Text
    on: Names
    effect: Literal["allow", "require_human", "deny"]
    when: Text | None = None
    cite: Names = []
    reason: Text
    obligations: Names = []


class CaseActionShape(_Shape):
    """The action that a case asks about."""

    name: Text
    args: dict[str, JsonValue] = {}


class UsedShape(_Shape):
    """What earlier actions took from a limit."""

    count: Annotated[int, Field(ge=0)] = 0
    amount: Text | None = None


class CaseShape(_Shape):
    """An example: in this situation, this is the ruling."""

    name: Text
    facts: dict[str, JsonValue] = {}
    answers: dict[str, str] = {}
    claimed: dict[str, JsonValue] = {}
    used: dict[str, UsedShape] = {}
    now: Text | None = None
    action: CaseActionShape | None = None
    ticket: bool = False
    expect: Literal["allow", "human", "deny"]
    because: Names = []


class TopicShape(_Shape):
    """One policy file."""

    policy: Text
    version: Text
    facts: dict[str, JsonValue] = {}
    conditions: dict[str, Text] = {}
    values: dict[str, Text] = {}
    tables: dict[str, JsonValue] = {}
    clauses: list[ClauseShape] = []
    actions: dict[str, ActionShape] = {}
    rules: list[RuleShape] = []
    tests: list[CaseShape] = []


class CasesShape(RootModel[list[CaseShape]]):
    """A file of cases beside a policy file."""
