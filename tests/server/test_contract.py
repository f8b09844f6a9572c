"""The OpenAPI file is what the service does: whatever is sent, the answer is one that it lists."""

import json
import time
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
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


schema = schemathesis.openapi.from_path(OPENAPI)
streams = "/v1/assist/{conversation}"


@schema.exclude(path=streams).parametrize()
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_documented_and_none_is_an_error_of_the_server(case, shared, key):
    case.headers["Authorization"] = key
    case.call_and_validate(base_url=shared.url, checks=CHECKS)


def test_the_service_also_did_what_it_was_asked(shared):
    with shared.client("ops") as client:
        text = client.get("/metrics").text
    served = 'deskquorum_requests_total{method="POST",path="/v1/%s",status="%s"}'
    for path, status in [("decisions", 200), ("replies/check", 200), ("outcomes", 201)]:
        assert served % (path, status) in text


def test_the_committed_file_is_current(shared):
    import httpx

    served = httpx.get(f"{shared.url}/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert json.loads(OPENAPI.read_text(encoding="utf-8")) == served
