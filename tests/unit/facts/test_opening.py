"""From what desk.yaml says to sources that read."""

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import connect

import pytest
from sqlalchemy import create_engine

from deskquorum.domain import Unread
from deskquorum.facts import FactField, gather_facts, open_sources, probed, unset_variables
from deskquorum.policy import EnvName, HeaderSpec, HttpSourceSpec, SqlSourceSpec

pytestmark = pytest.mark.anyio

STATUS = {"order.status": FactField(at="status")}


def http(url, **headers):
    return HttpSourceSpec(
        id="shop",
        url=url,
        headers=headers,
        fields=STATUS,
        as_of=None,
        timeout_s=0.5,
        tries=2,
    )


def sql(url, folder=Path(), query="SELECT status FROM orders WHERE id = :order"):
    return SqlSourceSpec(
        id="crm",
        url=url,
        folder=folder,
        query=query,
        file=None,
        parameters={"order": "order.id"},
        rows="one",
        fields=STATUS,
        as_of=None,
        timeout_s=1.0,
    )


KEY = HeaderSpec(prefix="Bearer ", env=EnvName(name="SHOP_KEY", line=9, column=22))
CRM = EnvName(name="CRM_URL", line=3, column=14)


@pytest.fixture
async def stack():
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def read(request_for, soon, stack):
    async def read(spec, keys=None, *, order="O-1"):
        sources = await open_sources([spec], keys=keys or {}, stack=stack)
        return await gather_facts(
            sources, request_for(*spec.fields, known={"order.id": order}), soon
        )

    return read


async def test_a_secret_comes_from_the_environment_into_the_header(shop, read):
    async with shop({"record": {"status": "shipped"}}) as running:
        facts = await read(http(running.url, Authorization=KEY), {"SHOP_KEY": "s3\n"})
    assert facts.get("order.status") == "shipped"
    assert running.headers[0]["Authorization"] == "Bearer s3"


async def test_without_its_secret_a_source_asks_nobody_and_says_so(shop, read):
    async with shop({"record": {"status": "shipped"}}) as running:
        facts = await read(http(running.url, Authorization=KEY), {"SHOP_KEY": ""})
    assert facts.unread == {"order.status": Unread(source="shop", why="unset-SHOP_KEY")}
    assert running.paths == []


def test_what_is_not_set_is_reported_at_its_place():
    specs = [http("https://shop.example/", Authorization=KEY), sql(CRM)]
    (problem,) = unset_variables(specs, {"CRM_URL": "x"}, path=Path("desk.yaml"))
    assert str(problem) == (
        "desk.yaml:9:22: the environment variable SHOP_KEY is not set; "
        "source 'shop' can't be read without it"
    )


async def test_no_cookie_of_one_reading_goes_along_with_the_next(shop, request_for, soon, stack):
    turn = {"record": {"status": "x"}, "headers": {"Set-Cookie": "session=C-1; Path=/"}}
    async with shop(turn, turn) as running:
        sources = await open_sources([http(running.url)], keys={}, stack=stack)
        for _ in range(2):
            await gather_facts(sources, request_for("order.status"), soon)
    assert len(running.headers) == 2
    assert all("Cookie" not in headers for headers in running.headers)


def shipped(path):
    with connect(path) as database:
        database.execute("CREATE TABLE orders (id TEXT, status TEXT)")
        database.execute("INSERT INTO orders VALUES ('O-1', 'shipped')")
    database.close()


async def test_a_file_is_looked_for_in_the_desk_folder(tmp_path, read):
    shipped(tmp_path / "a shop?.sqlite")
    facts = await read(sql("sqlite:///a shop%3F.sqlite", tmp_path))
    assert facts.get("order.status") == "shipped"


async def test_an_address_may_stand_in_the_environment(tmp_path, read):
    shipped(tmp_path / "crm.sqlite")
    facts = await read(sql(CRM), {"CRM_URL": f"sqlite:///{tmp_path}/crm.sqlite"})
    assert facts.get("order.status") == "shipped"


async def test_a_file_that_is_not_there_is_not_made(tmp_path, read):
    facts = await read(sql("sqlite:///crm.sqlite", tmp_path))
    assert facts.unread["order.status"].why == "database-failed"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param("nonsense", "bad-address", id="no-address"),
        pytest.param("mysql+mysqldb://x/y", "no-driver", id="another-database"),
        pytest.param("postgresql+nodriver://x/y", "bad-address", id="an-unknown-driver"),
    ],
)
async def test_an_address_that_cannot_be_used_is_told_without_being_shown(read, url, why):
    facts = await read(sql(CRM), {"CRM_URL": url})
    assert facts.unread == {"order.status": Unread(source="crm", why=why)}


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        pytest.param({"record": {"status": None}}, (True, "read"), id="read"),
        pytest.param({"status": 404}, (True, "status-404"), id="nobody-has-it"),
        pytest.param({"status": 401}, (False, "status-401"), id="the-key-is-wrong"),
        pytest.param({"body": b"<html>"}, (False, "not-json"), id="a-page-for-people"),
    ],
)
async def test_a_probe_tells_whether_a_system_answers(shop, soon, stack, turn, said):
    async with shop(turn) as running:
        spec = http(f"{running.url}/orders/{{order.id}}?user={{requester.customer_id}}")
        (source,) = await open_sources([spec], keys={}, stack=stack)
        assert await probed(source, spec, soon) == said
    assert running.paths == ["/orders/0?user=0"]


async def test_a_probe_runs_the_statement(tmp_path, soon, stack):
    shipped(tmp_path / "crm.sqlite")
    for query, said in [
        ("SELECT status FROM orders WHERE id = :order", (True, "no-row")),
        ("SELECT status FROM ordres WHERE id = :order", (False, "database-failed")),
    ]:
        spec = sql("sqlite:///crm.sqlite", tmp_path, query)
        (source,) = await open_sources([spec], keys={}, stack=stack)
        assert await probed(source, spec, soon) == said


@pytest.fixture
def on_postgres(postgres):
    """An address as `url_env` holds it, of a database with one order."""
    url = postgres.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE orders (id INT, status TEXT, total NUMERIC(10, 2), changed TIMESTAMPTZ)"
        )
        connection.exec_driver_sql(
            "INSERT INTO orders VALUES (7, 'shipped', 24.10, '2026-11-20T10:00:00+01:00')"
        )
    engine.dispose()
    return url


@pytest.mark.parametrize(
    ("query", "why"),
    [
        pytest.param("SELECT * FROM orders WHERE id = :order", None, id="a-row"),
        pytest.param("SELECT * FROM orders WHERE id = :order + 1", "no-row", id="no-row"),
        pytest.param("SELECT pg_sleep(30) FROM orders WHERE id = :order", "late", id="slow"),
        pytest.param("SELECT * FROM ordres WHERE id = :order", "database-failed", id="misspelt"),
        pytest.param(
            "UPDATE orders SET status = 'x' WHERE id = :order RETURNING *",
            "database-failed",
            id="a-statement-that-writes",
        ),
        pytest.param(
            "SELECT * FROM orders WHERE id = :order; DROP TABLE orders",
            "database-failed",
            id="two-statements",
        ),
    ],
)
async def test_facts_are_read_from_postgresql_and_nothing_else_is_done(
    on_postgres, read, query, why
):
    fields = STATUS | {"order.total_minor": FactField(at="total", currency="EUR")}
    spec = replace(sql(CRM, query=query), fields=fields, as_of="changed")
    facts = await read(spec, {"CRM_URL": on_postgres}, order="7")
    if why is None:
        assert (facts.get("order.status"), facts.get("order.total_minor")) == ("shipped", 2410)
        assert facts.values["order.status"].read_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    else:
        assert {unread.why for unread in facts.unread.values()} == {why}
    engine = create_engine(on_postgres)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT status FROM orders").scalars().all()
    engine.dispose()
    assert rows == ["shipped"]
