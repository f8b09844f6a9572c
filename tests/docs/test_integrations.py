"""The pages of docs/integrations, followed from an empty folder."""

import re
import runpy
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest

from deskquorum.cli.init import make_desk
from deskquorum.testing import ScriptedModel, calls, says

pytestmark = pytest.mark.anyio

PAGES = Path(__file__).parents[2] / "docs" / "integrations"
REFUND = ("issue_refund", {"order_id": "1001", "amount": "24.00"})


def program(page):
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.search(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[1]


@pytest.fixture
def follow(tmp_path, monkeypatch, capsys):
    """Makes the desk, writes the page's program down, and runs it against a scripted model."""

    monkeypatch.chdir(tmp_path)
    make_desk(Path("my-desk"), labels=None, examples=None, question="route", per_label=None)

    async def following(page, *script):
        (tmp_path / "bot.py").write_text(program(page), encoding="utf-8")
        async with ScriptedModel(list(script)) as model:
            monkeypatch.setenv("OPENAI_API_KEY", "none")
            monkeypatch.setenv("OPENAI_BASE_URL", model.base_url)
            run = partial(runpy.run_path, "bot.py", run_name="__main__")
            await anyio.to_thread.run_sync(run)
        return capsys.readouterr().out

    return following


async def test_plain_python(follow):
    assert "a person decides: d_" in await follow("python.md")


async def test_langchain(follow):
    out = await follow("langchain.md", calls(REFUND), says("An order can be refunded."))
    assert "a person is asked: [{'name': 'issue_refund'" in out
    # The starter desk sends no reply by itself.
    assert "colleague" in out


async def test_agents_sdk(follow):
    out = await follow("agents-sdk.md", calls(REFUND), says("An order can be refunded."))
    assert "a person is asked: ['issue_refund']" in out
    assert "colleague" in out


def test_the_web_bot_of_the_page_is_the_one_that_is_tested():
    page = (PAGES / "web-bots.md").read_text(encoding="utf-8")
    shown = re.search(r"^```js\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1]
    example = PAGES.parents[1] / "examples" / "fetch_bot.mjs"
    assert shown in example.read_text(encoding="utf-8")
