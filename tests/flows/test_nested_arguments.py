"""Actions with lists and records in their arguments, and facts that are mappings, whole way."""

import json
from dataclasses import replace

import anyio
import pytest

from deskquorum import Action, Proposal, Route, load_desk
from deskquorum.cli.decide import decide_file
from deskquorum.cli.explain import explain_decision
from deskquorum.cli.policy_authorize import authorize_file
from deskquorum.formats import parse_json, read_ticket
from deskquorum.judgement import judge

FILES = {
    "policies/desk.yaml": """\
desk: shop
version: "1"
languages: [en]
questions:
  intent:
    ask: What is wanted?
    labels: {swap: another item, other: anything else}
    labelers: [words]
labelers:
  words: {kind: rule, file: labelers/words.rules.yaml, accuracy: 0.95}
""",
    "policies/swaps.yaml": """\
policy: swaps
version: "1"
facts:
  order.user_id: string
  order.items: {list: {id: string, product: string, price: {type: money, currency: USD}}}
  catalog: {map: {product: string, price: {type: money, currency: USD}, in_stock: bool}}
values:
  difference: >-
    sum_of(args.new_ids.map(id, catalog[id].price))
    - sum_of(args.item_ids.map(id, order.items.filter(i, i.id == id)[0].price))
clauses:
  - {id: S1, text: "Items are exchanged for the same product in stock at the same price."}
actions:
  swap_items:
    args:
      item_ids: [string]
      new_ids: [string]
      ship_to: {record: {recipient_name: string, address: string, country: string}, optional: true}
    risk: account
    mode: auto
    autonomy: {uncertified: {by: Ada, date: 2026-11-01, why: same price}}
rules:
  - id: same-price
    on: swap_items
    effect: allow
    when: >-
      order.user_id == requester.customer_id && size(args.item_ids) == size(args.new_ids)
      && args.new_ids.all(id, catalog[id].in_stock) && value.difference == 0
    cite: S1
    reason: nothing is to be paid
  - id: abroad
    on: swap_items
    effect: require_human
    when: known.args.ship_to && args.ship_to.country != "US"
    cite: S1
    reason: to another country
""",
    "policies/playbook.yaml": """\
playbook: shop
version: "1"
plays:
  - id: first-item
    when: answer.intent == "swap" && size(order.items) > 0
    action:
      name: swap_items
      args:
        item_ids: order.items.map(i, i.id)
        new_ids: order.items.map(i, "B" + i.id)
        ship_to: "{'recipient_name': 'x', 'address': 'y', 'country': 'US'}"
    reply: swapped
""",
    "labelers/words.rules.yaml": """\
labeler: words
version: "1"
otherwise: other
rules:
  - {id: swap, label: swap, words: [swap]}
""",
    "prompts/replies/swapped.md": """\
---
id: swapped
version: "1"
---
The new items are on their way.
""",
}

FACTS = """\
{"order": {"user_id": "C-204",
           "items": [{"id": "1", "product": "mug", "price": 24.1},
                     {"id": "2", "product": "hat", "price": "3.20"}]},
 "catalog": {"B1": {"product": "mug", "price": 24.10, "in_stock": true},
             "B2": {"product": "hat", "price": 3.2, "in_stock": true}}}"""
TEXT = "Please swap both for the blue ones and send them to 12 Pine St, Bend OR 97701"
ARGS = {
    "item_ids": ["1", "2"],
    "new_ids": ["B1", "B2"],
    "ship_to": {
        "recipient_name": "Alma Richter",
        "address": "12 Pine St, Bend OR 97701",
        "country": "US",
    },
}


def row(identity, args=ARGS, facts=FACTS, text=TEXT):
    proposal = (
        ""
        if args is None
        else f""", "proposal": {{"action": {json.dumps({"name": "swap_items", "args": args})}}}"""
    )
    message = json.dumps({"role": "customer", "text": text, "at": "2026-11-20T09:00:00Z"})
    return (
        f'{{"id": "{identity}", "messages": [{message}], '
        f'"requester": {{"customer_id": "C-204"}}, "facts": {facts}{proposal}}}'
    ).replace("\n", " ")


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "desk" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "desk"


@pytest.fixture
def decided(folder, tmp_path):
    """Decide rows of JSON Lines, as the command does."""

    def decided(*rows):
        tickets, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        tickets.write_text("\n".join(rows) + "\n", encoding="utf-8")
        decide_file(
            tickets,
            folder=folder,
            out=out,
            model_url=None,
            models=False,
            ledger=None,
            jobs=1,
            as_json=True,
        )
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    return decided


def test_lists_records_and_mappings_come_through_the_whole_desk(decided):
    (made,) = decided(row("t-1"))
    assert (made["route"], made["ruling"]["rules"]) == ("auto", ["same-price"])
    assert made["action"] == {"name": "swap_items", "args": ARGS}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"item_ids": ["1"]}, "no-rule", id="lists-of-two-lengths"),
        pytest.param({"new_ids": ["B1", "B9"]}, "rule-error", id="not-in-the-mapping"),
        pytest.param({"item_ids": [1, 2]}, "bad-argument", id="numbers-for-texts"),
        pytest.param({"item_ids": "1"}, "bad-argument", id="one-for-a-list"),
        pytest.param({"new_ids": [["B1"], ["B2"]]}, "bad-argument", id="lists-in-a-list"),
        pytest.param({"ship_to": {"country": "US"}}, "bad-argument", id="half-a-record"),
        pytest.param({"ship_to": ARGS["ship_to"] | {"country": "FR"}}, "rule", id="a-rule-on-it"),
        pytest.param({"new_ids": 1.5}, "bad-argument", id="a-number-with-a-point"),
    ],
)
def test_nested_arguments_are_ruled_on(decided, changed, code):
    (made,) = decided(row("t-1", ARGS | changed))
    assert made["route"] == "human"
    assert code in {reason["code"] for reason in made["reasons"]}


def test_an_amount_with_a_point_is_read_exactly(decided):
    """Of binary floats, 24.1 + 3.2 and 24.10 + 3.20 would differ from 27.3 in the last place."""
    dearer = FACTS.replace('"price": 3.2,', '"price": 3.21,')
    cheaper = FACTS.replace('"price": 24.1}', '"price": 24.100000000000001}')
    same, more, finer = decided(row("a"), row("b", facts=dearer), row("c", facts=cheaper))
    assert (same["route"], more["route"], finer["route"]) == ("auto", "human", "human")
    assert more["reasons"][0]["code"] == "no-rule"
    assert finer["reasons"][0]["code"] == "wrong-type"
    assert finer["reasons"][0]["fact"] == "order.items"


def test_what_is_personal_in_nested_arguments_is_not_recorded(decided, folder):
    decided(row("t-1"))
    desk = load_desk(folder, models=False)
    args = desk.ledger.latest("t-1").decision.action.args
    desk.ledger.close()
    assert args["item_ids"] == ["1", "2"]
    assert args["ship_to"]["recipient_name"].startswith("⟦PERSON")
    assert args["ship_to"]["address"].startswith("⟦ADDRESS")
    assert args["ship_to"]["country"] == "US"
    kept = b"".join(f.read_bytes() for f in (folder / "state").iterdir()).decode("utf-8", "replace")
    assert "Richter" not in kept
    assert "Pine" not in kept


def test_a_play_fills_lists_and_records(decided):
    (made,) = decided(row("t-1", None))
    assert made["action"]["args"]["item_ids"] == ["1", "2"]
    assert made["action"]["args"]["new_ids"] == ["B1", "B2"]
    assert made["action"]["args"]["ship_to"]["country"] == "US"


def test_a_play_whose_action_cannot_be_filled_says_nothing_of_it(folder, decided):
    playbook = folder / "policies" / "playbook.yaml"
    text = FILES["policies/playbook.yaml"].replace('"B" + i.id', "catalog['x'].product")
    playbook.write_text(text, encoding="utf-8")
    (made,) = decided(row("t-1", None))
    assert (made["route"], made["action"], made["reply"]) == ("human", None, None)
    assert "nothing-proposed" in {reason["code"] for reason in made["reasons"]}


def test_explain_shows_nested_arguments(decided, folder, capsys):
    decided(row("t-1"))
    explain_decision("t-1", folder=folder, ledger=None, as_json=False)
    assert (
        'swap_items(item_ids=["1", "2"], new_ids=["B1", "B2"], ship_to={' in capsys.readouterr().out
    )


def test_authorize_rules_on_the_same_situation(folder, tmp_path):
    cases, out = tmp_path / "cases.jsonl", tmp_path / "rulings.jsonl"
    action = json.dumps({"name": "swap_items", "args": ARGS})
    facts = FACTS[:-1] + ', "requester": {"customer_id": "C-204"}}'
    cases.write_text(
        f'{{"id": "1", "action": {action}, "facts": {facts}, "expected": "allow"}}'.replace(
            "\n", " "
        )
        + "\n",
        encoding="utf-8",
    )
    assert authorize_file(cases, policies=folder / "policies", out=out, as_json=True) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["effect"] == "allow"


def test_a_recorded_decision_with_nested_arguments_replays(folder):
    ticket = read_ticket(parse_json(row("t-1")))

    async def made():
        async with load_desk(folder, models=False) as desk:
            decision = await desk.decide(ticket)
            entry = desk.ledger.get(decision.id)
            assert desk.ledger.verify().first_broken is None
            return entry, judge(
                entry.evidence,
                desk.parts.rules,
                decision_id=decision.id,
                now=entry.decision.decided_at,
            )

    entry, again = anyio.run(made)
    assert entry.decision.route is Route.AUTO
    assert again == entry.decision


def test_a_binary_float_of_a_python_host_is_no_argument(folder):
    ticket = read_ticket(parse_json(row("t-1", None)))
    action = Action(name="swap_items", args={"item_ids": ["1"], "new_ids": [0.1]})
    ticket = replace(ticket, proposal=Proposal(source="bot", action=action))
    decision = load_desk(folder, models=False).decide_sync(ticket)
    assert decision.route is Route.HUMAN
