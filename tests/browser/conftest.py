"""A real service of the example desk in a thread, and Debian's Chromium."""

import json
import os
import shutil
import socket
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from deskquorum.assembly import ledger_of
from deskquorum.desk import load_desk
from deskquorum.host_key import HOST_KEY, new_host_key, read_host_key
from deskquorum.ledger.api_keys import Scope, create
from deskquorum.server.sessions import Role

NORTHWIND = Path(__file__).parents[2] / "examples" / "northwind"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
KNOWN = {"id", "messages", "requester", "facts", "proposal", "language", "tags"}
PROXY_SECRET = "only-the-proxy-knows"  # noqa: S105

EVERY_LOOK = "DESKQUORUM_PICTURES" in os.environ
"""Whether pages are looked at in all widths, colours and languages; it takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One way to see a page."""

    lang: str
    dark: bool

    def __str__(self):
        return f"{self.lang}-{'dark' if self.dark else 'light'}"


LOOKS = [Look(lang="en", dark=False), Look(lang="de", dark=True)]
if EVERY_LOOK:
    LOOKS += [Look(lang="de", dark=False), Look(lang="en", dark=True)]


@pytest.fixture(params=LOOKS, ids=str)
def look(request):
    return request.param


@pytest.fixture(params=LOOKS if EVERY_LOOK else LOOKS[:1], ids=str)
def plain_look(request):
    """Fewer of them by default, for pages that have more than one test of their parts."""
    return request.param


@dataclass(kw_only=True)
class Site:
    """A running service with what a helpdesk and its people need."""

    url: str
    service: object
    keys: dict
    helpdesk: str
    """Origin whose pages may show the sidebar."""
    tickets: dict
    """Kind to a ticket of the example desk."""

    def decide(self, kind="refund", conversation=None):
        """Let the desk decide a new conversation, and return its id."""
        ticket = dict(self.tickets[kind])
        ticket["id"] = conversation or f"c-{os.urandom(6).hex()}"
        headers = {"Authorization": f"Bearer {self.keys['bot']}"}
        answer = httpx.post(f"{self.url}/v1/decisions", json=ticket, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        return ticket["id"]

    def token(self, conversation, agent="mia", lasts_s=900):
        headers = {"Authorization": f"Bearer {self.keys['agent']}"}
        body = {"conversation": conversation, "agent": agent, "lasts_s": lasts_s}
        made = httpx.post(f"{self.url}/v1/frame-tokens", json=body, headers=headers)
        return made.json()["token"]

    def sidebar(self, conversation, agent="mia", lang="en"):
        token = self.token(conversation, agent)
        return f"{self.url}/sidebar/{conversation}?in=helpdesk&lang={lang}#{token}"

    def cookie(self, name="lea", role="lead"):
        session = self.service.sessions.begin(name=name, role=Role(role), now=datetime.now(UTC))
        return {"name": "deskquorum", "value": session, "url": self.url, "httpOnly": True}

    def link(self, name="lea", role="lead", lasts=timedelta(minutes=10)):
        now = datetime.now(UTC)
        secret = self.service.sessions.link(name=name, role=Role(role), now=now, lasts=lasts)
        return f"{self.url}/sign-in#{secret}"

    def review(self, conversation):
        """The newest review of a conversation, as an agent's program sees it."""
        headers = {"Authorization": f"Bearer {self.keys['agent']}"}
        for state in ("open", "resolved", "superseded"):
            found = httpx.get(
                f"{self.url}/v1/reviews?state={state}&limit=200", headers=headers
            ).json()["items"]
            for item in found:
                if item["conversation"] == conversation:
                    return item
        raise AssertionError("no such review")


class _Helpdesk(BaseHTTPRequestHandler):
    """A helpdesk's page: a frame, and nothing of ours."""

    def do_GET(self):
        body = b"<!doctype html><title>helpdesk</title><body></body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def helpdesk():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Helpdesk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def site(tmp_path_factory, helpdesk):
    """One service for all tests of this process; each decides conversations of its own."""
    folder = tmp_path_factory.mktemp("desk") / "northwind"
    shutil.copytree(NORTHWIND, folder, ignore=shutil.ignore_patterns("state"))
    desk = folder / "policies" / "desk.yaml"
    settings = (
        "service:\n  rate_per_s: 100000\n  burst: 100000\n"
        f"  frames: {{helpdesk: ['{helpdesk}']}}\n"
        "  sign_in: {name_header: X-User, groups_header: X-Groups, roles: {desk-ops: ops}}\n"
    )
    desk.write_text(f"{desk.read_text(encoding='utf-8')}\n{settings}", encoding="utf-8")
    environment = {HOST_KEY: new_host_key()}
    with (
        closing(ledger_of(folder, None, keys=environment)) as record,
        record.database.transaction(writing=True) as tx,
    ):
        keys = {
            scope.value: create(tx, name="test", scopes=frozenset({scope}), lasts=None)[1]
            for scope in Scope
        }
    with _served(folder, environment) as (url, service):
        yield Site(url=url, service=service, keys=keys, helpdesk=helpdesk, tickets=_tickets())


class _served:  # noqa: N801 - used as a function
    """The service in a thread of its own."""

    def __init__(self, folder, environment):
        import uvicorn

        from deskquorum.server import Settings, create_app

        loaded = load_desk(folder, models=False, keys=environment)
        settings = Settings(host_key=read_host_key(environment), proxy_secret=PROXY_SECRET)
        app = create_app(loaded, settings)
        self._service = app.state.service
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            http="h11",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))

    def __enter__(self):
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        for _ in range(600):
            if self._server.started:
                return f"http://127.0.0.1:{self._socket.getsockname()[1]}", self._service
            time.sleep(0.05)
        raise AssertionError("the service did not come up")

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()


KINDS = {
    "refund": "plain-05",
    "address": "plain-07",
    "cancel": "plain-03",
    "thanks": "plain-01",
    "danger": "risky-01",
}


def _tickets():
    rows = map(json.loads, (NORTHWIND / "tickets.jsonl").read_text(encoding="utf-8").splitlines())
    known = {row["id"]: {k: v for k, v in row.items() if k in KNOWN} for row in rows}
    return {kind: known[identity] for kind, identity in KINDS.items()}


@pytest.fixture(scope="module")
def browser():
    """Ended with its module: while it runs, no test of this process can start an event loop."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: `apt-get install chromium`")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture
def open_page(browser):
    """Opens pages: `open_page(url, width=360, dark=False, lang="en", cookies=[...])`."""
    contexts = []

    def opened(url, *, width=360, height=760, dark=False, lang="en", cookies=(), **more):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale={"en": "en-GB", "de": "de-DE"}[lang],
            timezone_id="Europe/Berlin",
            **more,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        context.add_cookies(list(cookies))
        page = context.new_page()
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Where screenshots are left."""
    named = os.environ.get("DESKQUORUM_PICTURES")
    place = Path(named) if named else tmp_path_factory.mktemp("pictures")
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture
def accessible():
    """Fails on what axe-core finds of WCAG 2.1 A and AA."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}

    def check(page):
        found = Axe().run(page, options=rules).response["violations"]
        told = [(v["id"], v["impact"], [n["html"][:160] for n in v["nodes"]]) for v in found]
        assert told == []

    return check
