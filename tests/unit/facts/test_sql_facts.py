import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_mock_engine, text
from sqlalchemy.exc import OperationalError

from deskquorum.domain import Deadline
from deskquorum.facts import FactField, FactSourceError, SqlFacts

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIELDS = {
    "order.status": FactField(at="status"),
    "order.total_minor": FactField(at="cents"),
    "order.paid": FactField(at="paid", flag=True),
    "order.cancelled_at": FactField(at="cancelled"),
}
ONE = "SELECT * FROM orders WHERE id = :order"
ALL = "SELECT id, cents, changed FROM orders WHERE customer = :customer ORDER BY id"
ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) AS status FROM n WHERE :order = :order"
)


def one_order(engine, **more):
    settings = {"query": ONE, "parameters": {"order": "order.id"}, "fields": FIELDS, **more}
    return SqlFacts("crm", engine=engine, clock=lambda: NOON, **settings)


def all_orders(engine, **more):
    items = {"id": FactField(at="id"), "total_minor": FactField(at="cents")}
    return SqlFacts(
        "crm",
        engine=engine,
        query=ALL,
        parameters={"customer": "requester.customer_id"},
        fields={"customer.orders": FactField(at="rows", items=items)},
        rows="all",
        clock=lambda: NOON,
        **more,
    )


async def why_not(source, request, deadline):
    with pytest.raises(FactSourceError) as caught:
        await source.read(request, deadline=deadline)
    return caught.value.why


async def test_a_row_becomes_facts_with_source_and_time(engine, request_for, soon):
    request = request_for(*FIELDS, known={"order.id": "O-1"})
    facts = await one_order(engine).read(request, deadline=soon)
    assert {name: fact.value for name, fact in facts.values.items()} == {
        "order.status": "shipped",
        "order.total_minor": 2410,
        "order.paid": True,
        "order.cancelled_at": None,
    }
    assert {(fact.source, fact.read_at) for fact in facts.values.values()} == {("crm", NOON)}


async def test_a_column_of_binary_floats_is_no_amount(engine, request_for, soon):
    fields = {"order.total_minor": FactField(at="total", currency="EUR")}
    request = request_for(*fields, known={"order.id": "O-1"})
    facts = await one_order(engine, fields=fields).read(request, deadline=soon)
    assert facts.values == {}


async def test_rows_become_a_list_of_records(engine, request_for, soon):
    facts = await all_orders(engine).read(request_for("customer.orders"), deadline=soon)
    assert facts.get("customer.orders") == [
        {"id": "O-1", "total_minor": 2410},
        {"id": "O-2", "total_minor": 305},
    ]


async def test_no_rows_are_an_empty_list_when_any_number_is_taken(engine, request_for, soon):
    request = request_for("customer.orders", requester={"customer_id": "C-9"})
    facts = await all_orders(engine).read(request, deadline=soon)
    assert facts.get("customer.orders") == []


@pytest.mark.parametrize(
    ("query", "why"),
    [
        pytest.param("SELECT * FROM orders WHERE id = '' || :order || 'x'", "no-row", id="none"),
        pytest.param("SELECT * FROM orders WHERE :order > ''", "too-many-rows", id="several"),
        pytest.param("SELECT * FROM ordres WHERE id = :order", "database-failed", id="no-table"),
        pytest.param("DELETE FROM orders WHERE id = :order", "database-failed", id="a-change"),
        pytest.param(
            "SELECT 1 AS status WHERE :order > ''; DROP TABLE orders",
            "database-failed",
            id="two-statements",
        ),
    ],
)
async def test_what_is_not_exactly_one_row_is_a_fault(engine, request_for, soon, query, why):
    request = request_for(*FIELDS, known={"order.id": "O-1"})
    assert await why_not(one_order(engine, query=query), request, soon) == why
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM orders")).scalar() == 3


async def test_a_value_is_bound_and_never_becomes_part_of_the_statement(engine, request_for, soon):
    request = request_for(*FIELDS, known={"order.id": "x' OR id = 'O-1"})
    assert await why_not(one_order(engine), request, soon) == "no-row"


async def test_a_list_is_never_cut_short(engine, request_for, soon):
    source = all_orders(engine, most_rows=1)
    assert await why_not(source, request_for("customer.orders"), soon) == "too-many-rows"


async def test_without_the_field_to_ask_with_nothing_is_asked(engine, request_for, soon):
    assert await why_not(one_order(engine), request_for(*FIELDS), soon) == "needs-order.id"


async def test_a_statement_ends_at_the_deadline_and_gives_its_thread_back(engine, request_for):
    source = one_order(engine, query=ENDLESS, most_at_once=1)
    request = request_for(*FIELDS, known={"order.id": "O-1"})
    started = time.monotonic()
    for _ in range(2):
        assert await why_not(source, request, Deadline.after(0.3)) == "late"
    assert time.monotonic() - started < 3


async def test_the_connection_can_write_again_once_it_is_given_back(engine, request_for, soon):
    request = request_for(*FIELDS, known={"order.id": "O-1"})
    await one_order(engine).read(request, deadline=soon)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM orders"))


async def test_the_transaction_that_reads_can_not_write(engine):
    from deskquorum.facts.sql_facts import _reading

    with _reading(engine, Deadline.after(5)) as connection, pytest.raises(OperationalError):
        connection.execute(text("DELETE FROM orders"))


async def test_a_row_is_as_old_as_it_says(engine, request_for, soon):
    request = request_for(*FIELDS, known={"order.id": "O-1"})
    facts = await one_order(engine, as_of="changed").read(request, deadline=soon)
    assert facts.values["order.status"].read_at == datetime(2026, 11, 20, 9, tzinfo=UTC)


async def test_a_list_is_as_old_as_its_oldest_row(engine, request_for, soon):
    source = all_orders(engine, as_of="changed")
    facts = await source.read(request_for("customer.orders"), deadline=soon)
    assert facts.values["customer.orders"].read_at == datetime(2026, 11, 19, 9, tzinfo=UTC)


async def test_a_row_that_hides_its_age_is_not_read(engine, request_for, soon):
    request = request_for(*FIELDS, known={"order.id": "O-3"})
    assert await why_not(one_order(engine, as_of="changed"), request, soon) == "no-as-of"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        pytest.param({}, "same values", id="not-bound"),
        pytest.param({"order": "order.id", "x": "order.x"}, "same values", id="bound-to-nothing"),
        pytest.param({"order": "claimed.order_id"}, "ticket's text", id="of-the-text"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(engine, parameters, said):
    with pytest.raises(ValueError, match=said):
        one_order(engine, parameters=parameters)


def test_a_database_that_cannot_be_held_to_reading_is_refused():
    engine = create_mock_engine("mysql://", executor=None)
    with pytest.raises(ValueError, match="sqlite or postgresql, got mysql"):
        one_order(engine)
