"""Rows of a file of tickets: what is wrong in one is told in words, and never with its values."""

import json

import pytest

from deskquorum.errors import InputError
from deskquorum.formats import parse_json, read_ticket

SAID = {"role": "customer", "text": "Where is it?", "at": "2026-11-20T09:00:00Z"}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param({"id": 17}, "field 'id': expected text", id="number-as-id"),
        pytest.param({"id": ""}, "field 'id': expected a text that is not empty", id="empty-id"),
        pytest.param({"facts": []}, "field 'facts': expected an object", id="list-of-facts"),
        pytest.param({"messages": []}, "field 'messages': expected at least one entry", id="mute"),
        pytest.param({"messages": None}, "field 'messages': expected a list", id="null"),
        pytest.param(
            {"messages": [SAID | {"at": "2026-11-20T09:00:00"}]},
            "field 'messages.0.at': expected a time with its zone, such as 2026-01-31T09:00:00Z",
            id="time-without-zone",
        ),
        pytest.param(
            {"messages": [SAID | {"role": "boss"}]},
            "field 'messages.0.role': expected customer or agent",
            id="unknown-role",
        ),
        pytest.param(
            {"messages": [SAID | {"mood": "bad"}]},
            "field 'messages.0.mood': not a known field",
            id="unknown-field",
        ),
        pytest.param(
            {"requester": {"email": 5}},
            "field 'requester.email': expected text or a list",
            id="either-of-two",
        ),
        pytest.param(
            {"facts": json.loads("{" + '"a": {' * 400 + "}" * 401)},
            "field 'facts': nested too deeply",
            id="bottomless",
        ),
    ],
)
def test_a_field_that_does_not_fit_is_told_with_what_it_should_be(fields, problem):
    with pytest.raises(InputError) as told:
        read_ticket({"id": "t-1", "messages": [SAID], **fields}, number=3)
    assert str(told.value) == f"line 3: {problem}"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(
            '{"id": "a", "id": "b"}',
            "a name stands twice in one object; keep one of them",
            id="which-id",
        ),
        pytest.param(
            '{"facts": {"fee": 1, "fee": 2}}',
            "a name stands twice in one object; keep one of them",
            id="which-fact",
        ),
        pytest.param(
            '{"fee": NaN}', "NaN is no number of JSON; write null, or leave it out", id="nan"
        ),
        pytest.param('{"id": "a', "not JSON at column 8; write one object a line", id="half"),
    ],
)
def test_a_line_that_is_read_differently_elsewhere_is_refused(line, problem):
    with pytest.raises(InputError) as told:
        parse_json(line)
    assert str(told.value) == problem
