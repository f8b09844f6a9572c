"""A model and those that stand in for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from deskquorum.domain import Deadline
from deskquorum.llm.chat import ChatFailure, ChatModel, ChatReply, ChatRequest

__all__ = ["FallbackChat", "StandIn"]

_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """A model that may be asked in another one's place."""

    chat: ChatModel
    model: str
    """Its name at its endpoint."""


class FallbackChat:
    """Asks one model after another until one answers.

    While there is another one left to ask, a model gets half of the time left. A model that did
    answer, if only by a refusal, is not asked around: nobody shops for an answer.
    """

    def __init__(self, chat: ChatModel, stand_ins: Mapping[str, StandIn]) -> None:
        """Take the models.

        Args:
            chat: Asked first.
            stand_ins: By the name that replies carry, in order.
        """
        self._chat = chat
        self._stand_ins = stand_ins

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """The first answer; or the failure of the model that should have answered."""
        started = time.monotonic()
        first = outcome = await self._chat.complete(request, deadline=_shared(deadline))
        cost = outcome.cost
        for left, (name, stand_in) in _numbered(self._stand_ins):
            if not (isinstance(outcome, ChatFailure) and not outcome.kind.is_answer):
                break
            asked = replace(request, model=stand_in.model)
            by = _shared(deadline) if left else deadline
            outcome = await stand_in.chat.complete(asked, deadline=by)
            cost += outcome.cost
            if isinstance(outcome, ChatReply):
                outcome = replace(outcome, stand_in=name)
        told = outcome if isinstance(outcome, ChatReply) else first
        return replace(told, cost=cost, latency_ms=round((time.monotonic() - started) * 1000))
