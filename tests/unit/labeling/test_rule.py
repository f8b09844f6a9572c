import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deskquorum.domain import Deadline, Message, Question, RedactedTicket, VoteStatus
from deskquorum.labeling import RuleLabeler, collect_votes
from deskquorum.labeling.rule_file import load_rule_file
from deskquorum.policy import RuleSpec

pytestmark = pytest.mark.anyio

QUESTION = Question(
    id="topic",
    ask="what is it about?",
    labels={"refund": "money back", "delivery": "parcels", "other": "anything else"},
    labelers=("words",),
)
HEAD = 'labeler: words\nversion: "1"\n'
AT = datetime(2026, 3, 1, tzinfo=UTC)
CATASTROPHE = "rules: [{id: slow, label: refund, patterns: ['(a|aa)+$']}]"


def ticket(*said):
    """Texts of the customer, or pairs of a role and a text."""
    pairs = [("customer", each) if isinstance(each, str) else each for each in said]
    messages = tuple(Message(role=role, text=text, at=AT) for role, text in pairs)
    return RedactedTicket(id="t", messages=messages, languages=("en",))


@pytest.fixture
def labeler(tmp_path):
    def make(yaml):
        path = tmp_path / "words.rules.yaml"
        path.write_text(HEAD + yaml, encoding="utf-8")
        return RuleLabeler("words", QUESTION, load_rule_file(path, QUESTION))

    return make


async def vote_of(labeler, *said):
    return await labeler.vote(ticket(*said), deadline=Deadline.after(5))


@pytest.mark.parametrize(
    ("said", "label"),
    [
        pytest.param("I want a reimbursement", "refund", id="as-listed"),
        pytest.param("I want a reimbursment", "refund", id="letter-left-out"),
        pytest.param("I want a reimbursememt", "refund", id="wrong-letter"),
        pytest.param("I want a reimbursemetn", "refund", id="letters-swapped"),
        pytest.param("I want a reimburrsement", "refund", id="letter-too-many"),
        pytest.param("I want a reimbrsment", None, id="two-typos"),
        pytest.param("I want a preimbursement", None, id="first-letter-counts"),
        pytest.param("where is my bill", "delivery", id="short-word-as-listed"),
        pytest.param("where is my ball", None, id="typo-in-a-short-word"),
        pytest.param("chargeback please", "other", id="exact-word-as-listed"),
        pytest.param("chargebak please", None, id="typo-in-an-exact-word"),
        pytest.param("MY MONEY BACK", "refund", id="case"),
        pytest.param("ou est mon colis égaré", "delivery", id="accents"),
        pytest.param("the money is back", None, id="phrase-broken-up"),
        pytest.param("my money. Back again", None, id="phrase-over-a-full-stop"),
        pytest.param("nothing of the kind", None, id="nothing-fires"),
    ],
)
async def test_words_forgive_one_typo_only_where_they_are_long(labeler, said, label):
    rules = labeler(
        "rules:\n"
        "  - {id: back, label: refund, words: [reimbursement, money back]}\n"
        "  - {id: bill, label: delivery, words: [bill, colis egare]}\n"
        "  - {id: bank, label: other, exact: [chargeback]}\n"
    )
    assert (await vote_of(rules, said)).label == label


@pytest.mark.parametrize(
    ("said", "label"),
    [
        pytest.param("take me to court", "refund", id="fires"),
        pytest.param("the tennis court", None, id="cancelled"),
        pytest.param("The tennis court is wet. See you in court", "refund", id="other-sentence"),
    ],
)
async def test_unless_cancels_its_rule_in_the_same_sentence(labeler, said, label):
    rules = labeler(
        "rules:\n  - {id: sue, label: refund, words: [court], unless: {words: [tennis court]}}\n"
    )
    assert (await vote_of(rules, said)).label == label


async def test_unless_within_the_ticket_cancels_from_any_sentence(labeler):
    rules = labeler(
        "rules:\n  - {id: sue, label: refund, words: [court], "
        "unless: {words: [tennis court], within: ticket}}\n"
    )
    assert (await vote_of(rules, "The tennis court is wet. See you in court")).label is None


async def test_needs_must_match_too(labeler):
    rules = labeler(
        "rules:\n  - {id: late, label: delivery, words: [late], needs: {words: [parcel]}}\n"
    )
    assert (await vote_of(rules, "the parcel is late")).label == "delivery"
    assert (await vote_of(rules, "I am late")).label is None


WEIGHTS = (
    "rules:\n"
    "  - {id: a, label: refund, words: [alpha], weight: 3}\n"
    "  - {id: b, label: delivery, words: [beta]}\n"
    "  - {id: c, label: delivery, words: [gamma]}\n"
    "  - {id: d, label: delivery, words: [delta]}\n"
)


@pytest.mark.parametrize(
    ("said", "label", "why"),
    [
        pytest.param("alpha beta gamma", "refund", "a", id="heavier-rule-wins"),
        pytest.param("alpha beta gamma delta", None, "tie:a,b,c,d", id="tie-abstains"),
        pytest.param("beta delta", "delivery", "b,d", id="every-rule-behind-it-is-named"),
        pytest.param("beta beta beta beta alpha", "refund", "a", id="repeating-adds-nothing"),
    ],
)
async def test_the_largest_sum_of_weights_wins(labeler, said, label, why):
    vote = await vote_of(labeler(WEIGHTS), said)
    assert (vote.label, vote.why) == (label, why)


@pytest.mark.parametrize(
    ("said", "label"),
    [
        pytest.param("nothing at all", "other", id="no-rule-fires"),
        pytest.param("alpha beta gamma delta", None, id="not-for-a-tie"),
        pytest.param("beta", "delivery", id="not-when-a-rule-fires"),
    ],
)
async def test_otherwise_answers_when_no_rule_fires(labeler, said, label):
    assert (await vote_of(labeler("otherwise: other\n" + WEIGHTS), said)).label == label


async def test_without_otherwise_no_rule_is_an_abstention(labeler):
    assert (await vote_of(labeler(WEIGHTS), "nothing")).status is VoteStatus.ABSTAINED


async def test_patterns_read_text_without_case_and_accents(labeler):
    rules = labeler(r"rules: [{id: p, label: refund, patterns: ['\brembourse\w*']}]")
    assert (await vote_of(rules, "REMBOURSÉ hier")).label == "refund"


async def test_cased_patterns_read_the_text_as_written(labeler):
    rules = labeler(r"rules: [{id: p, label: refund, cased: ['\bRMA\b']}]")
    assert (await vote_of(rules, "my RMA please")).label == "refund"
    assert (await vote_of(rules, "my rma please")).label is None


SAID = (
    "first alpha",
    ("agent", "we say beta"),
    "then gamma\n> old delta\n<div style='display:none'>epsilon</div>",
)


@pytest.mark.parametrize(
    ("read", "seen"),
    [
        pytest.param("customer", {"alpha", "gamma"}, id="customer"),
        pytest.param("last", {"gamma"}, id="last"),
        pytest.param("agent", {"beta"}, id="agent"),
        pytest.param("all", {"alpha", "beta", "gamma"}, id="all"),
        pytest.param("everything", {"alpha", "gamma", "delta", "epsilon"}, id="everything"),
    ],
)
async def test_read_says_whose_words_count(labeler, read, seen):
    words = ("alpha", "beta", "gamma", "delta", "epsilon")
    found = set()
    for word in words:
        rules = labeler(f"read: {read}\nrules: [{{id: w, label: refund, exact: [{word}]}}]\n")
        found |= {word} if (await vote_of(rules, *SAID)).label else set()
    assert found == seen


async def test_a_ticket_without_customer_messages_abstains(labeler):
    rules = labeler("read: last\n" + WEIGHTS)
    assert (await vote_of(rules, ("agent", "alpha"))).label is None


async def test_a_catastrophic_pattern_is_stopped_in_time(labeler):
    rules = labeler(CATASTROPHE)
    started = time.monotonic()
    await vote_of(rules, "a" * 60 + "b")
    assert time.monotonic() - started < 2


async def test_a_stopped_pattern_is_a_failed_vote_even_with_otherwise(labeler):
    vote = await vote_of(labeler("otherwise: other\n" + CATASTROPHE), "a" * 60 + "b")
    assert (vote.status, vote.why) == (VoteStatus.FAILED, "pattern-timeout")


async def test_a_stopped_pattern_loses_no_other_labelers_vote(labeler):
    slow, fast = labeler(CATASTROPHE), labeler("otherwise: other\n" + WEIGHTS)
    fast.id = "fast"
    text = ticket("a" * 60 + "b")
    collected = await collect_votes([slow, fast], text, deadline=Deadline.after(5))
    assert [vote.status for vote in collected.votes] == [VoteStatus.FAILED, VoteStatus.CAST]


async def test_a_vote_names_its_labeler_question_and_family(tmp_path):
    path = tmp_path / "w.rules.yaml"
    path.write_text(HEAD + WEIGHTS, encoding="utf-8")
    spec = RuleSpec(
        id="words",
        question="topic",
        accuracy=0.8,
        wave=2,
        price=Decimal(0),
        family="lists",
        file=path,
    )
    labeler = RuleLabeler.load(spec, QUESTION)
    vote = await vote_of(labeler, "alpha")
    assert (vote.labeler, vote.question, vote.family) == ("words", "topic", "lists")
    assert labeler.wave == 2


async def test_what_cancels_a_rule_must_stand_there_to_the_letter(labeler):
    rules = labeler(
        "rules:\n  - {id: sue, label: refund, words: [court], unless: {words: [tennis court]}}\n"
    )
    assert (await vote_of(rules, "the tenis court")).label == "refund"
