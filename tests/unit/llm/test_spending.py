from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Deadline
from deskquorum.errors import LedgerError
from deskquorum.llm import (
    ChatFailure,
    ChatMessage,
    ChatReply,
    ChatRequest,
    FailureKind,
    Price,
    Spending,
    SpendInMemory,
)
from deskquorum.llm.metered import MeteredChat
from deskquorum.llm.spending import countable, current_purse

pytestmark = pytest.mark.anyio

_REQUEST = ChatRequest(
    model="m", messages=(ChatMessage(role="user", content="x" * 200),), max_tokens=50
)
_PRICE = Price(prompt_per_million=Decimal(1000), completion_per_million=Decimal(1000))
_MOST = Decimal("0.182")
"""200 bytes are at most 100 tokens, 32 for the marks around them, and 50 of an answer."""
_REPLY = ChatReply(text="A", model="m", prompt_tokens=60, completion_tokens=2)
_COST = Decimal("0.062")


class _Model:
    def __init__(self, outcome=_REPLY):
        self.outcome = outcome
        self.calls = 0

    async def complete(self, request, *, deadline):  # noqa: ARG002
        self.calls += 1
        await anyio.lowlevel.checkpoint()
        return self.outcome


async def _ask(spending, model, times=1, **limits):
    metered = MeteredChat(model, _PRICE)
    with spending.purse(**limits) as purse:
        outcomes = [
            await metered.complete(_REQUEST, deadline=Deadline.after(9)) for _ in range(times)
        ]
    return outcomes, purse


async def test_a_call_costs_what_its_tokens_cost():
    spending = Spending()
    [reply], purse = await _ask(spending, _Model())
    assert (reply.cost, purse.spent, await spending.spent_today()) == (_COST, _COST, _COST)


async def test_a_call_that_might_pass_the_tickets_budget_is_not_made():
    model = _Model()
    [first, second], purse = await _ask(Spending(), model, 2, per_ticket=_MOST)
    assert isinstance(first, ChatReply)
    assert second.kind is FailureKind.OVER_BUDGET
    assert (model.calls, purse.spent) == (1, _COST)


async def test_each_ticket_has_its_own_budget():
    spending = Spending()
    for _ in range(3):
        [reply], _ = await _ask(spending, _Model(), per_ticket=_MOST)
        assert isinstance(reply, ChatReply)


async def test_the_days_budget_is_that_of_all_tickets_until_midnight_utc():
    now = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=2)))
    spending, model = Spending(now=lambda: now), _Model()
    outcomes = [(await _ask(spending, model, per_day=Decimal("0.25")))[0][0] for _ in range(3)]
    assert [getattr(outcome, "kind", "answered") for outcome in outcomes] == [
        "answered",
        "answered",
        "over-budget",
    ]
    assert spending.is_day_spent
    # In Athens it has long been the second of March.
    now += timedelta(hours=1)
    assert spending.is_day_spent
    now += timedelta(hours=2)
    assert not spending.is_day_spent
    [reply], _ = await _ask(spending, model, per_day=Decimal("0.25"))
    assert isinstance(reply, ChatReply)


@pytest.mark.parametrize(
    ("failure", "cost"),
    [
        pytest.param(ChatFailure(kind=FailureKind.SERVER_ERROR), Decimal(0), id="server-error"),
        pytest.param(ChatFailure(kind=FailureKind.RATE_LIMITED), Decimal(0), id="rate-limited"),
        pytest.param(
            ChatFailure(kind=FailureKind.UNREACHABLE, was_sent=False), Decimal(0), id="refused-port"
        ),
        pytest.param(ChatFailure(kind=FailureKind.UNREACHABLE), _MOST, id="broken-off"),
        pytest.param(ChatFailure(kind=FailureKind.TIMEOUT), _MOST, id="timeout"),
        pytest.param(
            ChatFailure(kind=FailureKind.REFUSED, prompt_tokens=60, completion_tokens=2),
            _COST,
            id="refusal-with-its-tokens",
        ),
    ],
)
async def test_a_failure_costs_what_a_provider_may_charge_for_it(failure, cost):
    [outcome], purse = await _ask(Spending(), _Model(failure))
    assert (outcome.kind, outcome.cost, purse.spent) == (failure.kind, cost, cost)


async def test_a_call_that_is_cancelled_stays_booked():
    class Hanging(_Model):
        async def complete(self, request, *, deadline):  # noqa: ARG002
            await anyio.sleep_forever()

    spending = Spending()
    with spending.purse() as purse, anyio.move_on_after(0.02):
        await MeteredChat(Hanging(), _PRICE).complete(_REQUEST, deadline=Deadline.after(9))
    assert (purse.spent, await spending.spent_today()) == (_MOST, _MOST)


class _Unreachable:
    async def book(self, amount, *, day, limit):  # noqa: ARG002
        raise LedgerError("the database is gone")

    async def booked(self, *, day):  # noqa: ARG002
        raise LedgerError("the database is gone")


class _Silent(_Unreachable):
    async def book(self, amount, *, day, limit):  # noqa: ARG002
        await anyio.sleep_forever()


@pytest.mark.parametrize("store", [_Unreachable(), _Silent()], ids=["gone", "silent"])
async def test_where_nobody_can_tell_what_is_spent_nothing_is(store):
    model = _Model()
    with Spending(store).purse(per_day=Decimal(50)) as purse:
        outcome = await MeteredChat(model, _PRICE).complete(_REQUEST, deadline=Deadline.after(0.05))
    assert outcome.kind is FailureKind.OVER_BUDGET
    assert (model.calls, purse.spent) == (0, 0)


async def test_a_store_that_fails_afterwards_loses_no_answer():
    class Once(SpendInMemory):
        async def book(self, amount, *, day, limit):
            if limit is None:
                raise LedgerError("the database is gone")
            return await super().book(amount, day=day, limit=limit)

    store = Once()
    [reply], _ = await _ask(Spending(store), _Model(), per_day=Decimal(50))
    assert reply.cost == _COST
    assert await store.booked(day=datetime.now(UTC).date()) == _MOST


async def test_a_clock_that_jumps_forward_and_back_forgets_nothing():
    store, today = SpendInMemory(), date(2026, 3, 1)
    await store.book(Decimal(9), day=today, limit=Decimal(10))
    assert await store.book(Decimal(9), day=date(2031, 1, 1), limit=Decimal(10))
    assert not await store.book(Decimal(2), day=today, limit=Decimal(10))


async def test_nobody_pays_outside_of_a_purse():
    with Spending().purse() as purse:
        assert current_purse() is purse
    assert current_purse() is None


@given(st.decimals(min_value=0, max_value=1000, places=14))
def test_amounts_are_countable_and_never_told_too_small(amount):
    counted = countable(amount)
    assert counted >= amount
    assert counted - amount < Decimal("1E-9")
    assert counted.scaleb(9) == counted.scaleb(9).to_integral_value()


_cents = st.integers(0, 60).map(lambda n: Decimal(n) / 100)


@given(
    calls=st.lists(
        st.tuples(st.integers(0, 2), _cents, st.floats(0, 1), st.integers(0, 4), st.integers(0, 4)),
        max_size=25,
    ),
    per_ticket=st.none() | _cents,
    per_day=_cents,
)
async def test_no_interleaving_passes_a_limit(calls, per_ticket, per_day):
    store, today = _Yielding(), datetime(2026, 3, 1, tzinfo=UTC)
    spending = Spending(store, now=lambda: today)
    with (
        spending.purse(per_ticket=per_ticket, per_day=per_day) as a,
        spending.purse(per_ticket=per_ticket, per_day=per_day) as b,
        spending.purse(per_ticket=per_ticket, per_day=per_day) as c,
    ):
        purses = (a, b, c)

    def check():
        assert store.sum_now <= per_day
        for purse in purses:
            assert per_ticket is None or purse.spent <= per_ticket

    async def call(of, most, share, before, during):
        for _ in range(before):
            await anyio.lowlevel.checkpoint()
        booking = await purses[of].book(most)
        check()
        for _ in range(during):
            await anyio.lowlevel.checkpoint()
        if booking is not None:
            await purses[of].settle(booking, most * Decimal(share).quantize(Decimal("0.01")))
        check()

    async with anyio.create_task_group() as group:
        for one in calls:
            group.start_soon(call, *one)
    assert store.sum_now == sum(purse.spent for purse in purses)


class _Yielding(SpendInMemory):
    """Lets others go first, as a database would, and keeps its one step whole."""

    sum_now = Decimal(0)

    async def book(self, amount, *, day, limit):
        await anyio.lowlevel.checkpoint()
        fits = await super().book(amount, day=day, limit=limit)
        self.sum_now = await self.booked(day=day)
        await anyio.lowlevel.checkpoint()
        return fits
