"""A day at the desk with replicas that are killed: bots ask, reviewers judge, the shop acts."""

import asyncio
import time
from collections import Counter, deque
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
from tests.server.crash_shop import SECRET
from tests.server.replicas import Replicas

from deskquorum.ledger.outbox import State, executions_after

CLOSED_BY_CUSTOMER = 2
CLOSED_BY_DESK = 5
LIMITS = f"""\
    limits:
      - {{id: closed-a-customer, per: requester.customer_id, within: 30d, count: {CLOSED_BY_CUSTOMER}, reason: often}}
      - {{id: closed-in-all, per: desk, within: 30d, count: {CLOSED_BY_DESK}, reason: many}}
"""  # noqa: E501
EXECUTION = """
execution:
  close_ticket: {{url: "{url}/close_ticket", secret_env: SHOP, timeout_s: 0.5, settle_s: 1.5, read: "{url}/close_ticket/{{key}}"}}
  issue_refund: {{url: "{url}/issue_refund", secret_env: SHOP, timeout_s: 0.5}}
  cancel_order: {{url: "{url}/cancel_order", secret_env: SHOP, timeout_s: 0.5, idempotent: true}}
service: {{rate_per_s: 100000, burst: 100000}}
"""  # noqa: E501
"""Of one action a read tells what became of it, of one nothing does, one is done once anyway."""

THANKS = "plain-01"
WANTED = (THANKS, "plain-03", THANKS, "plain-04")
"""A ticket that software closes, an order to cancel, and a refund."""

BOTS, REVIEWERS, CUSTOMERS = 5, 2, 3
PATIENT = 4
"""So many tickets a bot has open at one time."""

_LEASE_S, _LEAP_S, _LOOK_S, _SECONDS = 20.0, 600.0, 10, 150


@dataclass(kw_only=True)
class Story:
    """What was seen from outside."""

    answers: dict = field(default_factory=dict)
    """By the number of the ticket: its decision, or where it is to be looked for."""
    customers: dict = field(default_factory=dict)
    """Conversation to the customer."""
    verdicts: Counter = field(default_factory=Counter)
    struck: Counter = field(default_factory=Counter)
    """What was going on in a process when it was killed."""
    kills: int = 0
    settled: bool = False
    took_s: float = 0.0


def prepare(place, url):
    """The example desk with limits, and with endpoints for three of its actions."""
    policies = place.folder / "policies"
    replies = policies / "replies.yaml"
    text = replies.read_text(encoding="utf-8")
    assert text.count("  close_ticket:\n") == 1
    replies.write_text(text.replace("  close_ticket:\n", f"  close_ticket:\n{LIMITS}"), "utf-8")
    with (policies / "desk.yaml").open("a", encoding="utf-8") as desk:
        desk.write(EXECUTION.format(url=url))


async def play(place, shop, tickets, *, kills, chance):
    """Kill so many processes at any moment of the work, then let what is left come to its end."""
    began, story = time.monotonic(), Story()
    keys = {scope: place.key(scope)[1] for scope in ("bot", "agent")}
    rows = {row["id"]: row for row in tickets}
    async with (
        Replicas(place, count=2, environment={"SHOP": SECRET}) as replicas,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session,
    ):
        desk = _Outside(replicas, session, chance, keys)
        over = asyncio.Event()
        bots = [asyncio.create_task(_bot(desk, story, rows, n, over)) for n in range(BOTS)]
        people = [asyncio.create_task(_reviewer(desk, story, over)) for _ in range(REVIEWERS)]
        for n in range(kills):
            await _kill(desk, story, shop)
            if n % 2:
                _leap(replicas, chance.uniform(-20, 60))
        over.set()
        await _leaping(replicas, [*bots, *people])
        story.settled = await _settle(place, replicas)
    story.took_s = time.monotonic() - began
    return story


class _Outside:
    """The service as those who call it know it: some address of it answers."""

    def __init__(self, replicas, session, chance, keys):
        self.replicas, self._session, self.chance, self._keys = replicas, session, chance, keys
        self.asked = Counter()
        """What is being asked, by address and kind."""

    @asynccontextmanager
    async def request(self, method, path, *, scope, **more):
        url = self.chance.choice(self.replicas.running).url
        headers = {"Authorization": f"Bearer {self._keys[scope]}", **more.pop("headers", {})}
        kind = url, "judge" if "verdict" in path else "decide" if method == "POST" else "look"
        self.asked[kind] += 1
        try:
            async with self._session.request(method, url + path, headers=headers, **more) as got:
                yield got
        finally:
            self.asked[kind] -= 1

    async def ask(self, method, path, *, good, **more):
        """The status and the answer; none, where it was no good one or the process is gone."""
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.request(method, path, **more) as answer:
                said = await answer.json()
                if answer.status in good:
                    return answer.status, said
                assert answer.status in {409, 503}, (answer.status, said)
        return None, None

    async def until_answered(self, method, path, **more):
        """As one does who must know: ask again, anywhere, until there is an answer."""
        while True:
            status, said = await self.ask(method, path, **more)
            if status is not None:
                return status, said
            await asyncio.sleep(self.chance.uniform(0.05, 0.2))


async def _kill(desk, story, shop):
    """A process that is ready for work, at any moment after that."""
    victim = desk.chance.randrange(2)
    await desk.replicas.ready(victim)
    await asyncio.sleep(desk.chance.uniform(0.0, 0.5))
    url = desk.replicas.running[victim].url
    for kind in ("decide", "judge"):
        story.struck[kind] += desk.asked[url, kind] > 0
    before = shop.working
    await desk.replicas.replace(victim)
    story.struck["execute"] += before > 0
    story.kills += 1


async def _bot(desk, story, rows, bot, over):
    """Comes back to what is being worked on, and to what got no answer; meanwhile asks more."""
    number, waits = bot, deque()
    while waits or not over.is_set():
        if len(waits) < PATIENT and not over.is_set():
            row = rows[WANTED[number // BOTS % len(WANTED)]]
            ticket = _ticket(row, number)
            story.customers[ticket["id"]] = ticket["requester"]["customer_id"]
            waits.append((number, ticket))
            number += BOTS
        asked = waits.popleft()
        if not await _answered(desk, story, *asked):
            waits.append(asked)
            await asyncio.sleep(0.1)


def _ticket(row, number):
    ticket = {**row, "id": f"t-{number}", "deadline_s": 4}
    if row["id"] != THANKS:
        return ticket
    customer = f"C-{number % CUSTOMERS}"
    facts = {**row["facts"], "customer": {**row["facts"]["customer"], "id": customer}}
    return {**ticket, "requester": {**row["requester"], "customer_id": customer}, "facts": facts}


async def _answered(desk, story, number, ticket):
    status, said = await desk.ask(
        "POST",
        "/v1/decisions",
        good={200, 202},
        scope="bot",
        json=ticket,
        headers={"Idempotency-Key": f"k-{number}"},
        params={"wait": "false"} if number % 4 == 3 else {},
    )
    if status is not None:
        story.answers[number] = said
    return status is not None


async def _reviewer(desk, story, over):
    while not over.is_set():
        params = {"limit": "20"}
        _, page = await desk.until_answered(
            "GET", "/v1/reviews", good={200}, scope="agent", params=params
        )
        if page["items"]:
            item = desk.chance.choice(page["items"])
            status, told = await desk.until_answered(
                "POST",
                f"/v1/reviews/{item['id']}/verdict",
                good={200, 409},
                scope="agent",
                json=_verdict(item, desk.chance),
            )
            story.verdicts[told["verdict"] if status == 200 else told["code"]] += 1
        await asyncio.sleep(0.05)


def _verdict(item, chance):
    fate, action = chance.random(), item["action"]
    if action is None or fate < 0.1:
        return {"verdict": "reject", "why": "a test"}
    if fate < 0.25 and action["name"] == "issue_refund":
        less = {**action, "args": {**action["args"], "amount": "1.00"}}
        why = "the reply was agreed on by phone"
        edit = {"verdict": "edit", "args_hash": item["args_hash"], "action": less}
        return {**edit, "override": True, "why": why}
    return {"verdict": "approve", "args_hash": item["args_hash"]}


def _leap(replicas, seconds):
    replicas.clock_is_wrong_by(replicas.wrong_by + seconds)


async def _leaping(replicas, tasks):
    """Wait for tasks; the time that leases take is passed over."""
    while True:
        _, left = await asyncio.wait(tasks, timeout=1.0)
        if not left:
            break
        _leap(replicas, _LEASE_S)
    await asyncio.gather(*tasks)


async def _settle(place, replicas):
    """Nobody is killed any more. The time that leases and pauses take is passed over, but for a
    look at the endpoint: between two leaps there is as much time as that takes.
    """
    for second in range(_SECONDS):
        if await asyncio.to_thread(_is_settled, place):
            return True
        if second % _LOOK_S == 0:
            _leap(replicas, _LEAP_S)
        await asyncio.sleep(1.0)
    return False


def _is_settled(place):
    def look(tx):
        waits = "SELECT count(*) FROM intake WHERE state <> 'done'"
        if tx.connection.exec_driver_sql(waits).scalar_one():
            return False
        return all(ended(row) for row in executions_after(tx, limit=100_000))

    return place.write(look)


def ended(row):
    """Whether an order is done, can never run, or is a person's."""
    return row.state in {State.DONE, State.CANCELLED} or row.handed_us is not None


__all__ = ["CLOSED_BY_CUSTOMER", "CLOSED_BY_DESK", "Story", "ended", "play", "prepare"]
