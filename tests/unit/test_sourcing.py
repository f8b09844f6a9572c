"""Which facts are asked for, for which proposal."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deskquorum.domain import Action, Deadline, Facts, Proposal
from deskquorum.policy import load_policies
from deskquorum.proposal import load_playbook
from deskquorum.sourcing import FactReader, facts_read
from deskquorum.testing import make_ticket

pytestmark = pytest.mark.anyio

DESK = """\
desk: shop
version: "1"
languages: [en]
questions:
  intent:
    ask: What is wanted?
    labels: {refund: money, other: anything else}
    labelers: [words]
labelers:
  words: {kind: rule, file: policies/desk.yaml, accuracy: 0.9}
"""
PLAYBOOK = """\
playbook: shop
version: "1"
slots:
  item: {kind: record, type: string, list: order.items, match: name, take: id}
"""
TOPIC = """\
policy: p
version: "1"
facts:
  order.id: string
  order.currency: string
  order.total_minor: int
  order.items: {list: {id: string, name: string, price: int}}
  customer.tier: string
  customer.banned: bool
  customer.number: string
  parcel.weight: int
  parcel.sent_at: date?
conditions:
  gold: customer.tier == "gold"
actions:
  refund: {args: {amount: {type: money, currency: order.currency}}, risk: none}
  ship: {args: {id: string}, risk: none}
  note: {risk: none}
  gift: {risk: none, limits: [{id: gifts, per: customer.number, within: 1d, count: 1, reason: x}]}
rules:
  - id: r
    on: refund
    effect: allow
    when: cond.gold && args.amount_minor < order.total_minor
    reason: x
  - {id: s, on: ship, effect: allow, when: known.parcel && args.id == claimed.item, reason: x}
  - {id: n, on: note, effect: allow, reason: x}
  - {id: t, on: ticket, effect: require_human, when: customer.banned, reason: x}
"""
EVERYTHING = {
    "order.id", "order.currency", "order.total_minor", "order.items", "customer.tier",
    "customer.banned", "customer.number", "parcel.weight", "parcel.sent_at",
}  # fmt: skip


class Asked:
    name = "asked"
    facts = frozenset(EVERYTHING)

    def __init__(self):
        self.wanted = None

    async def read(self, request, *, deadline):  # noqa: ARG002
        self.wanted = set(request.wanted)
        return Facts()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk") / "policies"
    folder.mkdir()
    for name, text in {"desk": DESK, "playbook": PLAYBOOK, "p": TOPIC}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    book = load_policies(folder)
    return book, load_playbook(folder / "playbook.yaml", book=book, reply_folders=())


def bots(name, reply=None):
    return Proposal(source="bot", action=None if name is None else Action(name=name), reply=reply)


@pytest.mark.parametrize(
    ("proposal", "wanted"),
    [
        pytest.param(
            bots("refund"),
            {"customer.tier", "order.total_minor", "order.currency", "customer.banned"},
            id="its-rules-and-its-currency",
        ),
        pytest.param(
            bots("ship"),
            {"parcel.weight", "parcel.sent_at", "order.items", "customer.banned"},
            id="a-whole-record-and-what-a-slot-reads",
        ),
        pytest.param(bots("note"), {"customer.banned"}, id="the-tickets-rules-only"),
        pytest.param(
            bots("gift"), {"customer.banned", "customer.number"}, id="whom-a-limit-is-per"
        ),
        pytest.param(bots("refund", "Done!"), EVERYTHING, id="a-reply-may-speak-of-anything"),
        pytest.param(bots(None, "Hello"), EVERYTHING, id="a-reply-alone"),
        pytest.param(bots("unheard"), EVERYTHING, id="an-action-that-nobody-declares"),
        pytest.param(None, EVERYTHING, id="the-playbook-proposes"),
    ],
)
async def test_what_is_asked_for_is_what_can_be_read(loaded, proposal, wanted):
    book, playbook = loaded
    asked = Asked()
    reader = FactReader(
        book=book, desk=book.desk, facts_read=facts_read(book, playbook), sources=(asked,)
    )
    ticket = replace(make_ticket("hello"), proposal=proposal)
    known = reader.known(ticket, languages=("en",), now=datetime.now(UTC))
    await reader.told(ticket, known=known, deadline=Deadline.after(1))
    assert asked.wanted == wanted
