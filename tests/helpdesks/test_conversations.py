"""A bot in each helpdesk handles whole conversations: each message is answered once, or handed off.

Every story is told by all helpdesks at the same time, each in a conversation of its own.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fakes import Fault

from deskquorum.ledger.outbox import executions_after
from deskquorum.ledger.review_items import Verdict
from deskquorum.ledger.reviews import of_conversation
from deskquorum.reviewing import give_verdict

pytestmark = pytest.mark.anyio

ASKED = "Hello, where is my parcel? The tracking page says nothing new since Monday."
ANSWER = "Parcels arrive within 5 days of the order."
FOR_A_PERSON = "I want my money back, and my lawyer is informed. Please answer me soon."


async def each(around, story):
    """Tell a story to every helpdesk; what goes wrong names it."""

    async def told(fake):
        try:
            await story(fake)
        except AssertionError as exc:
            exc.add_note(f"in {fake.name}; calls: {fake.calls[-12:]}; webhooks: {fake.hooks}")
            raise

    async with asyncio.TaskGroup() as group:
        for fake in around.helpdesks:
            group.create_task(told(fake))


def orders(around):
    with around.desk.ledger.database.transaction() as tx:
        return executions_after(tx)


def open_review(around, fake, talk):
    with around.desk.ledger.database.transaction() as tx:
        found = of_conversation(tx, f"{fake.name}:{fake.identity(talk)}")
    return next(item.id for item in found if item.state == "open")


async def until(what, *, seconds=20):
    end = asyncio.get_running_loop().time() + seconds
    while not what():
        assert asyncio.get_running_loop().time() < end, "it did not come to that"
        await asyncio.sleep(0.05)


async def test_a_question_that_a_clause_answers_is_answered_once(around):
    async def story(fake):
        talk = fake.open()
        told = await fake.writes(talk, ASKED)
        assert told["state"] == "accepted"
        # The same message once more, by another delivery.
        again = await fake.hook(talk, talk.said[0])
        assert again["state"] == ("accepted" if fake.name == "freshdesk" else "known")
        await until(lambda: talk.replies)
        await asyncio.sleep(1.3)
        assert talk.replies == [ANSWER]
        assert talk.notes == []
        assert not fake.has_person(talk)
        # What the bot wrote was told too, and nothing came of it.
        assert None not in fake.hooks[-2:]

    await each(around, story)


async def test_what_only_a_person_may_answer_is_handed_off_once(around):
    async def story(fake):
        talk = fake.open()
        talk.labels = ["vip"]
        await fake.writes(talk, FOR_A_PERSON)
        await until(lambda: fake.has_person(talk))
        assert talk.replies == []
        [note] = talk.notes
        assert "may need a person" in note
        assert sorted(talk.labels) == sorted((fake.spec.get("label", "needs-person"), "vip"))
        assert talk.assignee is None
        assert talk.team == fake.spec.get("team")
        # The bot still hears of it, and keeps silent towards the customer.
        await fake.writes(talk, ASKED)
        await asyncio.sleep(2.6)
        assert talk.replies == []
        assert fake.has_person(talk)
        # What a person answers in the queue reaches the customer.
        item = open_review(around, fake, talk)
        await give_verdict(around.desk, item, Verdict(kind="respond", by="ann", reply=ANSWER))
        await until(lambda: talk.replies)
        assert talk.replies == [ANSWER]

    await each(around, story)


async def test_the_kill_switch_stops_replies_and_no_hand_off(around):
    talks = {fake: fake.open() for fake in around.helpdesks}
    for fake, talk in talks.items():
        await fake.writes(talk, ASKED)
    names = {f"{fake.name}:{fake.identity(talk)}" for fake, talk in talks.items()}
    await until(lambda: names <= {order.conversation for order in orders(around)})
    around.desk.ledger.stop("", by="ops", why="a test")

    async def story(fake):
        talk = talks[fake]
        await until(lambda: fake.has_person(talk))
        assert talk.replies == []
        [note] = talk.notes
        assert "stopped" in note
        assert ANSWER in note

    try:
        await each(around, story)
    finally:
        around.desk.ledger.resume("", by="ops", why="a test")


async def test_messages_that_come_late_and_out_of_order_get_one_answer(around):
    async def story(fake):
        talk = fake.open()
        earlier = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=30)
        first = fake.says(talk, "Hello, I have a question about my order.", at=earlier)
        second = fake.says(talk, ASKED)
        await fake.hook(talk, second)
        await fake.hook(talk, first)
        await until(lambda: talk.replies)
        await asyncio.sleep(1.3)
        assert talk.replies == [ANSWER]

    await each(around, story)


async def test_a_lost_answer_or_a_busy_helpdesk_changes_nothing(around):
    async def story(fake):
        asked, handed = fake.open(), fake.open()
        word = "Parcels"
        # What Front has taken can be read only ten seconds later.
        methods = () if fake.name == "front" else ("POST", "PUT")
        for method in methods:
            fake.faults += [
                Fault(method=method, path="", kind="busy", body=word),
                Fault(method=method, path="", kind="lost", body=word),
                Fault(method=method, path="", kind="broken", body="may need a person"),
                Fault(method=method, path="", kind="lost", body="may need a person"),
            ]
        fake.faults.append(Fault(method="GET", path=str(asked.id), kind="broken"))
        await fake.writes(asked, ASKED)
        await fake.writes(handed, FOR_A_PERSON)
        await until(lambda: asked.replies and fake.has_person(handed), seconds=40)
        await asyncio.sleep(1.5)
        assert asked.replies == [ANSWER]
        assert len(handed.notes) == 1

    await each(around, story)


async def test_what_people_do_meanwhile_is_respected(around):
    async def story(fake):
        taken, answered = fake.open(), fake.open()
        await fake.writes(taken, ASKED)
        await fake.writes(answered, ASKED)
        await fake.takes(taken)
        fake.says(answered, "We have found it, it comes today.", role="agent")
        await until(lambda: taken.notes)
        await asyncio.sleep(1.3)
        # Who took it is shown what was to be sent.
        assert taken.replies == []
        [note] = taken.notes
        assert ANSWER in note
        assert answered.replies == ["We have found it, it comes today."]

    await each(around, story)


async def test_a_service_that_was_away_is_told_again(around):
    async def story(fake):
        talk, service = fake.open(), fake.service
        fake.service = None
        told = asyncio.ensure_future(fake.writes(talk, ASKED))
        await asyncio.sleep(0.5)
        fake.service = service
        assert (await told)["state"] == "accepted"
        await until(lambda: talk.replies)
        assert talk.replies == [ANSWER]

    await each(around, story)
