"""A decision that changes as a row: what it was, what it would be, what can't be told."""

from __future__ import annotations

from deskquorum.backtesting.redeciding import Redecided
from deskquorum.decision import sentence
from deskquorum.domain import Decision

__all__ = ["change_row"]


def change_row(redecided: Redecided) -> dict[str, object]:
    """The row, ready for `json.dumps`."""
    return {
        "ticket": redecided.recorded.ticket,
        "decision_id": redecided.recorded.id,
        "differs": list(redecided.differs),
        "before": _side(redecided.before),
        "after": _side(redecided.after),
        "stake": {currency: str(amount) for currency, amount in redecided.stake.items()},
        "gaps": [str(gap) for gap in redecided.gaps],
    }


def _side(decision: Decision) -> dict[str, object]:
    return {
        "route": decision.route.value,
        "action": None
        if decision.action is None
        else {"name": decision.action.name, "args": dict(decision.action.args)},
        "reply": decision.reply,
        "rulings": [
            {
                "on": ruling.action,
                "effect": ruling.effect.value,
                "rules": list(ruling.rules),
                "clauses": list(ruling.clauses),
                "mode": ruling.mode.value,
                "obligations": list(ruling.obligations),
            }
            for ruling in decision.rulings
        ],
        "reasons": [{"code": r.code, "text": sentence(r)} for r in decision.reasons],
    }
