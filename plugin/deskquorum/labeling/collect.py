"""Asking labelers in waves; a late or crashed one loses its vote and nothing else."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

import anyio

from deskquorum.domain import Deadline, RedactedTicket, Vote, VoteStatus
from deskquorum.labeling.labeler import AsksModel, Labeler

__all__ = ["Choose", "Collected", "collect_votes"]

Choose = Callable[[tuple[Vote, ...], Sequence[Labeler]], Awaitable[Collection[str]]]
"""Votes so far and the labelers left, to the ids of those to ask next."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The votes on one ticket."""

    votes: tuple[Vote, ...]
    """One for each labeler that was asked, in the order in which they were given."""
    saved_calls: int = 0
    """Model calls that were not made because the votes were already enough."""


async def collect_votes(
    labelers: Sequence[Labeler],
    ticket: RedactedTicket,
    *,
    deadline: Deadline,
    choose: Choose | None = None,
) -> Collected:
    """Ask labelers in rounds, those of one round side by side.

    Args:
        labelers: With ids that differ.
        ticket: Redacted, as all that labelers see.
        deadline: Whoever has not voted by then has failed.
        choose: Which labelers to ask next, given the votes so far and who is left; nobody ends it.
            By default everybody is asked, wave after wave.
    """
    votes: dict[int, Vote] = {}
    while left := [n for n in range(len(labelers)) if n not in votes]:
        wanted = await _chosen(choose, _in_order(votes), [labelers[n] for n in left])
        asked = {n: labelers[n] for n in left if labelers[n].id in wanted}
        if not asked:
            break
        await _ask_wave(asked, ticket, deadline, votes)
    saved = sum(isinstance(labelers[n], AsksModel) for n in left)
    return Collected(votes=_in_order(votes), saved_calls=saved)


async def _chosen(
    choose: Choose | None, votes: tuple[Vote, ...], left: Sequence[Labeler]
) -> Collection[str]:
    if choose is not None:
        return await choose(votes, left)
    first = min(labeler.wave for labeler in left)
    return [labeler.id for labeler in left if labeler.wave == first]


async def _ask_wave(
    wave: dict[int, Labeler], ticket: RedactedTicket, deadline: Deadline, votes: dict[int, Vote]
) -> None:
    async def ask(place: int, labeler: Labeler) -> None:
        votes[place] = await _ask(labeler, ticket, deadline)

    async with anyio.create_task_group() as group:
        for place, labeler in wave.items():
            group.start_soon(ask, place, labeler)


async def _ask(labeler: Labeler, ticket: RedactedTicket, deadline: Deadline) -> Vote:
    """INVARIANT: whatever a labeler does, there is one vote in its name."""
    with anyio.move_on_after(deadline.remaining_s()):
        try:
            vote: object = await labeler.vote(ticket, deadline=deadline)
        except anyio.get_cancelled_exc_class():
            if anyio.current_effective_deadline() == -math.inf:
                raise
            # Nobody cancelled us: something that the labeler awaited was cancelled elsewhere.
            _log.warning("labeler %r was cancelled from within", labeler.id)
            return _failed(labeler, "crashed")
        except Exception as exc:  # noqa: BLE001 - a host's labeler may raise anything
            # The message may quote the ticket, so only the type is told.
            _log.warning("labeler %r crashed: %s", labeler.id, type(exc).__name__)
            return _failed(labeler, "crashed")
        if isinstance(vote, Vote) and _is_by(vote, labeler):
            return vote
        _log.warning("labeler %r gave something that is not its vote", labeler.id)
        return _failed(labeler, "crashed")
    return _failed(labeler, "timeout")


def _is_by(vote: Vote, labeler: Labeler) -> bool:
    return vote.labeler == labeler.id and vote.question == labeler.question


def _failed(labeler: Labeler, why: str) -> Vote:
    return Vote(
        question=labeler.question,
        labeler=labeler.id,
        status=VoteStatus.FAILED,
        family=labeler.family,
        why=why,
    )


def _in_order(votes: dict[int, Vote]) -> tuple[Vote, ...]:
    return tuple(votes[n] for n in sorted(votes))
