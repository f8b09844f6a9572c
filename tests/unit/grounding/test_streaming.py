"""A reply that streams: what goes out, and when."""

from deskquorum.domain import Facts
from deskquorum.grounding import ReplyStream

QUOTES = (
    "Hello Anouk,\n\nReturn unworn items within 30 days of delivery. "
    "Standard shipping costs 5.00 USD. Best regards,\nNorthwind Support"
)


def stream(index):
    return ReplyStream(index=index, facts=Facts())


def fed(streaming, text, size=7):
    return "".join(
        streaming.feed(text[start : start + size]) for start in range(0, len(text), size)
    )


def test_a_reply_that_is_supported_comes_out_whole(index):
    streaming = stream(index)
    out = fed(streaming, QUOTES) + streaming.finish()
    assert (out, streaming.held) == (QUOTES, "")


def test_a_supported_reply_starts_to_come_out_before_it_ends(index):
    assert fed(stream(index), QUOTES).startswith("Hello Anouk,")


def test_nothing_of_a_claim_goes_out_before_its_sentence_ends(index):
    assert "Return" not in fed(stream(index), "Hello Anouk,\n\nReturn unworn items within 3")


def test_an_unsupported_claim_and_all_that_follows_is_held(index):
    streaming = stream(index)
    text = "Hello Anouk,\n\nWe promise you a free tent. Standard shipping costs 5.00 USD."
    out = fed(streaming, text) + streaming.finish()
    assert "promise" not in out
    assert "shipping" not in out
    assert streaming.held.startswith("We promise")


def test_the_findings_tell_why_it_is_held(index):
    streaming = stream(index)
    streaming.feed("We promise you a free tent.")
    streaming.finish()
    assert [finding.text for finding in streaming.findings] == ["We promise you a free tent."]


def test_a_piece_at_a_time_gives_the_same_as_all_at_once(index):
    one, other = stream(index), stream(index)
    by_letters = fed(one, QUOTES, size=1) + one.finish()
    assert by_letters == other.feed(QUOTES) + other.finish()
