"""Watches the labelers while the desk runs; what is noticed holds until calibrated again."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from deskquorum.domain import Reason, Vote
from deskquorum.reconciliation import (
    Learned,
    QuestionModel,
    Watch,
    changed,
    contradicted,
    observe,
    watch_over,
    write_alarms,
)

__all__ = ["DriftWatch", "baseline"]

_log = logging.getLogger(__name__)

_QUIET_FOR = 20_000
"""Tickets after which, on average, a false alarm comes while nothing has changed."""

_DEVIATIONS = 2.0
_LEAST_RATE = 0.02


class DriftWatch:
    """The running watches of one desk; tickets come in one at a time.

    Args:
        learned: What was measured; questions without a model are not watched.
        folder: Where alarms are kept.
    """

    def __init__(self, learned: Learned, folder: Path) -> None:
        self._folder = folder
        self._models = learned.models
        self._alarms = dict(learned.alarms)
        self._watches: dict[str, Watch] = {
            name: watch_over(baseline(model)) for name, model in learned.models.items()
        }

    def go_on_from(self, before: DriftWatch) -> None:
        """Take over what another watch has seen of labelers whose measures are still the same."""
        for name, model in self._models.items():
            if name not in before._models or before._models[name].hash != model.hash:
                continue
            self._watches[name] = before._watches[name]
            if name in before._alarms:
                self._alarms.setdefault(name, before._alarms[name])

    async def drifts(self, votes: Sequence[Vote]) -> tuple[Reason, ...]:
        """Take in one ticket's votes; the reasons why a person has to decide it.

        An alarm that can't be kept on disk still holds as long as the desk runs.
        """
        raised = {name: said for name in self._watches if (said := self._raised(name, votes))}
        if raised:
            self._alarms |= raised
            keep = partial(self._keep, dict(self._alarms))
            # A slow disk holds up no ticket.
            await anyio.to_thread.run_sync(keep, abandon_on_cancel=True)
        return tuple(
            Reason(code="drift", params={"question": name, "noticed": said})
            for name, said in sorted(self._alarms.items())
        )

    def _raised(self, name: str, votes: Sequence[Vote]) -> str | None:
        differ = contradicted([vote for vote in votes if vote.question == name])
        if differ is None or name in self._alarms:
            return None
        watch = observe(self._watches[name], differ)
        self._watches[name] = watch
        if not changed(watch, quiet_for=_QUIET_FOR):
            return None
        return f"they contradict each other on more than {watch.rate:.0%} of tickets"

    def _keep(self, alarms: dict[str, str]) -> None:
        try:
            write_alarms(self._folder, alarms)
        except OSError as exc:
            _log.warning("the drift alarm could not be kept: %s", exc.strerror)


def baseline(model: QuestionModel) -> float:
    """The rate of disagreement that is still as measured: the measured one and its uncertainty."""
    rate = model.disagreement
    spread = math.sqrt(max(rate * (1 - rate), _LEAST_RATE) / max(model.items, 1))
    return min(max(rate + _DEVIATIONS * spread, _LEAST_RATE), 0.95)
