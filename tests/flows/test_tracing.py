"""Traces tell what was done and how long it took, and nothing of whom it was about."""

import json

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deskquorum import load_desk
from deskquorum.testing import ScriptedModel, status
from deskquorum.tracing import span


@pytest.fixture(scope="module")
def exporter():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # Once in a process, as OpenTelemetry has it.
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def finished(exporter):
    exporter.clear()
    return exporter.get_finished_spans


def values_of(ticket):
    """Every text that stands in a ticket, names of fields left out."""
    found, left = set(), [ticket]
    while left:
        match left.pop():
            case dict() as value:
                left += value.values()
            case list() as value:
                left += value
            case str() as value if len(value) > 6:
                found |= {value, *(word for word in value.split() if len(word) > 6)}
    return found


@pytest.mark.anyio
async def test_a_decision_is_a_tree_of_spans_without_a_value_of_its_ticket(
    always_asking, model, rows, ticket, finished
):
    async with load_desk(always_asking, model_url=model.base_url) as desk:
        for name in list(rows)[:6]:
            with span("decide"):
                await desk.decide(ticket(name))
    spans = finished()
    names = {span.name for span in spans}
    assert {"decide", "redaction", "labeling", "judgement", "record"} <= names
    calls = [one for one in spans if one.name.startswith("chat ")]
    stages = {one.context.span_id: one.name for one in spans}
    assert calls
    assert {stages[call.parent.span_id] for call in calls} == {"labeling"}
    for call in calls:
        assert call.attributes["gen_ai.operation.name"] == "chat"
        assert {"gen_ai.request.model", "gen_ai.usage.input_tokens"} <= set(call.attributes)
    told = json.dumps([json.loads(one.to_json())["attributes"] for one in spans])
    told += str([one.events for one in spans]) + str([one.status.description for one in spans])
    texts = [row["messages"] for row in list(rows.values())[:6]]
    texts += [row.get("requester", {}) for row in list(rows.values())[:6]]
    assert [value for text in texts for value in values_of(text) if value in told] == []


@pytest.mark.anyio
async def test_a_failed_call_tells_its_kind(always_asking, ticket, finished):
    async with (
        ScriptedModel(lambda _: status(400)) as model,
        load_desk(always_asking, model_url=model.base_url) as desk,
    ):
        await desk.decide(ticket("plain-01"))
    calls = [one for one in finished() if one.name.startswith("chat ")]
    assert {call.attributes["error.type"] for call in calls} == {"bad-request"}


def test_a_caller_s_trace_goes_on_here(finished):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with span("request", caller={"traceparent": parent, "baggage": "name=jane"}):
        pass
    (one,) = finished()
    assert f"{one.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"


def test_an_error_s_words_are_not_kept(finished):
    with pytest.raises(ValueError, match="jane"), span("stage"):
        raise ValueError("jane@example.com")
    (one,) = finished()
    assert one.events == ()
    assert one.status.description is None
