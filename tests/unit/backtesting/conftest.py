"""Two small sets of files and evidence that was recorded under the first."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deskquorum.assembly import load_parts
from deskquorum.domain import Action, Evidence, Fact, Facts, Proposal
from deskquorum.judgement import judge
from deskquorum.ledger import Entry
from deskquorum.testing import make_redacted_ticket, make_vote

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

DESK = """\
desk: shop
version: "1"
languages: [en]
ledger: state/ledger.sqlite
currency: EUR
questions:
  mood:
    ask: How is the customer?
    labels: {labels}
    labelers: [{labelers}]
labelers:
  {specs}
"""
FACTS = {"order.status": "string", "customer.tier": "string"}
PAY = """\
policy: pay
version: "1"
facts: {facts}
clauses:
  - {{id: C1, text: "We pay."}}
actions:
  pay:
    args: {{amount: money}}
    risk: money
    limits: {limits}
rules:
{rules}
"""
ALLOW = (
    "{id: ok, on: pay, effect: allow, when: 'order.status == \"open\"', cite: [C1], reason: fine}"
)
WORDS = """\
labeler: {name}
version: "1"
otherwise: calm
rules:
  - {{id: a, label: calm, words: [x]}}
"""


@pytest.fixture
def rulebook(tmp_path):
    """Loads a desk of these rules, facts, labels and labelers."""
    made = iter(range(100))

    def rulebook(
        *rules, facts=FACTS, labels=("calm", "cross"), labelers=("words",), plays="", limits="[]"
    ):
        folder = tmp_path / str(next(made))
        for name in ("policies", "labelers"):
            (folder / name).mkdir(parents=True)
        for name in labelers:
            (folder / "labelers" / f"{name}.yaml").write_text(WORDS.format(name=name))
        spec = "{name}: {{kind: rule, file: labelers/{name}.yaml, accuracy: 0.9}}"
        desk = DESK.format(
            labels="{" + ", ".join(f'{label}: "a customer"' for label in labels) + "}",
            labelers=", ".join(labelers),
            specs="\n  ".join(spec.format(name=name) for name in labelers),
        )
        written = "{" + ", ".join(f"{name}: {kind}" for name, kind in facts.items()) + "}"
        listed = "\n".join(f"  - {rule}" for rule in (ALLOW, *rules))
        (folder / "policies" / "desk.yaml").write_text(desk)
        (folder / "policies" / "pay.yaml").write_text(
            PAY.format(facts=written, rules=listed, limits=limits)
        )
        if plays:
            (folder / "policies" / "playbook.yaml").write_text(plays)
        return load_parts(folder, models=False).rules

    return rulebook


@pytest.fixture
def entry(rulebook):
    """Records what the first set of files decides on evidence with these facts."""
    first = rulebook()

    def entry(*, votes=None, proposal=True, failures=(), rules=first, amount="10.00", **facts):
        facts = facts or {"order_status": "open", "customer_tier": "gold"}
        values = {name.replace("_", ".", 1): value for name, value in facts.items()}
        action = Action(name="pay", args={"amount": amount})
        evidence = Evidence(
            ticket=make_redacted_ticket(),
            facts=Facts(
                values={
                    name: Fact(value=value, source="ticket", read_at=NOW)
                    for name, value in values.items()
                }
            ),
            votes=tuple(votes or [make_vote("calm", labeler="words", question="mood")]),
            proposal=Proposal(source="bot", action=action) if proposal else None,
            failures=failures,
            taken_at=NOW,
        )
        decision = judge(evidence, rules, decision_id="d-1", now=NOW)
        return Entry(
            seq=1,
            decision=decision,
            evidence=evidence,
            recorded_at=NOW,
            previous_hash="",
            hash="",
        )

    return entry


@pytest.fixture
def euros():
    return lambda amount: {"EUR": Decimal(amount)}
