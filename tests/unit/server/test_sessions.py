"""Links, sessions and form tokens: good for one purpose, one desk and a while."""

from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.server.sessions import Person, Role, Sessions

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture
def sessions():
    return Sessions(KEY, tenant="northwind")


def test_a_session_says_who_and_what_role_until_it_ends(sessions):
    text = sessions.begin(name="mia", role=Role.LEAD, now=NOW)
    person = sessions.read(text, now=NOW)
    assert (person.name, person.role) == ("mia", Role.LEAD)
    assert sessions.read(text, now=NOW + Sessions.LASTS) is None


def test_a_link_is_no_session_and_a_session_no_link(sessions):
    link = sessions.link(name="mia", role=Role.OPS, now=NOW, lasts=timedelta(minutes=5))
    assert sessions.read(link, now=NOW) is None
    assert sessions.read_link(sessions.begin(name="mia", role=Role.OPS, now=NOW), now=NOW) is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Sessions(KEY, tenant="southwind"), id="another-desk"),
        pytest.param(Sessions(b"j" * 32, tenant="northwind"), id="another-key"),
    ],
)
def test_what_another_signed_is_not_valid(sessions, other):
    assert sessions.read(other.begin(name="mia", role=Role.OPS, now=NOW), now=NOW) is None


@pytest.mark.parametrize("spoil", [lambda t: t + "x", lambda t: t[1:], lambda _: "", lambda _: "ü"])
def test_what_was_changed_is_not_valid(sessions, spoil):
    text = sessions.begin(name="mia", role=Role.AGENT, now=NOW)
    assert sessions.read(spoil(text), now=NOW) is None


def test_a_form_token_fits_its_own_session_only(sessions):
    mia = Person(name="mia", role=Role.LEAD, session="1")
    again = Person(name="mia", role=Role.LEAD, session="2")
    assert sessions.is_form_token(sessions.form_token(mia), mia)
    assert not sessions.is_form_token(sessions.form_token(mia), again)
    assert not sessions.is_form_token("ü", mia)
