"""The three calls and nothing else: what no system can be faster than with the same client."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from serving.jobs import CHECKS, LIMIT, PERSONAL, POLICY, Job, Outcome

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["Bare", "OverAiohttp", "masked"]

_PERSONAL = re.compile(PERSONAL.pattern.decode())


def masked(text: str) -> str:
    """The text without what no model may be shown; knows the benchmark's own data only."""
    return _PERSONAL.sub("<PERSONAL>", text)


class Bare:
    """The openai client as it comes: three calls side by side, amounts compared by hand."""

    def __init__(self) -> None:
        self._client: AsyncOpenAI | None = None

    async def start(self, url: str) -> None:
        """Get ready to ask the model at that address."""
        self._client = self._made(f"{url}/floor/v1")

    def _made(self, base_url: str) -> AsyncOpenAI:
        from openai import AsyncOpenAI

        return AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0)

    async def job(self, job: Job) -> Outcome:
        """Do one job."""
        message = masked(job.message)
        told = {
            "message": message,
            "action": job.action,
            "policy": "\n".join(POLICY),
            "reply": job.reply,
        }
        asked = (prompt.format_map(told) for prompt in CHECKS.values())
        first, second, third = await asyncio.gather(*map(self._flags, asked))
        over = float(job.amount) > LIMIT
        action = "deny" if first or second else "pause" if over else "allow"
        return Outcome(action=action, reply="block" if third else "ok")

    async def _flags(self, prompt: str) -> bool:
        assert self._client is not None  # noqa: S101 - narrows: started before any job
        answer = await self._client.chat.completions.create(
            model="simulated",
            messages=[{"role": "user", "content": prompt}],
            max_tokens=8,
            temperature=0,
        )
        return answer.choices[0].message.content != "ok"

    async def stop(self) -> None:
        """Let go of what was opened."""
        if self._client is not None:
            await self._client.close()


class OverAiohttp(Bare):
    """The same over aiohttp."""

    def _made(self, base_url: str) -> AsyncOpenAI:
        from openai import AsyncOpenAI, DefaultAioHttpClient

        http = DefaultAioHttpClient()
        return AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, http_client=http)
