from datetime import UTC, datetime

import pytest

from deskquorum.domain import Message, Requester, Ticket
from deskquorum.facts import facts_from_ticket

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def snapshot(facts, *, declared=(), roles=("customer",), languages=("en",)):
    ticket = Ticket(
        id="t",
        messages=tuple(Message(role=role, text="x", at=NOW) for role in roles),
        requester=Requester(record={"customer_id": "C-1"}),
        facts=facts,
    )
    return facts_from_ticket(
        ticket, declared=declared, languages=languages, served=("en", "es"), now=NOW
    )


def test_nested_records_become_dotted_names_and_lists_stay_whole():
    items = [{"item_id": "A"}]
    found = snapshot({"order": {"status": "shipped", "items": items}})
    assert found.get("order.status") == "shipped"
    assert found.get("order.items") == items


def test_a_declared_field_missing_from_a_record_that_was_sent_is_read_and_absent():
    found = snapshot({"order": {"status": "shipped"}}, declared=["order.delivered_at"])
    assert found.values["order.delivered_at"].value is None


def test_a_declared_field_of_a_record_that_was_not_sent_is_not_read():
    assert "order.delivered_at" not in snapshot({}, declared=["order.delivered_at"]).values


def test_every_fact_says_where_and_when_it_was_read():
    fact = snapshot({"order": {"status": "shipped"}}).values["order.status"]
    assert (fact.source, fact.read_at) == ("ticket", NOW)


def test_messages_are_counted_by_who_wrote_them():
    found = snapshot({}, roles=("customer", "agent", "customer"))
    assert found.get("ticket.customer_messages") == 2
    assert found.get("ticket.agent_messages") == 1


@pytest.mark.parametrize(
    ("languages", "served"),
    [
        pytest.param(("en",), True, id="served"),
        pytest.param(("es", "en"), True, id="a-mix-of-served-ones"),
        pytest.param(("en", "hi"), False, id="a-mix-with-another"),
        pytest.param(("und",), False, id="undetermined"),
    ],
)
def test_a_language_is_served_only_when_every_part_is(languages, served):
    assert snapshot({}, languages=languages).get("ticket.served_language") is served


def test_the_ticket_cannot_bring_facts_about_itself():
    found = snapshot({"ticket": {"served_language": True}}, languages=("xx",))
    assert found.get("ticket.served_language") is False
