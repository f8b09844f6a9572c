"""A conversation is read before it is decided; what can't be read, or is behind, is not decided."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.adapters import Conversation, HelpdeskError, Line
from deskquorum.adapters.lag import holds
from deskquorum.domain import Message, Ticket
from deskquorum.server.helpdesks import Helpdesks

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOLD = Message(role="customer", text="Where is it?", at=NOON)
TICKET = Ticket(id="zendesk:7", messages=(TOLD,))
BEFORE = Line(id="1", role="customer", text="Hello", at=NOON - timedelta(hours=1))
REPLIED = Line(id="2", role="agent", text="How can we help?", at=NOON - timedelta(minutes=50))
ASKED = Line(id="3", role="customer", text="Where is it?", at=NOON)


def talk(*lines):
    return Conversation(id="7", lines=lines, with_bot=True)


class Behind:
    """Shows one conversation after the other."""

    def __init__(self, *shown):
        self._shown = list(shown)

    async def read(self, conversation):
        assert conversation == "7"
        shown = self._shown.pop(0)
        if isinstance(shown, Exception):
            raise shown
        return shown


def helpdesks(helpdesk):
    made = Helpdesks()
    made._open["zendesk"] = helpdesk
    return made


@pytest.mark.anyio
async def test_an_api_that_is_behind_its_webhook_is_read_again():
    behind = Behind(talk(BEFORE, REPLIED), talk(BEFORE, REPLIED, ASKED))
    read = await helpdesks(behind).read_anew("zendesk", TICKET)
    assert [message.text for message in read.messages] == ["Hello", "How can we help?", TOLD.text]


@pytest.mark.anyio
async def test_what_can_not_be_read_is_left_for_later():
    failing = Behind(HelpdeskError("http-500", maybe=True, after_s=0.0))
    assert await helpdesks(failing).read_anew("zendesk", TICKET) is None


@pytest.mark.anyio
async def test_a_ticket_of_no_helpdesk_is_left_as_it_is():
    assert await Helpdesks().read_anew("wait", TICKET) is TICKET


@pytest.mark.parametrize(
    ("lines", "told", "there"),
    [
        ((BEFORE, REPLIED), TOLD, False),
        ((ASKED,), TOLD, True),
        ((replace(ASKED, at=NOON - timedelta(hours=2)),), TOLD, True),
        ((replace(ASKED, text="rewritten"),), TOLD, True),
        ((replace(ASKED, role="agent"),), TOLD, False),
        ((replace(ASKED, private=True),), TOLD, False),
        ((BEFORE,), replace(TOLD, text=""), True),
        ((), replace(TOLD, text=""), False),
        ((BEFORE,), replace(TOLD, text="A subject\n\nHello"), True),
        ((replace(BEFORE, text="Where is it?\n[attachment: image/png]"),), TOLD, True),
    ],
)
def test_what_was_told_is_known_by_its_time_or_its_words(lines, told, there):
    assert holds(talk(*lines), told) == there
