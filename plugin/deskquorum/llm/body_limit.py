"""Bodies that are too long for an answer are not read to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator
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
    from httpx2 import AsyncByteStream

    stream = response.stream

    class Limited(AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for chunk in cast("ByteStream", stream):
                read += len(chunk)
                if read > _MOST_BYTES:
                    raise BodyTooLongError
                yield chunk

        async def aclose(self) -> None:
            await cast("ByteStream", stream).aclose()

    response.stream = Limited()
