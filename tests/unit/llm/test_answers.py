import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.domain import VoteStatus
from deskquorum.llm import ABSTAIN, MAX_LABELS, ChatReply, ask_for_label, read_label

_LABELS = ["billing", "shipping", "returns"]


def _tokens(**probabilities):
    return _reply({token: math.log(p) for token, p in probabilities.items()})


def _reply(logprobs):
    return ChatReply(text="", model="m", first_token_logprobs=logprobs)


def _read(reply, **more):
    return read_label(reply, _LABELS, read="logprobs", **more)


def test_the_likeliest_letter_is_the_vote():
    reading = _read(_tokens(A=0.2, B=0.6, C=0.2))
    assert (reading.status, reading.label) == (VoteStatus.CAST, "shipping")
    assert reading.distribution == pytest.approx({"billing": 0.2, "shipping": 0.6, "returns": 0.2})


@pytest.mark.parametrize(
    "token", ["B", " B", "b", "▁B", "ĠB", "(B", "B.", "B)", '"B', "**B", "\nB"]
)
def test_a_letter_counts_however_the_tokenizer_spells_it(token):
    assert _read(_reply({token: -0.1})).label == "shipping"


def test_spellings_of_one_letter_add_up():
    reading = _read(_reply({"A": math.log(0.3), " B": math.log(0.2), "b": math.log(0.2)}))
    assert reading.distribution == pytest.approx({"billing": 3 / 7, "shipping": 4 / 7})


def test_a_label_outside_the_top_tokens_gets_nothing_at_all():
    assert "returns" not in _read(_tokens(A=0.5, B=0.4, The=0.1)).distribution


def test_letters_that_stand_for_no_label_are_not_counted():
    assert _read(_tokens(A=0.3, D=0.6)).distribution == pytest.approx({"billing": 1.0})


@pytest.mark.parametrize(
    ("reply", "status", "why"),
    [
        pytest.param(_tokens(The=0.9, I=0.1), "abstained", "off-menu", id="prose"),
        pytest.param(_tokens(A=0.01, The=0.9), "abstained", "off-menu", id="hardly-a-letter"),
        pytest.param(_tokens(A=0.4, B=0.4), "abstained", "tie", id="tie"),
        pytest.param(_reply({}), "failed", "no-logprobs", id="endpoint-gives-none"),
        pytest.param(_reply({"A": -9999.0}), "abstained", "off-menu", id="impossible-letter"),
    ],
)
def test_unclear_letters_are_no_vote(reply, status, why):
    reading = _read(reply)
    assert (reading.status, reading.label, reading.why) == (status, None, why)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["A", " A", "B", "c", "The", "x"]), st.floats(-20, 0)))
def test_a_distribution_sums_to_one_and_holds_labels_only(logprobs):
    distribution = _read(_reply(logprobs)).distribution
    assert set(distribution) <= set(_LABELS)
    assert not distribution or math.isclose(sum(distribution.values()), 1.0, abs_tol=1e-4)


def _choose(text):
    return read_label(ChatReply(text=text, model="m"), _LABELS, read="schema")


def test_a_label_of_the_schema_is_the_vote():
    reading = _choose('{"label": "returns"}')
    assert (reading.status, reading.label) == (VoteStatus.CAST, "returns")


def test_a_model_may_abstain_by_schema():
    assert _choose('{"label": "abstain"}').status is VoteStatus.ABSTAINED


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param('{"label": "refunds"}', "unknown-label", id="label-not-on-the-menu"),
        pytest.param('{"label": "Returns"}', "unknown-label", id="other-spelling"),
        pytest.param('{"label": 1}', "garbage", id="number"),
        pytest.param('{"label": null}', "garbage", id="null"),
        pytest.param('{"label": ["returns"]}', "garbage", id="list"),
        pytest.param('{"label": "returns", "sure": true}', "garbage", id="extra-field"),
        pytest.param("{}", "garbage", id="no-label"),
        pytest.param("returns", "garbage", id="bare-word"),
        pytest.param('```json\n{"label": "returns"}\n```', "garbage", id="code-fence"),
    ],
)
def test_anything_else_by_schema_is_a_failure(text, why):
    reading = _choose(text)
    assert (reading.status, reading.label, reading.why) == (VoteStatus.FAILED, None, why)


def test_by_logprobs_one_token_is_asked_for():
    request = ask_for_label((), _LABELS, read="logprobs", model="m")
    assert (request.max_tokens, request.top_logprobs, request.json_schema) == (1, 20, None)


def test_by_schema_the_labels_and_abstaining_are_all_there_is():
    request = ask_for_label((), _LABELS, read="schema", model="m")
    assert request.json_schema["properties"]["label"]["enum"] == [*_LABELS, ABSTAIN]
    assert json.dumps(request.json_schema)


def test_no_more_labels_fit_than_letters_are_reported():
    assert MAX_LABELS["logprobs"] == 20
