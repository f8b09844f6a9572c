"""The desk as an MCP server: four tools, over stdio or streamable HTTP.

INVARIANT: who calls a tool is often a model. Unless the operator says that the caller is the host's
own program, what it says of the customer and of facts is not taken for true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, ConfigDict, Field

from deskquorum.decision import tell
from deskquorum.domain import Action, JsonValue, Message, Proposal, Requester, Ticket
from deskquorum.errors import DeskError, InputError
from deskquorum.formats import decision_row
from deskquorum.ledger.api_keys import ApiKeys, Scope, keys
from deskquorum.reply_rows import ReplyRow, checked_row
from deskquorum.tool_calls import plain_args

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Send
    from starlette.types import Scope as Connection

    from deskquorum.desk import Desk

__all__ = ["http_app", "make_server"]

_SAYS = (
    "A support desk that rules on actions and replies. Ask review_action before you act and"
    " check_reply before you answer; do only what is `auto`, and never what is `deny`."
)
_MAY = frozenset({Scope.BOT, Scope.OPS})


class TicketIn(BaseModel):
    """A conversation with a customer."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=200)
    messages: list[MessageIn] = Field(min_length=1, max_length=200)
    requester: dict[str, str] = {}
    """The helpdesk's record of the customer; only from a trusted caller."""
    facts: dict[str, JsonValue] = {}
    """From the host's systems, nested; only from a trusted caller."""
    language: str | None = None


class MessageIn(BaseModel):
    """One message of it."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["customer", "agent"]
    text: str = Field(max_length=50_000)


def make_server(desk: Desk, *, trusted_caller: bool = False) -> MCPServer[None]:
    """The server; the desk is open while it runs.

    Args:
        desk: Decides.
        trusted_caller: Whether whoever calls is the host's own program, whose word on the
            requester and on facts counts. Never a model's.
    """

    @asynccontextmanager
    async def running(_: MCPServer[None]) -> AsyncIterator[None]:
        async with desk:
            yield

    server = MCPServer[None]("deskquorum", instructions=_SAYS, lifespan=running)
    tools = _Tools(desk=desk, trusted_caller=trusted_caller)
    for tool in (
        tools.decide_ticket,
        tools.review_action,
        tools.check_reply,
        tools.explain_decision,
    ):
        server.tool()(tool)
    return server


def http_app(desk: Desk, server: MCPServer[None], *, host: str) -> ASGIApp:
    """The server over streamable HTTP at `/mcp`, for who shows a key of the desk's."""
    return _Keyed(server.streamable_http_app(host=host), desk)


class _Tools:
    def __init__(self, *, desk: Desk, trusted_caller: bool) -> None:
        self._desk = desk
        self._trusted = trusted_caller

    async def decide_ticket(self, ticket: TicketIn) -> dict[str, object]:
        """Decide a whole ticket: what to do, what to answer, or that a person takes it."""
        return decision_row(await self._desk.decide(self._ticket(ticket)))

    async def review_action(
        self, ticket: TicketIn, action: str, args: dict[str, JsonValue]
    ) -> dict[str, object]:
        """Whether an action may be carried out: `auto` yes, `human` a person decides, `deny` no."""
        try:
            wanted = Action(name=action, args=plain_args(args))
        except InputError as exc:
            raise ToolError(str(exc)) from None
        proposal = Proposal(source="bot", action=wanted)
        return decision_row(await self._desk.review(self._ticket(ticket), proposal))

    async def check_reply(self, reply: str) -> dict[str, object]:
        """Hold a drafted reply against the desk's clauses, claim by claim; nothing is recorded."""
        rules = self._desk.parts.rules
        row = ReplyRow(id="", reply=reply)
        checking = partial(checked_row, row, index=rules.clauses, links=rules.links)
        return await anyio.to_thread.run_sync(checking)

    async def explain_decision(self, decision_id: str) -> str:
        """Tell a recorded decision's story in plain sentences, without personal data."""
        try:
            return await anyio.to_thread.run_sync(partial(_story, self._desk, decision_id))
        except DeskError as exc:
            raise ToolError(str(exc)) from None

    def _ticket(self, given: TicketIn) -> Ticket:
        if not self._trusted and (given.facts or given.requester):
            raise ToolError(
                "facts and requester are not taken from this caller; the desk reads them itself."
                " Leave them out, or start `deskquorum mcp` with --trusted-caller if the caller is"
                " your own program and no model fills in the arguments"
            )
        now = datetime.now(UTC)
        return Ticket(
            id=given.id,
            messages=tuple(Message(role=m.role, text=m.text, at=now) for m in given.messages),
            requester=Requester(record=given.requester),
            facts=given.facts,
            language=given.language,
        )


def _story(desk: Desk, identity: str) -> str:
    entry = desk.ledger.get(identity)
    if entry is None:
        raise InputError(f"there is no decision '{identity}'")
    clauses = {name: clause.text for name, clause in desk.parts.rules.book.clauses.items()}
    told = tell(entry.decision, entry.evidence, clauses)
    return "\n\n".join("\n".join([f"{heading}:", *lines]) for heading, lines in told)


class _Keyed:
    """Lets through who shows a valid key of the desk's own, made with `deskquorum keys`."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not await self._admitted(scope["headers"]):
            challenge = [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 401, "headers": challenge})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send)

    async def _admitted(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        shown: Mapping[bytes, bytes] = dict(headers)
        kind, _, text = shown.get(b"authorization", b"").decode("latin-1").partition(" ")
        known = ApiKeys(await self._desk.ledger.database.run(keys, writing=False))
        key = known.check(text.strip(), now=datetime.now(UTC))
        return kind.lower() == "bearer" and key is not None and bool(key.scopes & _MAY)
