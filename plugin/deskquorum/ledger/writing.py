"""What several want to write at the same time is committed together, and each piece fails alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

from deskquorum.errors import LedgerError

if TYPE_CHECKING:
    from deskquorum.ledger.database import Database, Transaction

__all__ = ["Writer"]

_T = TypeVar("_T")

_MOST_AT_ONCE = 64
"""Pieces of one transaction: other processes wait for its end."""

_MOST_WAITING = 4000
"""Pieces that wait; whoever comes on top is told that the database is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    work: Callable[[Transaction], object]
    future: Future[object] = field(default_factory=Future)


class Writer:
    """One thread that writes for all who wait: a commit costs the same for one piece or many.

    INVARIANT: nobody is told that something was written before it is committed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._waiting: deque[_Piece] = deque()
        self._is_writing = False
        self._thread: ThreadPoolExecutor | None = None

    def submit(self, work: Callable[[Transaction], _T]) -> Future[_T]:
        """Have something written; cancelled before it is begun, it is not.

        Raises:
            LedgerError: Too many wait.
        """
        piece = _Piece(work=work)
        with self._lock:
            if len(self._waiting) >= _MOST_WAITING:
                raise LedgerError("the ledger failed: too many wait for it")
            self._waiting.append(piece)
            if not self._is_writing:
                self._is_writing = True
                self._thread = self._thread or ThreadPoolExecutor(1, "deskquorum-ledger")
                self._thread.submit(self._work_off)
        return cast("Future[_T]", piece.future)

    def close(self) -> None:
        """Wait until everything is written, and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown()

    def _work_off(self) -> None:
        while pieces := self._taken():
            self._write(pieces)

    def _taken(self) -> list[_Piece]:
        with self._lock:
            count = min(len(self._waiting), _MOST_AT_ONCE)
            self._is_writing = count > 0
            return [self._waiting.popleft() for _ in range(count)]

    def _write(self, pieces: Sequence[_Piece]) -> None:
        begun = [piece for piece in pieces if piece.future.set_running_or_notify_cancel()]
        try:
            with self._database.transaction(writing=True) as tx:
                if len(begun) == 1:
                    ends = [begun[0].work(tx)]
                else:
                    ends = [self._apart(tx, piece) for piece in begun]
        except Exception as exc:  # noqa: BLE001 - whoever waits is told, whatever it is
            ends = [exc] * len(begun)
        for piece, end in zip(begun, ends, strict=True):
            if isinstance(end, Exception):
                piece.future.set_exception(end)
            else:
                piece.future.set_result(end)

    def _apart(self, tx: Transaction, piece: _Piece) -> object:
        """What came of a piece, or its error: what fails is undone, and the rest stands."""
        from deskquorum.ledger.database import told

        savepoint = tx.connection.begin_nested()
        try:
            end = piece.work(self._database.begun(tx.connection))
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is this piece's own
            # Raises where the database undid more than this piece: then nothing is committed.
            savepoint.rollback()
            return told(exc)
        savepoint.commit()
        return end
