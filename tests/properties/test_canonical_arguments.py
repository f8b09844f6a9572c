"""One action has one key, however a bot writes its arguments, and other actions have others."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Action
from deskquorum.ledger import order_of
from deskquorum.policy import ActionSpec, ArgSpec, canonical_args
from deskquorum.policy.fact_types import read_type

SPEC = ActionSpec(
    name="refund",
    args={
        "amount": ArgSpec(spec=read_type("money"), currency="USD"),
        "tip": ArgSpec(spec=read_type("money?"), currency="order.currency"),
        "count": ArgSpec(spec=read_type("int?")),
        "at": ArgSpec(spec=read_type("time?")),
        "lines": ArgSpec(spec=read_type([{"record": {"sku": "string", "n": "int?"}}])),
    },
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
names = st.sampled_from([*SPEC.args, "other"])


class Plain:
    """A transaction that hides nothing, so that what keys are made of is compared."""

    tenant = "north"
    keyring = None

    def digest(self, text):
        return text


PLAIN = Plain()
PLAIN.keyring = PLAIN


def key(args):
    return order_of(PLAIN, "t-1", Action(name="refund", args=args), SPEC, "d", "s").key


@given(st.integers(0, 10**6), st.booleans())
def test_ways_to_write_an_amount_are_one(cents, fact_names_currency):
    name = "tip" if fact_names_currency else "amount"
    text = f"{cents // 100}.{cents % 100:02}"
    written = [text]
    if cents % 10 == 0:
        written.append(text[:-1])
    if cents % 100 == 0:
        written += [cents // 100, str(cents // 100)]
    assert len({key({name: value}) for value in written}) == 1
    assert key({name: text}) != key({name: f"{cents // 100 + 1}.{cents % 100:02}"})


@given(st.dictionaries(names, anything))
def test_the_order_of_keys_means_nothing_and_nothing_crashes(args):
    turned = dict(reversed(args.items()))
    assert key(args) == key(turned)
    text = canonical_args(SPEC, args)
    assert text.isascii()
    # What is canonical already stays as it is.
    assert canonical_args(SPEC, json.loads(text)) == text


@given(st.integers(-(2**53), 2**53))
def test_a_whole_float_is_its_number(number):
    assert key({"count": number}) == key({"count": float(number)})
    assert key({"other": number}) == key({"other": float(number)})


def test_one_moment_in_two_zones_and_an_absent_argument_are_one():
    assert key({"at": "2026-01-31T09:00:00Z"}) == key({"at": "2026-01-31T10:00:00+01:00"})
    assert key({"count": None}) == key({})


def test_what_no_rule_reads_is_not_carried_out():
    lines = [{"sku": "a", "n": None, "gift": 99}]
    assert canonical_args(SPEC, {"lines": lines}) == '{"lines":[{"sku":"a"}]}'


def test_numbers_that_no_json_text_holds_do_not_crash():
    assert key({"amount": 10**5000}) != key({"amount": 10**5000 + 1})
    assert key({"amount": math.inf}) != key({"amount": math.nan})
