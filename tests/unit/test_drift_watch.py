import random
from datetime import UTC, datetime

import pytest

from deskquorum.drift_watch import DriftWatch
from deskquorum.reconciliation import (
    Alarm,
    Learned,
    QuestionModel,
    baseline,
    read_learned,
    vote_table,
)
from deskquorum.reconciliation.label_model import assumed_model
from deskquorum.testing import make_redacted_ticket, make_vote

pytestmark = pytest.mark.anyio

TICKET = make_redacted_ticket()
NOISE = assumed_model(vote_table([("t", "ann", "a"), ("t", "bob", "b")]))


def measured(question="route", *, disagreement=0.1, items=500, hash="1"):  # noqa: A002 - the field's name
    return QuestionModel(
        question=question,
        model=NOISE,
        fitted_at=datetime(2026, 1, 1, tzinfo=UTC),
        items=items,
        data_hash="",
        disagreement=disagreement,
        hash=hash,
    )


def ticket(*, differ, question="route"):
    said = {"ann": "a", "bob": "b" if differ else "a"}
    return [make_vote(label, labeler=n, question=question) for n, label in said.items()]


def watch_in(folder, *models, alarms=None):
    models = models or (measured(),)
    by_name = {model.question: model for model in models}
    return DriftWatch(Learned(models=by_name, alarms=tuple(alarms or ())), folder)


def disagreement(question, noticed="seen before"):
    return Alarm(kind="disagreement", question=question, noticed=noticed)


async def alarmed_after(watch, rate, *, tickets, seed=1, question="route"):
    """Tickets until the first alarm; None if none came."""
    chance = random.Random(seed)  # noqa: S311 - made-up tickets
    for n in range(tickets):
        if await watch.drifts(TICKET, ticket(differ=chance.random() < rate, question=question)):
            return n + 1
    return None


@pytest.mark.parametrize(
    ("rate", "items", "found"),
    [
        # 0.1 + 2 sqrt(0.1 x 0.9 / 900) = 0.1 + 2 x 0.01.
        pytest.param(0.1, 900, 0.12, id="the-rate-and-two-deviations"),
        # No fewer than 0.02 / 200 under the root: 2 x 0.01.
        pytest.param(0.0, 200, 0.02, id="never-measured-to-differ"),
        pytest.param(0.0, 1_000_000, 0.02, id="no-less-than-two-in-a-hundred"),
        pytest.param(1.0, 50, 0.95, id="no-more-than-can-be-exceeded"),
        pytest.param(0.0, 0, 2 * 0.02**0.5, id="nothing-was-measured"),
    ],
)
def test_the_rate_that_is_still_as_measured_is_worked_out_by_hand(rate, items, found):
    assert baseline(rate, items) == pytest.approx(found)


@pytest.mark.parametrize("seed", range(3))
async def test_two_thousand_tickets_as_measured_raise_no_alarm(tmp_path, seed):
    assert await alarmed_after(watch_in(tmp_path), 0.1, tickets=2000, seed=seed) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("quiet", [0, 1000], ids=["at-once", "after-a-long-quiet-time"])
async def test_labelers_that_begin_to_contradict_each_other_are_noticed_soon(tmp_path, quiet):
    watch = watch_in(tmp_path)
    assert await alarmed_after(watch, 0.1, tickets=quiet) is None
    assert await alarmed_after(watch, 0.4, tickets=100) is not None


async def test_an_alarm_holds_for_every_later_ticket_and_says_what_was_noticed(tmp_path):
    watch = watch_in(tmp_path, measured(disagreement=0.1, items=900))
    await alarmed_after(watch, 1.0, tickets=50)
    for _ in range(200):
        (reason,) = await watch.drifts(TICKET, ticket(differ=False))
    assert reason.code == "drift"
    assert reason.params == {
        "question": "route",
        "noticed": "they contradict each other on more than 12% of tickets",
    }


async def test_an_alarm_is_kept_on_disk_for_the_next_start(tmp_path):
    folder = tmp_path / "learned"
    watch = watch_in(folder)
    await alarmed_after(watch, 1.0, tickets=50)
    kept = read_learned(folder, {}).alarms
    assert [(alarm.kind, alarm.question) for alarm in kept] == [("disagreement", "route")]
    assert kept[0].raised_at is not None
    (reason,) = await watch_in(folder, alarms=kept).drifts(TICKET, ())
    assert reason.params["noticed"] == kept[0].noticed


async def test_a_second_alarm_is_kept_beside_the_first(tmp_path):
    watch = watch_in(tmp_path, measured("intent"), measured(), alarms=[disagreement("intent")])
    await alarmed_after(watch, 1.0, tickets=1)
    for _ in range(50):
        reasons = await watch.drifts(TICKET, ticket(differ=True))
    assert [reason.params["question"] for reason in reasons] == ["intent", "route"]
    kept = {alarm.question: alarm.noticed for alarm in read_learned(tmp_path, {}).alarms}
    assert kept == {reason.params["question"]: reason.params["noticed"] for reason in reasons}


async def test_an_alarm_that_cannot_be_kept_holds_while_the_desk_runs(tmp_path, caplog):
    in_the_way = tmp_path / "learned"
    in_the_way.write_text("no folder", encoding="utf-8")
    watch = watch_in(in_the_way)
    assert await alarmed_after(watch, 1.0, tickets=50) is not None
    (reason,) = await watch.drifts(TICKET, ticket(differ=False))
    assert reason.code == "drift"
    assert "could not be kept" in caplog.text


@pytest.mark.parametrize(
    "votes",
    [
        pytest.param((), id="nobody-voted"),
        pytest.param(ticket(differ=True, question="other"), id="a-question-without-a-model"),
        pytest.param([make_vote("a", labeler="ann")], id="a-lone-vote"),
        pytest.param(
            [make_vote(label, labeler=label, family="qwen") for label in "ab"],
            id="one-family-at-odds-with-itself",
        ),
        pytest.param(
            [make_vote("a", labeler="ann"), make_vote(labeler="bob", failed="timeout")],
            id="a-failed-vote",
        ),
    ],
)
async def test_what_contradicts_nobody_is_never_an_alarm(tmp_path, votes):
    watch = watch_in(tmp_path)
    for _ in range(200):
        assert await watch.drifts(TICKET, votes) == ()


async def test_questions_are_watched_apart(tmp_path):
    watch = watch_in(tmp_path, measured("intent"), measured())
    for _ in range(60):
        reasons = await watch.drifts(
            TICKET, [*ticket(differ=True, question="intent"), *ticket(differ=False)]
        )
    assert [reason.params["question"] for reason in reasons] == ["intent"]


async def test_a_watch_of_the_same_measures_goes_on_where_the_one_before_was(tmp_path):
    whole, before, after = (watch_in(tmp_path / name) for name in ("whole", "before", "after"))
    seen = [await whole.drifts(TICKET, ticket(differ=True)) for _ in range(50)]
    raised = next(n for n, reasons in enumerate(seen) if reasons)
    for _ in range(raised):
        assert await before.drifts(TICKET, ticket(differ=True)) == ()
    after.go_on_from(before)
    assert await after.drifts(TICKET, ticket(differ=True)) == seen[raised]


async def test_an_alarm_goes_on_with_the_measures_that_it_is_about(tmp_path):
    before = watch_in(
        tmp_path, measured("intent"), measured(hash="1"), alarms=[disagreement("route", "seen")]
    )
    same, calibrated = watch_in(tmp_path), watch_in(tmp_path, measured(hash="2"))
    for after in (same, calibrated):
        after.go_on_from(before)
    assert [reason.params["noticed"] for reason in await same.drifts(TICKET, ())] == ["seen"]
    assert await calibrated.drifts(TICKET, ()) == ()


async def test_processes_that_raise_different_alarms_end_none_of_each_other(tmp_path):
    for question in ("intent", "route"):
        watch = watch_in(tmp_path, measured(question))
        await alarmed_after(watch, 1.0, tickets=50, question=question)
    assert [alarm.question for alarm in read_learned(tmp_path, {}).alarms] == ["route", "intent"]
