"""The outbox against a plain model of the world: calls that fly, land or get lost, while workers
go away, look late, clocks jump both ways, actions are stopped and people decide."""

import os
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from deskquorum.domain import Action
from deskquorum.executing import LedgerBook
from deskquorum.execution import Seen, Task
from deskquorum.ledger import open_ledger, order_of
from deskquorum.ledger.database import Database
from deskquorum.ledger.outbox import State, enqueue, executions_after, forbid, run_again

REPEATED = "close_ticket"
"""Its endpoint does one key once, so its calls are repeated; those of the other are looked at."""

ACTIONS = ("issue_refund", REPEATED)
NAMES = [("issue_refund", 1), (REPEATED, 1), ("issue_refund", 2)]
PICK = st.integers(0, 99)
JUMPS = [-400_000, -4000, -100, -1, 1, 20, 100, 4000, 400_000]


@dataclass(eq=False)
class Call:
    """One sending, from when it was allowed on; its caller may report late, and more than once."""

    task: Task
    owner: str
    fate: str = "flying"

    @property
    def key(self):
        return self.task.call.key


@dataclass(eq=False)
class Held:
    """A task in the hands of a worker, who may have looked and not have said so yet."""

    task: Task
    owner: str
    looks: bool
    seen: Seen | None = None


@cache
def empty_ledger():
    """A ledger with its tables, which take longer to make than a story takes to tell."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        with closing(open_ledger(path, tenant="d", host_key=bytes(32))) as ledger:
            ledger.stops()
        return path.read_bytes()


class Here(Database):
    """A database that is asked at once, without a thread."""

    async def run(self, work, *, writing=True):
        with self.transaction(writing=writing) as tx:
            return work(tx)


def at_once(coroutine):
    """What a coroutine that never waits gives back."""
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    return ended.value.value


class World(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        path = Path(self.folder.name) / "ledger.sqlite"
        path.write_bytes(empty_ledger())
        self.ledger = open_ledger(path, clock=lambda: self.now, tenant="d", host_key=bytes(32))
        database = Here(
            self.ledger.database._connect,
            clock=lambda: self.now,
            tenant="d",
            host_key=bytes(32),
        )
        self.held, self.calls, self.handed = [], [], set()
        self.known, self.forbidden, self.stopped, self.effects = set(), set(), set(), {}
        self.books = {
            owner: LedgerBook(
                database=database,
                owner=owner,
                hand_over=lambda _, order, __: self.handed.add(order.key),
            )
            for owner in "ab"
        }
        self.orders = {
            name: self.write(
                order_of, f"t-{name[1]}", Action(name=name[0]), None, "d_1", f"customer:{name[1]}"
            )
            for name in NAMES
        }

    def teardown(self):
        try:
            self.what_is_due_ends_or_a_person_has_it()
        finally:
            self.ledger.close()
            self.folder.cleanup()

    def write(self, work, *args, **named):
        with self.ledger.database.transaction(writing=True) as tx:
            return work(tx, *args, **named)

    def do(self, owner, what, *args, **named):
        return at_once(getattr(self.books[owner], what)(*args, **named))

    def rows(self):
        with self.ledger.database.transaction() as tx:
            return executions_after(tx)

    def flies(self, key):
        return any(call.fate == "flying" for call in self.calls if call.key == key)

    def take(self, owner, limit):
        for looks, what in ((False, "take"), (True, "take_unknown")):
            self.held += [Held(t, owner, looks) for t in self.do(owner, what, limit)]

    @initialize()
    def something_is_ordered_and_taken(self):
        self.bot_decides(NAMES[0])
        self.bot_decides(NAMES[1])
        self.take("a", 3)

    @rule(name=st.sampled_from(NAMES))
    def bot_decides(self, name):
        order = self.orders[name]
        assert self.write(enqueue, order) == (order.key not in self.known)
        self.known.add(order.key)

    @rule(name=st.sampled_from(NAMES))
    def forbid_it(self, name):
        order = self.orders[name]
        self.known.add(order.key)
        if self.write(forbid, order):
            assert not self.effects.get(order.key)
            assert not self.flies(order.key)
            self.forbidden.add(order.key)

    @rule(seconds=st.sampled_from(JUMPS))
    def clock_jumps(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(seconds=st.sampled_from([0, 40, 700]), owner=st.sampled_from("aab"))
    def time_passes_and_a_worker_takes(self, seconds, owner):
        self.now += timedelta(seconds=seconds)
        self.take(owner, 2)

    @rule(
        owner=st.sampled_from("aab"),
        lands=st.none() | st.booleans(),
        clear=st.none() | st.booleans(),
    )
    def a_worker_does_what_is_due(self, owner, lands, clear):
        held = len(self.held)
        self.take(owner, 3)
        for each in self.held[held:]:
            if each.looks:
                self.look(each, sees=True)
                self.held.remove(each)
                self.tell(each, gives=False)
            elif self.send(each) and lands is not None:
                self.end(self.calls[-1], lands=lands)
                if clear is not None:
                    self.report(self.calls[-1], clear=clear, gives=False, after_s=0)

    @precondition(lambda self: any(not each.looks for each in self.held))
    @rule(pick=PICK, keeps=st.booleans())
    def worker_sends(self, pick, keeps):
        sent = [each for each in self.held if not each.looks]
        each = sent[pick % len(sent)]
        if not keeps:
            self.held.remove(each)
        if self.send(each):
            assert not self.do(each.owner, "begin", each.task, lease_s=15)

    def send(self, each):
        begun = self.do(each.owner, "begin", each.task, lease_s=15)
        if begun:
            assert not self.stopped & {"", each.task.call.action}
            self.calls.append(Call(each.task, each.owner))
        return begun

    @precondition(lambda self: self.held)
    @rule(pick=PICK)
    def worker_goes_away(self, pick):
        self.held.pop(pick % len(self.held))

    @precondition(lambda self: any(call.fate == "flying" for call in self.calls))
    @rule(pick=PICK, lands=st.booleans())
    def call_ends(self, pick, lands):
        flying = [call for call in self.calls if call.fate == "flying"]
        self.end(flying[pick % len(flying)], lands=lands)

    def end(self, call, *, lands):
        call.fate = "landed" if lands else "lost"
        if lands:
            once = call.task.call.action == REPEATED
            self.effects[call.key] = 1 if once else self.effects.get(call.key, 0) + 1

    @precondition(lambda self: self.calls)
    @rule(pick=PICK, clear=st.booleans(), gives=st.booleans(), after_s=st.sampled_from([0, 9999]))
    def worker_reports(self, pick, clear, gives, after_s):
        self.report(self.calls[pick % len(self.calls)], clear=clear, gives=gives, after_s=after_s)

    def report(self, call, *, clear, gives, after_s):
        repeated = call.task.call.action == REPEATED
        maybe = not (clear and call.fate == "lost")
        if clear and call.fate == "landed":
            self.do(call.owner, "done", call.task, '{"id": 1}')
        elif gives:
            self.do(call.owner, "give", call.task, "reported", maybe=maybe)
        elif maybe and not repeated:
            self.do(call.owner, "unknown", call.task, "timeout", after_s=after_s)
        else:
            self.do(call.owner, "again", call.task, "tried", after_s=after_s, maybe=maybe)

    @precondition(lambda self: any(each.looks for each in self.held))
    @rule(pick=PICK, sees=st.booleans())
    def worker_looks(self, pick, sees):
        looking = [each for each in self.held if each.looks]
        self.look(looking[pick % len(looking)], sees=sees)

    def look(self, each, *, sees):
        key = each.task.call.key
        # It settles first: nobody looks at what is still on its way.
        if sees and not self.flies(key) and self.do(each.owner, "keep", each.task, lease_s=60):
            each.seen = Seen.DONE if self.effects.get(key) else Seen.NOT_DONE

    @precondition(lambda self: any(each.looks for each in self.held))
    @rule(pick=PICK, gives=st.booleans())
    def worker_tells_what_it_saw(self, pick, gives):
        looking = [each for each in self.held if each.looks]
        each = looking[pick % len(looking)]
        self.held.remove(each)
        self.tell(each, gives=gives)

    def tell(self, each, *, gives):
        task = each.task
        if each.seen is Seen.DONE:
            self.do(each.owner, "done", task, None)
        elif task.call.action == REPEATED:
            self.do(each.owner, "again", task, "interrupted", after_s=0, maybe=True)
        elif each.seen is Seen.NOT_DONE:
            self.do(each.owner, "again", task, "not-done", after_s=0, maybe=False)
        elif gives:
            self.do(each.owner, "give", task, "unreadable", maybe=True)
        else:
            self.do(each.owner, "unknown", task, "unreadable", after_s=0)

    @rule(action=st.sampled_from(["", *ACTIONS]), stopped=st.booleans())
    def switch(self, action, stopped):
        throw = self.ledger.stop if stopped else self.ledger.resume
        throw(action, by="Ada", why="a look at the numbers")
        (self.stopped.add if stopped else self.stopped.discard)(action)

    @rule(pick=PICK)
    def person_says_do_it(self, pick):
        rows = self.write(executions_after, person=True)
        if rows:
            row = rows[pick % len(rows)]
            assert self.write(run_again, row.key) == (row.state is State.FAILED)

    @invariant()
    def nothing_happens_twice(self):
        assert all(count <= 1 for count in self.effects.values())
        once = [c.key for c in self.calls if c.fate == "flying" and c.task.call.action != REPEATED]
        assert len(once) == len(set(once))

    @invariant()
    def what_is_said_is_so(self):
        rows = self.rows()
        assert {row.key for row in rows} == self.known
        for row in rows:
            begun = bool(self.effects.get(row.key)) or self.flies(row.key)
            if row.state is State.DONE:
                assert self.effects.get(row.key)
            elif row.state is not State.SENDING:
                assert row.doubt or not begun
            if row.state is State.FAILED:
                assert not row.doubt
        assert not any(self.effects.get(key) or self.flies(key) for key in self.forbidden)

    def what_is_due_ends_or_a_person_has_it(self):
        for call in self.calls:
            call.fate = "lost" if call.fate == "flying" else call.fate
        for action in ("", *ACTIONS):
            self.ledger.resume(action, by="Ada", why="done looking")
        self.stopped.clear()
        for _ in range(6):
            self.now += timedelta(seconds=7300)
            self.held.clear()
            self.take("b", 99)
            for each in self.held:
                key = each.task.call.key
                if each.looks:
                    each.seen = Seen.DONE if self.effects.get(key) else Seen.NOT_DONE
                    self.tell(each, gives=False)
                elif self.do("b", "begin", each.task, lease_s=15):
                    assert each.task.call.action == REPEATED or not self.effects.get(key)
                    self.effects[key] = 1
                    self.do("b", "done", each.task, None)
        for row in self.rows():
            ended = row.state in {State.DONE, State.CANCELLED}
            assert ended or (row.handed_us is not None and row.key in self.handed)


World.TestCase.settings = settings(
    max_examples=int(os.environ.get("DESKQUORUM_OUTBOX_STORIES", "20")),
    stateful_step_count=40,
    deadline=None,
)
TestOutbox = World.TestCase
