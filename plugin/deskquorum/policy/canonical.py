"""One way to write an action's arguments, so that the same action is told apart from every other.

`24` and `"24.00"` of money are one amount, and the order of keys means nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from deskquorum.domain import Action, JsonValue
from deskquorum.policy.book import ActionSpec, ArgSpec
from deskquorum.policy.fact_types import Scalar
from deskquorum.policy.fitting import UnfitError, amount_of, fitted, told
from deskquorum.policy.money import decimal_text, is_currency

__all__ = ["action_key", "canonical_args"]

_FINEST = "CLF"
"""No currency has more digits after the point than this one's four."""

_LONGEST_BITS = 1024


def action_key(conversation: str, spec: ActionSpec, action: Action) -> str:
    """Tells an action from every other, however its arguments are spelled: limits count it once."""
    return json.dumps([conversation, action.name, canonical_args(spec, action.args)])


def canonical_args(spec: ActionSpec | None, args: Mapping[str, JsonValue]) -> str:
    """Arguments as JSON text (ASCII), the same for all ways to write the same ones.

    Args:
        spec: The declared action; None where nothing is declared.
        args: What fits its declared type is written as that type is; the rest stays as it is.
    """
    declared = {} if spec is None else spec.args
    values: dict[str, JsonValue] = {}
    for name, value in args.items():
        arg = declared.get(name)
        # Rules read null as nothing at all, so nothing else may come of it.
        if value is None and arg is not None:
            continue
        plain = _plain(value)
        values[name] = plain if arg is None else _canonical(arg, plain)
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def _canonical(arg: ArgSpec, value: JsonValue) -> JsonValue:
    try:
        if arg.type == "money":
            return _amount(arg.currency or "", value)
        # A money type has no name of its own further in: there it is minor units.
        return told(arg.spec.type, fitted(arg.spec.type, value))
    except UnfitError:
        return value


def _amount(currency: str, value: JsonValue) -> str:
    if is_currency(currency):
        kind = Scalar(name="money", currency=currency)
        return str(told(kind, fitted(kind, value)))
    # Which currency a fact names makes no other action of it.
    text = decimal_text(amount_of(value, _FINEST), _FINEST)
    return text.rstrip("0").rstrip(".")


def _plain(value: JsonValue) -> JsonValue:
    """JSON that can be written down, whatever a bot sent; `1` and `1.0` are one number."""
    # Parsed JSON holds floats too, though no declared type has them.
    if isinstance(value, float) and value.is_integer():
        return _plain(int(value))
    match value:
        case bool():
            return value
        case int() if value.bit_length() > _LONGEST_BITS:
            return hex(value)
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
