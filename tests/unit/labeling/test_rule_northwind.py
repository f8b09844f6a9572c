"""The example desk's word lists against our own sentences, which are not the desk's tickets.

A guard against losing what is found today, not a measurement: the lists were mended after
reading these sentences. Each row says what is asked of it; what it does not say is `no`, `none`
or `normal`, and its intent and route are left open.
"""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskquorum.domain import Deadline, Message, RedactedTicket
from deskquorum.labeling import RuleLabeler
from deskquorum.policy import load_policies

pytestmark = pytest.mark.anyio

_DESK = Path(__file__).parents[3] / "examples" / "northwind"
_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
_ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("northwind_phrases.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def desk():
    return load_policies(_DESK / "policies").desk


async def votes_on(desk, question):
    spec = desk.labelers[f"{question}-words"]
    labeler = RuleLabeler.load(spec, desk.questions[question])
    return [
        (row, (await labeler.vote(ticket_of(row), deadline=Deadline.after(9))).label)
        for row in _ROWS
    ]


def ticket_of(row):
    said = [("agent", row["agent"])] if "agent" in row else []
    said.append(("customer", row["text"]))
    messages = tuple(Message(role=role, text=text, at=_AT) for role, text in said)
    return RedactedTicket(id="t", messages=messages, languages=("en",))


@pytest.mark.parametrize(
    ("question", "plain", "found", "false"),
    [
        pytest.param("escalation", "none", 0.95, 0.02, id="dangers"),
        pytest.param("injection_attempt", "no", 0.95, 0.02, id="tampering"),
        pytest.param("third_party", "no", 0.95, 0.02, id="somebody-elses-order"),
        pytest.param("several_problems", "no", 0.95, 0.02, id="several-problems"),
        pytest.param("asks_person", "no", 0.95, 0.02, id="wish-for-a-person"),
        pytest.param("unknown_programme", "no", 0.95, 0.02, id="invented-programmes"),
        pytest.param("agent_promise", "no", 0.95, 0.02, id="promises-by-agents"),
        pytest.param("urgency", "normal", 0.8, 0.03, id="near-dates"),
    ],
)
async def test_flags_are_raised_where_they_must_and_rarely_elsewhere(
    desk, question, plain, found, false
):
    votes = await votes_on(desk, question)
    flagged = [(row, label) for row, label in votes if row.get(question, plain) != plain]
    others = [(row, label) for row, label in votes if row.get(question, plain) == plain]
    missed = [row["text"] for row, label in flagged if label != row[question]]
    alarms = [row["text"] for row, label in others if label != plain]
    assert len(missed) <= (1 - found) * len(flagged), missed
    assert len(alarms) <= false * len(others), alarms


@pytest.mark.parametrize("question", ["intent", "route"])
async def test_what_the_customer_wants_is_found_in_five_languages(desk, question):
    votes = [(row, label) for row, label in await votes_on(desk, question) if question in row]
    wrong = [(row["text"], label) for row, label in votes if label != row[question]]
    assert len(wrong) <= 0.05 * len(votes), wrong


async def test_all_word_lists_read_a_sentence_in_a_few_milliseconds(desk):
    names = [name for name in desk.labelers if name.endswith("-words")]
    labelers = [
        RuleLabeler.load(desk.labelers[n], desk.questions[desk.labelers[n].question]) for n in names
    ]
    started = time.process_time()
    for row in _ROWS[:50]:
        for labeler in labelers:
            await labeler.vote(ticket_of(row), deadline=Deadline.after(9))
    # About 4 ms on one core; the bound leaves room for a slow machine.
    assert (time.process_time() - started) / 50 < 0.03
