"""Whether the scope of a clause asks of a fact what the fact can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deskquorum.policy.fact_types import DeclarationError, Scalar, TypeSpec, described
from deskquorum.policy.fitting import UnfitError, fitted
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.validation import shown

__all__ = ["scope_faults"]

_TAKEN = frozenset({"string", "int", "bool"})


def scope_faults(name: str, values: Sequence[object], spec: TypeSpec) -> Iterator[DeclarationError]:
    """What is wrong with the values that a scope wants of a declared fact.

    Args:
        name: The fact.
        values: As written; one that stands alone is a list of one.
        spec: The fact's type.
    """
    kind = spec.type
    if not isinstance(kind, Scalar) or kind.name not in _TAKEN:
        message = f"fact '{name}' is {described(kind)}, which no scope takes"
        hint = "a scope takes texts, whole numbers, and true or false"
        yield DeclarationError(message, hint=hint)
        return
    for place, value in enumerate(values):
        try:
            fitted(kind, value)
        except UnfitError:
            near = did_you_mean(str(value), kind.values, what="its values")
            message = f"{shown(value)} is no value of {name}"
            hint = near or f"it is {described(kind)}"
            yield DeclarationError(message, keys=(place,), hint=hint)
