"""Facts from a database, read by one statement that can change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

import anyio
import anyio.to_thread

from deskquorum.domain import Deadline, Facts
from deskquorum.facts.mapping import UnreadableError, moment_of, snapshot
from deskquorum.facts.source import FactRequest, FactSourceError
from deskquorum.policy import FactField, check_trusted, query_places

if TYPE_CHECKING:
    from sqlite3 import Connection as SqliteConnection

    from sqlalchemy import Connection, Engine

__all__ = ["SqlFacts"]

_NOW = partial(datetime.now, UTC)
_DIALECTS = ("sqlite", "postgresql")
"""Databases that can be held to reading."""
_STEPS = 1000
"""Steps of SQLite's machine between two looks at the clock."""


class SqlFacts:
    """Reads one row, or a list of rows, per ticket."""

    def __init__(
        self,
        name: str,
        *,
        engine: Engine,
        query: str,
        parameters: Mapping[str, str],
        fields: Mapping[str, FactField],
        rows: Literal["one", "all"] = "one",
        as_of: str | None = None,
        timeout_s: float = 5.0,
        most_rows: int = 1000,
        most_at_once: int = 4,
        clock: Callable[[], datetime] = _NOW,
    ) -> None:
        """Describe the statement.

        Args:
            name: How decisions name the source.
            engine: The database: SQLite or PostgreSQL.
            query: One SELECT, with `:name` for each value that depends on the ticket.
            parameters: Each `:name` to `requester.FIELD`, `ticket.id` or a fact of the ticket.
            fields: Fact to its column; with `rows="all"` the record is `{"rows": [...]}`.
            rows: `one` needs exactly one row; `all` takes any number of them.
            as_of: Column of the time that a row is of; None counts it as of the reading.
            timeout_s: Longest time for one reading.
            most_rows: More rows are a fault, since a list cut short would be wrong.
            most_at_once: Threads that may wait for this database at the same time.
            clock: Gives the time of reading.

        Raises:
            ValueError: Parameters that don't fit the query, or another kind of database.
        """
        if engine.dialect.name not in _DIALECTS:
            known = " or ".join(_DIALECTS)
            raise ValueError(f"facts are read from {known}, got {engine.dialect.name}")
        _check_parameters(query, parameters)
        self._name = name
        self._engine = engine
        self._query = query
        self._parameters = dict(parameters)
        self._fields = dict(fields)
        self._many = rows == "all"
        self._as_of = as_of
        self._timeout_s = timeout_s
        self._most_rows = most_rows if self._many else 1
        # Its own, so that a database that hangs keeps no other work of the desk waiting.
        self._threads = anyio.CapacityLimiter(most_at_once)
        self._clock = clock

    @property
    def name(self) -> str:
        """How decisions name the source."""
        return self._name

    @property
    def facts(self) -> frozenset[str]:
        """Dotted names of the facts it can give."""
        return frozenset(self._fields)

    async def read(self, request: FactRequest, *, deadline: Deadline) -> Facts:
        """Run the statement in a thread and give the wanted facts.

        Raises:
            FactSourceError: No answer by the deadline, or not the rows that were expected.
        """
        fields = {name: f for name, f in self._fields.items() if name in request.wanted}
        if not fields:
            return Facts()
        bound = self._bound(request)
        deadline = deadline.within(self._timeout_s)
        read_at = self._clock()
        try:
            with anyio.fail_after(deadline.remaining_s()):
                rows = await anyio.to_thread.run_sync(
                    partial(self._select, bound, deadline),
                    abandon_on_cancel=True,
                    limiter=self._threads,
                )
        except TimeoutError:
            raise FactSourceError(self._name, "late") from None
        record = {"rows": rows} if self._many else rows[0]
        held_at = self._held_at(rows, read_at)
        return snapshot(record, fields, source=self._name, read_at=held_at)

    def _bound(self, request: FactRequest) -> dict[str, str]:
        bound = {}
        for parameter, name in self._parameters.items():
            value = request.trusted(name)
            if not value:
                raise FactSourceError(self._name, f"needs-{name}")
            bound[parameter] = value
        return bound

    def _select(self, bound: Mapping[str, str], deadline: Deadline) -> list[Mapping[str, object]]:
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with _reading(self._engine, deadline) as connection:
                result = connection.execute(text(self._query), dict(bound))
                found = result.mappings().fetchmany(self._most_rows + 1)
        except (SQLAlchemyError, OSError, UnicodeError):
            # The message would show statement and values.
            why = "database-failed" if deadline.remaining_s() else "late"
            raise FactSourceError(self._name, why) from None
        return self._checked([dict(row) for row in found])

    def _checked(self, rows: list[dict[str, object]]) -> list[Mapping[str, object]]:
        if len(rows) > self._most_rows:
            raise FactSourceError(self._name, "too-many-rows")
        if not rows and not self._many:
            raise FactSourceError(self._name, "no-row")
        return [*rows]

    def _held_at(self, rows: Sequence[Mapping[str, object]], read_at: datetime) -> datetime:
        """A list is as old as its oldest row, and nothing is newer than its reading."""
        if self._as_of is None:
            return read_at
        try:
            return min([read_at, *(moment_of(row.get(self._as_of)) for row in rows)])
        except UnreadableError:
            raise FactSourceError(self._name, "no-as-of") from None


def _check_parameters(query: str, parameters: Mapping[str, str]) -> None:
    for name in parameters.values():
        check_trusted(name)
    if wrong := sorted(query_places(query) ^ parameters.keys()):
        raise ValueError(f"query and parameters must name the same values, not so: {wrong}")


@contextmanager
def _reading(engine: Engine, deadline: Deadline) -> Iterator[Connection]:
    """A transaction that can only read, and ends itself at the deadline."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection, _sqlite_reading(connection, deadline):
            yield connection
    else:
        with engine.connect() as opened:
            connection = opened.execution_options(postgresql_readonly=True)
            with connection.begin():
                milliseconds = max(1, round(deadline.remaining_s() * 1000))
                limit = "SELECT set_config('statement_timeout', %(limit)s, true)"
                connection.exec_driver_sql(limit, {"limit": str(milliseconds)})
                yield connection


@contextmanager
def _sqlite_reading(connection: Connection, deadline: Deadline) -> Iterator[None]:
    driver = cast("SqliteConnection", connection.connection.driver_connection)
    connection.exec_driver_sql("PRAGMA query_only = ON")
    driver.set_progress_handler(lambda: int(not deadline.remaining_s()), _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
        # Others share the pool that the connection goes back to.
        connection.exec_driver_sql("PRAGMA query_only = OFF")
