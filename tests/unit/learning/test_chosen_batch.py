"""What is chosen to teach is kept apart from what is drawn to measure."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from deskquorum.auditing import Sorting, draw_batch
from deskquorum.auditing.cases import audits_of
from deskquorum.domain import Decision, Evidence, Facts, Question, Route
from deskquorum.labeling import load_embedder
from deskquorum.learning import choose_batch
from deskquorum.ledger import open_ledger
from deskquorum.ledger.audits import all_chosen, drawn_audits
from deskquorum.ledger.verdict_labels import note_labels
from deskquorum.testing import make_redacted_ticket, make_vote

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
INTENT = Question(
    id="intent", ask="What?", labels={"refund": "", "parcel": ""}, labelers=("a", "b")
)
SAYS = {
    "refund": "I want my money back for the broken lamp",
    "parcel": "where is my parcel, no courier came",
}


def told_in(n):
    return "parcel" if n >= 40 or n % 2 else "refund"


@pytest.fixture(scope="module")
def embedder():
    found = load_embedder()
    if found is None:
        pytest.skip("wordllama is not installed")
    return found


@pytest.fixture
def ledger_file(tmp_path):
    seconds = count()
    made = open_ledger(
        tmp_path / "ledger.sqlite", clock=lambda: MONDAY + timedelta(seconds=next(seconds))
    )
    yield made
    made.close()


@pytest.fixture
def record(ledger_file):
    def append(n, text):
        told = told_in(n)
        said = [told, "refund" if n >= 40 else told]
        ticket = make_redacted_ticket(id=f"t{n}", text=text)
        votes = [
            make_vote(question="intent", labeler=who, label=label)
            for who, label in zip("ab", said, strict=True)
        ]
        decision = Decision(
            id=f"d{n:02}",
            ticket=f"t{n}",
            route=Route.HUMAN,
            action=None,
            reply=None,
            reasons=(),
            decided_at=MONDAY,
        )
        evidence = Evidence(ticket=ticket, facts=Facts(), votes=tuple(votes))
        ledger_file.append(decision, evidence)

    return append


@pytest.fixture
def ledger(ledger_file, record):
    """60 decisions; on the last 20, all about parcels, labelers differ."""
    for n in range(60):
        record(n, f"{SAYS[told_in(n)]}, number {n}")
    return ledger_file


@pytest.fixture
def choose(ledger, embedder):
    def some(size, batch="w"):
        now = MONDAY + timedelta(hours=1)
        return choose_batch(
            ledger,
            batch=batch,
            size=size,
            since=now - WEEK,
            now=now,
            question=INTENT,
            embedder=embedder,
        )

    return some


def draw(ledger, size):
    now = MONDAY + timedelta(hours=1)
    by = Sorting(question="intent", risks={})
    return draw_batch(ledger, batch="w", size=size, since=now - WEEK, now=now, by=by)


def label(ledger, decisions):
    with ledger.database.transaction(writing=True) as tx:
        for name in decisions:
            note_labels(tx, name, {"intent": told_in(int(name[1:]))}, by="ada", source="audit")


def test_a_batch_is_chosen_once_and_filled_up_to_its_size(choose):
    first = choose(4)
    assert len(first) == 4
    assert choose(4) == first
    more = choose(6)
    assert more[:4] == first
    assert len({one.decision for one in more}) == 6


def test_once_somebody_labelled_doubt_is_chosen(ledger, choose):
    label(ledger, ["d00", "d01", "d02", "d03"])
    [first] = choose(1)
    assert first.decision >= "d40"


def test_what_is_looked_at_anyway_is_not_chosen(ledger, choose):
    drawn = {one.decision for one in draw(ledger, 30)}
    label(ledger, ["d50"])
    chosen = {one.decision for one in choose(25)}
    assert len(chosen) == 25
    assert not chosen & (drawn | {"d50"})


def test_a_choice_keeps_nothing_from_being_drawn(ledger, choose):
    chosen = {one.decision for one in choose(20)}
    drawn = draw(ledger, 60)
    assert chosen < {one.decision for one in drawn}
    assert {one.inclusion for one in drawn} == {1.0}


def test_the_chances_of_a_draw_are_the_same_with_and_without_a_choice(ledger, choose):
    choose(20)
    drawn = draw(ledger, 12)
    assert sum(1 / one.inclusion for one in drawn) == pytest.approx(60, abs=8)


def test_labels_of_what_was_only_chosen_count_in_no_estimate(ledger, choose):
    label(ledger, [one.decision for one in choose(10)])
    drawn = {one.decision for one in draw(ledger, 12)}
    label(ledger, drawn)
    audits = audits_of(ledger)
    assert {case.decision for case in audits.cases} == drawn
    with ledger.database.transaction() as tx:
        only_chosen = {one.decision for one in all_chosen(tx)} - drawn
        assert len(drawn_audits(tx)) == 12
    assert audits.chosen == len(only_chosen) > 0


def test_no_two_chosen_tickets_say_the_same(choose, record):
    for n in range(100, 130):
        record(n, "thank you, all is well now")
    chosen = {one.decision for one in choose(20)}
    assert sum(name >= "d1" and len(name) == 4 for name in chosen) <= 1


def test_too_few_tickets_are_said_to_be_too_few(tmp_path, embedder):
    empty = open_ledger(tmp_path / "empty.sqlite")
    with pytest.raises(ValueError, match="too few"):
        choose_batch(
            empty,
            batch="w",
            size=3,
            since=MONDAY,
            now=MONDAY + WEEK,
            question=INTENT,
            embedder=embedder,
        )
    empty.close()
