"""The desk's endpoint of the crash test: keeps to its contract, and is as unkind as that allows."""

import asyncio
import hashlib
import hmac
import random
from collections import Counter

from aiohttp import web

SECRET = "s3cret-of-the-shop"  # noqa: S105 - of a test
ONCE = "cancel_order"
"""The action of which the endpoint itself does one key once."""
LONGEST_S = 1.0
"""A call takes effect no later than that after it came in."""


class Kind(random.Random):
    """The chance of a shop on a good day."""

    def random(self):
        return 0.5

    def uniform(self, low, high):
        return min(low, high)


class CrashShop:
    """Counts what took effect; is slow, breaks connections before and after, asks for patience."""

    def __init__(self, chance):
        self._chance = chance
        self._working = Counter()
        self.effects = Counter()
        """By key."""
        self.calls = []
        """Those that took effect, in order."""
        self.cut_off = 0
        """Calls whose caller was gone before it had its answer."""

    async def __aenter__(self):
        app = web.Application()
        app.router.add_post("/{action}", self._act)
        app.router.add_get("/{action}/{key}", self._tell)
        # Without it a handler goes on when its caller is gone, as the systems of shops do.
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    @property
    def working(self):
        return self._working.total()

    async def _act(self, request):
        body = await request.read()
        assert _is_ours(request.headers, body)
        call = await request.json()
        assert call["action"] == request.match_info["action"]
        assert call["key"] == request.headers["Idempotency-Key"]
        self._working[call["key"]] += 1
        try:
            return await self._acted(request, call)
        finally:
            self._working[call["key"]] -= 1
            self.cut_off += request.transport is None

    async def _acted(self, request, call):
        fate = self._chance.random()
        if fate < 0.05:
            request.transport.abort()
            return web.Response(status=500)
        if fate < 0.10:
            return web.Response(status=503, headers={"Retry-After": "1"})
        if fate < 0.12:
            return web.Response(status=422)
        # A few take longer than the caller waits.
        await asyncio.sleep(self._chance.uniform(0.0, LONGEST_S if fate < 0.25 else 0.3))
        self._take_effect(call)
        await asyncio.sleep(self._chance.uniform(0.0, LONGEST_S if fate > 0.95 else 0.1))
        if fate > 0.90 and request.transport is not None:
            request.transport.abort()
        status = 500 if 0.85 < fate < 0.9 else 200
        return web.json_response({"key": call["key"], "state": "done"}, status=status)

    def _take_effect(self, call):
        if call["action"] == ONCE and self.effects[call["key"]]:
            return
        self.effects[call["key"]] += 1
        self.calls.append(call)

    async def _tell(self, request):
        """What happened so far, of a call at work too: who asks has to wait for its end."""
        assert _is_ours(request.headers, b"")
        key = request.match_info["key"]
        state = "done" if self.effects[key] else "not-done"
        if self._chance.random() < 0.05:
            return web.Response(status=502)
        return web.json_response({"key": key, "state": state})


def _is_ours(headers, body):
    at = headers["Deskquorum-Timestamp"]
    right = hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={right}", headers["Deskquorum-Signature"])
