"""JSON as the desk knows it."""

from __future__ import annotations

from typing_extensions import TypeAliasType

__all__ = ["JsonValue"]

JsonValue = TypeAliasType(
    "JsonValue", "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"
)
"""JSON without floats: money is minor units or a decimal string."""
