"""A model and those that stand in for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from deskquorum.domain import Deadline
from deskquorum.llm.chat import ChatFailure, ChatModel, ChatReply, ChatRequest

__all__ = ["FallbackChat", "StandIn"]


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
        first = outcome = await self._chat.complete(request, deadline=_first_half(deadline))
        cost, left = outcome.cost, len(self._stand_ins)
        for name, stand_in in self._stand_ins.items():
            if isinstance(outcome, ChatReply) or outcome.kind.is_answer:
                break
            left -= 1
            outcome = await stand_in.chat.complete(
                replace(request, model=stand_in.model),
                deadline=_first_half(deadline) if left else deadline,
            )
            cost += outcome.cost
            if isinstance(outcome, ChatReply):
                outcome = replace(outcome, stand_in=name)
        told = outcome if isinstance(outcome, ChatReply) else first
        return replace(told, cost=cost, latency_ms=round((time.monotonic() - started) * 1000))


def _first_half(deadline: Deadline) -> Deadline:
    return deadline.within(deadline.remaining_s() / 2)
