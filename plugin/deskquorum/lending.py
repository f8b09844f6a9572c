"""Things that are open, such as clients, shared by those who need the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Generic, TypeVar

import anyio

__all__ = ["Lender"]

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


class Lender(Generic[_K, _T]):
    """Opens what a key stands for once, and closes it after the last who borrowed it.

    Args:
        start: Gives the context to be in as long as somebody borrows.
    """

    def __init__(self, start: Callable[[_K], AbstractAsyncContextManager[_T]]) -> None:
        self._start = start
        self._open: dict[_K, tuple[_T, AsyncExitStack]] = {}
        self._borrowers: Counter[_K] = Counter()
        self._changing = anyio.Lock()

    @asynccontextmanager
    async def lend(self, key: _K) -> AsyncIterator[_T]:
        """Borrow; whoever comes while another one opens it waits for that."""
        async with self._changing:
            if key not in self._open:
                async with AsyncExitStack() as stack:
                    opened = await stack.enter_async_context(self._start(key))
                    self._open[key] = (opened, stack.pop_all())
            self._borrowers[key] += 1
        try:
            yield self._open[key][0]
        finally:
            # A cancelled borrower must not leave it open.
            with anyio.CancelScope(shield=True):
                await self._give_back(key)

    async def _give_back(self, key: _K) -> None:
        async with self._changing:
            self._borrowers[key] -= 1
            if not self._borrowers[key]:
                _, stack = self._open.pop(key)
                await stack.aclose()
