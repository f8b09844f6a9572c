from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.ledger import open_ledger
from deskquorum.ledger.api_keys import ApiKeys, Scope, create, keys, revoke

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOT = frozenset({Scope.BOT})


@pytest.fixture
def database(path):
    ledger = open_ledger(path, tenant="north", clock=lambda: NOON)
    yield ledger.database
    ledger.close()


@pytest.fixture
def made(database):
    with database.transaction(writing=True) as tx:
        return create(tx, name="shop bot", scopes=BOT, lasts=timedelta(days=1))


def known(database):
    with database.transaction() as tx:
        return ApiKeys(keys(tx))


def test_a_key_is_valid_until_it_expires(database, made):
    key, text = made
    assert known(database).check(text, now=NOON) == key
    assert known(database).check(text, now=NOON + timedelta(days=1)) is None


def test_a_revoked_key_is_not_valid(database, made):
    key, text = made
    with database.transaction(writing=True) as tx:
        assert revoke(tx, key.id)
        assert not revoke(tx, "0" * 12)
    assert known(database).check(text, now=NOON) is None
    assert known(database).find(key.id, now=NOON) is None


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: text[:-1], id="shortened"),
        pytest.param(lambda text: text + "A", id="longer"),
        pytest.param(lambda text: text.upper(), id="other-case"),
        pytest.param(lambda text: text.removeprefix("dq_"), id="without-its-start"),
        pytest.param(lambda text: text.rpartition("_")[0], id="without-a-secret"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: "dq__", id="nothing-in-it"),
        pytest.param(lambda _: "dq_\udcff_\udcff", id="no-characters"),
    ],
)
def test_what_is_not_exactly_the_key_is_not_valid(database, made, spoil):
    assert known(database).check(spoil(made[1]), now=NOON) is None


def test_a_key_of_another_desk_is_as_unknown_as_a_random_one(path, made):
    other = open_ledger(path, tenant="south", clock=lambda: NOON)
    assert known(other.database).check(made[1], now=NOON) is None
    with other.database.transaction(writing=True) as tx:
        assert not revoke(tx, made[0].id)
    other.close()


def test_the_database_holds_no_secret(database, made):
    with database.transaction() as tx:
        row = tx.connection.exec_driver_sql("SELECT * FROM api_keys").one()
    secret = made[1].split("_", 2)[2]
    assert secret not in str(row)
