"""What every source promises, whatever it reads from."""

from datetime import UTC, datetime

import pytest

from deskquorum.domain import Fact, Facts
from deskquorum.facts import FactField, HttpFacts, SqlFacts, StaticFacts

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIELDS = {
    name: FactField(at=name.partition(".")[2]) for name in ("order.status", "order.cancelled")
}


@pytest.fixture(params=["static", "http", "sql"])
async def source(request, shop, engine):
    record = {"status": "shipped", "cancelled": None}
    if request.param == "static":
        facts = {f"order.{n}": Fact(value=v, source="s", read_at=NOON) for n, v in record.items()}
        yield StaticFacts("s", Facts(values=facts))
    elif request.param == "http":
        async with shop({"record": record}, {"record": record}) as running:
            yield HttpFacts("s", url=running.url, fields=FIELDS, clock=lambda: NOON)
    else:
        yield SqlFacts(
            "s",
            engine=engine,
            query="SELECT status, cancelled FROM orders WHERE customer = :c AND id = 'O-1'",
            parameters={"c": "requester.customer_id"},
            fields=FIELDS,
            clock=lambda: NOON,
        )


async def test_a_source_gives_the_wanted_facts_under_its_name(source, request_for, soon):
    facts = await source.read(request_for(*source.facts), deadline=soon)
    assert facts.values == {
        "order.status": Fact(value="shipped", source="s", read_at=NOON),
        "order.cancelled": Fact(value=None, source="s", read_at=NOON),
    }


async def test_a_source_gives_no_fact_that_is_not_wanted(source, request_for, soon):
    facts = await source.read(request_for("order.status", "x.y"), deadline=soon)
    assert set(facts.values) == {"order.status"}


async def test_a_source_names_its_facts(source):
    assert (source.name, set(source.facts)) == ("s", set(FIELDS))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("ticket.id", "t-1", id="the-ticket"),
        pytest.param("requester.email.0", "a@b.example", id="the-record"),
        pytest.param("requester.customer_id", "C-2", id="the-record-without-it-the-snapshot"),
        pytest.param("order.id", "O-1", id="a-fact"),
        pytest.param("order.number", "7", id="a-number"),
        pytest.param("order.paid", None, id="not-a-flag"),
        pytest.param("order.items", None, id="not-a-list"),
        pytest.param("order.other", None, id="not-known"),
    ],
)
def test_trusted_fields_are_text(request_for, name, value):
    known = {
        "requester.customer_id": "C-2",
        "order.id": "O-1",
        "order.number": 7,
        "order.paid": True,
        "order.items": ["x"],
    }
    request = request_for(requester={"email.0": "a@b.example"}, known=known)
    assert request.trusted(name) == value
