"""Statements on the customer's own order, against what the systems say."""

from datetime import UTC, datetime

import pytest

from deskquorum.domain import Fact, Facts
from deskquorum.grounding.case_facts import action_support, case_support, read_case
from deskquorum.grounding.claims import extract_claims


def verdict(text, facts):
    (claim,) = extract_claims(text)
    return case_support(claim, read_case(facts)).verdict.value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Your order W5967 is delivered.", id="id-and-status"),
        pytest.param("Your order was delivered on 3 November 2026.", id="date"),
        pytest.param("Your order was placed on 28 October.", id="date-without-year"),
        pytest.param("The total of your order is 24.00 USD.", id="amount"),
        pytest.param("Your order of the Camp Kettle was delivered.", id="item"),
    ],
)
def test_what_the_facts_say_is_supported(text, facts):
    assert verdict(text, facts) == "supported"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Your order W5968 is delivered.", id="another-order"),
        pytest.param("Your order is still pending.", id="another-status"),
        pytest.param("Your order was delivered on 4 November.", id="another-day"),
        pytest.param("Your order was delivered on 28 October.", id="the-day-of-something-else"),
        pytest.param("The total of your order is 42.00 USD.", id="another-amount"),
        pytest.param("The total of your order is 24.00 EUR.", id="another-currency"),
    ],
)
def test_what_the_facts_deny_is_contradicted(text, facts):
    assert verdict(text, facts) == "contradicted"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Your order is not delivered.", id="a-negation"),
        pytest.param("Your order was delivered broken.", id="a-word-no-fact-explains"),
        pytest.param("Your order was shipped.", id="a-stage-that-lies-behind"),
        pytest.param("Your order was placed and delivered on 3 November.", id="one-date-two-roles"),
        pytest.param("Your order is here.", id="no-value-at-all"),
        pytest.param("Your order has 0 refunds.", id="a-plain-number"),
    ],
)
def test_what_the_facts_leave_open_is_unknown(text, facts):
    assert verdict(text, facts) == "unknown"


def test_without_facts_nothing_is_known():
    assert verdict("Your order W5967 is delivered.", Facts()) == "unknown"


def test_a_supported_statement_names_its_facts(facts):
    (claim,) = extract_claims("Your order W5967 is delivered.")
    assert case_support(claim, read_case(facts)).why == "fact order.id, order.status"


def with_action(name, **args):
    values = {"action.name": name, "order.currency": "USD", "order.total_minor": 9900}
    values |= {f"action.{key}": value for key, value in args.items()}
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Facts(
        values={name: Fact(value=v, source="test", read_at=now) for name, v in values.items()}
    )


def told(text, facts):
    (claim,) = extract_claims(text)
    support = action_support(claim, read_case(facts))
    return support and support.verdict.value


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        pytest.param("We have refunded you 24.00 USD.", "supported", id="what-is-done"),
        pytest.param("We will refund you for order W5967.", "supported", id="its-order"),
        pytest.param("We have refunded you 42.00 USD.", "contradicted", id="another-amount"),
        pytest.param("We have refunded you for order W5968.", "contradicted", id="another-order"),
        pytest.param("We have refunded you 99.00 USD.", "contradicted", id="the-order's-total"),
        pytest.param("We have refunded you and added a voucher.", None, id="and-something-more"),
        pytest.param("We have not refunded you.", None, id="a-negation"),
        pytest.param("We have added a credit for your order.", None, id="another-action"),
    ],
)
def test_a_reply_may_tell_the_action_that_goes_out_with_it(text, verdict):
    assert told(text, with_action("issue_refund", order_id="W5967", amount="24.00")) == verdict


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("cancel_order", "We have cancelled your order W5967."),
        ("change_address", "We have changed the address of order W5967."),
        ("exchange_item", "We have booked the exchange for order W5967."),
        ("issue_credit", "We have added a credit for order W5967."),
    ],
)
def test_common_actions_can_be_told(action, text):
    assert told(text, with_action(action, order_id="W5967")) == "supported"


def test_the_order_alone_does_not_tell_what_was_done_to_it():
    assert told("We have confirmed your order.", with_action("cancel_order")) is None


def test_without_an_action_nothing_was_done(facts):
    assert told("We have refunded you 24.00 USD.", facts) is None
