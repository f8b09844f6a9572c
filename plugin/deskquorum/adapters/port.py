"""Carries out the outbox's orders to a helpdesk."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Literal

import anyio

from deskquorum.adapters.acting import Note, Reply, give_to_team, priority_of, send_reply
from deskquorum.adapters.helpdesk import Helpdesk, HelpdeskError
from deskquorum.domain import JsonValue
from deskquorum.execution import Call, Done, Outcome, Refused, Seen, TryAgain, Unknown

__all__ = ["HelpdeskPort", "Stand"]

_TIMEOUT_S = 50.0
_WAIT_FOR_ACTION_S = 20.0

Stand = Callable[[str], Awaitable[Literal["done", "pending", "failed"]]]
"""How the order under a key stands."""


class HelpdeskPort:
    """Replies and hand-offs of one helpdesk; what was done before is looked for, and left."""

    idempotent = True
    can_look = False
    can_undo = False
    timeout_s = _TIMEOUT_S
    settle_s = 0.0
    """Nobody looks."""

    def __init__(self, helpdesk: Helpdesk, name: str, *, label: str, stand: Stand) -> None:
        """Take the helpdesk.

        Args:
            helpdesk: Whom to tell.
            name: Which one it is.
            label: Marks what a person has.
            stand: Tells whether the action that a reply speaks of is done.
        """
        self._helpdesk, self._name, self._label, self._stand = helpdesk, name, label, stand

    async def execute(self, call: Call) -> Outcome:
        """Tell the helpdesk."""
        try:
            with anyio.fail_after(_TIMEOUT_S):
                return await self._told(call)
        except TimeoutError:
            return Unknown(why="timeout")
        except HelpdeskError as exc:
            if exc.after_s is None:
                return Unknown(why=exc.why) if exc.maybe else Refused(why=exc.why)
            return TryAgain(why=exc.why, after_s=exc.after_s or None)

    async def look(self, call: Call) -> Seen:  # noqa: ARG002 - carrying it out looks first
        """Nothing to ask: an order that is carried out again looks what is there."""
        return Seen.UNREADABLE

    async def _told(self, call: Call) -> Outcome:
        conversation = call.conversation.removeprefix(f"{self._name}:")
        if "text" not in call.args:
            return _done(await self._given(conversation, call))
        after = call.args.get("after")
        stands = "done" if after is None else await self._stand(str(after))
        if stands == "pending":
            return TryAgain(why="its-action-is-not-done", after_s=_WAIT_FOR_ACTION_S)
        if stands == "failed":
            # Whoever takes the order tells the team.
            return Refused(why="its-action-failed")
        return _done(await self._sent(conversation, call))

    async def _sent(self, conversation: str, call: Call) -> str:
        last = call.args.get("last")
        reply = Reply(
            text=str(call.args["text"]),
            mark=call.decision,
            last=last if isinstance(last, dict) else None,
        )
        return await send_reply(self._helpdesk, self._name, conversation, reply)

    async def _given(self, conversation: str, call: Call) -> str:
        text: JsonValue = call.args.get("note")
        note = Note(
            text=text if isinstance(text, str) else None,
            mark=str(call.args.get("mark", call.decision)),
            priority=priority_of(call.args.get("priority")),
            suggests=call.args.get("suggests") is not False,
        )
        return await give_to_team(self._helpdesk, conversation, note, label=self._label)


def _done(what: str) -> Done:
    return Done(result=json.dumps({"told": what}))
