"""A simulated OpenAI-compatible server: each answer is late by a fixed time, and counted."""

from __future__ import annotations

import asyncio
import json
import re
import time
from multiprocessing.connection import Connection
from typing import Any

from aiohttp import web

from serving.jobs import PERSONAL

__all__ = ["serve"]

_CLAUSE = re.compile(r"^\[\w+\] (.+)$", re.MULTILINE)
_CLAIM = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_WORD = re.compile(r"\w+")


class _Model:
    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.flags = False
        self.calls = self.leaks = 0
        self.late_s = 0.0

    async def chat(self, request: web.Request) -> web.Response:
        started = time.perf_counter()
        raw = await request.read()
        self.calls += 1
        self.leaks += PERSONAL.search(raw) is not None
        body = json.loads(raw)
        text = self.answer(request.match_info["style"], body)
        left = self.latency_s - (time.perf_counter() - started)
        if left > 0:
            await asyncio.sleep(left)
        self.late_s = max(self.late_s, time.perf_counter() - started - self.latency_s)
        message = {"role": "assistant", "content": text, "refusal": None}
        return web.json_response(
            {
                "id": "simulated",
                "object": "chat.completion",
                "created": 0,
                "model": "simulated",
                "choices": [
                    {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
                ],
                "usage": {"prompt_tokens": 300, "completion_tokens": 20, "total_tokens": 320},
            }
        )

    def answer(self, style: str, body: dict[str, Any]) -> str:
        """What that system's checks read as all clear, or as a flag."""
        if style == "ours":
            return json.dumps(self._ours(body))
        if style == "nemo":
            return "Yes" if self.flags else "No"
        if style == "openai-guardrails":
            told = {"observation": "-", "evidence": None, "reason": "-"}
            return json.dumps(
                {"flagged": self.flags, "confidence": 0.95 if self.flags else 0.05} | told
            )
        return "flag" if self.flags else "ok"

    def _ours(self, body: dict[str, Any]) -> dict[str, Any]:
        if "label" in body["response_format"]["json_schema"]["schema"]["properties"]:
            return {"label": "no" if self.flags else "yes"}
        asked = body["messages"][-1]["content"]
        clauses = [
            (clause, set(_WORD.findall(clause.lower()))) for clause in _CLAUSE.findall(asked)
        ]
        claims = []
        for number, claim in _CLAIM.findall(asked.rpartition("CLAIMS TO CHECK")[2]):
            words = set(_WORD.findall(claim.lower()))
            quote = max(clauses, key=lambda one: len(one[1] & words))[0]
            said = (
                {"says": "unsupported", "quote": ""}
                if self.flags
                else {"says": "entailed", "quote": quote}
            )
            claims.append({"claim": int(number)} | said)
        return {"claims": claims}


def serve(pipe: Connection, latency_s: float) -> None:
    """Serve until told to stop; tells its address, then answers orders.

    Orders: `("flags", bool)`, `("latency", seconds)`, `("stats",)`: calls, leaks and the worst
    lateness since the last time, and `("stop",)`.
    """

    async def run() -> None:
        model = _Model(latency_s)
        app = web.Application(client_max_size=2**22)
        app.router.add_post("/{style}/v1/chat/completions", model.chat)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
        while (order := await asyncio.to_thread(pipe.recv))[0] != "stop":
            match order:
                case ("flags", flags):
                    model.flags = flags
                    pipe.send(None)
                case ("latency", seconds):
                    model.latency_s = seconds
                    pipe.send(None)
                case ("stats",):
                    pipe.send((model.calls, model.leaks, model.late_s))
                    model.calls = model.leaks = 0
                    model.late_s = 0.0
        await runner.cleanup()

    asyncio.run(run())
