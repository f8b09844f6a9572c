from datetime import UTC, datetime

import pytest

from deskquorum.domain import Fact, Facts
from deskquorum.policy import CelProblem, Missing, NoValue, bind
from deskquorum.policy.complaints import function_names

NOW = datetime(2026, 11, 12, 15, 0, tzinfo=UTC)
ITEMS = [
    {"item_id": "i1", "price_minor": 4000, "tags": ["new"], "sent": "2026-10-30"},
    {"item_id": "i2", "price_minor": 8000, "note": "x", "tags": [], "sent": "2026-10-31"},
]
FACTS = {
    "order.id": "A1",
    "order.status": "delivered",
    "order.delivered_at": "2026-11-01",
    "order.total_minor": 12000,
    "order.items": ITEMS,
}

FUNCTION_NAMES = ", ".join(sorted(function_names()))


@pytest.fixture
def book(bench):
    return bench.load()


def value(book, expression, **facts):
    read = {k: Fact(value=v, source="t", read_at=NOW) for k, v in (FACTS | facts).items()}
    bindings = bind(
        book, facts=Facts(values=read), answers={}, claimed={"item": "i1"}, args={}, now=NOW
    )
    return book.environment.compile(expression).evaluate(bindings)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("order.status == 'delivered'", True, id="text"),
        pytest.param("days_between(order.delivered_at, now)", 11, id="calendar-days"),
        pytest.param("days_between(now, order.delivered_at)", -11, id="days-backwards"),
        pytest.param("sum_of(order.items.map(i, i.price_minor))", 12000, id="sum"),
        pytest.param("min_of(order.items.map(i, i.price_minor))", 4000, id="least"),
        pytest.param("max_of([1, 3, 2])", 3, id="greatest"),
        pytest.param("sum_of([])", 0, id="sum-of-nothing"),
        pytest.param("sum_of([1, 2].map(i, sum_of([i, 1])))", 5, id="sum-of-sums"),
        pytest.param("max_of([min_of([4, 3]), 2])", 3, id="calls-in-calls"),
        pytest.param("sum_of([1, // one\n 2]) // end", 3, id="comments"),
        pytest.param("'sum_of(1)'", "sum_of(1)", id="a-call-in-a-text"),
        pytest.param(f"sum_of({list(range(256))})", 32640, id="long-sum"),
        pytest.param("positions(['a', 'b'])", [0, 1], id="positions"),
        pytest.param("unique(['a', 'b', 'a'])", False, id="twice"),
        pytest.param("unique(order.items)", True, id="different-records"),
        pytest.param("unique(order.items + order.items)", False, id="equal-records"),
        pytest.param("unique([])", True, id="nothing-twice"),
        pytest.param(f"unique({list(range(99))})", True, id="as-many-as-can-be-compared"),
        pytest.param("[[1], [2, 2]].exists(one, unique(one)) && !unique([1, 1])", True,
                     id="unique-behind-a-loop"),
        pytest.param("positions([])", [], id="positions-of-nothing"),
        pytest.param(f"size(positions({list(range(256))}))", 256, id="many-positions"),
        pytest.param("positions(order.items).all(n, order.items[n].price_minor > n)", True,
                     id="side-by-side"),
        pytest.param("order.items.exists(i, 'new' in i.tags)", True, id="list-in-a-record"),
        pytest.param("order.items.filter(i, i.note == 'x').size()", 1, id="optional-field"),
        pytest.param("order.items.exists(i, i.note == null)", True, id="absent-field-is-null"),
        pytest.param("order.items.all(i, i.sent < now)", True, id="date-in-a-record"),
        pytest.param("order.items.map(i, i.item_id)", ["i1", "i2"], id="list-as-value"),
        pytest.param("order.delivered_at", datetime(2026, 11, 1, tzinfo=UTC), id="moment"),
        pytest.param("known.order && known.order.delivered_at", True, id="known"),
        pytest.param("known.order.user_id", False, id="not-read"),
        pytest.param("answer.intent", "unsettled", id="no-answer"),
        pytest.param("claimed.item == order.items[0].item_id", True, id="slot"),
        pytest.param("'''it's''' == \"it's\"", True, id="long-text"),
    ],
)  # fmt: skip
def test_an_expression_has_its_value(book, expression, expected):
    assert value(book, expression) == expected


def test_a_fact_that_was_not_read_is_missing(book):
    assert value(book, "order.user_id == 'x'") == Missing(name="order.user_id")


@pytest.mark.parametrize(
    "expression",
    [
        "order.total_minor / 0 == 1",
        "order.items[9].item_id == 'x'",
        "min_of([]) == 1",
        "order.total_minor * 9223372036854775807 > 0",
        "order.items.exists(i, i.note.size() > 100)",
        f"sum_of({list(range(257))}) > 0",
        f"size(positions({list(range(257))})) > 0",
        f"unique({list(range(100))})",
    ],
)
def test_an_impossible_operation_has_no_value(book, expression):
    assert isinstance(value(book, expression), NoValue)


@pytest.mark.parametrize(
    ("expression", "place", "message", "hint"),
    [
        pytest.param("order.totl > 3", (1, 1), "unknown fact 'order.totl'",
                     "did you mean 'order.total_minor'?", id="misspelt-fact"),
        pytest.param("true &&\n  known.order.sttus", (2, 3), "unknown fact 'order.sttus'",
                     "did you mean 'order.status'?", id="misspelt-known"),
        pytest.param("order == 'x'", (1, 1), "'order' is a record, not a fact",
                     "name one of its facts, such as order.id, or known.order", id="record"),
        pytest.param("answer.intnt == 'x'", (1, 1), "unknown question 'intnt'",
                     "did you mean 'intent'?", id="question"),
        pytest.param("claimed.itm == 'x'", (1, 1), "unknown slot 'itm'",
                     "did you mean 'item'?", id="slot"),
        pytest.param("cond.own_ordr", (1, 1), "unknown condition 'own_ordr'",
                     "did you mean 'own_order'?", id="condition"),
        pytest.param("args.amount_minor > 3", (1, 1),
                     "no action is ruled on here, so there is no 'args.amount_minor'", "",
                     id="no-arguments-here"),
        pytest.param("order.items.exists(i, i.prise > 3)", (1, 25),
                     "'order.items' has no field 'prise'", "did you mean 'price_minor'?",
                     id="field-of-a-record"),
        pytest.param("order.status.length > 3", (1, 13), "text has no field 'length'", "",
                     id="field-of-a-text"),
        pytest.param("order.total_minor == '3'", (1, 19),
                     "'==' does not work on a whole number and text",
                     "numbers stand without quotes, texts in quotes", id="number-and-text"),
        pytest.param("order.total_minor > 24.00", (1, 19),
                     "'>' does not work on a whole number and a number with a point",
                     "write money in minor units, 2400 for 24.00", id="money-with-a-point"),
        pytest.param("order.delivered_at > '2026-01-01'", (1, 20),
                     "'>' does not work on a date or time and text",
                     'write a date as timestamp("2026-01-31T00:00:00Z")', id="date-as-text"),
        pytest.param("days_betwen(now, now) > 3", (1, 1), "unknown function 'days_betwen'",
                     "did you mean 'days_between'?", id="function"),
        pytest.param("order.id.split('+')[0] == 'a'", (1, 10), "unknown function 'split'",
                     f"functions: {FUNCTION_NAMES}", id="unlike-any-function"),
        pytest.param("cel.bind(a, 1, a + a) > 1", (1, 5), "unknown function 'bind'",
                     f"functions: {FUNCTION_NAMES}", id="the-engine-binds-wrongly"),
        pytest.param("order.items.exist(i, i.price_minor > 3)", (1, 13),
                     "unknown function 'exist'", "did you mean 'exists'?", id="macro"),
        pytest.param("order.status.exists(i, true)", (1, 6), "expected a list, got text", "",
                     id="macro-on-a-text"),
        pytest.param("sum_of(order.status) > 3", (1, 1), "'sum_of' does not work on text", "",
                     id="wrong-argument"),
        pytest.param("days_between(now) > 3", (1, 1),
                     "'days_between' does not take these arguments", "", id="too-few-arguments"),
        pytest.param("order.status = 'shipped'", (1, 14), "unexpected '='", "write '=='",
                     id="single-equals-sign"),
        pytest.param("true and false", (1, 6), "unexpected 'and'", "write '&&'", id="and"),
        pytest.param("not true", (1, 1), "unexpected 'not'", "write '!'", id="not"),
        pytest.param("(true", (1, 6), "the expression ends too early",
                     "a closing bracket is missing", id="open-bracket"),
        pytest.param("order.status == 'shipped", (1, 17), "a text without its closing quote", "",
                     id="open-quote"),
        pytest.param("(" * 40 + "true" + ")" * 40, (1, 1), "brackets in more than 30 layers",
                     "put parts of it into conditions of fewer brackets", id="too-many-brackets"),
        pytest.param("has(order.delivered_at)", (1, 1),
                     "has() does not tell whether a fact was read",
                     "write known.order.delivered_at", id="has"),
        pytest.param("order.status in ['shiped']", (1, 18),
                     "'shiped' is no value of order.status", "did you mean 'shipped'?",
                     id="value"),
        pytest.param("'refnd' != answer.intent", (1, 1), "'refnd' is no label of answer.intent",
                     "did you mean 'refund'?", id="label-first"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_in_the_words_of_ops(book, expression, place, message, hint):
    with pytest.raises(CelProblem) as caught:
        book.environment.compile(expression)
    problem = caught.value
    assert ((problem.line, problem.column), problem.message, problem.hint) == (place, message, hint)


def test_unsettled_is_a_label_of_every_question(book):
    assert value(book, "answer.intent == 'unsettled'") is True


def test_all_mistakes_of_an_expression_are_reported(book):
    with pytest.raises(CelProblem) as caught:
        book.environment.compile("order.totl > 3 && answer.intent == 'refnd' && order.sttus == 1")
    assert [c.offset for c in caught.value.complaints] == [0, 35, 46]


def test_a_condition_must_be_true_or_false_where_that_is_asked(book):
    with pytest.raises(CelProblem, match="expected true or false, this is a whole number"):
        book.environment.compile("order.total_minor", yes_or_no=True)


def test_no_message_speaks_of_the_engine(book):
    with pytest.raises(CelProblem) as caught:
        book.environment.compile("order.items[0] == 'x' || order.items + 1 == 3 || -order.id == 2")
    said = "".join(c.message for c in caught.value.complaints)
    assert not any(jargon in said for jargon in ("ARGUMENT", "overload", "google", "record."))
