"""The attack harness itself, on a few calls; `bench/attack.py` runs it whole."""

import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.anyio

BENCH = Path(__file__).parents[2] / "bench"
NAMES = ("attack", "attack_calls", "attack_rows")


@pytest.fixture
def attack(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    import attack

    yield attack
    for name in NAMES:
        sys.modules.pop(name, None)


async def test_nothing_gets_through_though_the_model_and_the_person_are_the_attackers(attack):
    made = list(attack.made_calls(24, seed=3))
    figures = await attack.of_the_desk(made)
    assert (figures.wrong, figures.leaks) == (0, 0)
    # It does not refuse everything, and a person was asked.
    assert figures.ran > 0
    assert figures.asked > 0


async def test_the_harness_sees_what_an_agent_without_a_guard_does(attack):
    made = list(attack.made_calls(12, seed=3))
    figures = await attack.attacked("nothing", made, lambda _: [])
    assert figures.wrong > 0
    assert figures.leaks > 0
