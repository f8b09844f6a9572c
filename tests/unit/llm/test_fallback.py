from decimal import Decimal

import pytest

from deskquorum.domain import Deadline
from deskquorum.llm import (
    ChatFailure,
    ChatMessage,
    ChatReply,
    ChatRequest,
    FailureKind,
    FallbackChat,
    StandIn,
)

pytestmark = pytest.mark.anyio

_REQUEST = ChatRequest(
    model="own", messages=(ChatMessage(role="user", content="hello"),), max_tokens=1
)


class _Model:
    def __init__(self, outcome):
        self.outcome = outcome
        self.asked = []
        self.given_s = []

    async def complete(self, request, *, deadline):
        self.asked.append(request.model)
        self.given_s.append(deadline.remaining_s())
        return self.outcome


def _reply(model="x", cost=0):
    return ChatReply(text="A", model=model, cost=Decimal(cost))


def _fails(kind=FailureKind.UNREACHABLE, cost=0):
    return ChatFailure(kind=kind, cost=Decimal(cost))


async def _ask(*outcomes, seconds=40):
    own, *others = models = [_Model(outcome) for outcome in outcomes]
    stand_ins = {
        f"backup-{n}": StandIn(chat=chat, model=f"b{n}") for n, chat in enumerate(others, 1)
    }
    outcome = await FallbackChat(own, stand_ins).complete(
        _REQUEST, deadline=Deadline.after(seconds)
    )
    return outcome, models


async def test_the_own_models_answer_is_taken_and_nobody_else_asked():
    outcome, (own, backup) = await _ask(_reply("own"), _reply())
    assert (outcome.model, outcome.stand_in) == ("own", None)
    assert (own.asked, backup.asked) == (["own"], [])


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if not kind.is_answer])
async def test_without_an_answer_the_next_one_is_asked_by_its_own_name(kind):
    outcome, (_, backup) = await _ask(_fails(kind), _reply())
    assert outcome.stand_in == "backup-1"
    assert backup.asked == ["b1"]


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind.is_answer])
async def test_nobody_shops_for_an_answer(kind):
    outcome, (_, backup) = await _ask(_fails(kind), _reply())
    assert (outcome.kind, backup.asked) == (kind, [])


async def test_where_nobody_answers_the_own_models_failure_is_told():
    outcome, _ = await _ask(_fails(FailureKind.CIRCUIT_OPEN), _fails(FailureKind.AUTH))
    assert outcome.kind is FailureKind.CIRCUIT_OPEN


async def test_half_of_the_time_left_is_kept_for_those_who_come_after():
    _, models = await _ask(_fails(), _fails(), _reply())
    assert [model.given_s[0] for model in models] == pytest.approx([20, 20, 40], abs=1)


async def test_the_cost_is_that_of_everybody_asked():
    outcome, _ = await _ask(_fails(cost=2), _fails(), _reply(cost=3))
    assert outcome.cost == 5
