"""A chat model that costs money: no call without the money for it, every call with its cost."""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal

import anyio

from deskquorum.domain import Deadline
from deskquorum.errors import DeskError
from deskquorum.llm.chat import (
    ChatFailure,
    ChatModel,
    ChatReply,
    ChatRequest,
    FailureKind,
    Price,
)
from deskquorum.llm.spending import Booking, Purse, countable, current_purse

__all__ = ["MeteredChat"]

_log = logging.getLogger(__name__)

_SETTLE_S = 1.0
"""What takes longer stays booked at the most that the call may have cost."""

_FREE = frozenset(
    {
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_ERROR,
        FailureKind.AUTH,
        FailureKind.BAD_REQUEST,
    }
)
"""Failures for which no provider charges."""


class MeteredChat:
    """Makes a call only if the purse of the ticket in hand has the most that it can cost."""

    def __init__(self, chat: ChatModel, price: Price) -> None:
        self._chat = chat
        self._price = price

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """Ask, and say what it cost. A call that is cancelled stays booked: it may be charged."""
        purse, most = current_purse(), countable(self._price.most_for(request))
        if purse is None:
            outcome = await self._chat.complete(request, deadline=deadline)
            return replace(outcome, cost=self._cost(outcome, most))
        booking = await _booked(purse, most, deadline)
        if isinstance(booking, ChatFailure):
            return booking
        outcome = await self._chat.complete(request, deadline=deadline)
        cost = self._cost(outcome, most)
        await _settled(purse, booking, cost)
        return replace(outcome, cost=cost)

    def _cost(self, outcome: ChatReply | ChatFailure, most: Decimal) -> Decimal:
        """What it cost; the most that it can have cost where nothing was said of tokens."""
        if outcome.prompt_tokens or outcome.completion_tokens:
            return countable(self._price.of(outcome))
        failure = outcome if isinstance(outcome, ChatFailure) else None
        free = failure is not None and (failure.kind in _FREE or not failure.was_sent)
        return Decimal(0) if free else most


async def _booked(purse: Purse, most: Decimal, deadline: Deadline) -> Booking | ChatFailure:
    """INVARIANT: where nobody can tell what is spent, nothing more is spent."""
    why = "the store of spending did not answer"
    try:
        with anyio.move_on_after(deadline.remaining_s()):
            booking = await purse.book(most)
            if booking is not None:
                return booking
            why = "no money left"
    except DeskError as exc:
        _log.warning("a model is not asked, since nobody can tell what is spent: %s", exc)
        why = "nobody can tell what is spent"
    return ChatFailure(kind=FailureKind.OVER_BUDGET, detail=why)


async def _settled(purse: Purse, booking: Booking, cost: Decimal) -> None:
    try:
        with anyio.move_on_after(_SETTLE_S, shield=True):
            await purse.settle(booking, cost)
    except DeskError as exc:
        _log.warning("%s stays booked for a call that cost %s: %s", booking.amount, cost, exc)
