"""What `bench/service.py` makes of a decision and of memory, against cases worked by hand."""

import importlib
import sys
from pathlib import Path

import pytest

_BENCH = str(Path(__file__).parents[2] / "bench")


@pytest.fixture(scope="module", autouse=True)
def bench_is_at_hand():
    sys.path.insert(0, _BENCH)
    yield
    sys.path.remove(_BENCH)


def decision(*codes, effect="human", rules=("refund-over-limit", "reply-to-a-refund")):
    return {
        "route": "human",
        "reasons": [{"code": code} for code in codes],
        "ruling": {"effect": effect, "rules": list(rules)},
        "findings": [{"check": "claim", "verdict": "supported"}],
    }


@pytest.mark.parametrize("code", ["shed", "late", "no-record"])
def test_a_ticket_that_nobody_judged_is_no_right_result(code):
    rows, jobs = (importlib.import_module(f"serving.{name}") for name in ("rows", "jobs"))
    outcome = rows.outcome_of(decision(code))
    assert outcome.unjudged == code
    assert not jobs.right(outcome, flagged=False)
    assert not jobs.right(outcome, flagged=True)


def test_a_refund_that_is_held_for_its_amount_is_right():
    rows, jobs = (importlib.import_module(f"serving.{name}") for name in ("rows", "jobs"))
    assert jobs.right(rows.outcome_of(decision("rule")), flagged=False)


def test_a_refund_that_is_held_for_anything_else_is_wrong():
    rows, jobs = (importlib.import_module(f"serving.{name}") for name in ("rows", "jobs"))
    outcome = rows.outcome_of(decision("bad-argument", rules=["reply-to-a-refund"]))
    assert not jobs.right(outcome, flagged=False)


def test_growth_is_told_in_kb_a_job():
    slope_kb = importlib.import_module("serving.soak").slope_kb
    assert slope_kb([(1000, 300.0), (2000, 300.0), (3000, 300.0)]) == 0
    assert slope_kb([(0, 300.0), (1024, 301.0), (2048, 302.0)]) == pytest.approx(1.0)
