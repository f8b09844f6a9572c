import pytest

from deskquorum.errors import RedactionError
from deskquorum.redaction import LeakCheckStream, RedactingStream, RestoringStream, through

FILLER = "I would like to know where the parcel is and when it will be here at last. " * 9
SECRET = (
    f"{FILLER}My card is 4111 1111 1111 1111 and my mail is anna.bell@example.org. {FILLER}"
    f"Please send it to 310 Juniper Rd, Bend OR 97701. {FILLER}"
)
PIECES = [1, 3, 7, 64, 1000, 100_000]


def pieces(text, size):
    return [text[i : i + size] for i in range(0, len(text), size)]


each_size = pytest.mark.parametrize("size", PIECES)


@each_size
def test_no_part_of_an_entity_leaves_whatever_the_pieces(opened, size):
    session = opened("hello")
    shown = "".join(through(RedactingStream(session), pieces(SECRET, size)))
    assert "1111" not in shown
    assert "anna.bell" not in shown
    assert "Juniper" not in shown


@each_size
def test_a_redacted_stream_restored_as_a_stream_is_the_text(opened, size):
    session = opened("hello")
    hidden = through(RedactingStream(session), pieces(SECRET, size))
    assert "".join(through(RestoringStream(session), hidden)) == SECRET


def test_text_flows_before_the_stream_ends(opened):
    stream = RedactingStream(opened("hello"))
    assert stream.push(FILLER * 2) != ""


def test_an_entity_that_is_not_complete_yet_is_held_back(opened):
    stream = RedactingStream(opened("hello"))
    assert "4111" not in stream.push(f"{FILLER}my card is 4111 11")
    assert "4111" not in stream.push("11 1111 ")
    assert "4111 1111 1111 1111" not in stream.push("1111 thanks") + stream.finish()


@pytest.mark.parametrize("cut", range(1, 16))
def test_no_part_of_a_placeholder_is_restored_alone(opened, cut):
    session = opened("mail anna.bell@example.org")
    hidden = session.ticket.messages[0].text
    stream = RestoringStream(session)
    start = hidden.index("⟦")
    first = stream.push(hidden[: start + cut])
    assert "⟦" not in first
    assert first + stream.push(hidden[start + cut :]) + stream.finish() == (
        "mail anna.bell@example.org"
    )


def test_a_placeholder_that_never_closes_stops_the_stream(opened):
    stream = RestoringStream(opened("mail anna.bell@example.org"))
    stream.push("see ⟦EMAIL_ADDR")
    with pytest.raises(RedactionError):
        stream.finish()


def test_a_foreign_placeholder_stops_the_stream(opened):
    stream = RestoringStream(opened("hello"))
    with pytest.raises(RedactionError):
        stream.push("see ⟦EMAIL_ADDRESS_1·zz⟧ ok")


@each_size
def test_a_reply_that_tells_a_strangers_data_stops_before_it(opened, size):
    stream = LeakCheckStream(opened("hello"))
    said = []
    with pytest.raises(RedactionError, match="email_address"):
        said.extend(through(stream, pieces(f"{FILLER}Write to bo.lee@example.org. {FILLER}", size)))
    assert "bo.lee" not in "".join(said)


def test_a_harmless_reply_comes_through_whole(opened):
    stream = LeakCheckStream(opened("hello"))
    assert "".join(through(stream, pieces(FILLER * 3, 50))) == FILLER * 3


def test_a_stream_without_a_place_to_cut_is_refused(opened):
    stream = RedactingStream(opened("hello"))
    with pytest.raises(RedactionError, match="without a place to cut"):
        stream.push("x" * 70_000)
