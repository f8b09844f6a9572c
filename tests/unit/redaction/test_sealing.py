import os

import pytest

from deskquorum.errors import RedactionError

KEY = bytes(range(32))
RECORD = {"name": "Wendy Torres", "customer_id": "C-2027"}
TEXT = "Wendy Torres here, mail anna.bell@example.org"


@pytest.fixture
def session(opened):
    return opened(TEXT, record=RECORD)


def test_a_resumed_session_restores_what_the_sealed_one_hid(session, redactor, ticket):
    hidden = session.ticket.messages[0].text
    again = redactor.resume(ticket("hello", record=RECORD), session.seal(KEY), key=KEY)
    assert again.restore(hidden) == TEXT


def test_a_resumed_session_goes_on_counting(session, redactor, ticket):
    again = redactor.resume(ticket("hello", record=RECORD), session.seal(KEY), key=KEY)
    assert "EMAIL_ADDRESS_2" in again.redact("or write to bo.lee@example.org")
    assert "EMAIL_ADDRESS_1" in again.redact("anna.bell@example.org")


def test_nothing_of_the_values_is_in_the_sealed_vault(session):
    sealed = session.seal(KEY)
    assert b"Wendy" not in sealed
    assert b"anna.bell" not in sealed


def test_the_same_vault_is_sealed_differently_each_time(session):
    assert session.seal(KEY) != session.seal(KEY)


def test_another_key_does_not_open_it(session, redactor, ticket):
    with pytest.raises(RedactionError, match="does not open"):
        redactor.resume(ticket("hello", record=RECORD), session.seal(KEY), key=os.urandom(32))


def test_another_requester_does_not_open_it(session, redactor, ticket):
    other = ticket("hello", record={"name": "Bo Lee", "customer_id": "C-1"})
    with pytest.raises(RedactionError, match="does not open"):
        redactor.resume(other, session.seal(KEY), key=KEY)


@pytest.mark.parametrize("place", [5, 20, -1])
def test_a_damaged_vault_does_not_open(session, redactor, ticket, place):
    sealed = bytearray(session.seal(KEY))
    sealed[place] ^= 1
    with pytest.raises(RedactionError, match="does not open"):
        redactor.resume(ticket("hello", record=RECORD), bytes(sealed), key=KEY)


@pytest.mark.parametrize("sealed", [b"", b"dqv1", b"something else altogether"])
def test_what_is_no_vault_does_not_open(redactor, ticket, sealed):
    with pytest.raises(RedactionError):
        redactor.resume(ticket("hello", record=RECORD), sealed, key=KEY)


def test_a_short_key_is_refused(session):
    with pytest.raises(RedactionError, match="32 bytes, this one 5"):
        session.seal(b"short")
