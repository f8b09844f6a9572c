"""Changing the host key, on both databases."""

from contextlib import closing

import pytest
from sqlalchemy import select

from deskquorum.errors import LedgerError
from deskquorum.ledger import ErasedError, open_ledger
from deskquorum.ledger.erasing import erase
from deskquorum.ledger.rekeying import rekey
from deskquorum.ledger.tables import subject_keys

OLD, NEW, THIRD = b"o" * 32, b"n" * 32, b"3" * 32


@pytest.fixture
def opened(place):
    def make(host_key, tenant="shop"):
        return closing(open_ledger(place, tenant=tenant, host_key=host_key))

    return make


@pytest.fixture
def recorded(opened, decide, evidence):
    """One entry at each of two desks."""

    def make(host_key):
        for tenant in ("shop", "bank"):
            with opened(host_key, tenant) as ledger:
                ledger.append(decide(f"d-{tenant}"), evidence, subject="customer:1")

    return make


@pytest.mark.parametrize("old", [OLD, None], ids=["wrapped", "bare"])
def test_every_desks_entries_open_with_the_new_key_and_not_with_the_old(opened, recorded, old):
    recorded(old)
    with opened(old) as ledger:
        done = rekey(ledger.database, old=old, new=NEW)
    assert (done.changed, done.unchanged, done.files_clean) == (2, 0, True)
    for tenant in ("shop", "bank"):
        with opened(NEW, tenant) as ledger:
            assert ledger.get(f"d-{tenant}") is not None
            assert ledger.verify().first_broken is None
        with opened(old, tenant) as ledger, pytest.raises(LedgerError, match="host key"):
            ledger.get(f"d-{tenant}")


def test_a_second_run_takes_what_a_process_with_the_old_key_made_since(
    opened, recorded, decide, evidence
):
    recorded(OLD)
    with opened(OLD) as ledger:
        rekey(ledger.database, old=OLD, new=NEW)
        ledger.append(decide("d-late"), evidence, subject="customer:2")
        again = rekey(ledger.database, old=OLD, new=NEW)
    assert (again.changed, again.unchanged) == (1, 2)
    with opened(NEW) as ledger:
        assert ledger.get("d-late") is not None


def test_with_a_wrong_old_key_nothing_is_changed_at_all(opened, recorded, decide, evidence):
    recorded(OLD)
    with opened(None) as ledger:
        ledger.append(decide("d-bare"), evidence, subject="customer:2")
        with ledger.database.transaction() as tx:
            before = tx.connection.execute(select(subject_keys)).all()
        with pytest.raises(LedgerError, match="another host key"):
            rekey(ledger.database, old=THIRD, new=NEW)
        with ledger.database.transaction() as tx:
            assert tx.connection.execute(select(subject_keys)).all() == before


def test_what_was_erased_stays_erased(opened, recorded):
    recorded(OLD)
    with opened(OLD) as ledger:
        erase(ledger.database, ["customer:1"], by="Ada", why="asked")
        assert rekey(ledger.database, old=OLD, new=NEW).changed == 1
    with opened(NEW) as ledger, pytest.raises(ErasedError):
        ledger.get("d-shop")
