"""Asking labelers in waves; a late or crashed one loses its vote and nothing else."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import anyio

from deskquorum.domain import Deadline, RedactedTicket, Vote, VoteStatus
from deskquorum.labeling.labeler import AsksModel, Labeler

__all__ = ["Collected", "collect_votes"]

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
    enough: Callable[[tuple[Vote, ...]], bool] | None = None,
) -> Collected:
    """Ask every labeler, wave after wave, those of one wave side by side.

    Args:
        labelers: With ids that differ.
        ticket: Redacted, as all that labelers see.
        deadline: Whoever has not voted by then has failed.
        enough: Asked between waves, with the votes so far; True leaves the rest unasked.
    """
    votes: dict[int, Vote] = {}
    waves = [list(wave) for _, wave in groupby(_by_wave(labelers), key=lambda n: labelers[n].wave)]
    for later, wave in enumerate(waves):
        if later and enough is not None and enough(_in_order(votes)):
            unasked = (labelers[n] for rest in waves[later:] for n in rest)
            saved = sum(isinstance(labeler, AsksModel) for labeler in unasked)
            return Collected(votes=_in_order(votes), saved_calls=saved)
        await _ask_wave({n: labelers[n] for n in wave}, ticket, deadline, votes)
    return Collected(votes=_in_order(votes))


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


def _by_wave(labelers: Sequence[Labeler]) -> list[int]:
    return sorted(range(len(labelers)), key=lambda n: labelers[n].wave)


def _in_order(votes: dict[int, Vote]) -> tuple[Vote, ...]:
    return tuple(votes[n] for n in sorted(votes))
