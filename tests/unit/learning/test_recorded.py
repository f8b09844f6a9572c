"""Labelled decisions are brought to an even draw, whoever chose what people looked at."""

from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Answer, Decision, Evidence, Facts, Question, Route
from deskquorum.learning import Labelled, evened, labelled_decisions, teaching_decisions
from deskquorum.ledger import open_ledger
from deskquorum.ledger.audits import ChosenAudit, DrawnAudit, note_chosen, note_drawn
from deskquorum.ledger.verdict_labels import note_labels
from deskquorum.testing import make_redacted_ticket

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
INTENT = Question(
    id="intent", ask="What?", labels={"refund": "", "cancel": ""}, labelers=("words",)
)


def labelled(ticket, inclusion, truth="refund"):
    evidence = Evidence(ticket=make_redacted_ticket(id=ticket), facts=Facts(), votes=())
    return Labelled(evidence=evidence, truth={"intent": truth}, inclusion=inclusion)


def test_what_was_looked_at_more_often_is_thinned_to_the_rest():
    rare = [labelled(f"r{n}", 0.1) for n in range(100)]
    common = [labelled(f"c{n}", 0.5) for n in range(2000)]
    kept = [one.evidence.ticket.id for one in evened([*rare, *common])]
    assert sum(name.startswith("r") for name in kept) == 100
    assert sum(name.startswith("c") for name in kept) == pytest.approx(400, abs=55)


def test_an_even_draw_stays_whole():
    assert len(evened([labelled(f"t{n}", 0.3) for n in range(50)])) == 50
    assert evened([]) == []


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(0.01, 1)), unique_by=lambda p: p[0]))
def test_whether_a_ticket_is_kept_never_hangs_on_what_was_said(pairs):
    kept = [
        [one.evidence.ticket.id for one in evened([labelled(f"t{n}", p, said) for n, p in pairs])]
        for said in ("refund", "cancel")
    ]
    assert kept[0] == kept[1]


@pytest.fixture
def rules():
    return SimpleNamespace(
        questions={"intent": INTENT}, book=SimpleNamespace(actions={}, desk=None)
    )


@pytest.fixture
def ledger(tmp_path):
    seconds = count()
    made = open_ledger(
        tmp_path / "ledger.sqlite", clock=lambda: NOW + timedelta(seconds=next(seconds))
    )
    for n in range(10):
        # Of the sure ones and the unsure ones, five each.
        answer = Answer(
            question="intent",
            label="refund",
            probability=0.95 if n < 5 else 0.3,
            settled=True,
            calibrated=False,
        )
        decision = Decision(
            id=f"d{n}",
            ticket=f"t{n}",
            route=Route.HUMAN,
            action=None,
            reply=None,
            reasons=(),
            answers={"intent": answer},
            decided_at=NOW,
        )
        ticket = make_redacted_ticket(id=f"t{n}")
        made.append(decision, Evidence(ticket=ticket, facts=Facts(), votes=()))
    yield made
    made.close()


def say(ledger, decision, label, source):
    with ledger.database.transaction(writing=True) as tx:
        note_labels(tx, decision, {"intent": label}, by="ada", source=source)


def test_drawn_decisions_come_with_the_probability_of_the_draw(ledger, rules):
    drawn = DrawnAudit(decision="d1", ticket="t1", batch="w", stratum="{}", inclusion=0.25)
    with ledger.database.transaction(writing=True) as tx:
        note_drawn(tx, [drawn], until=NOW)
    say(ledger, "d1", "refund", "audit")
    say(ledger, "d1", "cancel", "audit")
    ((found,), reviewed) = labelled_decisions(ledger, rules, since=NOW - timedelta(days=1))
    assert (found.evidence.ticket.id, found.inclusion) == ("t1", 0.25)
    assert found.truth == {"intent": "cancel"}, "the newest label is right"
    assert reviewed == []


def test_what_was_drawn_but_only_reviewed_does_not_count_as_drawn(ledger, rules):
    drawn = DrawnAudit(decision="d1", ticket="t1", batch="w", stratum="{}", inclusion=0.25)
    with ledger.database.transaction(writing=True) as tx:
        note_drawn(tx, [drawn], until=NOW)
    say(ledger, "d1", "refund", "verdict")
    audited, (reviewed,) = labelled_decisions(ledger, rules, since=NOW - timedelta(days=1))
    assert (audited, reviewed.inclusion) == ([], 1 / 5)


def test_reviewed_decisions_count_by_how_many_of_their_kind_were_reviewed(ledger, rules):
    for name in ("d0", "d5", "d6", "d7", "d8"):
        say(ledger, name, "refund", "verdict")
    drawn, reviewed = labelled_decisions(ledger, rules, since=NOW - timedelta(days=1))
    assert drawn == []
    chances = {one.evidence.ticket.id: one.inclusion for one in reviewed}
    assert chances == pytest.approx({"t0": 1 / 5, "t5": 4 / 5, "t6": 4 / 5, "t7": 4 / 5, "t8": 0.8})


def test_what_was_only_chosen_never_counts_as_drawn(ledger, rules):
    chosen = ChosenAudit(decision="d5", ticket="t5", batch="w")
    with ledger.database.transaction(writing=True) as tx:
        note_chosen(tx, [chosen])
    say(ledger, "d5", "refund", "audit")
    drawn, others = labelled_decisions(ledger, rules, since=NOW - timedelta(days=1))
    assert drawn == []
    assert [(one.evidence.ticket.id, one.inclusion) for one in others] == [("t5", 1 / 5)]


def test_what_was_drawn_is_kept_back_from_teaching(ledger, rules):
    drawn = DrawnAudit(decision="d1", ticket="t1", batch="w", stratum="{}", inclusion=0.25)
    with ledger.database.transaction(writing=True) as tx:
        note_drawn(tx, [drawn], until=NOW)
        note_chosen(tx, [ChosenAudit(decision="d5", ticket="t5", batch="w")])
    for name, source in (("d1", "audit"), ("d5", "audit"), ("d6", "verdict")):
        say(ledger, name, "cancel", source)
    since = NOW - timedelta(days=1)
    past, truth = teaching_decisions(ledger, rules.questions["intent"], since=since)
    assert [one.ticket.id for one in past] == [f"t{n}" for n in range(10)]
    assert truth == {"t5": "cancel", "t6": "cancel"}


def test_labels_that_the_question_no_longer_has_are_left_out(ledger, rules):
    say(ledger, "d0", "chargeback", "verdict")
    assert labelled_decisions(ledger, rules, since=NOW - timedelta(days=1)) == ([], [])


def test_what_is_older_does_not_count(ledger, rules):
    say(ledger, "d0", "refund", "verdict")
    assert labelled_decisions(ledger, rules, since=NOW + timedelta(days=1)) == ([], [])
