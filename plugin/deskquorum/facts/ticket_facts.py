"""Facts that the ticket itself brings: the host's trusted fields and what can be counted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from deskquorum.domain import Fact, Facts, JsonValue, Ticket
from deskquorum.policy import flattened

__all__ = ["TICKET_SOURCE", "facts_from_ticket"]

TICKET_SOURCE = "ticket"
"""The source of what a ticket brought; no other source may have this name."""


def facts_from_ticket(
    ticket: Ticket,
    *,
    declared: Collection[str],
    told_elsewhere: Collection[str] = (),
    languages: Sequence[str],
    served: Sequence[str],
    now: datetime,
) -> Facts:
    """Flatten the ticket's trusted fields into a snapshot; nothing is read from its text.

    Args:
        ticket: The ticket as the host sent it.
        declared: Dotted names of the facts that policies know; a record or map that one of them
            names stays whole. One that is absent from a record which was sent counts as read and
            absent; of a record not sent, as not read.
        told_elsewhere: Those of them that the desk's sources tell; a record of the ticket without
            one says nothing about it.
        languages: Languages of the customer's messages.
        served: Languages that the desk serves by itself.
        now: Time of reading.
    """
    own = [name for name in declared if name not in told_elsewhere]
    values = flattened(ticket.facts, own) | dict(_flat(ticket.facts, frozenset(declared)))
    roles = [message.role for message in ticket.messages]
    values |= {
        "ticket.customer_messages": roles.count("customer"),
        "ticket.agent_messages": roles.count("agent"),
        "ticket.languages": list(languages),
        "ticket.served_language": set(languages) <= set(served),
        "requester.customer_id": ticket.requester.customer_id,
    }
    return Facts(
        values={
            name: Fact(value=value, source=TICKET_SOURCE, read_at=now)
            for name, value in values.items()
        }
    )


def _flat(
    record: Mapping[str, JsonValue], declared: frozenset[str], prefix: str = ""
) -> Iterator[tuple[str, JsonValue]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name not in declared:
            yield from _flat(value, declared, f"{name}.")
        else:
            yield name, value
