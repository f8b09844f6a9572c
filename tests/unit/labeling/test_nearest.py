import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.domain import Deadline, Message, Question, RedactedTicket, VoteStatus
from deskquorum.errors import PolicyFileError
from deskquorum.labeling import Example, NearestLabeler, load_embedder
from deskquorum.policy import NearestSpec

pytestmark = pytest.mark.anyio

LABELS = {
    "refund": "money back for something bought",
    "delivery": "where a parcel is and when it comes",
    "fault": "a product that is broken or does not work",
}
EXAMPLES = (
    ("I want my money back", "refund"),
    ("please refund the jacket", "refund"),
    ("where is my parcel", "delivery"),
    ("the courier never came", "delivery"),
    ("the zip is broken", "fault"),
    ("my stove does not light", "fault"),
)
AT = datetime(2026, 3, 1, tzinfo=UTC)


def question(labels=LABELS):
    return Question(id="topic", ask="what?", labels=labels, labelers=("near",))


def labeler(examples=EXAMPLES, labels=LABELS, **options):
    return NearestLabeler(
        "near",
        question(labels),
        embedder=load_embedder(),
        examples=[Example(text=text, label=label) for text, label in examples],
        **options,
    )


async def vote_of(labeler, *texts, role="customer"):
    messages = tuple(Message(role=role, text=text, at=AT) for text in texts)
    ticket = RedactedTicket(id="t", messages=messages, languages=("en",))
    return await labeler.vote(ticket, deadline=Deadline.after(5))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pytest.param("give me a refund", "refund", id="refund"),
        pytest.param("has the courier got my parcel", "delivery", id="delivery"),
        pytest.param("a broken zip", "fault", id="fault"),
    ],
)
async def test_the_label_of_the_nearest_examples_wins(text, label):
    assert (await vote_of(labeler(), text)).label == label


async def test_descriptions_answer_where_there_are_no_examples():
    assert (await vote_of(labeler(()), "my parcel has not come")).label == "delivery"


async def test_descriptions_answer_without_examples_even_when_switched_off():
    assert (await vote_of(labeler((), descriptions=False), "where is my parcel")).label


async def test_the_mark_of_a_placeholder_is_no_word():
    one = await vote_of(labeler(), "I, ⟦PERSON_1·kqvzd⟧, want my jacket refunded")
    other = await vote_of(labeler(), "I, ⟦PERSON_1·bcdfg⟧, want my jacket refunded")
    assert one.distribution == other.distribution


@settings(max_examples=40, deadline=None)
@given(st.text())
def test_shares_sum_to_one_for_any_text_that_gets_a_vote(text):
    shares = SHARED._distribution(text)
    assert not shares or (
        sum(shares.values()) == pytest.approx(1, abs=1e-5) and set(shares) == set(LABELS)
    )


SHARED = labeler()


async def test_the_label_is_the_one_with_the_largest_share():
    vote = await vote_of(labeler(), "where is the money for my parcel")
    assert vote.distribution[vote.label] == max(vote.distribution.values())


async def test_renaming_labels_renames_the_shares_and_changes_nothing_else():
    renamed = {"refund": "c", "delivery": "a", "fault": "b"}
    plain = await vote_of(labeler(descriptions=False), "where is my money")
    other = await vote_of(
        labeler(
            [(text, renamed[label]) for text, label in EXAMPLES],
            {renamed[name]: said for name, said in reversed(LABELS.items())},
            descriptions=False,
        ),
        "where is my money",
    )
    expected = {renamed[name]: share for name, share in plain.distribution.items()}
    assert dict(other.distribution) == pytest.approx(expected, abs=1e-5)


async def test_the_order_of_examples_is_irrelevant():
    forward = await vote_of(labeler(), "where is my money")
    backward = await vote_of(labeler(EXAMPLES[::-1]), "where is my money")
    assert dict(backward.distribution) == pytest.approx(dict(forward.distribution), abs=1e-5)


async def test_ten_copies_of_an_example_do_not_count_ten_times():
    text = "where is my money"
    once = (await vote_of(labeler(), text)).distribution["delivery"]
    flooded = labeler([*EXAMPLES, *[("I want my money back", "refund")] * 9])
    assert (await vote_of(flooded, text)).distribution["delivery"] > once / 3


@pytest.mark.parametrize(
    ("texts", "role"),
    [
        pytest.param([""], "customer", id="empty"),
        pytest.param([" \n\t"], "customer", id="blank"),
        pytest.param(["where is my parcel"], "agent", id="only-the-agent-spoke"),
    ],
)
async def test_a_ticket_without_words_of_the_customer_abstains(texts, role):
    vote = await vote_of(labeler(), *texts, role=role)
    assert (vote.status, vote.label) == (VoteStatus.ABSTAINED, None)
    assert not vote.distribution


@pytest.mark.parametrize(
    ("floor", "text", "status"),
    [
        pytest.param(0.99, "where is my parcel", VoteStatus.CAST, id="same-text-is-near"),
        pytest.param(0.99, "the moon orbits jupiter", VoteStatus.ABSTAINED, id="nothing-is-near"),
        pytest.param(None, "the moon orbits jupiter", VoteStatus.CAST, id="no-floor-always-votes"),
    ],
)
async def test_nothing_near_enough_is_an_abstention(floor, text, status):
    assert (await vote_of(labeler(abstain_below=floor), text)).status is status


async def test_examples_without_words_change_nothing():
    plain = await vote_of(labeler(), "where is my money")
    padded = await vote_of(labeler([*EXAMPLES, ("", "fault")]), "where is my money")
    assert dict(padded.distribution) == pytest.approx(dict(plain.distribution), abs=1e-5)


async def test_quoted_history_does_not_vote():
    own = await vote_of(labeler(), "a broken zip")
    mail = await vote_of(
        labeler(), "a broken zip\n\n> where is my parcel\n> the courier never came"
    )
    assert dict(mail.distribution) == pytest.approx(dict(own.distribution), abs=1e-5)


async def test_a_danger_in_passing_is_heard_when_sentences_are_read_one_by_one():
    calm = [("where is my parcel", "delivery"), ("the courier is late", "delivery")]
    mail = "Where is my parcel please? The courier is so late again. I want my money back."
    whole = labeler([*calm, ("I want my money back", "refund")])
    alert = labeler([*calm, ("I want my money back", "refund")], calm="delivery")
    assert (await vote_of(whole, mail)).label == "delivery"
    assert (await vote_of(alert, mail)).label == "refund"


@pytest.fixture
def load(tmp_path):
    def load_examples(lines, **options):
        path = tmp_path / "examples.jsonl"
        path.write_bytes(lines if isinstance(lines, bytes) else lines.encode())
        spec = NearestSpec(
            id="near",
            question="topic",
            accuracy=0.7,
            wave=1,
            price=Decimal(0),
            family="embeddings",
            examples=path,
            text="text",
            label="label",
            descriptions=False,
            calm=None,
            abstain_below=None,
            **{"per_label": None, **options},
        )
        return NearestLabeler.load(spec, question(), load_embedder())

    return load_examples


def row(text, label):
    return json.dumps({"text": text, "label": label}, ensure_ascii=False)


BROKEN = "\n".join(
    [
        row("where is my parcel", "delivery"),
        "{not json",
        "",
        row("?", "shipping"),
        '{"label": "refund"}',
        '["a row"]',
        row("?", ["refund"]),
        row("no label yet", None),
    ]
)


def test_every_malformed_row_is_told_with_its_line(load):
    with pytest.raises(PolicyFileError) as caught:
        load(BROKEN)
    wanted = "expected an object with the texts 'text' and 'label'"
    labels = "refund, delivery, fault"
    assert [(p.line, p.message) for p in caught.value.problems] == [
        (2, "not JSON; write one object a line"),
        (4, f"question 'topic' has no label 'shipping'; it has {labels}"),
        (5, wanted),
        (6, wanted),
        (7, f"question 'topic' has no label '['refund']'; it has {labels}"),
    ]


def test_a_malformed_row_is_told_without_its_text(load):
    with pytest.raises(PolicyFileError) as caught:
        load(row("call me at home", "shipping"))
    assert "call me" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("one\u2028two", id="line-separator"),
        pytest.param("one\x85two", id="next-line"),
    ],
)
def test_a_row_ends_only_at_a_line_feed(load, text):
    assert load(f"{row(text, 'refund')}\r\n{row('b', 'fault')}\n")


def test_a_file_that_is_not_utf_8_is_a_problem_not_a_crash(load):
    with pytest.raises(PolicyFileError, match="not UTF-8"):
        load(b'{"text": "\xff"}')


def test_a_byte_order_mark_is_no_part_of_the_first_row(load):
    assert load(b"\xef\xbb\xbf" + row("where is my parcel", "delivery").encode())


async def test_per_label_keeps_the_first_examples_of_each_label(load):
    rows = [row(text, label) for text, label in EXAMPLES]
    capped = await vote_of(load("\n".join(rows), per_label=1), "my stove does not light")
    first = await vote_of(labeler(EXAMPLES[::2], descriptions=False), "my stove does not light")
    assert dict(capped.distribution) == pytest.approx(dict(first.distribution), abs=1e-5)
