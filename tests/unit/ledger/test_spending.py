"""What models cost on a day, booked side by side, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from datetime import date
from decimal import Decimal

import pytest

from deskquorum.ledger import open_ledger
from deskquorum.ledger.spending import SpendInDatabase, book, booked

DAY = date(2026, 11, 20)

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(place):
    with closing(open_ledger(place, busy_timeout_s=30, tenant="shop")) as ledger:
        yield ledger.database


@pytest.fixture
def store(database):
    return SpendInDatabase(database)


async def test_what_was_booked_adds_up_and_is_given_back(store):
    assert await store.book(Decimal("0.25"), day=DAY, limit=None)
    assert await store.book(Decimal("0.000000001"), day=DAY, limit=None)
    assert await store.book(Decimal("-0.05"), day=DAY, limit=None)
    assert await store.booked(day=DAY) == Decimal("0.200000001")
    assert await store.booked(day=date(2026, 11, 21)) == 0


@pytest.mark.parametrize(
    ("amount", "fits"),
    [
        pytest.param("0.75", True, id="to-the-limit"),
        pytest.param("0.750000001", False, id="a-billionth-over"),
    ],
)
async def test_a_sum_may_reach_the_limit_and_not_pass_it(store, amount, fits):
    await store.book(Decimal("0.25"), day=DAY, limit=Decimal(1))
    assert await store.book(Decimal(amount), day=DAY, limit=Decimal(1)) is fits
    assert await store.booked(day=DAY) == Decimal("0.25") + (Decimal(amount) if fits else 0)


async def test_an_amount_that_cannot_be_counted_exactly_is_refused(store):
    with pytest.raises(ValueError, match="1E-9"):
        await store.book(Decimal("0.0000000001"), day=DAY, limit=None)


async def test_two_desks_on_one_database_count_their_own_money(store, place):
    await store.book(Decimal(1), day=DAY, limit=None)
    with closing(open_ledger(place, tenant="bank")) as bank:
        assert await SpendInDatabase(bank.database).booked(day=DAY) == 0


@pytest.mark.parametrize("shared", [True, False], ids=["one-pool", "a-pool-for-each-booking"])
def test_bookings_side_by_side_never_pass_the_limit_nor_stop_short_of_it(database, place, shared):
    def once(_):
        own = closing(open_ledger(place, busy_timeout_s=30, tenant="shop"))
        with nullcontext(database) if shared else own as opened:
            where = opened if shared else opened.database
            with where.transaction(writing=True) as tx:
                return book(tx, Decimal("0.3"), day=DAY, limit=Decimal(3))

    with ThreadPoolExecutor(8) as threads:
        fitted = list(threads.map(once, range(24)))
    assert sum(fitted) == 10
    with database.transaction() as tx:
        assert booked(tx, day=DAY) == 3
