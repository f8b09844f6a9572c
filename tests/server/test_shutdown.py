"""A service that is told to end finishes what it has in hand, and says what became of the rest."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest

from deskquorum.testing import ScriptedModel, letters, slow


def slowed(place, url):
    """The desk with a model that every ticket asks."""
    desk = place.folder / "policies" / "desk.yaml"
    text = desk.read_text(encoding="utf-8").replace("wave: 2", "wave: 1, price: 0")
    desk.write_text(text, encoding="utf-8")
    return ("--model-url", url)


@pytest.fixture
async def model():
    async with ScriptedModel(lambda _: slow(2.0, letters({"A": 0.9, "B": 0.1}))) as running:
        yield running


@pytest.mark.anyio
@pytest.mark.parametrize(("grace_s", "reason"), [(20, None), (1, "shutting-down")])
async def test_what_is_in_hand_is_finished_or_handed_off(
    place, serve, model, ticket, grace_s, reason
):
    import anyio

    await anyio.to_thread.run_sync(_story, place, serve, model.base_url, ticket, grace_s, reason)


def _story(place, serve, url, ticket, grace_s, reason):
    options = slowed(place, url)
    service = serve(place, "--grace-s", str(grace_s), *options)
    with service.client("bot") as client, ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(client.post, "/v1/decisions", json=ticket) for _ in range(3)]
        time.sleep(0.7)
        service.process.terminate()
        time.sleep(0.25)
        ready = httpx.get(f"{service.url}/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"]["not_ending"] is False
        refused = httpx.post(f"{service.url}/v1/decisions", headers=client.headers, json=ticket)
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        answers = [task.result() for task in asking]
    assert {answer.status_code for answer in answers} == {200}
    codes = {reason["code"] for a in answers for reason in a.json()["reasons"]}
    assert ("shutting-down" in codes) == (reason is not None)
    assert service.process.wait(15) in {0, -15}
    assert {"ended"} <= {line["event"] for line in service.lines()}
    with closing(place.opened()) as record:
        kept = {entry.decision.id for entry in record.entries()}
    assert kept == {answer.json()["decision_id"] for answer in answers}
