"""The retail example against the same rules in plain Python, on made-up orders.

A few hundred go the whole way through `policy authorize`; a hundred thousand, each made from a
proposal in order by breaking a few things, go through the gate.
"""

import json
import random
import tempfile
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.cli.policy_authorize import authorize_file
from deskquorum.domain import Action, Fact, Facts
from deskquorum.policy import flattened, load_policies, rule_on

POLICIES = Path(__file__).parents[2] / "examples" / "tau-retail" / "policies"

ORDER_ACTIONS = (
    "cancel_pending_order",
    "modify_pending_order_address",
    "modify_pending_order_payment",
    "modify_pending_order_items",
    "return_delivered_order_items",
    "exchange_delivered_order_items",
)
PROFILE = "modify_user_address"
MODIFIED = "pending (item modified)"
EXCHANGED = "exchange requested"
STATUSES = ("pending", "pending", "delivered", "delivered", MODIFIED, EXCHANGED, "processed")
REASONS = ("no longer needed", "ordered by mistake", "changed my mind")
ADDRESS = ("address1", "address2", "city", "state", "country", "zip")

cents = st.integers(min_value=0, max_value=60)
usually = st.sampled_from((True, True, True, True, False))


@st.composite
def rows(draw):
    """A proposal and its records; amounts are decimal dollars, as JSON numbers."""
    owner = draw(st.sampled_from(("ada", "ada", "ada", "bob")))
    order = {
        "order_id": "#1",
        "user_id": owner,
        "status": draw(st.sampled_from(STATUSES)),
        "items": draw(st.lists(items(), min_size=1, max_size=4)),
        "payment_history": [
            {"transaction_type": "payment", "amount": 1.5, "payment_method_id": "card"}
        ],
    }
    user = {
        "user_id": draw(st.sampled_from((owner, owner, owner, "ada"))),
        "payment_methods": {
            "card": {"id": "card", "source": "credit_card"},
            "paypal": {"id": "paypal", "source": "paypal"},
            "gift": {"id": "gift", "source": "gift_card", "balance": draw(cents) / 100},
        },
    }
    catalog = {
        name: {
            "product_id": name[0],
            "available": draw(usually),
            "price": draw(cents) / 100,
        }
        for name in draw(st.sets(st.sampled_from(("a1", "a2", "b1", "b2")), min_size=2))
    }
    written = draw(st.sets(st.sampled_from(ORDER_ACTIONS[3:]), max_size=1))
    facts = {
        "session": {
            "authenticated_user_id": draw(st.sampled_from(("ada", "ada", "ada", "ada", None))),
            "user_confirmed": draw(usually),
        },
        "user": user,
        "order": order,
        "catalog": catalog,
        "prior_writes": [
            {"name": name, "order_id": draw(st.sampled_from(("#1", "#2")))} for name in written
        ],
    }
    return {"action": draw(actions(order, catalog)), "facts": facts}


@st.composite
def items(draw):
    name = draw(st.sampled_from(("a1", "a2", "b1", "b2")))
    return {"item_id": name, "product_id": name[0], "price": draw(cents) / 100}


@st.composite
def actions(draw, order, catalog):
    name = draw(st.sampled_from((*ORDER_ACTIONS, "apply_discount")))
    args = {"order_id": draw(st.sampled_from(("#1", "#1", "#1", "#1", "#2")))}
    if name == "cancel_pending_order":
        args["reason"] = draw(st.sampled_from(REASONS))
    if name == "modify_pending_order_address":
        args |= dict.fromkeys(ADDRESS, "x")
    if name.endswith("_items"):
        owned = [item["item_id"] for item in order["items"]]
        args["item_ids"] = draw(st.lists(st.sampled_from([*owned, "b2"]), min_size=1, max_size=3))
        size = len(args["item_ids"])
        if not name.startswith("return"):
            new = st.sampled_from([*catalog, *catalog, "a2"])
            args["new_item_ids"] = draw(st.lists(new, min_size=size, max_size=size + 1))
    if name.endswith(("_items", "_payment")):
        methods = ("gift", "gift", "gift", "card", "paypal", "nobody's")
        args["payment_method_id"] = draw(st.sampled_from(methods))
    return {"name": name, "args": args}


def expected(row):
    """Effect, and for a denial the clauses, as a programmer would write the policy down."""
    action, facts = row["action"], row["facts"]
    name, args = action["name"], action["args"]
    if name not in RULES:
        return "human", {"SCOPE-1"}
    denied, human = (profile if name == PROFILE else conversation)(args, facts)
    more_denied, more_human = RULES[name](args, facts)
    denied |= more_denied
    if denied:
        return "deny", denied
    return ("human" if human or more_human else "allow"), None


def conversation(args, facts):
    who, order = facts["session"]["authenticated_user_id"], facts["order"]
    denied = set()
    if who is None:
        denied.add("AUTH-1")
    elif who != order["user_id"]:
        denied.add("AUTH-2")
    if not facts["session"]["user_confirmed"]:
        denied.add("CONFIRM-1")
    return denied, args["order_id"] != "#1" or facts["user"]["user_id"] != order["user_id"]


def profile(args, facts):
    who = facts["session"]["authenticated_user_id"]
    denied = set()
    if who is None:
        denied.add("AUTH-1")
    elif who != args["user_id"]:
        denied.add("AUTH-2")
    if not facts["session"]["user_confirmed"]:
        denied.add("CONFIRM-1")
    return denied, facts["user"]["user_id"] != args["user_id"]


def was_called(facts, name):
    return {"name": name, "order_id": "#1"} in facts["prior_writes"]


def pending(facts, clause):
    status = facts["order"]["status"]
    denied = set() if status in {"pending", MODIFIED} else {clause}
    if status == MODIFIED or was_called(facts, "modify_pending_order_items"):
        denied.add("MODITEM-1")
    return denied


def cancel(args, facts):
    wrong = set() if args["reason"] in REASONS[:2] else {"CANCEL-2"}
    return pending(facts, "CANCEL-1") | wrong, False


def address(_args, facts):
    return pending(facts, "MODIFY-1"), False


def money(amount):
    return Decimal(str(amount))


def payment(args, facts):
    denied = pending(facts, "MODIFY-1")
    if args["payment_method_id"] == "card":
        denied.add("MODPAY-1")
    total = sum(money(item["price"]) for item in facts["order"]["items"])
    if args["payment_method_id"] == "gift" and balance(facts) < total:
        denied.add("MODPAY-2")
    return denied, strange_method(args, facts)


def strange_method(args, facts):
    return args["payment_method_id"] not in facts["user"]["payment_methods"]


def balance(facts):
    return money(facts["user"]["payment_methods"]["gift"]["balance"])


def in_order(args, facts):
    owned = Counter(item["item_id"] for item in facts["order"]["items"])
    return Counter(args["item_ids"]) <= owned


def swap(args, facts, product, available, difference):
    """Old items for new ones, by the ids of the three clauses."""
    old, new, catalog = args["item_ids"], args["new_item_ids"], facts["catalog"]
    strange = strange_method(args, facts)
    if not in_order(args, facts) or len(old) != len(new) or not set(new) <= set(catalog):
        return set(), True
    owned = {item["item_id"]: item for item in reversed(facts["order"]["items"])}
    denied = set()
    for before, after in zip(old, new, strict=True):
        same_product = owned[before]["product_id"] == catalog[after]["product_id"]
        if not same_product or before == after:
            denied.add(product)
    if not all(catalog[name]["available"] for name in new):
        denied.add(available)
    dearer = sum(money(catalog[name]["price"]) for name in new)
    dearer -= sum(money(owned[name]["price"]) for name in old)
    if args["payment_method_id"] == "gift" and balance(facts) < dearer:
        denied.add(difference)
    return denied, strange


def modify_items(args, facts):
    denied, human = swap(args, facts, "MODITEM-2", "MODITEM-3", "MODITEM-4")
    return pending(facts, "MODIFY-1") | denied, human


def send_back(args, facts):
    denied = set() if facts["order"]["status"] == "delivered" else {"RETURN-1"}
    if args["payment_method_id"] not in {"card", "gift"}:
        denied.add("RETURN-2")
    return denied, strange_method(args, facts) or not in_order(args, facts)


def exchange(args, facts):
    status = facts["order"]["status"]
    denied, human = swap(args, facts, "EXCH-2", "EXCH-4", "EXCH-5")
    if status not in {"delivered", EXCHANGED}:
        denied = denied | {"EXCH-1"}
    if status == EXCHANGED or was_called(facts, "exchange_delivered_order_items"):
        denied = denied | {"EXCH-3"}
    return denied, human


RULES = {
    PROFILE: lambda _args, _facts: (set(), False),
    "cancel_pending_order": cancel,
    "modify_pending_order_address": address,
    "modify_pending_order_payment": payment,
    "modify_pending_order_items": modify_items,
    "return_delivered_order_items": send_back,
    "exchange_delivered_order_items": exchange,
}


@settings(max_examples=10, deadline=None)
@given(st.lists(rows(), min_size=20, max_size=40))
def test_the_policy_files_rule_as_plain_python_does(proposals):
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "rows.jsonl", Path(folder) / "out.jsonl"
        lines = [json.dumps({"id": number} | row) for number, row in enumerate(proposals)]
        path.write_text("\n".join(lines), encoding="utf-8")
        authorize_file(path, policies=POLICIES, out=out, as_json=True)
        rulings = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    for row, ruling in zip(proposals, rulings, strict=True):
        effect, clauses = expected(row)
        assert ruling["effect"] == effect, (row, ruling)
        assert clauses is None or set(ruling["clauses"]) == clauses, (row, ruling)


NOW = datetime(2024, 5, 15, tzinfo=UTC)
PRODUCTS = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b"}
SWAPS, PENDING = ("modify_pending_order_items", "exchange_delivered_order_items"), ORDER_ACTIONS[:4]


def in_order_in_all(rng):
    """A proposal that nothing speaks against, amounts as decimal text."""
    name = rng.choice((*ORDER_ACTIONS, PROFILE, PROFILE, "apply_discount"))
    owned = [rng.choice(("a1", "a2", "b1")) for _ in range(rng.randint(1, 3))]
    facts = {
        "session": {"authenticated_user_id": "ada", "user_confirmed": True},
        "user": {
            "user_id": "ada",
            "payment_methods": {
                "card": {"id": "card", "source": "credit_card"},
                "paypal": {"id": "paypal", "source": "paypal"},
                "gift": {
                    "id": "gift",
                    "source": "gift_card",
                    "balance": amount(rng.randint(0, 90)),
                },
            },
        },
        "order": {
            "order_id": "#1",
            "user_id": "ada",
            "status": "pending" if name in PENDING else "delivered",
            "items": [
                {"item_id": item, "product_id": PRODUCTS[item], "price": amount(rng.randint(0, 60))}
                for item in owned
            ],
            "payment_history": [
                {"transaction_type": "payment", "amount": "1.50", "payment_method_id": "card"}
            ],
        },
        "catalog": {
            item: {"product_id": of, "available": True, "price": amount(rng.randint(0, 60))}
            for item, of in PRODUCTS.items()
        },
        "prior_writes": [],
    }
    args = {"order_id": "#1"}
    if name == "cancel_pending_order":
        args["reason"] = rng.choice(REASONS[:2])
    if name in {"modify_pending_order_address", PROFILE}:
        args |= dict.fromkeys(ADDRESS, "x")
    if name == PROFILE:
        args = {"user_id": "ada"} | {key: args[key] for key in ADDRESS}
    if name.endswith("_items"):
        args["item_ids"] = rng.sample(owned, rng.randint(1, len(owned)))
    if name in SWAPS:
        args["new_item_ids"] = [rng.choice(other_variants(item)) for item in args["item_ids"]]
    if name.endswith(("_items", "_payment")):
        fine = ("gift", "card", "paypal") if name in SWAPS else ("gift", "paypal")
        fine = ("gift", "card") if name.startswith("return") else fine
        args["payment_method_id"] = rng.choice(fine)
    return {"action": {"name": name, "args": args}, "facts": facts}


def amount(cents):
    return f"{Decimal(cents) / 100:.2f}"


def other_variants(item):
    return [other for other, of in PRODUCTS.items() if of == PRODUCTS[item] and other != item]


def break_session(rng, row):
    changed = rng.choice(
        (
            {"authenticated_user_id": None},
            {"authenticated_user_id": "bob"},
            {"user_confirmed": False},
        )
    )
    row["facts"]["session"] |= changed


def break_owner(rng, row):
    whose = rng.choice(("user", "order"))
    row["facts"][whose]["user_id"] = "bob"


def break_target(_rng, row):
    args = row["action"]["args"]
    args["user_id" if "user_id" in args else "order_id"] = "bob" if "user_id" in args else "#2"


def break_status(rng, row):
    row["facts"]["order"]["status"] = rng.choice(STATUSES)


def write_before(rng, row):
    name = rng.choice((row["action"]["name"], rng.choice(ORDER_ACTIONS)))
    order = rng.choice(("#1", "#1", "#2"))
    row["facts"]["prior_writes"].append({"name": name, "order_id": order})


def break_reason(rng, row):
    if "reason" in row["action"]["args"]:
        row["action"]["args"]["reason"] = rng.choice((REASONS[2], "No longer needed", ""))


def break_method(rng, row):
    if "payment_method_id" in row["action"]["args"]:
        row["action"]["args"]["payment_method_id"] = rng.choice(("card", "paypal", "nobody's"))


def forget_card(_rng, row):
    """The method that paid is no longer in the profile."""
    row["facts"]["user"]["payment_methods"].pop("card")


def pay_to_the_cent(rng, row):
    """A gift card that covers what is due exactly, or misses it by a cent, or has one to spare."""
    args, facts = row["action"]["args"], row["facts"]
    if "payment_method_id" not in args:
        return
    prices = {item["item_id"]: money(item["price"]) for item in reversed(facts["order"]["items"])}
    due = sum(money(item["price"]) for item in facts["order"]["items"])
    if row["action"]["name"] in SWAPS:
        new = [facts["catalog"].get(item, {"price": "0"})["price"] for item in args["new_item_ids"]]
        due = sum(map(money, new)) - sum(prices.get(item, 0) for item in args["item_ids"])
    balance = max(due + rng.choice((-1, 0, 0, 1)) / Decimal(100), Decimal(0))
    facts["user"]["payment_methods"]["gift"]["balance"] = f"{balance:.2f}"
    args["payment_method_id"] = "gift"


def break_items(rng, row):
    args = row["action"]["args"]
    if "item_ids" in args:
        args["item_ids"] = [*args["item_ids"], rng.choice((*PRODUCTS, args["item_ids"][0]))]
        if "new_item_ids" in args and rng.random() < 0.7:
            args["new_item_ids"] = [*args["new_item_ids"], rng.choice(list(PRODUCTS))]


def break_new_items(rng, row):
    args = row["action"]["args"]
    if "new_item_ids" in args:
        at = rng.randrange(len(args["new_item_ids"]))
        args["new_item_ids"][at] = rng.choice((*PRODUCTS, args["item_ids"][at], "unknown"))


def break_stock(rng, row):
    row["facts"]["catalog"][rng.choice(list(PRODUCTS))]["available"] = False


BREAKS = (
    break_session,
    break_owner,
    break_target,
    break_status,
    write_before,
    break_reason,
    break_method,
    forget_card,
    pay_to_the_cent,
    break_items,
    break_new_items,
    break_stock,
)


def proposal(rng):
    row = in_order_in_all(rng)
    for spoil in rng.sample(BREAKS, rng.choice((0, 1, 1, 1, 2, 3))):
        spoil(rng, row)
    return row


@pytest.fixture(scope="module")
def book():
    return load_policies(POLICIES)


def ruled(book, row):
    read = flattened(row["facts"], book.environment.facts)
    facts = Facts(values={n: Fact(value=v, source="t", read_at=NOW) for n, v in read.items()})
    action = Action(name=row["action"]["name"], args=row["action"]["args"])
    return rule_on(book, action, facts=facts, answers={}, claimed={}, now=NOW)


def test_a_hundred_thousand_proposals_are_ruled_as_plain_python_does(book):
    rng = random.Random(20240515)  # noqa: S311 - the same proposals each time
    seen, decided = Counter(), Counter()
    for _ in range(100_000):
        row = proposal(rng)
        ruling, (effect, clauses) = ruled(book, row), expected(row)
        assert ruling.effect.value == effect, (row, ruling)
        assert clauses is None or set(ruling.clauses) == clauses, (row, ruling)
        seen.update(ruling.trace.items())
        decided.update(ruling.rules)
    rare = 200
    always = {rule.id for rule in book.rules if rule.when is None}
    for rule in book.rules:
        assert seen[rule.id, "matched"] >= rare, rule.id
        assert decided[rule.id] >= rare, rule.id
        assert rule.id in always or seen[rule.id, "not-matched"] >= rare, rule.id
