"""Guards that crash, votes that are overturned, models and accounts that are needed."""

from datetime import UTC, datetime

import numpy as np
import pytest

from deskquorum import Message, Ticket
from deskquorum.domain import Question
from deskquorum.guarding import WaitsForPersonError
from deskquorum.reconciliation import reconcile
from deskquorum.testing import make_vote

pytestmark = pytest.mark.anyio

still_there = pytest.mark.xfail(reason="the peer's bug", strict=False, raises=AssertionError)

CRASH = """
import asyncio, types
from pydantic import BaseModel
from guardrails.registry import GuardrailRegistry
from guardrails.runtime import instantiate_guardrails, load_config_bundle, run_guardrails

class Nothing(BaseModel):
    pass

async def crashes(ctx, data, config):
    raise RuntimeError("the guard is broken")

registry = GuardrailRegistry()
registry.register("crashes", crashes, "always breaks", "text/plain")
bundle = load_config_bundle({"guardrails": [{"name": "crashes", "config": {}}], "version": 1})
guards = instantiate_guardrails(bundle, registry=registry)
context = types.SimpleNamespace(guardrail_llm=None)
try:
    found = asyncio.run(run_guardrails(context, "x", "text/plain", guards))
    held = any(one.tripwire_triggered for one in found)
except Exception:
    held = True
print("holds" if held else "lets-through")
"""

UNANIMOUS = """
import logging, numpy as np
from snorkel.labeling.model import LabelModel
logging.disable(logging.CRITICAL)
overturned = 0
for seed in range(20):
    rng = np.random.default_rng(seed)
    votes = rng.choice([-1, 0, 1], p=[0.5, 0.1, 0.4], size=(200, 6))
    model = LabelModel(cardinality=2, verbose=False)
    model.fit(votes, n_epochs=100, seed=seed, progress_bar=False)
    said = model.predict_proba(votes)
    for row, p in zip(votes, said):
        cast = set(row[row >= 0])
        if len(cast) == 1:
            label = cast.pop()
            overturned += bool(p[label] <= 0.5)
print("holds" if not overturned else f"overturned-{overturned}")
"""


OFFLINE = """
import socket

def refused(self, address):
    raise ConnectionRefusedError("no network")

socket.socket.connect = refused
from guardrails import Guard
from guardrails.validators import PassResult, Validator, register_validator

@register_validator("own/check", "string")
class Own(Validator):
    def _validate(self, value, metadata):
        return PassResult()

try:
    passed = Guard().use(Own()).validate("hello").validation_passed
except Exception as exc:
    print(type(exc).__name__)
    passed = False
print("holds" if passed else "needs-more")
"""


async def test_a_guard_that_crashes_holds_deskquorum(desk):
    ran = []

    def crashes(_):
        raise RuntimeError("the guard is broken")

    @desk.guard("cancel_order", facts=crashes)
    async def cancel_order(order_id: str) -> None:
        ran.append(order_id)

    message = Message(role="customer", text="Cancel NW-1.", at=datetime.now(UTC))
    ticket = Ticket(id="1", messages=(message,))
    with desk.about(ticket), pytest.raises(WaitsForPersonError):
        await cancel_order("NW-1")
    assert ran == []


@still_there
def test_a_guard_that_crashes_holds_openai_guardrails(elsewhere):
    assert elsewhere("guardrails.runtime", CRASH)


def test_snorkel_1487_1591_1422_unanimous_votes_are_kept_deskquorum():
    question = Question(id="q", ask="?", labels={"0": "no", "1": "yes"}, labelers=())
    accuracies = {str(i): 0.7 for i in range(6)}
    for seed in range(20):
        votes = np.random.default_rng(seed).choice([-1, 0, 1], p=[0.5, 0.1, 0.4], size=(200, 6))
        for row in votes:
            cast = {str(v) for v in row if v >= 0}
            if len(cast) != 1:
                continue
            given = [
                make_vote(None if v < 0 else str(v), labeler=str(i), question="q")
                for i, v in enumerate(row)
            ]
            answer = reconcile(question, given, accuracies)
            assert answer.label == cast.pop()
            assert answer.probability > 0.5


@still_there
def test_snorkel_1487_1591_1422_unanimous_votes_are_kept_snorkel(elsewhere):
    assert elsewhere("snorkel", UNANIMOUS)


@pytest.mark.usefixtures("no_network")
async def test_guardrails_ai_646_1381_it_works_without_an_account_or_network_deskquorum(
    desk, facts, chat, monkeypatch
):
    for name in ("OPENAI_API_KEY", "GUARDRAILS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    ran = []

    @desk.guard("cancel_order", facts=facts)
    async def cancel_order(order_id: str) -> None:
        ran.append(order_id)

    message = Message(role="customer", text="Cancel NW-1, ada@quist.example", at=datetime.now(UTC))
    with desk.about(Ticket(id="1", messages=(message,), requester=chat.requester)):
        await cancel_order("NW-1")
    assert ran == ["NW-1"]


@still_there
def test_guardrails_ai_646_1381_it_works_without_an_account_or_network_guardrails(elsewhere):
    assert elsewhere("guardrails.validators", OFFLINE)


@pytest.mark.usefixtures("no_network")
def test_llm_guard_337_no_model_is_fetched_at_run_time_deskquorum(desk):
    from deskquorum.redaction import Redactor
    from deskquorum.testing import make_ticket

    said = "请联系 ada@quist.example, Ich heiße Ada Quist"
    ticket = make_ticket(said, record={"name": "Ada Quist"}, language=None)
    session = Redactor(served_languages=["en"]).open(ticket)
    assert "ada@quist" not in session.ticket.messages[0].text
    assert desk.parts.redactor.open(ticket)
