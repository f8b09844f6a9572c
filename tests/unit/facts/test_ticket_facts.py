from datetime import UTC, datetime

import pytest

from deskquorum.domain import Message, Requester, Ticket
from deskquorum.facts import facts_from_ticket

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def snapshot(facts, *, declared=(), told_elsewhere=(), roles=("customer",), languages=("en",)):
    ticket = Ticket(
        id="t",
        messages=tuple(Message(role=role, text="x", at=NOW) for role in roles),
        requester=Requester(record={"customer_id": "C-1"}),
        facts=facts,
    )
    return facts_from_ticket(
        ticket,
        declared=declared,
        told_elsewhere=told_elsewhere,
        languages=languages,
        served=("en", "es"),
        now=NOW,
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


def test_a_declared_mapping_or_record_stays_whole():
    catalog = {"A1": {"price": "24.10"}, "A2": {"price": "3.05"}}
    found = snapshot({"shop": {"catalog": catalog}}, declared=["shop.catalog"])
    assert found.get("shop.catalog") == catalog
    assert "shop.catalog.A1.price" not in found.values


def test_a_fact_without_a_record_that_was_not_sent_is_not_read():
    assert "catalog" not in snapshot({"order": {}}, declared=["catalog"]).values


def test_a_fact_may_be_sent_by_its_dotted_name():
    found = snapshot({"order.status": "shipped"}, declared=["order.status", "order.total"])
    assert found.get("order.status") == "shipped"
    assert "order.total" not in found.values


def test_a_record_says_nothing_of_a_fact_that_the_desk_reads_elsewhere():
    names = ["order.status", "order.total"]
    found = snapshot({"order": {"id": "O-1"}}, declared=names, told_elsewhere=["order.status"])
    assert "order.status" not in found.values
    assert found.values["order.total"].value is None


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
