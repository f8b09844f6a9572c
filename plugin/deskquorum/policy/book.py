"""What ops wrote, loaded and checked: clauses, actions, rules, cases, and the desk itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from deskquorum.domain import Action, Effect, JsonValue, Mode, Scope, Usage
from deskquorum.policy.desk_file import DeskFile
from deskquorum.policy.environment import Environment
from deskquorum.policy.evaluation import Condition
from deskquorum.policy.fact_types import ListOf, MapOf, Scalar, ScalarName, TypeSpec
from deskquorum.policy.reads import Reads

__all__ = [
    "REPLY",
    "TICKET",
    "UNDECLARED",
    "ActionSpec",
    "ArgSpec",
    "Autonomy",
    "Case",
    "Clause",
    "Guarded",
    "LimitSpec",
    "PolicyBook",
    "Risk",
    "Rule",
]

TICKET = "ticket"
"""What a rule about the ticket as a whole is `on`."""

UNDECLARED = "undeclared"
"""What a rule about actions that no file declares is `on`."""

REPLY = "reply"
"""What a rule about a drafted reply is `on`."""

Risk = Literal["none", "reply", "close", "account", "disclosure", "money"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sentence of the written policy."""

    id: str
    version: str
    text: str
    """As customers may read it: replies quote it."""
    policy: str
    path: str
    line: int
    column: int = 0
    scope: Scope = field(default_factory=dict)
    """To whom or what it applies; empty for everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgSpec:
    """One argument of an action."""

    spec: TypeSpec
    currency: str | None = None
    """For money: the fact that names the currency (`order.currency`), or the currency's code."""

    @property
    def type(self) -> ScalarName | Literal["list", "map", "record"]:
        """The type's name."""
        match self.spec.type:
            case Scalar(name=name):
                return name
            case ListOf():
                return "list"
            case MapOf():
                return "map"
            case _:
                return "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Autonomy:
    """The error rate that must be certified before an action runs by itself."""

    max_error: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSpec:
    """An allowance that actions take from; beyond it a person decides."""

    id: str
    per: str
    """The fact whose every value has an allowance of its own, or `desk`."""
    window: timedelta
    """How long what was taken counts."""
    most_count: int | None
    argument: str | None
    """The money argument that counts; set together with `most_minor` and `currency`."""
    most_minor: int | None
    currency: str | None
    cite: tuple[str, ...]
    reason: str
    path: str
    line: int
    column: int

    @property
    def allowance(self) -> tuple[object, ...]:
        """What actions share that have this limit; each may count another argument."""
        return (
            self.per,
            self.window,
            self.most_count,
            self.most_minor,
            self.currency,
            self.cite,
            self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """A declared action."""

    name: str
    args: Mapping[str, ArgSpec] = field(default_factory=dict)
    risk: Risk = "money"
    mode: Mode = Mode.SHADOW
    autonomy: Autonomy | None = None
    signed_off: str | None = None
    """Who signed it off without a certificate, when and why; None if nobody did."""
    limits: tuple[LimitSpec, ...] = ()
    path: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A rule's condition as compiled for one action, with what must have been read for it."""

    condition: Condition
    needs: tuple[str, ...]
    """Facts that it names and that may not be absent; `absent.NAME`, which needs NAME read."""
    names: tuple[str, ...]
    """Everything that it names and that may have a value of the wrong type."""
    guards: Mapping[str, tuple[str, ...]]
    """Fact to the `known.` names in the condition that ask for it or for its record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule."""

    id: str
    on: tuple[str, ...]
    """Actions, `ticket` or `reply`; `any` is written out."""
    effect: Effect
    when: str | None
    """None means always."""
    cite: tuple[str, ...]
    reason: str
    obligations: tuple[str, ...]
    policy: str
    path: str
    line: int
    column: int = 0
    when_at: tuple[int, int] = (0, 0)
    """Line and column of its condition; of the rule where it has none."""
    conditions: Mapping[str, Guarded | None] = field(repr=False, default_factory=dict)
    """What it is `on` to its compiled condition; None where it always holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An example with the ruling that ops expect."""

    name: str
    path: str
    line: int
    action: Action | None
    """None asks about the ticket as a whole."""
    facts: Mapping[str, JsonValue]
    """By dotted name."""
    answers: Mapping[str, str]
    claimed: Mapping[str, JsonValue]
    used: Mapping[str, Usage]
    """Limit to what was used of it."""
    now: datetime
    expect: Effect
    because: tuple[str, ...]
    """Rules, and limits, that must be among those that decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyBook:
    """All policies of a desk as one valid set."""

    desk: DeskFile | None
    facts: Mapping[str, TypeSpec]
    """Declared facts by dotted name, without the built-in ones."""
    slots: Mapping[str, TypeSpec]
    """Text-derived values (`claimed.*`) that the playbook declares."""
    clauses: Mapping[str, Clause]
    actions: Mapping[str, ActionSpec]
    rules: tuple[Rule, ...]
    """In file order, files by name."""
    cases: tuple[Case, ...]
    environment: Environment = field(repr=False)
    hash: str
    """SHA-256 over everything that can change a ruling; comments and layout do not."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Policy to its version; several where its files name several."""
    by_action: Mapping[str, tuple[Rule, ...]] = field(repr=False, default_factory=dict)
    """What rules are `on` to those rules."""
    reads: Mapping[str, Reads] = field(repr=False, default_factory=dict)
    """What rules are `on` to the variables that their conditions read."""

    @property
    def limits(self) -> Mapping[str, LimitSpec]:
        """Every limit by its id."""
        return {limit.id: limit for spec in self.actions.values() for limit in spec.limits}

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Question to its labels."""
        if self.desk is None:
            return {}
        return {name: tuple(question.labels) for name, question in self.desk.questions.items()}
