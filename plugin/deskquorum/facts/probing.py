"""Whether a source answers, asked about a record that nobody has."""

from __future__ import annotations

from datetime import UTC, datetime

from deskquorum.domain import Deadline, Fact, Facts
from deskquorum.facts.gather import gather_facts
from deskquorum.facts.source import FactRequest, FactSource
from deskquorum.policy import SourceSpec, SqlSourceSpec, UrlTemplate

__all__ = ["probed"]

_NOBODY = "0"
"""A text, and a number too where one is asked for."""
_ANSWERS = frozenset({"no-row", "not-in-record", "status-404"})
"""What a system that works says about a record that it does not have."""


async def probed(source: FactSource, spec: SourceSpec, deadline: Deadline) -> tuple[bool, str]:
    """Read a source for nobody; whether it answers, and how it said so in kebab case.

    A wrong address that leads to another page of the same system looks like a missing record.
    """
    facts = await gather_facts([source], _request(spec), deadline)
    whys = {unread.why for unread in facts.unread.values()}
    said = ", ".join(sorted(whys)) or "read"
    return whys <= _ANSWERS, said


def _request(spec: SourceSpec) -> FactRequest:
    if isinstance(spec, SqlSourceSpec):
        asked = set(spec.parameters.values())
    else:
        asked = set(UrlTemplate(spec.url).places)
    fact = Fact(value=_NOBODY, source="doctor", read_at=datetime.now(UTC))
    requester = {n.partition(".")[2]: _NOBODY for n in asked if n.startswith("requester.")}
    return FactRequest(
        ticket=_NOBODY,
        wanted=frozenset(spec.fields),
        requester=requester,
        known=Facts(values=dict.fromkeys(asked, fact)),
    )
