"""All sources side by side; what fails, is late or is disputed leaves its facts missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import anyio

from deskquorum.domain import Deadline, Fact, Facts, Unread
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
) -> Facts:
    """Read every source that has a wanted fact, and join what they say with what is known.

    A source that fails or is late costs its own facts only, and `unread` says why. INVARIANT: a
    fact that two sources give differently is missing, whichever of them is right.

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
    return _joined(request.known, readings)


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

    def unread(self) -> Iterator[tuple[str, Unread]]:
        """The facts that were expected and are not there, each with its reason."""
        for name in self._expected - self.facts.values.keys():
            yield name, Unread(source=self._source.name, why=self._why or "not-in-record")

    @property
    def _expected(self) -> frozenset[str]:
        return self._request.wanted.intersection(self._source.facts)

    def _wanted(self, given: Facts) -> Facts:
        """INVARIANT: a source tells what was asked of it, and nothing else."""
        return Facts(values={n: f for n, f in given.values.items() if n in self._expected})


def _joined(known: Facts, readings: Sequence[_Reading]) -> Facts:
    told: dict[str, list[Fact]] = {}
    unread: dict[str, list[Unread]] = {}
    for snapshot in (known, *(reading.facts for reading in readings)):
        for name, fact in snapshot.values.items():
            told.setdefault(name, []).append(fact)
    for reading in readings:
        for name, why in reading.unread():
            unread.setdefault(name, []).append(why)
    agreed: dict[str, Fact] = {}
    missing = {name: _together(whys) for name, whys in unread.items() if name not in told}
    for name, facts in told.items():
        if len({_canonical(fact) for fact in facts}) == 1:
            agreed[name] = max(facts, key=lambda fact: fact.read_at)
        else:
            sources = ", ".join(sorted({fact.source for fact in facts}))
            missing[name] = Unread(source=sources, why="disagree")
    return Facts(values=agreed, unread=dict(sorted(missing.items())))


def _together(whys: Sequence[Unread]) -> Unread:
    ordered = sorted(whys, key=lambda unread: unread.source)
    return Unread(
        source=", ".join(unread.source for unread in ordered),
        why=", ".join(unread.why for unread in ordered),
    )


def _canonical(fact: Fact) -> str:
    """As text, because Python takes 1 and true for the same."""
    return json.dumps(fact.value, sort_keys=True, default=repr)
