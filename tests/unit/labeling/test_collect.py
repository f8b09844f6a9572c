import asyncio
import logging
import time

import anyio
import pytest

from deskquorum.domain import Deadline, VoteStatus
from deskquorum.labeling.collect import collect_votes
from deskquorum.testing import make_redacted_ticket, make_vote

pytestmark = pytest.mark.anyio

_TICKET = make_redacted_ticket("Anna Muster wrote")


class _Labeler:
    def __init__(self, name, *, wave=1, takes_s=0.0, log=None):
        self.id = name
        self.question = "route"
        self.wave = wave
        self.family = f"family-of-{name}"
        self._takes_s = takes_s
        self._log = [] if log is None else log

    async def vote(self, ticket, *, deadline):  # noqa: ARG002
        self._log.append(f"+{self.id}")
        if self._takes_s:
            await anyio.sleep(self._takes_s)
        self._log.append(f"-{self.id}")
        return make_vote("billing", labeler=self.id)


class _Model(_Labeler):
    model = "m"


class _Raises(_Labeler):
    def __init__(self, name, error):
        super().__init__(name)
        self._error = error

    async def vote(self, ticket, *, deadline):  # noqa: ARG002
        raise self._error


class _Gives(_Labeler):
    def __init__(self, name, thing):
        super().__init__(name)
        self._thing = thing

    async def vote(self, ticket, *, deadline):  # noqa: ARG002
        return self._thing


async def _collect(*labelers, deadline_s=2.0, **more):
    return await collect_votes(labelers, _TICKET, deadline=Deadline.after(deadline_s), **more)


def _whys(collected):
    return {vote.labeler: vote.why for vote in collected.votes}


async def test_votes_stand_in_the_order_of_the_labelers():
    collected = await _collect(
        _Labeler("c", wave=2), _Labeler("a", takes_s=0.1), _Labeler("b", wave=3), _Labeler("d")
    )
    assert [vote.labeler for vote in collected.votes] == ["c", "a", "b", "d"]


async def test_labelers_of_one_wave_are_asked_side_by_side_and_waves_in_turn():
    log = []
    await _collect(
        _Labeler("late", wave=2, takes_s=0.01, log=log),
        _Labeler("a", takes_s=0.15, log=log),
        _Labeler("b", takes_s=0.02, log=log),
    )
    assert log == ["+a", "+b", "-b", "-a", "+late", "-late"]


async def test_a_late_labeler_loses_its_vote_and_nobody_elses():
    started = time.monotonic()
    collected = await _collect(_Labeler("slow", takes_s=5), _Labeler("quick"), deadline_s=0.2)
    assert time.monotonic() - started < 0.4
    assert _whys(collected) == {"slow": "timeout", "quick": ""}
    assert collected.votes[0].family == "family-of-slow"


async def test_a_wave_that_the_deadline_leaves_no_time_for_has_failed():
    collected = await _collect(
        _Labeler("slow", takes_s=5), _Labeler("next", wave=2, takes_s=0.01), deadline_s=0.1
    )
    assert [vote.status for vote in collected.votes] == [VoteStatus.FAILED] * 2


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), KeyError("x"), AssertionError("x"), ExceptionGroup("x", [OSError("x")])],
    ids=lambda error: type(error).__name__,
)
async def test_a_crash_is_a_failed_vote_and_no_abstention(error):
    collected = await _collect(_Raises("bad", error), _Labeler("good"))
    assert _whys(collected) == {"bad": "crashed", "good": ""}
    assert collected.votes[0].status is VoteStatus.FAILED


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param(None, id="nothing"),
        pytest.param("billing", id="bare-label"),
        pytest.param(make_vote("billing", labeler="other"), id="in-anothers-name"),
        pytest.param(make_vote("x", labeler="bad", question="intent"), id="to-another-question"),
    ],
)
async def test_what_is_not_the_labelers_own_vote_is_a_failed_vote(thing):
    assert _whys(await _collect(_Gives("bad", thing))) == {"bad": "crashed"}


async def test_a_crash_is_logged_without_the_tickets_words(caplog):
    with caplog.at_level(logging.DEBUG):
        await _collect(_Raises("bad", ValueError(_TICKET.messages[0].text)))
    assert "labeler 'bad' crashed: ValueError" in caplog.text
    assert "Anna" not in caplog.text


async def test_a_labeler_whose_own_work_was_cancelled_costs_nobody_elses_vote():
    collected = await _collect(
        _Raises("bad", asyncio.CancelledError()), _Labeler("good", takes_s=0.05)
    )
    assert _whys(collected) == {"bad": "crashed", "good": ""}


async def test_cancelling_the_hosts_task_is_not_taken_for_a_crash():
    task = asyncio.create_task(_collect(_Labeler("slow", takes_s=5)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelling_the_host_is_not_taken_for_a_crash():
    with anyio.move_on_after(0.05) as scope:
        await _collect(_Labeler("slow", takes_s=5))
    assert scope.cancelled_caught


async def test_nobody_to_ask_gives_no_votes():
    assert (await _collect()).votes == ()


def rounds(*names, seen=None):
    """Choose these labelers, one group after another, then nobody."""
    left = iter([*names, ()])

    async def choose(votes, labelers):
        if seen is not None:
            seen.append(([vote.labeler for vote in votes], [labeler.id for labeler in labelers]))
        return next(left)

    return choose


async def test_nobody_chosen_leaves_the_rest_unasked_and_counts_their_model_calls():
    log = []
    collected = await _collect(
        _Labeler("rule", log=log),
        _Model("m-1", wave=2, log=log),
        _Model("m-2", wave=3, log=log),
        _Labeler("late-rule", wave=3, log=log),
        choose=rounds(["rule"]),
    )
    assert log == ["+rule", "-rule"]
    assert _whys(collected) == {"rule": ""}
    assert collected.saved_calls == 2


async def test_those_chosen_together_are_asked_side_by_side_whatever_their_wave():
    log = []
    await _collect(
        _Labeler("a", log=log),
        _Labeler("b", wave=3, takes_s=0.1, log=log),
        _Labeler("c", wave=2, takes_s=0.02, log=log),
        choose=rounds(["b", "c"], {"a"}),
    )
    assert log == ["+b", "+c", "-c", "-b", "+a", "-a"]


async def test_who_chooses_sees_the_votes_so_far_and_who_is_left_in_the_labelers_order():
    seen = []
    await _collect(
        _Labeler("a"),
        _Raises("b", ValueError("x")),
        _Labeler("c"),
        choose=rounds(["c", "b"], ["a"], seen=seen),
    )
    assert seen == [([], ["a", "b", "c"]), (["b", "c"], ["a"])]


async def test_who_has_voted_is_not_asked_again_and_a_stranger_ends_the_asking():
    log = []
    collected = await _collect(
        _Labeler("a", log=log), _Labeler("b", log=log), choose=rounds(["a"], ["a", "stranger"])
    )
    assert log == ["+a", "-a"]
    assert _whys(collected) == {"a": ""}


async def test_nobody_chosen_at_first_gives_no_votes():
    collected = await _collect(_Labeler("a"), _Model("m"), choose=rounds())
    assert (collected.votes, collected.saved_calls) == ((), 1)


async def test_by_default_every_wave_is_asked_and_nothing_is_saved():
    collected = await _collect(_Labeler("a"), _Model("b", wave=2), _Model("c", wave=5))
    assert (len(collected.votes), collected.saved_calls) == (3, 0)
