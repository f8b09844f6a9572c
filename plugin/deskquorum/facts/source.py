"""What a source of facts is asked for, and the promise it keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from deskquorum.domain import Deadline, Facts
from deskquorum.errors import DeskError

__all__ = ["FactRequest", "FactSource", "FactSourceError", "StaticFacts"]


class FactSourceError(DeskError):
    """A source could not be read; its facts are missing, the decision goes on."""

    def __init__(self, source: str, why: str) -> None:
        self.source = source
        self.why = why
        """Kebab case: `timeout`, `status-503`, `not-json`; never a word of what was sent."""
        super().__init__(f"the fact source {source} could not be read ({why})")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRequest:
    """Which ticket is asked about, as trusted fields tell it, and which facts are wanted.

    INVARIANT: nothing in here was read from the ticket's text.
    """

    ticket: str
    """The ticket's id."""
    wanted: frozenset[str]
    """Dotted names of the facts that policies declare."""
    requester: Mapping[str, str] = field(default_factory=dict)
    """The record that the helpdesk holds of the person who writes."""
    known: Facts = field(default_factory=Facts)
    """What the ticket itself brought: `facts_from_ticket`."""

    def trusted(self, name: str) -> str | None:
        """The text of `ticket.id`, `requester.FIELD` or a known fact; None without a value."""
        if name == "ticket.id":
            return self.ticket
        root, _, inner = name.partition(".")
        if root == "requester" and inner in self.requester:
            return self.requester[inner]
        value = self.known.get(name)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


class FactSource(Protocol):
    """Anything that reads facts from one of the desk's own systems."""

    @property
    def name(self) -> str:
        """How decisions name the source."""
        ...

    @property
    def facts(self) -> Collection[str]:
        """Dotted names of the facts it can give."""
        ...

    async def read(self, request: FactRequest, *, deadline: Deadline) -> Facts:
        """Read the wanted facts by the deadline; what the record does not tell is left out.

        Raises:
            FactSourceError: The system could not be read.
        """
        ...


class StaticFacts:
    """Facts that are there already: in tests, or read by the host itself."""

    def __init__(self, name: str, facts: Facts) -> None:
        """Give these facts, whoever asks."""
        self._name = name
        self._facts = facts

    @property
    def name(self) -> str:
        """How decisions name the source."""
        return self._name

    @property
    def facts(self) -> frozenset[str]:
        """Dotted names of the facts it can give."""
        return frozenset(self._facts.values)

    async def read(self, request: FactRequest, *, deadline: Deadline) -> Facts:  # noqa: ARG002 - nothing takes time
        """Give the wanted facts."""
        values = self._facts.values
        return Facts(values={name: values[name] for name in values if name in request.wanted})
