"""What operators should know of models that are not asked at the moment, in words."""

from __future__ import annotations

from deskquorum.llm.endpoints import Endpoints, EndpointState
from deskquorum.llm.spending import Spending

__all__ = ["model_notices"]


def model_notices(endpoints: Endpoints, spending: Spending) -> tuple[str, ...]:
    """One line for each endpoint that is left alone, and one when the day's money is gone."""
    notices = [_left_alone(state) for state in endpoints.left_alone()]
    if spending.is_day_spent:
        notices.append(
            "models that cost money are held back until midnight UTC: the budget per_day is spent"
        )
    return tuple(notices)


def _left_alone(state: EndpointState) -> str:
    why = f" ({state.last_failure})" if state.last_failure else ""
    until = f"tried again in {state.pause_left_s:.0f} s" if state.pause_left_s else "tried next"
    return f"models at {state.name} are left alone, their calls kept failing{why}; {until}"
