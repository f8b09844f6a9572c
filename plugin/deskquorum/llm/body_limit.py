"""Bodies that are too long for an answer are not read to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from httpx2 import AsyncByteStream as ByteStream
    from httpx2 import Response

__all__ = ["BodyTooLongError", "limit_body"]

_MOST_BYTES = 4 * 1024 * 1024
"""Answers are a few kilobytes; error pages are not much longer."""


class BodyTooLongError(Exception):
    """A body beyond what any answer needs."""


async def limit_body(response: Response) -> None:
    """A response hook: reading the body raises `BodyTooLongError` where it is too long."""
    response.stream = _limited()(cast("ByteStream", response.stream))


@cache
def _limited() -> Callable[[ByteStream], ByteStream]:
    """A stream that reads another one; made on first use, as its base is not always installed."""
    from httpx2 import AsyncByteStream

    class Limited(AsyncByteStream):
        def __init__(self, stream: ByteStream) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for chunk in self._stream:
                read += len(chunk)
                if read > _MOST_BYTES:
                    raise BodyTooLongError
                yield chunk

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Limited
