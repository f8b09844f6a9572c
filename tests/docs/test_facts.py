"""The page on facts: its desk.yaml reads a real system, its Python runs as it stands there."""

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskquorum import Action, Proposal, Route
from deskquorum.decision import sentence
from deskquorum.domain import Facts, Reason, Unread
from deskquorum.formats import read_ticket

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[2] / "docs" / "facts.md").read_text(encoding="utf-8")
(SOURCES,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
OPENED, TIERS, MADE, READ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

DESK = """\
desk: shop
version: "1"
languages: [en]
questions:
  intent:
    ask: What is wanted?
    labels: {refund: money back, other: anything else}
    labelers: [words]
labelers:
  words: {kind: rule, file: labelers/words.rules.yaml, accuracy: 0.9}
"""
TOPIC = """\
policy: notes
version: "1"
facts:
  order.id: string
  order.status: string
  order.total_minor: int
  order.cancelled_at: date?
  customer.tier: string
  customer.orders: {list: {id: string, total_minor: int, gift: bool}}
actions:
  note:
    risk: none
    mode: auto
    autonomy: {uncertified: {by: Ada, date: 2026-11-01, why: harmless}}
rules:
  - id: good-customer
    on: note
    effect: allow
    when: >-
      order.status == "shipped" && order.total_minor == 2410 && !known.order.cancelled_at
      && customer.orders.exists(o, o.gift && o.total_minor == 305) && customer.tier == "gold"
    reason: a test
"""
WORDS = """\
labeler: words
version: "1"
otherwise: other
rules:
  - {id: r, label: refund, words: [refund]}
"""
TICKET = {
    "id": "t-1",
    "messages": [{"role": "customer", "text": "Hello", "at": datetime.now(UTC)}],
    "requester": {"customer_id": "C-1"},
    "facts": {"order": {"id": "O-1"}},
}


def run(code):
    names = {}
    exec(compile(code, "docs/facts.md", "exec", dont_inherit=True), names)  # noqa: S102 - our own page
    return names


@pytest.fixture
def folder(tmp_path):
    for name, text in {"policies/notes.yaml": TOPIC, "labelers/words.rules.yaml": WORDS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with sqlite3.connect(tmp_path / "crm.sqlite") as crm:
        crm.execute("CREATE TABLE orders (id TEXT, cents INT, gift INT, customer TEXT)")
        crm.execute("INSERT INTO orders VALUES ('O-1', 2410, 0, 'C-1'), ('O-2', 305, 1, 'C-1')")
    crm.close()
    return tmp_path


async def test_the_desk_file_and_the_source_of_ones_own_decide_together(shop, folder, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "k-1")
    order = {"status": "shipped", "total": 24.10, "currency": "EUR"}
    record = {"order": order, "exported_at": datetime.now(UTC).isoformat()}
    tiers = run(TIERS)["Tiers"]({"C-1": "gold"})
    note = Proposal(source="bot", action=Action(name="note"))
    async with shop({"record": record}) as running:
        sources = SOURCES.replace("https://shop.example", running.url)
        (folder / "policies" / "desk.yaml").write_text(DESK + sources, encoding="utf-8")
        async with run(OPENED)["opened"](folder, tiers) as desk:
            decision = await desk.review(read_ticket(TICKET), note)
    assert decision.route is Route.AUTO, decision.reasons
    assert running.paths == ["/v1/orders/O-1?customer=C-1"]
    assert running.headers[0]["Authorization"] == "Bearer k-1"


async def test_sources_are_made_and_read_in_python_as_shown():
    made, read = run(MADE), run(READ)["read"]
    assert {made["shop"].name, made["crm"].name, made["nothing"].name} == {"shop", "crm", "nothing"}
    facts = await read([run(TIERS)["Tiers"]({})], Facts())
    assert facts == Facts(unread={"customer.tier": Unread(source="tiers", why="no-customer")})
    made["crm"]._engine.dispose()


def test_the_reason_reads_as_shown():
    params = {
        "fact": "order.total_minor",
        "rule": "refund-in-time",
        "source": "shop",
        "why": "status-503",
    }
    assert f"\n{sentence(Reason(code='missing-fact', params=params))}\n" in PAGE
