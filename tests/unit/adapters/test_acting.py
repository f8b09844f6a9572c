"""Whatever a helpdesk loses or refuses, what is told to it is told once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.adapters import Conversation, HelpdeskError, Line
from deskquorum.adapters.acting import Note, Reply, give_to_team, send_reply
from deskquorum.adapters.conversations import row_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED = Line(id="1", role="customer", text="Where is it?", at=NOON)
LAST = {"role": "customer", "text": "Where is it?", "at": "2026-11-20T12:00:00+00:00"}
REPLY = Reply(text="It comes <today>.", mark="d_1", last=LAST)
NOTE = Note(text="Why\ndeskquorum d_1", mark="d_1", priority="high")
FAULTS = st.lists(st.sampled_from(["fine", "lost", "broken", "busy"]), max_size=12)


class InMemory:
    """A helpdesk that loses, breaks and is busy as it is told."""

    shows_after_s = 0.0

    def __init__(self, faults=(), **fields):
        self.now = Conversation(id="7", lines=(ASKED,), with_bot=True, **fields)
        self.faults = list(faults)
        self.priorities = []

    def _do(self, change):
        fault = self.faults.pop(0) if self.faults else "fine"
        if fault == "busy":
            raise HelpdeskError("busy", maybe=False, after_s=1.0)
        if fault == "broken":
            raise HelpdeskError("broken", maybe=True, after_s=0.0)
        change()
        if fault == "lost":
            raise HelpdeskError("timeout", maybe=True, after_s=0.0)

    def add(self, text, *, private=False, role="agent"):
        at = NOON + timedelta(seconds=len(self.now.lines))
        line = Line(id=str(len(self.now.lines) + 1), role=role, text=text, at=at, private=private)
        self.now = replace(self.now, lines=(*self.now.lines, line))

    async def read(self, conversation):
        assert conversation == "7"
        self._do(lambda: None)
        return self.now

    async def note(self, conversation, text):
        assert conversation == "7"
        self._do(lambda: self.add(text, private=True))

    async def reply(self, conversation, text):
        assert conversation == self.now
        self._do(lambda: self.add(f"{text}  \n"))

    async def label(self, conversation, labels):
        assert conversation == self.now
        self._do(lambda: self._change(labels=(*self.now.labels, *labels)))

    async def prioritise(self, conversation, priority):
        assert conversation == "7"
        self._do(lambda: self.priorities.append(priority))

    async def hand_off(self, conversation, label):
        assert conversation.id == "7"
        self._do(lambda: self._change(with_bot=False, labels=(*self.now.labels, label)))

    def _change(self, **fields):
        self.now = replace(self.now, **fields)


def until_done(work):
    """As the outbox does: again, until it is done."""

    async def run():
        for _ in range(40):
            try:
                return await work()
            except HelpdeskError:
                continue
        raise AssertionError("it never ended")

    return anyio.run(run)


@given(faults=FAULTS)
@settings(max_examples=40, deadline=None)
def test_a_reply_is_sent_once(faults):
    helpdesk = InMemory(faults)
    until_done(lambda: send_reply(helpdesk, "generic", "7", REPLY))
    until_done(lambda: send_reply(helpdesk, "generic", "7", REPLY))
    assert len(helpdesk.now.lines) == 2


@given(faults=FAULTS)
@settings(max_examples=40, deadline=None)
def test_a_hand_off_is_whole_and_noted_once(faults):
    helpdesk = InMemory(faults, labels=("vip",))
    until_done(lambda: give_to_team(helpdesk, "7", NOTE, label="needs-person"))
    assert [line.private for line in helpdesk.now.lines] == [False, True]
    assert set(helpdesk.now.labels) == {"vip", "needs-person"}
    assert "high" in helpdesk.priorities
    assert not helpdesk.now.with_bot


@pytest.mark.parametrize(("suggests", "notes"), [(True, 1), (False, 0)])
def test_who_has_a_conversation_already_is_only_told_what_helps(suggests, notes):
    helpdesk = InMemory()
    helpdesk._change(with_bot=False)
    note = replace(NOTE, suggests=suggests)
    until_done(lambda: give_to_team(helpdesk, "7", note, label="x"))
    assert len(helpdesk.now.lines) == 1 + notes
    assert helpdesk.now.labels == ()
    assert helpdesk.priorities == []


def test_a_note_that_is_left_out_still_hands_off():
    helpdesk = InMemory()
    note = Note(text=None, mark="d_1")
    assert until_done(lambda: give_to_team(helpdesk, "7", note, label="x")) == "handed-off"
    assert len(helpdesk.now.lines) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda h: h.add("Wait, another thing.", role="customer"), "customer-wrote-again"),
        (lambda h: h.add("We are looking."), "answered-by-somebody"),
        (lambda h: h.add("It comes\n<today>!"), "sent-before"),
        (lambda h: h.add("a note", private=True), "sent"),
        (lambda h: h._change(with_bot=False), "noted-for-a-person"),
    ],
)
def test_a_reply_goes_out_only_to_the_message_that_it_answers(change, told):
    helpdesk = InMemory()
    change(helpdesk)
    assert until_done(lambda: send_reply(helpdesk, "generic", "7", REPLY)) == told


def test_two_machines_do_not_answer_each_other_for_ever():
    helpdesk = InMemory()
    for _ in range(2):
        assert until_done(lambda: send_reply(helpdesk, "generic", "7", REPLY)) == "sent"
        helpdesk.add("Where is it?", role="customer")
        helpdesk.now = replace(
            helpdesk.now, lines=(*helpdesk.now.lines[:-1], replace(helpdesk.now.lines[-1], at=NOON))
        )
    with pytest.raises(HelpdeskError, match="said-twice-before") as told:
        anyio.run(send_reply, helpdesk, "generic", "7", REPLY)
    assert not told.value.maybe
    # What a person wants said is said.
    approved = replace(REPLY, last=None)
    assert until_done(lambda: send_reply(helpdesk, "generic", "7", approved)) == "sent"


def test_a_reply_that_a_person_wants_sent_is_sent_whoever_has_it():
    helpdesk = InMemory()
    helpdesk._change(with_bot=False)
    helpdesk.add("We are looking.")
    approved = replace(REPLY, last=None)
    assert until_done(lambda: send_reply(helpdesk, "generic", "7", approved)) == "sent"


def test_the_first_message_is_known_again_with_its_subject():
    helpdesk = InMemory(subject="Parcel")
    last = row_of("generic", helpdesk.now)["messages"][-1]
    reply = replace(REPLY, last=last)
    assert until_done(lambda: send_reply(helpdesk, "generic", "7", reply)) == "sent"
