"""All sources side by side; what fails, is late or is disputed leaves its facts missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import anyio

from deskquorum.domain import Deadline, Fact, Facts, Reason
from deskquorum.errors import DeskError
from deskquorum.facts.source import FactRequest, FactSource, FactSourceError

__all__ = ["gather_facts"]

_FAULTS = (
    DeskError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a source may run into; a host's own source raises `FactSourceError` for the rest."""


async def gather_facts(
    sources: Sequence[FactSource], request: FactRequest, deadline: Deadline
) -> tuple[Facts, tuple[Reason, ...]]:
    """Read every source that has a wanted fact, and join what they say with what is known.

    A source that fails or is late costs its own facts only. INVARIANT: a fact that two sources
    give differently is missing, whichever of them is right.

    Args:
        sources: Whom to ask; their order decides nothing.
        request: The ticket, what is known of it and what is wanted.
        deadline: Later answers do not count.
    """
    asked = [source for source in sources if request.wanted.intersection(source.facts)]
    readings = [_Reading(source, request) for source in asked]
    async with anyio.create_task_group() as tasks:
        for reading in readings:
            tasks.start_soon(reading.take, deadline)
    failed = [reason for reading in readings for reason in reading.reasons()]
    facts, disputed = _joined([request.known, *(reading.facts for reading in readings)])
    return facts, (*failed, *disputed)


class _Reading:
    """One source's answer, or why there is none."""

    def __init__(self, source: FactSource, request: FactRequest) -> None:
        self._source = source
        self._request = request
        self._why: str | None = "late"
        self.facts = Facts()

    async def take(self, deadline: Deadline) -> None:
        with anyio.move_on_after(deadline.remaining_s()):
            try:
                given = await self._source.read(self._request, deadline=deadline)
            except FactSourceError as exc:
                self._why = exc.why
            except _FAULTS as exc:
                # Its message may show a customer's data, so only its kind is told.
                self._why = type(exc).__name__
            else:
                self._why = None
                self.facts = self._wanted(given)

    def reasons(self) -> Iterable[Reason]:
        """Why facts that the source has are not there."""
        expected = self._request.wanted.intersection(self._source.facts)
        missing = sorted(expected - self.facts.values.keys())
        if missing:
            why = self._why or "not-in-record"
            params = {"source": self._source.name, "why": why, "facts": ", ".join(missing)}
            yield Reason(code="fact-source-failed", params=params)

    def _wanted(self, given: Facts) -> Facts:
        """INVARIANT: a source tells what was asked of it, and nothing else."""
        expected = self._request.wanted.intersection(self._source.facts)
        return Facts(values={n: fact for n, fact in given.values.items() if n in expected})


def _joined(snapshots: Iterable[Facts]) -> tuple[Facts, tuple[Reason, ...]]:
    told: dict[str, list[Fact]] = {}
    for snapshot in snapshots:
        for name, fact in snapshot.values.items():
            told.setdefault(name, []).append(fact)
    agreed: dict[str, Fact] = {}
    disputed = []
    for name, facts in told.items():
        if len({_canonical(fact) for fact in facts}) == 1:
            agreed[name] = max(facts, key=lambda fact: fact.read_at)
        else:
            sources = ", ".join(sorted({fact.source for fact in facts}))
            params = {"fact": name, "sources": sources}
            disputed.append(Reason(code="facts-disagree", params=params))
    return Facts(values=agreed), tuple(disputed)


def _canonical(fact: Fact) -> str:
    """As text, because Python takes 1 and true for the same."""
    return json.dumps(fact.value, sort_keys=True, default=repr)
