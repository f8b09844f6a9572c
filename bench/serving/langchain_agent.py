"""LangChain: an agent with its own redaction and approval, and a middleware that checks."""
# ruff: noqa: ANN401, ARG002 - the shapes are those of its base classes

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from serving.jobs import CHECKS, POLICY, Job, Outcome

_PHONE = r"\(\d{3}\) \d{3}-\d{4}"


class Agent:
    """`create_agent` with `PIIMiddleware`, checks and approval by a person; drafting is free."""

    async def start(self, url: str) -> None:
        """Build the agent once; each job is a thread of its own."""
        from langchain.agents import create_agent
        from langchain.agents.middleware import (
            AgentMiddleware,
            HumanInTheLoopMiddleware,
            PIIMiddleware,
        )
        from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
        from langchain_core.messages import AIMessage
        from langchain_core.tools import tool
        from langchain_openai import ChatOpenAI
        from langgraph.checkpoint.memory import InMemorySaver

        model = ChatOpenAI(
            base_url=f"{url}/langchain/v1", api_key="none", model="simulated", max_retries=0
        )
        self._jobs: dict[str, Job] = {}
        self._flags: dict[str, tuple[bool, bool, bool]] = {}
        jobs, flags = self._jobs, self._flags

        @tool
        def issue_refund(order_id: str, amount: str) -> str:
            """Pay money back."""
            return f"{order_id} {amount}"

        class Drafting(GenericFakeChatModel):
            def bind_tools(self, tools: Any, **_: Any) -> Any:
                return self

            def _generate(self, messages: Any, *_: Any, **__: Any) -> Any:
                from langchain_core.outputs import ChatGeneration, ChatResult

                job = jobs[messages[-1].id]
                call = {
                    "name": "issue_refund",
                    "args": {"order_id": job.order, "amount": job.amount},
                    "id": job.id,
                }
                drafted = AIMessage(content=job.reply, tool_calls=[call])
                return ChatResult(generations=[ChatGeneration(message=drafted)])

        class Checking(AgentMiddleware[Any, Any]):
            async def aafter_model(self, state: Any, runtime: Any) -> None:
                asked, drafted = state["messages"][-2], state["messages"][-1]
                job = jobs[asked.id]
                told = {
                    "message": asked.content,
                    "action": job.action,
                    "policy": "\n".join(POLICY),
                    "reply": drafted.content,
                }
                prompts = [prompt.format_map(told) for prompt in CHECKS.values()]
                answers = await asyncio.gather(*(model.ainvoke(prompt) for prompt in prompts))
                first, second, third = (answer.content != "ok" for answer in answers)
                flags[job.id] = first, second, third

        self._agent = create_agent(
            Drafting(messages=itertools.repeat(AIMessage(content=""))),
            tools=[issue_refund],
            middleware=[
                PIIMiddleware("email", strategy="redact"),
                PIIMiddleware("credit_card", strategy="redact"),
                PIIMiddleware("phone", detector=_PHONE, strategy="redact"),
                HumanInTheLoopMiddleware(interrupt_on={"issue_refund": True}),
                # After-model hooks run last to first.
                Checking(),
            ],
            checkpointer=InMemorySaver(),
        )

    async def job(self, job: Job) -> Outcome:
        """Run the agent up to the approval of the refund."""
        from langchain_core.messages import HumanMessage

        self._jobs[job.id] = job
        config = {"configurable": {"thread_id": job.id}}
        asked = HumanMessage(content=job.message, id=job.id)
        state = await self._agent.ainvoke({"messages": [asked]}, config)
        first, second, third = self._flags.pop(job.id)
        del self._jobs[job.id]
        await self._agent.checkpointer.adelete_thread(job.id)
        paused = "__interrupt__" in state
        action = "deny" if first or second else "pause" if paused else "allow"
        return Outcome(action=action, reply="block" if third else "ok")

    async def stop(self) -> None:
        """Nothing to close."""
