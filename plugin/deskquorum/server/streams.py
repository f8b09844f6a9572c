"""Events of conversations as they happen: one look at the database for all who follow."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from deskquorum.ledger.database import moment
from deskquorum.ledger.events import Event, events_after, newest_event
from deskquorum.server.records import Records

__all__ = ["Streams", "TooManyStreamsError"]

_QUEUE = 100
"""Events that may wait for one follower; one that is slower is let go, and comes back."""

_HEARTBEAT_S = 10.0
_AGAIN_MS = 2000


class TooManyStreamsError(Exception):
    """As many follow as one process serves."""


class Streams:
    """All event streams of one process."""

    def __init__(self, records: Records, *, most: Callable[[], int]) -> None:
        """Nobody follows yet.

        Args:
            records: Where the events are.
            most: Tells how many may follow.
        """
        self._records = records
        self._most = most
        self._followers: defaultdict[str, set[MemoryObjectSendStream[Event]]] = defaultdict(set)
        self._seen: int | None = None
        self._ended = False

    def __len__(self) -> int:
        """How many follow."""
        return sum(map(len, self._followers.values()))

    async def look(self) -> bool:
        """Pass new events on; True when there may be more at once.

        Raises:
            LedgerError: The database can't be read; nothing is lost.
        """
        if not self._followers:
            # Whoever comes next starts from what is there then.
            self._seen = None
            return False
        if self._seen is None:
            # Those who follow have not yet read what they missed.
            return False
        found = await self._records.read(partial(events_after, seq=self._seen))
        for event in found:
            for follower in tuple(self._followers.get(event.conversation, ())):
                self._pass_on(event, follower)
            self._seen = event.seq
        return bool(found)

    def end(self) -> None:
        """Let all go; they are told when to come back."""
        self._ended = True
        for followers in self._followers.values():
            for follower in followers:
                follower.close()

    async def follow(
        self, conversation: str, *, last: int | None, allowed: Callable[[], bool]
    ) -> AsyncIterator[str]:
        """What is sent to one follower, until it leaves or is let go.

        Args:
            conversation: What is followed.
            last: Number of the last event that it knows; None for one who starts now.
            allowed: Whether it still may; asked at each heartbeat.

        Raises:
            TooManyStreamsError: Nothing was sent.
            LedgerError: The database can't be read.
        """
        async with self._following(conversation) as arriving:
            if last is None:
                last = await self._records.read(newest_event)
            yield f"retry: {_AGAIN_MS}\nid: {last}\nevent: ready\ndata: {{}}\n\n"
            after = partial(events_after, conversation=conversation)
            while missed := await self._records.read(partial(after, seq=last)):
                for event in missed:
                    yield _text(event)
                last = missed[-1].seq
            # What came meanwhile is looked at once more, so that nothing falls in between.
            self._seen = last if self._seen is None else min(self._seen, last)
            while allowed() and not self._ended:
                match await _next(arriving):
                    case None:
                        yield ": still here\n\n"
                    case Event() as arrived if arrived.seq > last:
                        yield _text(arrived)
                        last = arrived.seq
                    case Event():
                        pass
                    case _:
                        break
            yield f"retry: {_AGAIN_MS}\nevent: closing\ndata: {{}}\n\n"

    @asynccontextmanager
    async def _following(
        self, conversation: str
    ) -> AsyncIterator[MemoryObjectReceiveStream[Event]]:
        if len(self) >= self._most():
            raise TooManyStreamsError
        sending, arriving = anyio.create_memory_object_stream[Event](_QUEUE)
        self._followers[conversation].add(sending)
        try:
            with arriving:
                yield arriving
        finally:
            self._let_go(conversation, sending)

    def _pass_on(self, event: Event, follower: MemoryObjectSendStream[Event]) -> None:
        try:
            follower.send_nowait(event)
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._let_go(event.conversation, follower)

    def _let_go(self, conversation: str, follower: MemoryObjectSendStream[Event]) -> None:
        follower.close()
        self._followers[conversation].discard(follower)
        if not self._followers[conversation]:
            del self._followers[conversation]


_LET_GO = object()


async def _next(arriving: MemoryObjectReceiveStream[Event]) -> Event | object | None:
    """The next event; None at a heartbeat, something else at the end."""
    with anyio.move_on_after(_HEARTBEAT_S):
        try:
            return await arriving.receive()
        except anyio.EndOfStream:
            return _LET_GO
    return None


def _text(event: Event) -> str:
    at = moment(event.at_us).isoformat()
    data = json.dumps(
        {"kind": event.kind, "conversation": event.conversation, "ref": event.ref, "at": at}
    )
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {data}\n\n"
