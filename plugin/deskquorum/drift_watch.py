"""Watches labelers and tickets while the desk runs; an alarm holds until calibrated again."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from deskquorum.domain import Reason, RedactedTicket, Vote
from deskquorum.errors import ConfigError
from deskquorum.label_watch import LabelWatch
from deskquorum.reconciliation import (
    Alarm,
    Learned,
    Watch,
    baseline,
    changed,
    contradicted,
    observe,
    read_alarms,
    reason_of,
    watch_over,
    write_alarms,
)
from deskquorum.wording_watch import WordingWatch

__all__ = ["DriftWatch"]

_log = logging.getLogger(__name__)

_REMEMBERED = 10_000
"""Conversations of which labels and texts count once, however often they are decided."""

_QUIET_FOR = 20_000
"""Tickets after which, on average, a false alarm comes while nothing has changed."""


class DriftWatch:
    """The running watches of one desk; tickets come in one at a time.

    Args:
        learned: What was measured; questions without a model are not watched.
        folder: Where alarms are kept; None keeps them in memory alone.
        wording: Watches what tickets are about; None where nothing is known of past ones.
    """

    def __init__(
        self, learned: Learned, folder: Path | None, *, wording: WordingWatch | None = None
    ) -> None:
        self._folder = folder
        self._models = learned.models
        self._alarms = {alarm.about: alarm for alarm in learned.alarms}
        self._wording = wording
        self._watches: dict[str, Watch] = {
            name: watch_over(baseline(model.disagreement, model.items))
            for name, model in learned.models.items()
        }
        self._labels = {name: LabelWatch(model.named) for name, model in learned.models.items()}
        self._seen: OrderedDict[str, None] = OrderedDict()

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Those that stand."""
        return tuple(alarm for _, alarm in sorted(self._alarms.items()))

    def go_on_from(self, before: DriftWatch) -> None:
        """Take over what another watch has seen of what is measured by the same still."""
        same = {
            name
            for name, model in self._models.items()
            if name in before._models and before._models[name].hash == model.hash
        }
        self._watches |= {name: before._watches[name] for name in same}
        self._labels |= {name: before._labels[name] for name in same}
        self._seen = before._seen
        goes_on = (
            self._wording is not None
            and before._wording is not None
            and self._wording.go_on_from(before._wording)
        )
        for about, alarm in before._alarms.items():
            if goes_on if alarm.kind == "terms" else alarm.question in same:
                self._alarms.setdefault(about, alarm)

    async def drifts(self, ticket: RedactedTicket, votes: Sequence[Vote]) -> tuple[Reason, ...]:
        """Take in one ticket and its votes; the reasons why a person has to decide it.

        An alarm that can't be kept on disk still holds as long as the desk runs.
        """
        raised = {alarm.about: alarm for alarm in self._raised(ticket, votes)}
        self._alarms |= raised
        if raised and self._folder is not None:
            keep = partial(_keep, self._folder, self.alarms)
            # A slow disk holds up no ticket.
            await anyio.to_thread.run_sync(keep, abandon_on_cancel=True)
        return tuple(reason_of(alarm) for alarm in self.alarms)

    def _raised(self, ticket: RedactedTicket, votes: Sequence[Vote]) -> Iterator[Alarm]:
        now = datetime.now(UTC)
        is_new = self._is_new(ticket.id)
        for name in self._watches:
            own = [vote for vote in votes if vote.question == name]
            if (said := self._disagreement(name, own)) is not None:
                yield Alarm(kind="disagreement", question=name, noticed=said, raised_at=now)
            watched = is_new and ("labels", name) not in self._alarms
            if watched and (said := self._labels[name].notices(own)) is not None:
                yield Alarm(kind="labels", question=name, noticed=said, raised_at=now)
        if self._wording is None or not is_new or ("terms", "") in self._alarms:
            return
        if (said := self._wording.notices(ticket)) is not None:
            yield Alarm(kind="terms", noticed=said, raised_at=now)

    def _is_new(self, conversation: str) -> bool:
        if conversation in self._seen:
            return False
        self._seen[conversation] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _disagreement(self, name: str, votes: Sequence[Vote]) -> str | None:
        differ = contradicted(votes)
        if differ is None or ("disagreement", name) in self._alarms:
            return None
        watch = observe(self._watches[name], differ)
        self._watches[name] = watch
        if not changed(watch, quiet_for=_QUIET_FOR):
            return None
        return f"they contradict each other on more than {watch.rate:.0%} of tickets"


def _keep(folder: Path, alarms: Sequence[Alarm]) -> None:
    """Beside those that other processes kept: none of theirs is ended by ours."""
    with suppress(ConfigError):
        alarms = tuple({a.about: a for a in (*alarms, *read_alarms(folder))}.values())
    try:
        write_alarms(folder, alarms)
    except OSError as exc:
        _log.warning("the drift alarm could not be kept: %s", exc.strerror)
