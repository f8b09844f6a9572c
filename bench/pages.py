"""The sidebar in a real browser, and many of them open at one process of the service.

Weight is what the browser receives with an empty cache. First paint (the outlines) and first
content (the suggestion) are the browser's own figures, whole is when the buttons are there. The
floor is the first paint of one line of text from the same service. Then that many sidebars follow
as many conversations, decisions come in, and it is measured how long each takes to be told.

    python bench/pages.py --runs 20 --open 200

Needs Debian's Chromium and `pip install playwright`.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from deskquorum.assembly import ledger_of
from deskquorum.host_key import HOST_KEY, new_host_key
from deskquorum.ledger.api_keys import Scope, create

NORTHWIND = Path(__file__).parents[1] / "examples" / "northwind"
KNOWN = {"id", "messages", "requester", "facts", "proposal", "language", "tags"}
REFUND = "plain-05"
SERVE = "import sys; sys.argv[0] = 'deskquorum'; from deskquorum.cli import main; main()"
PAINT = """(name) => performance.getEntriesByType('paint')
  .find((entry) => entry.name === name)?.startTime"""
FIRST, CONTENT = "first-paint", "first-contentful-paint"
RECEIVED = """() => [...performance.getEntriesByType('navigation'),
  ...performance.getEntriesByType('resource')].reduce((sum, one) => sum + one.transferSize, 0)"""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A service in a process of its own."""

    url: str
    bot: str
    agent: str
    pid: int

    def decide(self, conversation: str) -> None:
        """Let the desk decide a conversation."""
        body = {**_ticket(), "id": conversation}
        headers = {"Authorization": f"Bearer {self.bot}"}
        answer = httpx.post(f"{self.url}/v1/decisions", json=body, headers=headers, timeout=30)
        answer.raise_for_status()

    def token(self, conversation: str) -> str:
        """What a frame of that conversation shows."""
        headers = {"Authorization": f"Bearer {self.agent}"}
        body = {"conversation": conversation, "agent": "mia"}
        answer = httpx.post(f"{self.url}/v1/frame-tokens", json=body, headers=headers)
        return str(answer.raise_for_status().json()["token"])


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20, help="Sidebars that are measured.")
    parser.add_argument("--open", type=int, default=200, help="Sidebars open at once.")
    said = parser.parse_args()
    with _served(said.open) as served:
        print(f"{datetime.now(UTC):%Y-%m-%d} {os.cpu_count()} cores, example desk, no model")
        _browse(served, said.runs)
        asyncio.run(_follow(served, said.open))


def _browse(served: Served, runs: int) -> None:
    from playwright.sync_api import sync_playwright

    weights, paints, contents, wholes, floors = (list[float]() for _ in range(5))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for run in range(runs + 1):
            conversation = f"b-{run}"
            served.decide(conversation)
            context = browser.new_context(viewport={"width": 360, "height": 760})
            page = context.new_page()
            page.goto(f"{served.url}/sidebar/{conversation}#{served.token(conversation)}")
            page.wait_for_selector("[data-do=approve]")
            whole = page.evaluate("() => performance.now()")
            if run:
                # The first one warms the service and the browser.
                weights.append(page.evaluate(RECEIVED) / 1000)
                paints.append(page.evaluate(PAINT, FIRST))
                contents.append(page.evaluate(PAINT, CONTENT))
                wholes.append(whole)
            context.close()
            context = browser.new_context(viewport={"width": 360, "height": 760})
            page = context.new_page()
            page.goto(f"{served.url}/healthz")
            page.wait_for_function(PAINT, arg=FIRST)
            if run:
                floors.append(page.evaluate(PAINT, FIRST))
            context.close()
        browser.close()
    _tell("floor, first paint, ms", floors)
    _tell("received, kB", weights)
    _tell("first paint, ms", paints)
    _tell("first content, ms", contents)
    _tell("whole, ms", wholes)


async def _follow(served: Served, count: int) -> None:
    told: dict[str, float] = {}
    ready = asyncio.Semaphore(0)
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=httpx.Timeout(60), limits=limits) as client:
        names = [f"f-{number}" for number in range(count)]
        followers = [asyncio.create_task(_one(client, served, name, ready, told)) for name in names]
        for _ in names:
            await asyncio.wait_for(ready.acquire(), 60)
        before_s = _cpu_s(served.pid)
        await asyncio.sleep(10)
        idle_s = _cpu_s(served.pid) - before_s
        sent = dict[str, float]()
        for name in names[:50]:
            await asyncio.to_thread(served.decide, name)
            sent[name] = time.monotonic()
        await asyncio.sleep(2)
        for follower in followers:
            follower.cancel()
    print(f"{count} open: CPU of the service while nothing happens {idle_s * 10:.1f} %")
    print(f"{count} open: told {sum(name in told for name in sent)} of {len(sent)}")
    _tell("decided to told, ms", [max(0.0, told[n] - at) * 1000 for n, at in sent.items()])
    print(f"memory of the service: {_rss_mb(served.pid):.0f} MB")


async def _one(
    client: httpx.AsyncClient,
    served: Served,
    name: str,
    ready: asyncio.Semaphore,
    told: dict[str, float],
) -> None:
    token = await asyncio.to_thread(served.token, name)
    headers = {"Authorization": f"Bearer {token}"}
    async with client.stream("GET", f"{served.url}/pages/live/{name}", headers=headers) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line == "event: ready":
                ready.release()
            if line == "event: decided":
                told.setdefault(name, time.monotonic())


@contextmanager
def _served(streams: int) -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="deskquorum-bench-") as place:
        folder, environment = Path(place) / "northwind", {HOST_KEY: new_host_key()}
        shutil.copytree(NORTHWIND, folder, ignore=shutil.ignore_patterns("state"))
        desk = folder / "policies" / "desk.yaml"
        more = f"service: {{rate_per_s: 100000, burst: 100000, streams: {streams}}}\n"
        desk.write_text(f"{desk.read_text(encoding='utf-8')}\n{more}", encoding="utf-8")
        with (
            closing(ledger_of(folder, None, keys=environment)) as record,
            record.database.transaction(writing=True) as tx,
        ):
            bot, agent = (
                create(tx, name="bench", scopes=frozenset({scope}), lasts=None)[1]
                for scope in (Scope.BOT, Scope.AGENT)
            )
        port = _free_port()
        command = [sys.executable, "-c", SERVE, "serve", "--no-model", "--desk", str(folder)]
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            env={**os.environ, **environment},
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url)
            yield Served(url=url, bot=bot, agent=agent, pid=process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service did not come up")


def _ticket() -> dict[str, Any]:
    lines = (NORTHWIND / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    row = next(row for row in map(json.loads, lines) if row["id"] == REFUND)
    return {name: value for name, value in row.items() if name in KNOWN}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _tell(what: str, values: list[float]) -> None:
    ranked = sorted(values)
    shown = [ranked[min(len(ranked) - 1, int(len(ranked) * share))] for share in (0.5, 0.75, 0.95)]
    print(f"{what:<24} p50 {shown[0]:8.1f}   p75 {shown[1]:8.1f}   p95 {shown[2]:8.1f}")


if __name__ == "__main__":
    main()
