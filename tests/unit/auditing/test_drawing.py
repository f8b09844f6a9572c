"""A batch is the same for everybody, and asks about every ticket once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.auditing import Candidate, Sorting, Stratum, draw, draw_batch, entries_of, week_of
from deskquorum.domain import Answer, Decision, Evidence, Facts, Route
from deskquorum.ledger import open_ledger
from deskquorum.testing import make_redacted_ticket

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


def stratum(topic="refund", route="human"):
    return Stratum(
        route=route,
        risk="none",
        language="en",
        conflict="agree",
        uncertainty="sure",
        topic=topic,
        segment="unknown",
    )


def candidates(count, topics=("refund", "cancel", "thanks")):
    return [
        Candidate(
            decision=f"d{n}",
            ticket=f"t{n}",
            stratum=stratum(topics[n % len(topics)]),
            doubt=(n % 10) / 10,
        )
        for n in range(count)
    ]


@given(count=st.integers(0, 60), size=st.integers(0, 70))
def test_a_draw_has_its_size_or_all_there_is(count, size):
    drawn = draw(candidates(count), batch="w", size=size)
    assert len(drawn) == min(count, size)
    assert all(0 < one.inclusion <= 1 for one in drawn)


def test_the_same_is_drawn_of_the_same_in_any_order():
    those = candidates(50)
    assert draw(those, batch="w", size=9) == draw(reversed(those), batch="w", size=9)


def test_another_batch_draws_others():
    those = candidates(200)
    first, second = (draw(those, batch=name, size=20) for name in ("2026-W48", "2026-W49"))
    assert {one.decision for one in first} != {one.decision for one in second}


@pytest.fixture
def clock():
    return [MONDAY]


@pytest.fixture
def ledger(tmp_path, clock):
    made = open_ledger(tmp_path / "ledger.sqlite", clock=lambda: clock[0])
    yield made
    made.close()


@pytest.fixture
def record(ledger, clock):
    def append(name, ticket):
        answer = Answer(
            question="intent", label="refund", probability=0.8, settled=True, calibrated=False
        )
        decision = Decision(
            id=name,
            ticket=ticket,
            route=Route.HUMAN,
            action=None,
            reply=None,
            reasons=(),
            answers={"intent": answer},
            decided_at=clock[0],
        )
        evidence = Evidence(ticket=make_redacted_ticket(id=ticket), facts=Facts(), votes=())
        ledger.append(decision, evidence)

    return append


@pytest.fixture
def batch(ledger, clock):
    def draw_now(size, since=timedelta(days=7)):
        now = clock[0]
        return draw_batch(
            ledger,
            batch=week_of(now),
            size=size,
            since=now - since,
            now=now,
            by=Sorting(question="intent", risks={}),
        )

    return draw_now


def test_a_batch_stays_as_it_was_drawn(record, batch, clock):
    for n in range(20):
        record(f"d{n}", f"t{n}")
    clock[0] += timedelta(hours=1)
    first = batch(5)
    record("late", "late")
    clock[0] += timedelta(hours=1)
    assert batch(5) == first
    assert [one.inclusion for one in first] == pytest.approx([5 / 20] * 5)


def test_a_batch_that_is_too_small_is_filled_up_by_what_came_since(record, batch, clock):
    record("d1", "t1")
    clock[0] += timedelta(hours=1)
    assert [one.decision for one in batch(3)] == ["d1"]
    for n in range(2, 6):
        record(f"d{n}", f"t{n}")
    clock[0] += timedelta(hours=1)
    drawn = {one.decision: one.inclusion for one in batch(3)}
    assert len(drawn) == 3
    assert drawn.pop("d1") == 1.0
    assert list(drawn.values()) == pytest.approx([0.5, 0.5])


def test_no_ticket_is_asked_about_twice(record, batch, clock):
    record("d1", "t1")
    clock[0] += timedelta(hours=1)
    assert len(batch(5)) == 1
    record("d2", "t1")
    clock[0] += timedelta(days=7)
    assert batch(5, since=timedelta(days=30)) == ()


def test_of_a_ticket_that_was_decided_twice_the_newest_decision_counts(record, batch, clock):
    record("d1", "t1")
    record("d2", "t1")
    clock[0] += timedelta(hours=1)
    assert [one.decision for one in batch(5)] == ["d2"]


def test_what_was_drawn_comes_with_its_record(record, batch, ledger, clock):
    record("d1", "t1")
    clock[0] += timedelta(hours=1)
    [(drawn, entry)] = entries_of(ledger, batch(1))
    assert (drawn.ticket, entry.decision.id) == ("t1", "d1")
