import asyncio
import json
from decimal import Decimal

import pytest

from deskquorum import load_desk
from deskquorum.errors import InputError
from deskquorum.guarding import DeniedError, NotDoneError, WaitsForPersonError
from deskquorum.ledger.outbox import executions_after, order_in
from deskquorum.ledger.reviews import items

pytestmark = pytest.mark.anyio


@pytest.fixture
def ran():
    return []


@pytest.fixture
def cancel(desk, ran, facts):
    @desk.guard("cancel_order", facts=facts)
    async def cancel_order(order_id: str) -> str:
        ran.append(order_id)
        return "cancelled"

    return cancel_order


@pytest.fixture
def refund(desk, ran, facts):
    @desk.guard("issue_refund", facts=facts)
    async def issue_refund(order_id: str, amount: Decimal) -> None:
        ran.append((order_id, amount))

    return issue_refund


def opened(desk):
    with desk.ledger.database.transaction() as tx:
        return items(tx)


async def test_what_rules_allow_runs_and_gives_its_result(desk, ticket, cancel, ran):
    with desk.about(ticket):
        assert await cancel("NW-1") == "cancelled"
    assert ran == ["NW-1"]


async def test_the_same_thing_is_done_once_in_a_conversation(desk, ticket, cancel, ran):
    with desk.about(ticket):
        await cancel("NW-1")
        with pytest.raises(NotDoneError, match="done already"):
            await cancel(order_id="NW-1")
    assert ran == ["NW-1"]


async def test_what_a_rule_denies_does_not_run(desk, ticket, cancel, ran):
    with desk.about(ticket), pytest.raises(DeniedError, match="not one of this customer"):
        await cancel("NW-9")
    assert ran == []


async def test_what_a_person_decides_waits_in_the_queue(desk, ticket, refund, ran):
    with desk.about(ticket), pytest.raises(WaitsForPersonError) as raised:
        await refund("NW-2", amount=Decimal("12.50"))
    (item,) = opened(desk)
    assert (item.decision, item.action.args) == (
        raised.value.decision,
        {"order_id": "NW-2", "amount": "12.50"},
    )
    assert ran == []


async def test_outside_of_a_ticket_nothing_runs(cancel, ran):
    with pytest.raises(InputError, match="with desk"):
        await cancel("NW-1")
    assert ran == []


async def test_facts_that_cannot_be_read_send_it_to_a_person(desk, ticket, ran):
    def broken(_):
        raise ConnectionError("the shop's database is down")

    @desk.guard("cancel_order", facts=broken)
    async def cancel_order(order_id: str) -> None:
        ran.append(order_id)

    with desk.about(ticket), pytest.raises(WaitsForPersonError, match="ConnectionError"):
        await cancel_order("NW-1")
    assert ran == []
    assert len(opened(desk)) == 1


async def test_a_value_that_json_does_not_hold_is_refused(desk, ticket, ran, facts):
    @desk.guard("cancel_order", facts=facts)
    async def cancel_order(order_id: object) -> None:
        ran.append(order_id)

    with desk.about(ticket), pytest.raises(InputError, match="order_id"):
        await cancel_order(object())
    assert ran == []


async def test_what_broke_on_the_way_is_given_to_a_person_and_never_tried_again(
    desk, ticket, ran, facts
):
    @desk.guard("cancel_order", facts=facts)
    async def cancel_order(order_id: str) -> None:
        ran.append(order_id)
        raise TimeoutError

    with desk.about(ticket):
        with pytest.raises(TimeoutError):
            await cancel_order("NW-1")
        with pytest.raises(NotDoneError, match="may have been done"):
            await cancel_order("NW-1")
    assert ran == ["NW-1"]
    (item,) = opened(desk)
    assert item.kind == "execution"


async def test_of_two_at_the_same_time_one_runs(desk, ticket, cancel, ran):
    with desk.about(ticket):
        told = await asyncio.gather(cancel("NW-1"), cancel("NW-1"), return_exceptions=True)
    assert ran == ["NW-1"]
    assert sorted(type(one).__name__ for one in told) == ["NotDoneError", "str"]


async def test_without_a_host_key_no_raw_argument_is_kept(folder, ticket, ran, facts):
    desk = load_desk(folder, models=False)

    @desk.guard("cancel_order", facts=facts)
    async def cancel_order(order_id: str) -> None:
        ran.append(order_id)

    with desk.about(ticket):
        await cancel_order("NW-1")
    with desk.ledger.database.transaction() as tx:
        (row,) = executions_after(tx)
        assert json.loads(order_in(tx, row.key).args) == {}


def test_a_function_without_async_is_guarded_too(desk, ticket, ran, facts):
    @desk.guard("cancel_order", facts=facts)
    def cancel_order(order_id: str) -> str:
        ran.append(order_id)
        return "cancelled"

    with desk.about(ticket):
        assert cancel_order("NW-1") == "cancelled"
        with pytest.raises(DeniedError):
            cancel_order("NW-9")
        with pytest.raises(NotDoneError, match="done already"):
            cancel_order("NW-1")
    assert ran == ["NW-1"]


async def test_on_the_event_loop_a_function_without_async_says_so(desk, ticket, ran, facts):
    @desk.guard("cancel_order", facts=facts)
    def cancel_order(order_id: str) -> None:
        ran.append(order_id)

    async with desk:
        with desk.about(ticket):
            with pytest.raises(RuntimeError, match="make it async"):
                cancel_order("NW-1")
            await asyncio.to_thread(cancel_order, "NW-1")
    assert ran == ["NW-1"]
