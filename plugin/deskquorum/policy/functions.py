"""The functions that conditions can call beside CEL's own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cel_expr_python import cel

__all__ = ["function_declarations"]


def function_declarations() -> list[cel.FunctionDecl]:
    """`days_between`, `sum_of`, `min_of` and `max_of`."""
    from cel_expr_python import cel

    numbers = cel.Type.List(cel.Type.INT)
    moments = [cel.Type.TIMESTAMP, cel.Type.TIMESTAMP]
    declared = [("days_between", moments, _days_between)] + [
        (name, [numbers], impl)
        for name, impl in (("sum_of", sum), ("min_of", min), ("max_of", max))
    ]
    return [
        cel.FunctionDecl(
            name,
            [cel.Overload(f"{name}_impl", return_type=cel.Type.INT, parameters=takes, impl=impl)],
        )
        for name, takes, impl in declared
    ]


def _days_between(first: datetime, second: datetime) -> int:
    """Calendar days in UTC; negative when the second comes first."""
    return (second.date() - first.date()).days
