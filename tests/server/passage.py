"""A way to a PostgreSQL server that can be closed, or lead nowhere."""

import asyncio
from contextlib import suppress
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class Way(Enum):
    OPEN = "open"
    CLOSED = "closed"
    """Nobody listens, and what was connected is cut."""
    NOWHERE = "nowhere"
    """What is sent is taken, and nobody ever answers."""


class Passage:
    """A TCP port of this machine that leads to the server's own socket."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
        self._name = parts.path
        self._port = 0
        self._tasks = set()

    async def __aenter__(self):
        await self._listen()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}{self._name}"
        return self

    async def __aexit__(self, *_):
        await self._close()

    async def is_now(self, way):
        await self._close()
        if way is not Way.CLOSED:
            await self._listen(answers=way is Way.OPEN)

    async def _listen(self, *, answers=True):
        take = self._passed if answers else _never
        self._server = await asyncio.start_server(
            lambda *ends: self._taken(take, *ends), "127.0.0.1", self._port, backlog=256
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def _close(self):
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _taken(self, take, reader, writer):
        task = asyncio.ensure_future(take(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _passed(self, reader, writer):
        there, back = await asyncio.open_unix_connection(str(self._socket))
        try:
            await asyncio.wait(
                [asyncio.ensure_future(_pump(*ends)) for ends in ((reader, back), (there, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            writer.transport.abort()
            back.transport.abort()


async def _never(reader, writer):
    try:
        while await reader.read(65_536):
            pass
    finally:
        writer.transport.abort()


async def _pump(reader, writer):
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
