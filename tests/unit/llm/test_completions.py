import json

import pytest

from deskquorum.llm import ChatFailure, ChatMessage, ChatReply, ChatRequest, FailureKind
from deskquorum.llm.completions import failure_of_status, read_completion, retry_after_s

_PROMPT = (ChatMessage(role="user", content="hello"),)
_PLAIN = ChatRequest(model="m", messages=_PROMPT, max_tokens=5)
_BY_LETTER = ChatRequest(model="m", messages=_PROMPT, max_tokens=1, top_logprobs=20)
_BY_SCHEMA = ChatRequest(model="m", messages=_PROMPT, max_tokens=5, json_schema={"type": "object"})


def _body(content, *, finish="stop", refusal=None, logprobs=None, **more):
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": logprobs}
    return json.dumps({"model": "m-1", "choices": [choice], **more}).encode()


def _logprobs(**tokens):
    top = [{"token": token, "logprob": value} for token, value in tokens.items()]
    return {"content": [{**top[0], "top_logprobs": top}]}


def test_a_whole_answer_is_read_with_what_it_used():
    body = _body("B", usage={"prompt_tokens": 90, "completion_tokens": 1, "total_tokens": 91})
    assert read_completion(body, _PLAIN, latency_ms=7) == ChatReply(
        text="B", model="m-1", prompt_tokens=90, completion_tokens=1, latency_ms=7
    )


def test_first_token_logprobs_hold_the_chosen_token_even_outside_the_top():
    logprobs = {
        "content": [
            {"token": "A", "logprob": -2.0, "top_logprobs": [{"token": "B", "logprob": -0.1}]}
        ]
    }
    reply = read_completion(_body("A", logprobs=logprobs), _BY_LETTER, latency_ms=0)
    assert reply.first_token_logprobs == {"A": -2.0, "B": -0.1}


def test_a_log_probability_that_rounding_pushed_over_zero_counts_as_certain():
    body = _body("A", logprobs=_logprobs(A=1e-9))
    assert read_completion(body, _BY_LETTER, latency_ms=0).first_token_logprobs == {"A": 0.0}


@pytest.mark.parametrize(
    ("body", "request_", "kind"),
    [
        pytest.param(b"<html>", _PLAIN, FailureKind.GARBAGE, id="proxy-page"),
        pytest.param(b"", _PLAIN, FailureKind.GARBAGE, id="no-body"),
        pytest.param(b'{"choices": [{', _PLAIN, FailureKind.GARBAGE, id="half-a-body"),
        pytest.param(b'{"output": []}', _PLAIN, FailureKind.GARBAGE, id="another-api"),
        pytest.param(b'"fine"', _PLAIN, FailureKind.GARBAGE, id="json-but-no-object"),
        pytest.param(b'{"choices": []}', _PLAIN, FailureKind.EMPTY, id="no-choices"),
        pytest.param(_body(None), _PLAIN, FailureKind.EMPTY, id="no-content"),
        pytest.param(_body(" \n"), _PLAIN, FailureKind.EMPTY, id="blank-content"),
        pytest.param(_body(""), _BY_LETTER, FailureKind.EMPTY, id="blank-without-logprobs"),
        pytest.param(_body(None, refusal="no"), _PLAIN, FailureKind.REFUSED, id="refusal"),
        pytest.param(_body("", finish="content_filter"), _PLAIN, FailureKind.REFUSED, id="filter"),
        pytest.param(
            _body("I thi", finish="length"), _PLAIN, FailureKind.TRUNCATED, id="cut-prose"
        ),
        pytest.param(
            _body('{"lab', finish="length"), _BY_SCHEMA, FailureKind.TRUNCATED, id="cut-json"
        ),
    ],
)
def test_what_is_no_whole_answer_is_a_failure(body, request_, kind):
    assert read_completion(body, request_, latency_ms=0).kind is kind


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        pytest.param(
            _body("A", finish="length", logprobs=_logprobs(A=-0.1)), _BY_LETTER, id="one-letter"
        ),
        pytest.param(_body('{"label": "a"}', finish="length"), _BY_SCHEMA, id="json-just-fits"),
        pytest.param(_body("", logprobs=_logprobs(A=-0.1)), _BY_LETTER, id="logprobs-alone"),
    ],
)
def test_an_answer_at_its_limit_counts_where_nothing_is_missing(body, request_):
    assert isinstance(read_completion(body, request_, latency_ms=0), ChatReply)


def test_a_failure_repeats_nothing_of_the_body():
    failure = read_completion(b'{"choices": "Anna Muster"}', _PLAIN, latency_ms=0)
    assert "Anna" not in repr(failure)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        pytest.param(400, "context_length_exceeded", FailureKind.BAD_REQUEST, id="too-long"),
        pytest.param(401, "invalid_api_key", FailureKind.AUTH, id="wrong-key"),
        pytest.param(403, None, FailureKind.AUTH, id="forbidden"),
        pytest.param(404, "model_not_found", FailureKind.BAD_REQUEST, id="unknown-model"),
        pytest.param(307, None, FailureKind.BAD_REQUEST, id="redirect"),
        pytest.param(408, None, FailureKind.TIMEOUT, id="request-timeout"),
        pytest.param(429, "rate_limit_exceeded", FailureKind.RATE_LIMITED, id="too-fast"),
        pytest.param(429, "insufficient_quota", FailureKind.BAD_REQUEST, id="no-money-left"),
        pytest.param(500, None, FailureKind.SERVER_ERROR, id="server-error"),
        pytest.param(529, None, FailureKind.SERVER_ERROR, id="overloaded"),
    ],
)
def test_a_status_names_the_failure(status, code, kind):
    assert failure_of_status(status, code=code, headers={}, latency_ms=0).kind is kind


def test_a_providers_sentence_is_not_taken_for_its_code():
    failure = failure_of_status(400, code="bad input: Anna Muster", headers={}, latency_ms=0)
    assert failure == ChatFailure(kind=FailureKind.BAD_REQUEST, detail="400")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="absent"),
        pytest.param({"retry-after": "3"}, 3.0, id="seconds"),
        pytest.param({"retry-after": "0.25"}, 0.25, id="fraction"),
        pytest.param({"retry-after": "-5"}, 0.0, id="negative"),
        pytest.param({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 40.0, id="date"),
        pytest.param({"retry-after": "Thu, 01 Jan 1970 00:00:01 GMT"}, 0.0, id="past-date"),
        pytest.param({"retry-after": "soon"}, None, id="words"),
        pytest.param({"retry-after": "nan"}, None, id="not-a-number"),
        pytest.param({"retry-after": "9", "retry-after-ms": "150"}, 0.15, id="milliseconds-win"),
    ],
)
def test_retry_after_is_read_as_seconds(headers, seconds):
    assert retry_after_s(headers, now=60.0) == seconds
