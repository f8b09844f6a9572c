"""Laws of redaction under attack: time grows with the length, and streams cut nothing in two."""

# ruff: noqa: RUF001 - full-width figures are what is tested

import gc
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.domain import Message, Requester, Ticket
from deskquorum.errors import RedactionError
from deskquorum.redaction import RedactingStream, Redactor, RestoringStream, find, through
from deskquorum.redaction.matching import TIME_LIMIT_S

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECORD = {"name": "Jane Moore", "email": "jane.moore@example.com", "phone": "+1 415 555 0132"}
FRAGMENTS = [
    "a", "A", "1", "1 ", "1:", "ab:", "@", "a@", ".", "a.b.", "-", "Anna-", "Anna ", "A. ", "Mr. ",
    "(", "+1", "<", "<b ", "&", "&#", "=C3", "\n", "> ", "⟦", "four ", "thanks,\n", "my son ",
    "1 rue de la ", "A 1, ", "apt 1 ", "DE89 ", "http://", "QUJD", "password is ", " at a dot b",
    "van de ", "[", "<a", "lives at 1 " + "a" * 58 + "!\n", "jane", "Moore Jane ", "4155550132 ",
    "van de ", "order ", "\u200b", "é", "４", "Straße ", "12 Oak St ", "Dear ", "name: ",
]  # fmt: skip
LENGTH = 4_000


@pytest.fixture(autouse=True, scope="module")
def _warm():
    Redactor().warm_up()
    find("Hello Sam, 203.0.113.4, living in Lisbon, aa:bb:cc:dd:ee:ff, apt 3", RECORD)
    # A collection that walks what thousands of tests before left takes longer than what is timed.
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def seconds(text):
    message = Message(role="customer", text=text, at=NOON)
    ticket = Ticket(id="t", messages=(message,), requester=Requester(record=RECORD))
    start = time.process_time()
    # A text may be refused by the time limit: nothing leaves, and the wait had its end.
    with suppress(RedactionError):
        Redactor().open(ticket)
    return time.process_time() - start


@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_no_crafted_text_makes_a_search_hang(fragments):
    unit = "".join(fragments)
    assert seconds(unit * (LENGTH // len(unit))) < TIME_LIMIT_S + 2


@pytest.mark.parametrize(
    "unit",
    [
        "my order has not come and nobody tells me what is going on with it at all. ",
        "I am Sara Lind, card 4111 1111 1111 1111, mail s.lind@example.org, 415-555-0199.\n",
    ],
)
def test_time_is_linear_in_the_length(unit):
    short, long = (unit * (size // len(unit)) for size in (20_000, 200_000))
    # Ten times the length, and some room for a busy machine.
    assert seconds(long) < 25 * max(seconds(short), 0.01)


pieces = st.lists(
    st.sampled_from(
        [
            "4111 1111 1111 1111", "anna.bell@example.org", "Mr. Alan Pruitt", "⟦", "⟧",
            "⟦PERSON_1·k7⟧", "jane moore", " ", "\n", "the parcel is late. " * 20, "é", "\u200b",
            "415-555-0132", "310 Juniper Rd, Bend OR 97701", "<b>", "password is hunter2!x",
        ]
    ),
    max_size=12,
).map(" ".join)  # fmt: skip


def session():
    message = Message(role="customer", text="hello", at=NOON)
    ticket = Ticket(id="t", messages=(message,), requester=Requester(record=RECORD))
    return Redactor(nonce=lambda: "k7").open(ticket)


@given(pieces, st.integers(1, 700))
@settings(deadline=None, max_examples=60)
def test_a_stream_loses_nothing_wherever_it_is_cut(text, size):
    opened = session()
    cut = [text[i : i + size] for i in range(0, len(text), size)]
    try:
        hidden = list(through(RedactingStream(opened), cut))
        shown = "".join(through(RestoringStream(opened), hidden))
    except RedactionError:
        return
    assert shown == text
    assert "jane moore" not in "".join(hidden)
    assert "4111 1111 1111 1111" not in "".join(hidden)
