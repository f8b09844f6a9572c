"""A small shop's policies, and ways to load policies from text and to ask about them."""

from datetime import UTC, datetime
from textwrap import dedent

import pytest

from deskquorum.domain import Action, Answer, Fact, Facts
from deskquorum.errors import PolicyFileError
from deskquorum.policy import load_policies, rule_on, rule_on_ticket

NOW = datetime(2026, 11, 12, 15, 0, tzinfo=UTC)

DESK = """\
desk: shop
version: "1"
languages: [en]
currency: USD
questions:
  intent:
    ask: What is wanted?
    labels: {refund: money back, thanks: nothing, other: anything else}
    labelers: [intent-words]
labelers:
  intent-words: {kind: rule, file: policies/desk.yaml, accuracy: 0.8}
"""

PLAYBOOK = """\
playbook: shop
version: "1"
slots:
  item: {kind: record, type: string, list: order.items}
  sure: {kind: mentions, type: bool}
"""

SHOP = """\
policy: refunds
version: "1"
facts:
  order.id: string
  order.status: {type: string, values: [shipped, delivered]}
  order.delivered_at: date?
  order.total_minor: int
  order.currency: string
  order.items:
    list: {item_id: string, price_minor: int, note: string?, tags: [string], sent: date}
  order.user_id: string
conditions:
  own_order: order.user_id == requester.customer_id
clauses:
  - {id: R1, text: Refunds within 30 days of delivery.}
  - {id: R2, text: Refunds over 50.00 are for a person.}
  - {id: R3, text: Nobody else's order.}
actions:
  issue_refund:
    args: {order_id: string, amount: {type: money, currency: order.currency}}
    risk: money
    mode: suggest
    autonomy: {max_error: 0.02, confidence: 0.95}
  note: {args: {text: string?}, risk: none}
  reply:
    risk: reply
    mode: auto
    autonomy: {uncertified: {by: Ada, date: 2026-11-01, why: harmless}}
"""

RULES = """\
rules:
  - id: in-time
    on: issue_refund
    effect: allow
    when: >-
      cond.own_order && known.order.delivered_at
      && days_between(order.delivered_at, now) <= 30
    cite: [R1]
    reason: within 30 days
    obligations: [tell-warehouse]
  - id: too-much
    on: issue_refund
    effect: require_human
    when: args.amount_minor > 5000
    cite: [R2, R1]
    reason: over 50.00
  - id: not-theirs
    on: issue_refund
    effect: deny
    when: "!cond.own_order"
    cite: [R3]
    reason: another customer's order
  - id: sure-thing
    on: ticket
    effect: require_human
    when: known.order && order.total_minor > 90000
    cite: R2
    reason: a large order
    obligations: [priority-high]
"""

FACTS = {
    "order.id": "A1",
    "order.status": "delivered",
    "order.delivered_at": "2026-11-01",
    "order.total_minor": 12000,
    "order.currency": "USD",
    "order.items": [
        {"item_id": "i1", "price_minor": 4000, "tags": ["new"], "sent": "2026-10-30"},
        {"item_id": "i2", "price_minor": 8000, "note": "x", "tags": [], "sent": "2026-10-31"},
    ],
    "order.user_id": "C1",
    "requester.customer_id": "C1",
    "ticket.customer_messages": 1,
    "ticket.agent_messages": 0,
    "ticket.languages": ["en"],
    "ticket.served_language": True,
}

REFUND = {"order_id": "A1", "amount": "24.00"}


class Bench:
    """Loads policies from texts in a desk folder of its own, and asks them."""

    def __init__(self, folder):
        self.folder = folder / "policies"
        self.folder.mkdir()

    def write(self, **files):
        for name, text in files.items():
            path = self.folder / f"{name.replace('__', '.')}.yaml"
            path.write_text(dedent(text), encoding="utf-8")

    def load(self, rules=RULES, **files):
        files = {"desk": DESK, "playbook": PLAYBOOK, "refunds": SHOP + dedent(rules)} | files
        self.write(**files)
        return load_policies(self.folder)

    def problems(self, **files):
        """The problems' texts, paths shortened to file names."""
        self.write(**files)
        with pytest.raises(PolicyFileError) as caught:
            load_policies(self.folder)
        return [str(problem).replace(f"{self.folder}/", "") for problem in caught.value.problems]

    def rule(self, when, *, effect="require_human", on="note"):
        return self.load(
            f"""\
            rules:
              - id: tested
                on: {on}
                effect: {effect}
                when: |
                  {when}
                reason: a test
            """
        )


def snapshot(facts, unread=None):
    return Facts(
        values={
            name: Fact(value=value, source="test", read_at=NOW) for name, value in facts.items()
        },
        unread=unread or {},
    )


def answered(label, *, settled=True):
    answer = Answer(
        question="intent", label=label, probability=0.9, settled=settled, calibrated=False
    )
    return {"intent": answer}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def ask():
    """Rule on an action; what a test does not mention is usual."""

    def ask(book, name="issue_refund", args=None, *, without=(), answers=None, **changed):
        values = {k: v for k, v in (FACTS | changed.pop("facts", {})).items() if k not in without}
        return rule_on(
            book,
            Action(name=name, args=REFUND if args is None else args),
            facts=snapshot(values, changed.pop("unread", None)),
            answers=answered("refund") if answers is None else answers,
            claimed=changed.pop("claimed", {"item": "i1", "sure": True}),
            now=changed.pop("now", NOW),
            **changed,
        )

    return ask


@pytest.fixture
def ask_ticket():
    def ask_ticket(book, *, without=(), facts=None):
        values = {k: v for k, v in (FACTS | (facts or {})).items() if k not in without}
        return rule_on_ticket(
            book, facts=snapshot(values), answers=answered("refund"), claimed={}, now=NOW
        )

    return ask_ticket
