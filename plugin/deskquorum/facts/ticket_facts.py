"""Facts that the ticket itself brings: the host's trusted fields and what can be counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from deskquorum.domain import Fact, Facts, JsonValue, Ticket

__all__ = ["facts_from_ticket"]

_SOURCE = "ticket"


def facts_from_ticket(
    ticket: Ticket,
    *,
    declared: Iterable[str],
    languages: Sequence[str],
    served: Sequence[str],
    now: datetime,
) -> Facts:
    """Flatten the ticket's trusted fields into a snapshot; nothing is read from its text.

    Args:
        ticket: The ticket as the host sent it.
        declared: Dotted names of the facts that policies know. One that is absent from a record
            which was sent counts as read and absent; of a record not sent, as not read.
        languages: Languages of the customer's messages.
        served: Languages that the desk serves by itself.
        now: Time of reading.
    """
    values = dict(_flat(ticket.facts))
    for name in declared:
        record = name.rpartition(".")[0]
        if name not in values and isinstance(_lookup(ticket.facts, record), dict):
            values[name] = None
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
            name: Fact(value=value, source=_SOURCE, read_at=now) for name, value in values.items()
        }
    )


def _flat(record: Mapping[str, JsonValue], prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _lookup(facts: Mapping[str, JsonValue], name: str) -> JsonValue:
    found: JsonValue = dict(facts)
    for part in name.split(".") if name else ():
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found
