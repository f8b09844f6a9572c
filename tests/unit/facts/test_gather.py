import time
from datetime import UTC, datetime, timedelta
from itertools import permutations

import anyio
import pytest

from deskquorum.domain import Deadline, Fact, Facts
from deskquorum.facts import FactSourceError, StaticFacts, gather_facts

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def giving(source, read_at=NOON, **values):
    named = {f"order.{name}": value for name, value in values.items()}
    facts = {n: Fact(value=v, source=source, read_at=read_at) for n, v in named.items()}
    return StaticFacts(source, Facts(values=facts))


class Broken:
    """A source whose reading runs this."""

    name = "broken"
    facts = ("order.status", "order.weight")

    def __init__(self, does):
        self._does = does

    async def read(self, request, *, deadline):  # noqa: ARG002
        return await self._does()


async def _raises(error):
    raise error


def values_of(facts):
    return {name: fact.value for name, fact in facts.values.items()}


def said(facts):
    return {name: (unread.source, unread.why) for name, unread in facts.unread.items()}


async def test_what_sources_say_is_joined_with_what_is_known(request_for, soon):
    request = request_for("order.status", "order.total", known={"order.id": "O-1"})
    sources = [giving("shop", status="shipped"), giving("bank", total="24.10")]
    facts = await gather_facts(sources, request, soon)
    assert values_of(facts) == {
        "order.id": "O-1",
        "order.status": "shipped",
        "order.total": "24.10",
    }
    assert facts.unread == {}


@pytest.mark.parametrize(
    ("error", "why"),
    [
        pytest.param(FactSourceError("broken", "status-503"), "status-503", id="a-fault"),
        pytest.param(KeyError("secret"), "KeyError", id="a-bug"),
        pytest.param(ConnectionError("secret"), "ConnectionError", id="a-network"),
    ],
)
async def test_a_source_that_fails_costs_its_own_facts_only(request_for, soon, error, why):
    sources = [Broken(lambda: _raises(error)), giving("shop", total="5")]
    request = request_for("order.status", "order.total", "order.weight")
    facts = await gather_facts(sources, request, soon)
    assert values_of(facts) == {"order.total": "5"}
    assert said(facts) == dict.fromkeys(("order.status", "order.weight"), ("broken", why))


async def test_a_source_that_is_late_costs_its_own_facts_only(request_for):
    sources = [Broken(anyio.sleep_forever), giving("shop", total="5")]
    started = time.monotonic()
    facts = await gather_facts(
        sources, request_for("order.status", "order.total"), Deadline.after(0.2)
    )
    assert time.monotonic() - started < 2
    assert values_of(facts) == {"order.total": "5"}
    assert said(facts) == {"order.status": ("broken", "late")}


async def test_sources_are_read_side_by_side(request_for, soon):
    async def slow():
        await anyio.sleep(0.3)
        return Facts()

    started = time.monotonic()
    await gather_facts([Broken(slow)] * 5, request_for("order.status"), soon)
    assert time.monotonic() - started < 1


async def test_a_fact_that_a_source_has_and_did_not_give_is_reported(request_for, soon):
    async def half():
        return Facts(values={"order.status": Fact(value="x", source="broken", read_at=NOON)})

    request = request_for("order.status", "order.weight")
    facts = await gather_facts([Broken(half)], request, soon)
    assert values_of(facts) == {"order.status": "x"}
    assert said(facts) == {"order.weight": ("broken", "not-in-record")}


async def test_a_source_cannot_give_what_was_not_asked_of_it(request_for, soon):
    async def more():
        named = ("order.status", "order.weight", "order.total", "requester.customer_id")
        return Facts(values={n: Fact(value="x", source="broken", read_at=NOON) for n in named})

    request = request_for("order.status", "order.total")
    facts = await gather_facts([Broken(more)], request, soon)
    assert values_of(facts) == {"order.status": "x"}


async def test_a_source_without_a_wanted_fact_is_not_read(request_for, soon):
    source = Broken(lambda: _raises(AssertionError("was read")))
    facts = await gather_facts([source], request_for("customer.tier"), soon)
    assert facts == Facts()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("shipped", "delivered", id="two-values"),
        pytest.param("shipped", None, id="there-and-absent"),
        pytest.param(1, True, id="a-number-and-a-flag"),
        pytest.param(1, "1", id="a-number-and-a-text"),
        pytest.param(["a", "b"], ["b", "a"], id="another-order"),
    ],
)
async def test_a_fact_that_two_sources_give_differently_is_missing(request_for, soon, one, other):
    request = request_for("order.status")
    for sources in permutations([giving("a", status=one), giving("b", status=other)]):
        facts = await gather_facts(sources, request, soon)
        assert facts.values == {}
        assert said(facts) == {"order.status": ("a, b", "disagree")}


async def test_no_majority_settles_what_sources_disagree_about(request_for, soon):
    sources = [giving("a", status=1), giving("b", status=1), giving("c", status=2)]
    facts = await gather_facts(sources, request_for("order.status"), soon)
    assert facts.values == {}


async def test_a_source_that_contradicts_the_ticket_makes_the_fact_missing(request_for, soon):
    request = request_for("order.status", known={"order.status": "shipped"})
    facts = await gather_facts([giving("shop", status="pending")], request, soon)
    assert facts.values == {}
    assert said(facts) == {"order.status": ("shop, ticket", "disagree")}


async def test_of_equal_facts_the_newest_reading_is_kept(request_for, soon):
    old = giving("a", NOON - timedelta(days=1), status={"x": 1, "y": 2})
    new = giving("b", NOON, status={"y": 2, "x": 1})
    for sources in permutations([old, new]):
        facts = await gather_facts(sources, request_for("order.status"), soon)
        assert facts.values["order.status"].source == "b"
        assert facts.unread == {}


async def test_a_fact_that_one_of_two_sources_gave_is_there(request_for, soon):
    sources = [Broken(lambda: _raises(OSError())), giving("shop", status="x")]
    facts = await gather_facts(sources, request_for("order.status"), soon)
    assert (values_of(facts), facts.unread) == ({"order.status": "x"}, {})


async def test_a_fact_that_none_of_two_sources_gave_tells_of_both(request_for):
    class Late(Broken):
        name = "a"

    sources = [Broken(lambda: _raises(OSError())), Late(anyio.sleep_forever)]
    request = request_for("order.status")
    for ordered in permutations(sources):
        facts = await gather_facts(ordered, request, Deadline.after(0.1))
        assert said(facts) == {"order.status": ("a, broken", "late, OSError")}
