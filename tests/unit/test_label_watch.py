import random
from datetime import UTC, datetime

import pytest

from deskquorum.drift_watch import DriftWatch
from deskquorum.label_watch import LabelWatch
from deskquorum.reconciliation import (
    Learned,
    QuestionModel,
    most_named,
    read_learned,
    vote_table,
    write_model,
)
from deskquorum.reconciliation.label_model import assumed_model
from deskquorum.testing import make_redacted_ticket, make_vote

MEASURED = {"billing": 200, "damage": 120, "delivery": 60, "login": 20}


@pytest.fixture
def measured():
    table = vote_table([("t", "ann", "delivery"), ("t", "bob", "billing")], labels=MEASURED)
    return QuestionModel(
        question="route",
        model=assumed_model(table),
        fitted_at=datetime(2026, 1, 1, tzinfo=UTC),
        items=400,
        data_hash="",
        disagreement=0.1,
        named=MEASURED,
    )


def votes(label):
    return [make_vote(label, labeler=name) for name in ("ann", "bob")]


def stream(mix, count, *, seed):
    chance = random.Random(seed)  # noqa: S311 - made-up tickets
    return chance.choices(list(mix), list(mix.values()), k=count)


def found_after(watch, labels):
    """Tickets until the alarm, and what it said; None where none came."""
    for number, label in enumerate(labels, start=1):
        if said := watch.notices(votes(label)):
            return number, said
    return None


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        pytest.param(["a", "a", "b"], "a", id="most"),
        pytest.param(["a", "b"], None, id="a-tie"),
        pytest.param([None, "b"], "b", id="an-abstention-names-nothing"),
        pytest.param([], None, id="nobody"),
    ],
)
def test_a_ticket_counts_for_the_label_that_most_labelers_name(labels, named):
    assert most_named([make_vote(label) for label in labels]) == named


@pytest.mark.parametrize("seed", range(8))
def test_a_mix_as_measured_raises_no_alarm(seed):
    # The chance is 2,000 / 200,000 at most for each of these.
    assert found_after(LabelWatch(MEASURED), stream(MEASURED, 2000, seed=seed)) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_mix_that_changed_a_little_raises_none(seed):
    mix = MEASURED | {"delivery": 75}
    assert found_after(LabelWatch(MEASURED), stream(mix, 2000, seed=seed)) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_label_that_comes_three_times_as_often_is_found_within_a_few_hundred(seed):
    mix = MEASURED | {"delivery": 250}
    after, said = found_after(LabelWatch(MEASURED), stream(mix, 300, seed=seed))
    assert after <= 300
    assert said == "more than 25% of tickets are 'delivery', as 15% of those measured were"


def test_a_label_that_was_never_named_is_found():
    mix = MEASURED | {"recall": 80}
    assert found_after(LabelWatch(MEASURED), stream(mix, 400, seed=1)) is not None


def test_of_many_labels_the_rare_ones_are_watched_together():
    many = {f"label-{n:02}": 100 - n for n in range(60)}
    watch = LabelWatch(many)
    assert len(watch._watches) == 9
    assert found_after(watch, stream(many, 1000, seed=2)) is None


@pytest.mark.parametrize("named", [{}, {"billing": 49}], ids=["an-old-model", "too-few"])
def test_what_was_not_measured_is_not_watched(named):
    assert found_after(LabelWatch(named), ["billing"] * 500) is None


@pytest.mark.anyio
async def test_a_shifted_mix_gives_every_ticket_to_a_person_until_calibrated(tmp_path, measured):
    written = write_model(tmp_path, measured)
    assert written.named == MEASURED
    watch = DriftWatch(Learned(models={"route": written}), tmp_path)
    reasons = ()
    for number in range(200):
        reasons = await watch.drifts(make_redacted_ticket(id=str(number)), votes("delivery"))
    (reason,) = reasons
    assert reason.code == "label-shift"
    assert reason.params["question"] == "route"
    (alarm,) = read_learned(tmp_path, {}).alarms
    assert (alarm.kind, alarm.question) == ("labels", "route")
    assert alarm.title == "mix of route"


@pytest.mark.anyio
async def test_a_conversation_counts_once_for_the_mix(tmp_path, measured):
    watch = DriftWatch(Learned(models={"route": measured}), tmp_path)
    for _ in range(200):
        assert await watch.drifts(make_redacted_ticket(id="one"), votes("delivery")) == ()
