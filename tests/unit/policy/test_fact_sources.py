from datetime import timedelta
from textwrap import dedent

import pytest

from deskquorum.policy import FactField, HttpSourceSpec, SqlSourceSpec

HEAD = """\
desk: shop
version: "1"
languages: [en]
currency: USD
"""

SHOP = HEAD + dedent("""\
sources:
  shop:
    kind: http
    url: https://shop.example/orders/{order.id}?user={requester.customer_id}
    headers:
      Authorization: {env: SHOP_KEY, prefix: "Bearer "}
      X-Desk: northwind
    as_of: meta.at
    timeout_s: 1
    fields:
      order.status: data.status
      order.total_minor: {at: data.total, currency: data.currency}
      order.delivered_at: {at: data.delivered, optional: true}
      order.items:
        at: data.lines
        items: {item_id: sku, price_minor: {at: price, currency: USD}, tags: tags, sent: sent}
  crm:
    kind: sql
    url: sqlite:///crm.sqlite
    query: SELECT owner FROM orders WHERE id = :order
    parameters: {order: order.id}
    fields: {order.user_id: owner}
max_age: {order: 1h, order.status: 90s}
""")


def test_sources_become_values(bench):
    desk = bench.load(desk=SHOP).desk
    shop, crm = desk.sources.values()
    assert isinstance(shop, HttpSourceSpec)
    assert (shop.as_of, shop.timeout_s, shop.tries) == ("meta.at", 1.0, 3)
    assert shop.fields["order.status"] == FactField(at="data.status")
    assert shop.fields["order.items"].items["price_minor"] == FactField(at="price", currency="USD")
    bearer, plain = shop.headers.values()
    assert (bearer.prefix, bearer.env.name) == ("Bearer ", "SHOP_KEY")
    assert (bearer.env.line, bearer.env.column) == (10, 28)
    assert (plain.prefix, plain.env) == ("northwind", None)
    assert isinstance(crm, SqlSourceSpec)
    assert (crm.url, crm.folder, crm.rows) == ("sqlite:///crm.sqlite", bench.folder.parent, "one")
    assert desk.max_age == {"order": timedelta(hours=1), "order.status": timedelta(seconds=90)}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param("order.status: data", "order.statsu: data",
                     "15:7: no policy declares the fact 'order.statsu'; "
                     "did you mean 'order.status'?",
                     id="unknown-fact"),
        pytest.param("order.status: data", "requester.customer_id: data",
                     "15:7: 'requester.customer_id' is told by the ticket itself",
                     id="a-fact-of-the-ticket"),
        pytest.param("/{order.id}?", "/{claimed.order_id}?",
                     "8:10: 'claimed.order_id' is read from the ticket's text, "
                     "which may not choose a record",
                     id="the-text-chooses-the-record"),
        pytest.param("/{order.id}?", "/{answer.intent}?",
                     "8:10: 'answer.intent' is read from the ticket's text, "
                     "which may not choose a record",
                     id="an-answer-chooses-the-record"),
        pytest.param("/{order.id}?", "/{order.idd}?",
                     "8:39: no policy declares the fact 'order.idd'; did you mean 'order.id'?",
                     id="unknown-fact-in-an-address"),
        pytest.param("/{order.id}?", "/{order.items}?",
                     "8:39: 'order.items' is a list of records, "
                     "and only texts and numbers can be sent",
                     id="a-list-in-an-address"),
        pytest.param("https://shop.example/", "https://{order.id}.example/",
                     "8:10: an address has fields in path and query only, and no password",
                     id="the-ticket-chooses-the-host"),
        pytest.param('{env: SHOP_KEY, prefix: "Bearer "}', "Bearer abc",
                     "10:22: the header 'Authorization' stands in the file; put it into an "
                     "environment variable and name that: {env: NAME}",
                     id="a-secret-in-the-file"),
        pytest.param("?user={requester.customer_id}", "?api_key=abc",
                     "8:10: 'api_key' of the address stands in the file; put it into an "
                     "environment variable and name that: {env: NAME}",
                     id="a-secret-in-the-address"),
        pytest.param("{env: SHOP_KEY,", "{env: sk-123,",
                     "10:28: no name of an environment variable; "
                     "name the variable that holds the secret, not the secret itself",
                     id="a-secret-in-place-of-a-name"),
        pytest.param("env: SHOP_KEY", "envv: SHOP_KEY",
                     "10:23: unknown key 'envv'; did you mean 'env'?",
                     id="misspelt-key"),
        pytest.param("{order: order.id}", "{order: claimed.item}",
                     "25:25: 'claimed.item' is read from the ticket's text, "
                     "which may not choose a record",
                     id="the-text-chooses-the-row"),
        pytest.param("{order: order.id}", "{}",
                     "22:5: the query takes ':order', which has no value; "
                     "write parameters: {order: requester.customer_id}, or another trusted field",
                     id="a-value-is-missing"),
        pytest.param("{order: order.id}", "{order: order.id, user: order.user_id}",
                     "25:35: the query takes no ':user'",
                     id="a-value-too-many"),
        pytest.param("sqlite:///crm.sqlite", "mysql://crm/crm",
                     "23:10: no address of SQLite or PostgreSQL: 'mysql'; "
                     "write sqlite:///FILE or postgresql+psycopg://HOST/DATABASE",
                     id="another-database"),
        pytest.param("sqlite:///crm.sqlite", "postgresql://a:b@crm/crm",
                     "23:10: a password stands in the file; put the whole address into an "
                     "environment variable and name that: url_env",
                     id="a-password-in-the-file"),
        pytest.param("url: sqlite:///crm.sqlite", "file: crm.sql",
                     "22:5: expected either url or url_env|"
                     "22:5: expected either query or file|"
                     "23:11: no file 'crm.sql' of text; "
                     "paths are relative to the desk folder, FOLDER",
                     id="neither-address-nor-file"),
        pytest.param("{at: data.total, currency: data.currency}",
                     "{at: data.total, flag: true}",
                     "16:7: 'order.total_minor' is declared as a whole number, no flag",
                     id="a-flag-for-a-number"),
        pytest.param("order.status: data.status", "order.status: {at: s, currency: EUR}",
                     "15:7: 'order.status' is declared as one of shipped, delivered, "
                     "no whole number of minor units; leave `currency` out here",
                     id="an-amount-for-a-text"),
        pytest.param("order.status: data.status", "order.status: {at: s, items: {a: b}}",
                     "15:7: 'order.status' is declared as one of shipped, delivered, "
                     "not of records",
                     id="records-for-a-text"),
        pytest.param("item_id: sku, ", "itemid: sku, ",
                     "20:17: records of 'order.items' have no field 'itemid'; "
                     "did you mean 'item_id'?|"
                     "18:7: records of 'order.items' need the field 'item_id'",
                     id="unknown-field-of-a-record"),
        pytest.param("data.status", "data. status",
                     "15:21: 'data. status' is no path; write keys with points between them",
                     id="no-path"),
        pytest.param("max_age: {order: 1h", "max_age: {ordr: 1h",
                     "27:11: 'ordr' is neither a fact nor a record; did you mean 'order'?",
                     id="the-age-of-nothing"),
        pytest.param("max_age: {order: 1h", "max_age: {order: 1 hour",
                     "27:18: expected an age such as 90s, 15m, 1h or 7d, got '1 hour'",
                     id="no-age"),
        pytest.param("max_age: {order: 1h", "segment: order.statu\nmax_age: {order: 1h",
                     "27:10: no policy declares the fact 'order.statu'; "
                     "did you mean 'order.status'?",
                     id="a-segment-that-nobody-tells"),
        pytest.param("  shop:", "  ticket:",
                     "6:3: 'ticket' is no name; that is what decisions call the ticket itself",
                     id="a-source-called-ticket"),
        pytest.param("kind: sql", "kind: mysql",
                     "22:5: unknown kind 'mysql'; one of http, sql",
                     id="unknown-kind"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_source_is_reported_in_its_place(bench, old, new, problem):
    assert old in SHOP
    found = bench.problems(desk=SHOP.replace(old, new, 1), refunds=DECLARED)
    expected = problem.replace("FOLDER", str(bench.folder.parent)).split("|")
    assert sorted(found) == sorted(f"desk.yaml:{said}" for said in expected)


DECLARED = """\
policy: refunds
version: "1"
facts:
  order.id: string
  order.status: {type: string, values: [shipped, delivered]}
  order.delivered_at: date?
  order.total_minor: int
  order.items:
    list: {item_id: string, price_minor: int, note: string?, tags: [string], sent: date}
  order.user_id: string
"""


def test_an_amount_that_is_declared_in_decimals_is_not_told_in_minor_units(bench):
    decimal = DECLARED.replace("total_minor: int", "total_minor: {type: money, currency: USD}")
    (problem,) = bench.problems(desk=SHOP, refunds=decimal)
    assert problem == (
        "desk.yaml:16:7: 'order.total_minor' is declared as an amount in USD such as 24.00, "
        "no whole number of minor units; leave `currency` out here"
    )


def test_what_a_faulty_declaration_would_declare_is_not_reported_again(bench):
    faulty = DECLARED.replace("order.user_id: string", "order.user_id: strnig")
    (problem,) = bench.problems(desk=SHOP, refunds=faulty)
    assert "unknown type 'strnig'" in problem


def test_all_mistakes_are_reported_at_once(bench):
    spoilt = SHOP.replace("data.status", "data. status").replace("order: 1h", "ordr: 1h")
    spoilt = spoilt.replace("order.user_id: owner", "order.usr_id: owner")
    assert len(bench.problems(desk=spoilt, refunds=DECLARED)) == 3


def test_a_statement_in_a_file_of_its_own_is_part_of_what_decisions_cite(bench):
    (bench.folder.parent / "crm.sql").write_text("SELECT owner FROM o WHERE id = :order")
    in_file = SHOP.replace("query: SELECT owner FROM orders WHERE id = :order", "file: crm.sql")
    first = bench.load(desk=in_file)
    assert first.desk.sources["crm"].query == "SELECT owner FROM o WHERE id = :order"
    (bench.folder.parent / "crm.sql").write_text("SELECT boss FROM o WHERE id = :order")
    assert bench.load(desk=in_file).hash != first.hash
