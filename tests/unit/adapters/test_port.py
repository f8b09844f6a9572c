"""How the outbox's orders reach a helpdesk, and what is said of how they ended."""

import json

import pytest

from deskquorum.adapters import Conversation, HelpdeskError
from deskquorum.adapters.port import HelpdeskPort
from deskquorum.execution import Call, Done, Refused, TryAgain, Unknown

pytestmark = pytest.mark.anyio


class Told:
    """Remembers what it was told; raises what it is given."""

    shows_after_s = 0.0

    def __init__(self, error=None):
        self.said = []
        self._error = error

    async def read(self, conversation):
        return Conversation(id=conversation, lines=(), with_bot=True)

    async def reply(self, conversation, text):
        if self._error is not None:
            raise self._error
        self.said.append((conversation.id, text))


def call(**args):
    return Call(
        key="k", conversation="front:cnv_1", action="reply@front", args=args, decision="d_1"
    )


async def execute(helpdesk, stand="done", **args):
    async def stands(key):
        assert key == "k-of-the-action"
        return stand

    port = HelpdeskPort(helpdesk, "front", label="tag_1", stand=stands)
    return await port.execute(call(text="Soon.", **args))


async def test_what_is_sent_is_told_with_the_helpdesks_own_id():
    helpdesk = Told()
    assert await execute(helpdesk) == Done(result=json.dumps({"told": "sent"}))
    assert helpdesk.said == [("cnv_1", "Soon.")]


@pytest.mark.parametrize(
    ("stand", "outcome", "said"),
    [("done", Done, 1), ("pending", TryAgain, 0), ("failed", Refused, 0)],
)
async def test_a_reply_goes_out_only_when_its_action_is_done(stand, outcome, said):
    helpdesk = Told()
    assert isinstance(await execute(helpdesk, stand, after="k-of-the-action"), outcome)
    assert len(helpdesk.said) == said


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (HelpdeskError("http-403", maybe=False), Refused(why="http-403")),
        (
            HelpdeskError("http-429", maybe=False, after_s=7.0),
            TryAgain(why="http-429", after_s=7.0),
        ),
        (HelpdeskError("no-connection", maybe=False, after_s=0.0), TryAgain(why="no-connection")),
        (HelpdeskError("too-long-an-answer", maybe=True), Unknown(why="too-long-an-answer")),
    ],
)
async def test_a_failure_says_whether_it_may_have_happened(error, outcome):
    assert await execute(Told(error)) == outcome
