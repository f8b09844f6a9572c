"""A service that is told to end finishes what it has in hand, and says what became of the rest."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import anyio
import anyio.to_thread
import httpx
import pytest

from deskquorum.testing import ScriptedModel, letters, slow


@pytest.fixture
async def slow_desk(place):
    """The desk with a model that every ticket asks, and that takes two seconds."""
    desk = place.folder / "policies" / "desk.yaml"
    text = desk.read_text(encoding="utf-8").replace("wave: 2", "wave: 1, price: 0")
    desk.write_text(text, encoding="utf-8")
    async with ScriptedModel(lambda _: slow(2.0, letters({"A": 0.9, "B": 0.1}))) as running:
        yield place, running.base_url


@pytest.mark.anyio
@pytest.mark.parametrize(("grace_s", "reason"), [(20, None), (1, "shutting-down")])
async def test_what_is_in_hand_is_finished_or_handed_off(serve, slow_desk, ticket, grace_s, reason):
    # The model is served by this thread's event loop.
    await anyio.to_thread.run_sync(_story, serve, slow_desk, ticket, (grace_s, reason))


def _story(serve, slow_desk, ticket, case):
    (place, url), (grace_s, reason) = slow_desk, case
    service = serve(place, "--grace-s", str(grace_s), "--model-url", url)
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
