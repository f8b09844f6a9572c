"""Facts as systems send them, records within records, by the names that policies declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deskquorum.domain import JsonValue

__all__ = ["flattened"]


def flattened(nested: Mapping[str, JsonValue], declared: Iterable[str]) -> dict[str, JsonValue]:
    """The value of every declared fact, by dotted name; what nobody declared is left out.

    A fact that is absent from a record which was sent counts as read and absent (None); one of a
    record that was not sent is not in the result.
    """
    found: dict[str, JsonValue] = {}
    for name in declared:
        record, _, last = name.rpartition(".")
        if name in nested:
            # Flat names are as good as nested records.
            found[name] = nested[name]
            continue
        holder = _lookup(nested, record)
        if holder is not None and (record or last in holder):
            found[name] = holder.get(last)
    return found


def _lookup(nested: Mapping[str, JsonValue], record: str) -> Mapping[str, JsonValue] | None:
    at: Mapping[str, JsonValue] = nested
    for part in record.split(".") if record else ():
        value = at.get(part)
        if not isinstance(value, dict):
            return None
        at = value
    return at
