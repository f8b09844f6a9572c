"""A service with every fake helpdesk around it, in one event loop, over real connections."""

import asyncio
import shutil
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
import yaml
from fakes import FAKES
from fakes.base import SECRET, TOKEN, USER_TOKEN

from deskquorum import load_desk
from deskquorum.host_key import HOST_KEY, new_host_key, read_host_key
from deskquorum.server import Settings, create_app

STARTER = Path(__file__).parents[2] / "policies"
PLAYBOOK = """
playbook: my-desk
version: "1"
plays:
  - {id: where, when: answer.intent == "where", reply: where}
"""
REPLY = "Parcels arrive within 5 days of the order."
REPLY_FILE = f'---\nid: where\nversion: "1"\n---\n{REPLY}\n'
RULE = """
  - id: reply-where
    on: reply
    effect: allow
    when: answer.intent == "where"
    cite: [P5]
    reason: the clause says when parcels arrive
"""
MODE = """  - {id: P5, text: "Parcels arrive within 5 days of the order."}

actions:
  reply:
    risk: reply
    mode: auto
    autonomy: {uncertified: {by: a lead, date: 2026-11-02, why: it quotes a clause}}
"""


@dataclass(kw_only=True)
class Around:
    """The service and the helpdesks around it."""

    desk: object
    service: str
    helpdesks: list


@pytest.fixture(scope="module")
def anyio_backend():
    """One event loop for all tests of a module, as they share what runs in it."""
    return "asyncio"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A desk that answers where a parcel is, and gives everything else to a person."""
    tmp_path = tmp_path_factory.mktemp("desk")
    shutil.copytree(STARTER, tmp_path / "policies")
    (tmp_path / "prompts" / "replies").mkdir(parents=True)
    (tmp_path / "prompts" / "replies" / "where.md").write_text(REPLY_FILE, encoding="utf-8")
    (tmp_path / "policies" / "playbook.yaml").write_text(PLAYBOOK, encoding="utf-8")
    replies = tmp_path / "policies" / "replies.yaml"
    text = replies.read_text(encoding="utf-8")
    text = text.replace("\nactions:\n  reply: {risk: reply}\n", MODE)
    replies.write_text(text + RULE, encoding="utf-8")
    return tmp_path


def described(fakes):
    """The section of `desk.yaml` for some fakes, and what stands in the environment."""
    keys = {f"{fake.name.upper()}_TOKEN": TOKEN for fake in fakes}
    keys["CHATWOOT_USER_TOKEN"] = USER_TOKEN
    section = {
        fake.name: {
            "url": fake.url,
            "token_env": f"{fake.name.upper()}_TOKEN",
            "per_minute": 60_000,
            "timeout_s": 2,
            **fake.spec,
        }
        for fake in fakes
    }
    return yaml.safe_dump({"helpdesk": section}), keys


@asynccontextmanager
async def embedded(folder, fakes):
    section, keys = described(fakes)
    path = folder / "policies" / "desk.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n" + section, encoding="utf-8")
    keys[HOST_KEY] = new_host_key()
    desk = load_desk(folder, models=False, keys=keys)
    settings = Settings(
        host_key=read_host_key(keys),
        webhook_secrets={fake.name: SECRET for fake in fakes},
        keys=keys,
        grace_s=1.0,
    )
    config = uvicorn.Config(
        create_app(desk, settings), host="127.0.0.1", port=0, log_config=None, lifespan="on"
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Around(desk=desk, service=f"http://127.0.0.1:{port}", helpdesks=fakes)
    server.should_exit = True
    await serving


@pytest.fixture(scope="module")
async def around(folder, anyio_backend):  # noqa: ARG001 - it says which loop
    """Everything, and the helpdesks know where the service is."""
    async with AsyncExitStack() as stack:
        fakes = [await stack.enter_async_context(fake()) for fake in FAKES]
        running = await stack.enter_async_context(embedded(folder, fakes))
        for fake in fakes:
            fake.service = running.service
        yield running
