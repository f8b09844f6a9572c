"""`DeskMiddleware`: a LangChain agent that acts and speaks only as its desk lets it.

```python
agent = create_agent(
    model,
    tools=[cancel_order, issue_refund],
    middleware=[DeskMiddleware(desk, conversation=lambda context: context)],
    context_schema=Conversation,
    checkpointer=InMemorySaver(),
)
agent.invoke({"messages": [...]}, config, context=Conversation(id=..., requester=..., facts=...))
```
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread
from langchain.agents.middleware.types import (
    AgentMiddleware,
    ModelRequest,
    ModelResponse,
    ToolCallRequest,
)
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langgraph.types import Command

from deskquorum.adapters.bot_conversations import (
    HELD,
    Conversation,
    reviewed_reply,
    ticket_of,
    to_colleague,
)
from deskquorum.adapters.langchain.messages import (
    restored,
    said_in,
    shown_request,
    spoken,
    text_of,
)
from deskquorum.adapters.langchain.running import noted, to_run
from deskquorum.adapters.langchain.state import (
    DeskState,
    Settled,
    check_saved,
    messages_in,
    open_calls,
    passed_in,
    turn_of,
    update_of,
)
from deskquorum.adapters.langchain.streaming import unheard
from deskquorum.adapters.langchain.turns import (
    Pass,
    Ruled,
    ask_person,
    refusal,
    rule_on_turn,
    settle_turn,
)
from deskquorum.adapters.langchain.whole_turns import WholeTurns
from deskquorum.domain import Action, Ticket
from deskquorum.errors import ConfigError, Problem, RedactionError
from deskquorum.running_once import Begun, Running, begin_call
from deskquorum.tool_calls import plain_args

if TYPE_CHECKING:
    from langgraph.runtime import Runtime

    from deskquorum.desk import Desk
    from deskquorum.redaction import Session

__all__ = ["DeskMiddleware"]

_T = TypeVar("_T")
_Result = ToolMessage | Command[Any]


class DeskMiddleware(AgentMiddleware[DeskState, Any, Any]):
    """Redacts what the model sees, rules on each tool call, and checks each reply.

    For a graph with a `ToolNode` of its own:
    `ToolNode(tools, wrap_tool_call=guard.wrap_tool_call, awrap_tool_call=guard.awrap_tool_call)`.
    """

    state_schema = DeskState

    def __init__(
        self,
        desk: Desk,
        *,
        conversation: Callable[[Any], Conversation],
        held_reply: str = HELD,
    ) -> None:
        """Take the desk.

        Args:
            desk: Decides; its policies declare every tool as an action.
            conversation: From the run's `context` to who is talked to. The host tells it.
            held_reply: Told to the customer in place of a reply that a person looks at.
        """
        super().__init__()
        self._desk = desk
        self._conversation = conversation
        self._held = held_reply
        self._nonces = secrets.token_bytes(16)
        self._whole = WholeTurns()

    # Every call of a model: what it sees, and what is made of its answer.

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ModelResponse[Any] | AIMessage:
        """Ask the model about placeholders; its reply goes on once it was checked."""
        check_saved()
        try:
            session = self._session(self._ticket(request.runtime.context, request.state))
            shown = shown_request(request, session)
        except RedactionError:
            return self._sync(partial(self._handed, request, "redaction"))
        with unheard():
            response = handler(shown)
        return self._sync(partial(self._answered, request, session, response))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any] | AIMessage:
        """The same."""
        check_saved()
        try:
            session, shown = await anyio.to_thread.run_sync(self._shown_session, request)
        except RedactionError:
            return await self._handed(request, "redaction")
        with unheard():
            response = await handler(shown)
        return await self._answered(request, session, response)

    # Every message of a model that calls tools.

    def after_model(self, state: DeskState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Rule on the message's calls, and pause where a person is to be asked."""
        calls = open_calls(state["messages"])
        if not calls:
            return None
        return update_of(self._turn(state, runtime.context, calls))

    async def aafter_model(self, state: DeskState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """The same."""
        calls = open_calls(state["messages"])
        if not calls:
            return None
        return update_of(await self._aturn(state, runtime.context, calls))

    # Every tool that is to run.

    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], _Result],
    ) -> _Result:
        """Run the tool if its call was let pass, once; in a graph without the hook above, rule."""
        passed = passed_in(request) or self._whole.sync(request, self._settle)
        if isinstance(passed, ToolMessage):
            return passed
        ready = to_run(request, passed)
        if isinstance(ready, ToolMessage):
            return ready
        begun = self._sync(partial(self._begun, request, passed))
        if begun.refused:
            return refusal(request.tool_call, begun.refused)
        with Running(self._desk, begun, door=self._desk.door) as running:
            result = handler(ready)
            running.fault = _fault(result)
        return noted(result, passed)

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[_Result]],
    ) -> _Result:
        """The same."""
        passed = passed_in(request) or await self._whole.on_loop(request, self._asettle)
        if isinstance(passed, ToolMessage):
            return passed
        ready = to_run(request, passed)
        if isinstance(ready, ToolMessage):
            return ready
        begun = await self._begun(request, passed)
        if begun.refused:
            return refusal(request.tool_call, begun.refused)
        async with Running(self._desk, begun) as running:
            result = await handler(ready)
            running.fault = _fault(result)
        return noted(result, passed)

    def _sync(self, work: Callable[[], Coroutine[object, object, _T]]) -> _T:
        return self._desk.door.call(work)

    def _ticket(self, context: object, state: object) -> Ticket:
        return ticket_of(self._conversation(context), said_in(messages_in(state)))

    def _session(self, ticket: Ticket) -> Session:
        # The same placeholders in every call of a conversation, so that prompts stay cacheable.
        nonce = hmac.new(self._nonces, ticket.id.encode(), hashlib.sha256).hexdigest()[:8]
        return self._desk.parts.redactor.open(ticket, nonce=nonce)

    def _shown_session(self, request: ModelRequest[Any]) -> tuple[Session, ModelRequest[Any]]:
        session = self._session(self._ticket(request.runtime.context, request.state))
        return session, shown_request(request, session)

    async def _handed(self, request: ModelRequest[Any], stage: str) -> AIMessage:
        ticket = self._ticket(request.runtime.context, request.state)
        return spoken(
            await to_colleague(self._desk, ticket, stage, "RedactionError", held=self._held), None
        )

    async def _answered(
        self, request: ModelRequest[Any], session: Session, response: ModelResponse[Any]
    ) -> ModelResponse[Any] | AIMessage:
        """What goes into the state, and on to whoever streams it."""
        answers = [message for message in response.result if isinstance(message, AIMessage)]
        if response.structured_response is not None or len(answers) != 1:
            raise ConfigError([_STRUCTURED])
        try:
            message = restored(answers[0], session)
        except RedactionError:
            return await self._handed(request, "redaction")
        if message.tool_calls:
            # Words beside calls would reach the customer unchecked.
            return message.model_copy(update={"content": ""})
        context, ticket = (
            request.runtime.context,
            self._ticket(request.runtime.context, request.state),
        )
        checked = await reviewed_reply(
            self._desk, self._conversation(context), ticket, text_of(message), held=self._held
        )
        return spoken(checked, message)

    def _turn(self, state: object, context: object, calls: Sequence[ToolCall]) -> Settled:
        ruled = self._sync(partial(self._ruled, state, context, calls))
        answers = ask_person(ruled)
        return self._sync(partial(settle_turn, self._desk, ruled, answers))

    async def _aturn(self, state: object, context: object, calls: Sequence[ToolCall]) -> Settled:
        ruled = await self._ruled(state, context, calls)
        return await settle_turn(self._desk, ruled, ask_person(ruled))

    async def _ruled(
        self, state: object, context: object, calls: Sequence[ToolCall]
    ) -> list[Ruled]:
        conversation, ticket = self._conversation(context), self._ticket(context, state)
        return await rule_on_turn(self._desk, conversation, ticket, calls)

    def _settle(self, request: ToolCallRequest) -> Settled:
        check_saved()
        return self._turn(request.state, request.runtime.context, turn_of(request))

    async def _asettle(self, request: ToolCallRequest) -> Settled:
        check_saved()
        return await self._aturn(request.state, request.runtime.context, turn_of(request))

    async def _begun(self, request: ToolCallRequest, passed: Pass) -> Begun:
        ticket = self._ticket(request.runtime.context, request.state)
        action = Action(name=passed["name"], args=_args(passed))
        return await begin_call(self._desk, ticket, action, passed["decision"])


_STRUCTURED = Problem(
    path="response_format",
    message="an agent with DeskMiddleware answers in text; structured answers are not checked",
    hint="leave response_format out",
)


def _args(passed: Pass) -> Mapping[str, Any]:
    return plain_args(passed["args"])


def _fault(result: _Result) -> BaseException | None:
    """A tool that told the model of an error may have done something all the same."""
    if isinstance(result, ToolMessage) and result.status == "error":
        return RuntimeError("the tool answered with an error")
    return None
