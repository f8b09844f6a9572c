"""The example desk, copied so that a story may spoil it."""

import json
import shutil
from pathlib import Path

import pytest

from deskquorum import load_desk
from deskquorum.formats import parse_json, read_ticket
from deskquorum.testing import ScriptedModel, letters

NORTHWIND = Path(__file__).parents[2] / "examples" / "northwind"


@pytest.fixture(scope="session")
def northwind():
    return NORTHWIND


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "northwind"
    shutil.copytree(NORTHWIND, target, ignore=shutil.ignore_patterns("state"))
    return target


@pytest.fixture
def always_asking(folder):
    """The desk with a model that is free and of the first wave, so that every ticket asks it."""
    desk = folder / "policies" / "desk.yaml"
    text = desk.read_text(encoding="utf-8")
    assert "wave: 2" in text
    desk.write_text(text.replace("wave: 2", "wave: 1, price: 0"), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def rows():
    text = (NORTHWIND / "tickets.jsonl").read_text(encoding="utf-8")
    return {row["id"]: row for row in map(json.loads, text.splitlines())}


@pytest.fixture
def ticket(rows):
    """A ticket of the example desk by its id."""
    return lambda name: read_ticket(parse_json(json.dumps(rows[name])))


@pytest.fixture
def without_model(folder):
    return load_desk(folder, models=False)


@pytest.fixture
async def model():
    async with ScriptedModel(lambda _: letters({"A": 0.6, "B": 0.4})) as running:
        yield running
