"""What the fakes share: conversations, webhooks with their retries, and faults on the wire."""

import asyncio
import base64
import hmac
import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

import aiohttp
from aiohttp import web

TOKEN, USER_TOKEN, SECRET = "token-of-the-bot", "token-of-a-user", "secret-of-the-webhook"
BOT = "77"


@dataclass(kw_only=True)
class Said:
    id: int
    role: str
    text: str
    private: bool
    at: datetime
    author: str


@dataclass(kw_only=True)
class Talk:
    """A conversation, whatever the helpdesk calls it."""

    id: int
    status: str
    said: list[Said] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    priority: str | None = None
    team: str | None = None
    assignee: str | None = None

    @property
    def replies(self):
        return [s.text for s in self.said if s.role == "agent" and not s.private]

    @property
    def notes(self):
        return [s.text for s in self.said if s.private]


@dataclass(kw_only=True)
class Fault:
    """Something that happens to one call."""

    method: str
    path: str
    """A part of it."""
    kind: str
    """`lost`: done, and the answer never comes; `broken`: 500 and not done; `busy`: 429."""
    body: str = ""
    """A part of it."""


class Fake:
    """One helpdesk with one account."""

    name = ""
    spec = MappingProxyType({})
    """What `desk.yaml` says of the account, beside its address and tokens."""
    first_status = "open"
    hook_timeout_s = 5.0
    hook_attempts = 5
    hook_pause_s = 0.2

    def __init__(self):
        self.talks = {}
        self.faults = []
        self.calls = []
        self.service = None
        self.hooks = []
        """Status of every attempt at a webhook; None where no answer came."""
        self._ids = itertools.count(1001)
        self._running = set()
        self.app = web.Application(middlewares=[self._faulty])
        self.routes(self.app.router)

    async def __aenter__(self):
        self._runner = web.AppRunner(self.app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_):
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._runner.cleanup()

    # What people do.

    def open(self):
        talk = Talk(id=next(self._ids), status=self.first_status)
        self.talks[talk.id] = talk
        return talk

    def identity(self, talk):
        """The conversation's id, as the helpdesk writes it."""
        return str(talk.id)

    def says(self, talk, text, *, role="customer", private=False, author=None, at=None):
        said = Said(
            id=next(self._ids),
            role=role,
            text=text,
            private=private,
            at=at or datetime.now(UTC).replace(microsecond=0),
            author=author or ("9" if role == "customer" else "55"),
        )
        talk.said.append(said)
        return said

    async def writes(self, talk, text, **how):
        """Say something, and tell the service."""
        said = self.says(talk, text, **how)
        return await self.hook(talk, said)

    async def takes(self, talk):
        """A person takes it."""
        talk.assignee = "55"

    # Webhooks.

    async def hook(self, talk, said):
        """Tell the service, again while it does not answer in time with a success."""
        body = json.dumps(self.payload(talk, said)).encode()
        delivery = str(uuid.uuid4())
        for _ in range(self.hook_attempts):
            answer = await self._send(body, delivery)
            if answer is not None and answer[0] < 300:
                return answer[1]
            await asyncio.sleep(self.hook_pause_s)
        self.gave_up(talk)
        return None

    def gave_up(self, talk):
        """What the helpdesk does when nobody answered."""

    def echo(self, talk, said):
        """What is written through the API is told too."""
        task = asyncio.ensure_future(self.hook(talk, said))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _send(self, body, delivery):
        if self.service is None:
            return None
        headers = {"Content-Type": "application/json", **self.headers(body, delivery)}
        timeout = aiohttp.ClientTimeout(total=self.hook_timeout_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(
                    f"{self.service}/v1/webhooks/{self.name}", data=body, headers=headers
                ) as answer,
            ):
                self.hooks.append(answer.status)
                return answer.status, await answer.json()
        except (TimeoutError, aiohttp.ClientError):
            self.hooks.append(None)
            return None

    # The API.

    @web.middleware
    async def _faulty(self, request, handler):
        text = await request.text()
        self.calls.append((request.method, request.path, text))
        fault = next(
            (
                f
                for f in self.faults
                if (f.method, f.path in request.path, f.body in text)
                == (request.method, True, True)
            ),
            None,
        )
        if fault is not None:
            self.faults.remove(fault)
            if fault.kind == "broken":
                return web.json_response({"error": "broken"}, status=500)
            if fault.kind == "busy":
                return web.json_response({}, status=429, headers={"Retry-After": "1"})
        if not self.knows(request):
            return web.json_response({"error": "unauthorized"}, status=401)
        answer = await handler(request)
        if fault is not None and fault.kind == "lost":
            request.transport.abort()
        return answer

    def of(self, request):
        talk = self.talks.get(int(request.match_info["id"]))
        if talk is None:
            raise web.HTTPNotFound
        return talk


def hmac_hex(name, body, secret=SECRET):
    return hmac.new(secret.encode(), body, name).hexdigest()


def hmac_base64(body, secret=SECRET):
    return base64.b64encode(hmac.new(secret.encode(), body, "sha256").digest()).decode()


def now_s():
    return str(int(time.time()))


def iso(at):
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
