"""How far a backfill is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from deskquorum.cli.batch import wide_console

__all__ = ["Pace", "watching"]

_EVERY_S = 5.0
"""Between two lines."""

_MINUTE_S, _HOUR_S = 60, 3600


class Pace:
    """How fast the work of this run goes, and how long the rest will take."""

    def __init__(self, *, total: int, done: int, started_s: float) -> None:
        self._total, self._before, self.started_s = total, done, started_s
        self.done = done

    def rate(self, now_s: float) -> float:
        """Items a second; what earlier runs did does not count."""
        took_s = now_s - self.started_s
        return (self.done - self._before) / took_s if took_s > 0 else 0.0

    def line(self, now_s: float) -> str:
        """All of it in words."""
        rate = self.rate(now_s)
        said = f"{self.done:,} of {self._total:,}"
        if not rate:
            return said
        return f"{said}, {rate:,.1f}/s, {_long((self._total - self.done) / rate)} left"


@contextmanager
def watching(
    title: str, *, total: int, done: int, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int], None]]:
    """Show progress on standard error; gives what is to be told of each finished chunk."""
    console = wide_console(stderr=True)
    pace = Pace(total=total, done=done, started_s=clock())
    show = _bar if console.is_terminal else _lines
    with show(console, title, pace, total, clock) as advance:
        yield advance


@contextmanager
def _bar(
    console: Console, title: str, pace: Pace, total: int, clock: Callable[[], float]
) -> Iterator[Callable[[int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(pace, clock),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=total, completed=pace.done)

        def advance(items: int) -> None:
            pace.done += items
            progress.advance(task, items)

        yield advance


class _Rate(TextColumn):
    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        super().__init__("")
        self._pace, self._clock = pace, clock

    def render(self, task: Task) -> Text:  # noqa: ARG002 - rich's signature
        """Items a second."""
        return Text(f"{self._pace.rate(self._clock()):,.1f}/s")


@contextmanager
def _lines(
    console: Console, title: str, pace: Pace, total: int, clock: Callable[[], float]
) -> Iterator[Callable[[int], None]]:
    said_s = pace.started_s

    def advance(items: int) -> None:
        nonlocal said_s
        pace.done += items
        now_s = clock()
        if now_s - said_s >= _EVERY_S or pace.done == total:
            said_s = now_s
            console.print(f"{title}: {pace.line(now_s)}", markup=False)

    yield advance


def _long(seconds: float) -> str:
    whole = round(seconds)
    if whole >= _HOUR_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s" if whole >= _MINUTE_S else f"{whole} s"
