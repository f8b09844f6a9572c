"""The review queue on both databases, with several processes at once."""

import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from deskquorum.domain import Action
from deskquorum.ledger import open_ledger, reviews
from deskquorum.ledger.events import events_after
from deskquorum.ledger.review_items import Draft, Verdict, suggestion_hash, verdict_hash

JUDGE = Path(__file__).with_name("judge.py")
REFUND = Action(name="issue_refund", args={"order_id": "NW-1", "amount": "24.00"})


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, path):
    return path if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture
def record(place):
    with closing(open_ledger(place, busy_timeout_s=60)) as ledger:
        yield ledger


def opened(tx, conversation):
    return reviews.open_item(
        tx,
        Draft(
            kind="decision",
            conversation=conversation,
            decision="d-1",
            subject="C-1",
            reasons=(),
            action=REFUND,
            reply=None,
            risk=5,
            due=timedelta(hours=1),
        ),
    )


def test_of_verdicts_of_three_processes_one_counts_for_each_item(record, place):
    with record.database.transaction(writing=True) as tx:
        ids = [opened(tx, f"t-{n}") for n in range(20)]
    command = [sys.executable, str(JUDGE), str(place)]
    running = [
        subprocess.Popen([*command, name, *ids], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own script
        for name in ("one", "two", "three")
    ]
    won = {
        name: process.communicate(timeout=120)[0].split()
        for name, process in zip(("one", "two", "three"), running, strict=True)
    }
    assert sorted(item for each in won.values() for item in each) == sorted(ids)
    with record.database.transaction() as tx:
        said_by = {item: reviews.get_item(tx, item).verdict_by for item in ids}
        told = [event.ref for event in events_after(tx, 0) if event.kind == "review-resolved"]
    assert said_by == {item: name for name, each in won.items() for item in each}
    assert sorted(told) == sorted(ids)


def test_a_desk_sees_and_changes_nothing_of_another(record, place):
    with record.database.transaction(writing=True) as tx:
        item = opened(tx, "t-1")
    with (
        closing(open_ledger(place, tenant="other")) as other,
        other.database.transaction(writing=True) as tx,
    ):
        assert reviews.get_item(tx, item) is None
        assert reviews.items(tx) == []
        opened(tx, "t-1")
    with record.database.transaction() as tx:
        assert [(i.id, i.state) for i in reviews.items(tx)] == [(item, "open")]


@pytest.mark.parametrize(
    ("action", "reply"),
    [
        pytest.param(Action(name="issue_credit", args=REFUND.args), None, id="action"),
        pytest.param(Action(name="issue_refund", args={**REFUND.args, "x": 1}), None, id="more"),
        pytest.param(Action(name="issue_refund", args={"amount": "24.00"}), None, id="fewer"),
        pytest.param(REFUND, "Done.", id="reply"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_the_hash_tells_each_suggestion_from_every_other(action, reply):
    assert suggestion_hash(action, reply) != suggestion_hash(REFUND, None)


def test_the_order_of_arguments_changes_no_hash():
    turned = Action(name="issue_refund", args=dict(reversed(list(REFUND.args.items()))))
    assert suggestion_hash(turned, None) == suggestion_hash(REFUND, None)
    one, other = (Verdict(kind="edit", by="Ada", action=action) for action in (REFUND, turned))
    assert verdict_hash(one) == verdict_hash(other)
