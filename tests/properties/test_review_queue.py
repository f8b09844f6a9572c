"""The review queue against a plain model: a list of items, and who holds each until when."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from deskquorum.domain import Action
from deskquorum.ledger import open_ledger, reviews
from deskquorum.ledger.events import events_after
from deskquorum.ledger.review_items import Draft, TakenError, Verdict

START = datetime(2026, 11, 20, tzinfo=UTC)
PEOPLE = st.sampled_from(["Ada", "Bo", "Cy"])


@dataclass(frozen=True, kw_only=True)
class Modelled:
    id: str
    kind: str
    conversation: str
    risk: int
    due_at: datetime
    state: str = "open"
    holder: str | None = None
    until: datetime = START
    newer: str | None = None
    verdict_by: str | None = None
    told: bool = False

    def held(self, now):
        return self.holder if self.until > now else None


class Queue(RuleBasedStateMachine):
    """Opens, claims, releases and judges in any order, while the clock goes on."""

    known = Bundle("known")
    ledger = None
    """Of the whole test; each run is a tenant of its own."""

    def __init__(self):
        super().__init__()
        self.now = START
        self.model = {}
        self.database = self.ledger.database
        self.database.tenant = uuid4().hex
        self.database._clock = lambda: self.now

    def written(self, work, **named):
        with self.database.transaction(writing=True) as tx:
            return work(tx, **named)

    @contextmanager
    def only_if(self, allowed):
        """The step is taken exactly when the model allows it."""
        if allowed:
            yield
            return
        with pytest.raises(TakenError):
            yield

    def is_free(self, item, by):
        one = self.model[item]
        return one.state == "open" and one.held(self.now) in {None, by}

    def change(self, item, **changes):
        self.model[item] = replace(self.model[item], **changes)

    @rule(
        target=known,
        conversation=st.sampled_from(["t-1", "t-2", "t-3"]),
        kind=st.sampled_from(["decision", "decision", "execution"]),
        risk=st.integers(0, 5),
        due_h=st.integers(1, 8),
    )
    def open(self, conversation, kind, risk, due_h):
        draft = Draft(
            kind=kind,
            conversation=conversation,
            decision="d-1",
            subject="C-1",
            reasons=(),
            action=Action(name="issue_refund", args={"amount": "24.00"}),
            reply=None,
            risk=risk,
            due=timedelta(hours=due_h),
        )
        item = self.written(reviews.open_item, draft=draft)
        for one in list(self.model.values()):
            same = (one.conversation, one.kind, one.state) == (conversation, "decision", "open")
            if kind == "decision" and same:
                state = "superseded" if one.held(self.now) is None else "open"
                self.change(one.id, newer=item, state=state)
        due_at = self.now + timedelta(hours=due_h)
        self.model[item] = Modelled(
            id=item, kind=kind, conversation=conversation, risk=risk, due_at=due_at
        )
        return item

    @rule(item=known, by=PEOPLE, minutes=st.integers(1, 120))
    def claim(self, item, by, minutes):
        lease = timedelta(minutes=minutes)
        allowed = self.is_free(item, by)
        with self.only_if(allowed):
            self.written(reviews.claim, item=item, by=by, lease=lease)
        if allowed:
            self.change(item, holder=by, until=self.now + lease)

    @rule(item=known, by=PEOPLE)
    def release(self, item, by):
        allowed = self.is_free(item, by)
        with self.only_if(allowed):
            self.written(reviews.release, item=item, by=by)
        if allowed:
            self.change(item, holder=None)

    @rule(item=known, by=PEOPLE)
    def judge(self, item, by):
        found = self.written(reviews.get_item, item=item)
        said, allowed = Verdict(kind="reject", by=by), self.is_free(item, by)
        with self.only_if(allowed):
            self.written(reviews.close_item, item=found, verdict=said, action=None, reply=None)
        if allowed:
            self.change(item, state="resolved", verdict_by=by, holder=None)

    @rule(minutes=st.integers(1, 200))
    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def sweep(self):
        told = self.written(reviews.overdue, tells=False)
        late = {
            one.id
            for one in self.model.values()
            if one.state == "open" and not one.told and one.due_at <= self.now
        }
        assert set(told) == late
        for item in late:
            self.change(item, told=True)

    @invariant()
    def what_is_open_is_listed_riskiest_first_then_by_due_time(self):
        ranked = sorted(
            (one for one in self.model.values() if one.state == "open"),
            key=lambda one: (-one.risk, one.due_at, one.id),
        )
        with self.database.transaction() as tx:
            listed, length = reviews.items(tx), reviews.queue_length(tx)
        assert [item.id for item in listed] == [one.id for one in ranked]
        assert length == (len(ranked), sum(one.due_at <= self.now for one in ranked))

    @invariant()
    def every_item_is_as_the_model_says(self):
        with self.database.transaction() as tx:
            found = {name: reviews.get_item(tx, name) for name in self.model}
        for name, one in self.model.items():
            item = found[name]
            told = (item.state, item.newer, item.verdict_by, item.assignee)
            assert told == (one.state, one.newer, one.verdict_by, one.held(self.now))

    @invariant()
    def each_alarm_and_each_verdict_is_told_once(self):
        with self.database.transaction() as tx:
            told = [(event.kind, event.ref) for event in events_after(tx, 0)]
        once = [pair for pair in told if pair[0] in {"review-overdue", "review-resolved"}]
        assert len(once) == len(set(once))
        resolved = {one.id for one in self.model.values() if one.state == "resolved"}
        assert {ref for kind, ref in once if kind == "review-resolved"} == resolved


@pytest.mark.parametrize("system", ["sqlite", "postgres"])
def test_the_queue_does_what_a_plain_list_does(system, request):
    with TemporaryDirectory() as place:
        if system == "sqlite":
            where = Path(place) / "ledger.sqlite"
        else:
            where = request.getfixturevalue("postgres")
        Queue.ledger = open_ledger(where)
        few = settings(max_examples=12, stateful_step_count=20, deadline=None)
        try:
            run_state_machine_as_test(Queue, settings=few)
        finally:
            Queue.ledger.close()
