"""The OpenAPI file is what the service does: whatever is sent, the answer is one that it lists."""

import json
import time
from itertools import cycle
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture(scope="module")
def key(shared):
    _, text = shared.place.key("bot", "agent", "ops")
    # Keys are learned of once a second.
    time.sleep(2)
    return f"Bearer {text}"


@pytest.fixture(scope="module")
def known(shared, tickets):
    """What is there, for most calls: a made-up id is answered with 404 alone."""
    plain = next(row for row in tickets if row["id"] == "plain-04")
    action = {"name": "issue_refund", "args": {"order_id": "NW-1", "amount": "24.00"}}
    decisions = []
    with shared.client("bot") as bot:
        for number in range(8):
            row = {**plain, "id": f"contract-{number}", "proposal": {"action": action}}
            decisions.append(bot.post("/v1/decisions", json=row).json()["decision_id"])
    with shared.client("agent") as agent:
        items = [item["id"] for item in agent.get("/v1/reviews").json()["items"]]
    return {"item": cycle([*items, None, None]), "identity": cycle([*decisions, None, None])}


STREAMS = "/v1/assist/{conversation}"
OPERATIONS = [
    operation
    for found in schemathesis.openapi.from_path(OPENAPI).get_all_operations()
    if (operation := found.ok()).path != STREAMS
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_documented_and_none_is_an_error_of_the_server(
    operation, shared, key, known
):
    @given(case=operation.as_strategy())
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        case.headers["Authorization"] = key
        for name in known.keys() & case.path_parameters.keys():
            case.path_parameters[name] = next(known[name]) or case.path_parameters[name]
        case.call_and_validate(base_url=shared.url, checks=CHECKS)

    ask()


def test_the_service_also_did_what_it_was_asked(shared):
    with shared.client("ops") as client:
        text = client.get("/metrics").text
    served = 'deskquorum_requests_total{method="POST",path="/v1/%s",status="%s"}'
    for path, status in [
        ("decisions", 200),
        ("replies/check", 200),
        ("reviews/{item}/claim", 200),
        ("reviews/{item}/release", 200),
        ("reviews/{item}/verdict", 200),
    ]:
        assert served % (path, status) in text


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("replies/check", {"reply": "You have 30 days.", "policy_text": "Within 30 days."}, 200),
        ("outcomes", {"conversation": "c-1", "kind": "reopened"}, 201),
    ],
)
def test_what_is_asked_as_documented_is_done(shared, path, body, status):
    """By itself: what is made up may all be refused, or come at a busy time."""
    with shared.client("bot") as client:
        for _ in range(10):
            answer = client.post(f"/v1/{path}", json=body)
            if answer.status_code != 503:
                break
            time.sleep(1)
    assert answer.status_code == status, answer.text


def test_the_committed_file_is_current(shared):
    import httpx

    served = httpx.get(f"{shared.url}/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert json.loads(OPENAPI.read_text(encoding="utf-8")) == served
