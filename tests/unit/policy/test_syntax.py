"""Which variables an expression reads, by the tree that the engine hands out."""

import pytest

from deskquorum.domain import Effect


@pytest.fixture
def book(bench):
    return bench.load()


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        pytest.param("order.total_minor > 3", {"order.total_minor"}, id="plain"),
        pytest.param("(order).total_minor > 3", {"order.total_minor"}, id="brackets"),
        pytest.param(".order.total_minor > 3", {"order.total_minor"}, id="a-dot-before"),
        pytest.param("order.`total_minor` > 3", {"order.total_minor"}, id="backticks"),
        pytest.param("order. // the sum\ntotal_minor > 3", {"order.total_minor"}, id="comment"),
        pytest.param("true || known.order", {"known.order"}, id="never-evaluated"),
        pytest.param("order.items.exists(i, i.item_id == 'x')", {"order.items"}, id="loop"),
        pytest.param("cond.own_order", {"order.user_id", "requester.customer_id"}, id="condition"),
        pytest.param("sum_of([1, order.total_minor]) > 3", {"order.total_minor"}, id="function"),
        pytest.param("[1].exists(now, now > 0)", set(), id="a-loop-that-hides-a-fact"),
        pytest.param(
            "[1].exists(order, .order.total_minor > order)",
            {"order.total_minor"},
            id="a-dot-passes-by-a-loop",
        ),
        pytest.param("'order.total_minor' == 'now'", set(), id="only-texts"),
    ],
)
def test_a_condition_knows_what_it_reads_however_it_is_written(book, expression, names):
    assert book.environment.compile(expression).names == names


def test_a_permission_needs_its_facts_however_they_are_written(bench, ask):
    """`||` hides a missing fact from the engine; the gate has to know that it was asked for."""
    book = bench.rule(
        "(order).status == 'delivered' || .order.total_minor > 3", effect="allow", on="note"
    )
    assert ask(book, "note", {}).effect is Effect.ALLOW
    ruling = ask(book, "note", {}, without={"order.total_minor"})
    assert ruling.effect is Effect.HUMAN
    assert [reason.params["fact"] for reason in ruling.reasons] == ["order.total_minor"]
