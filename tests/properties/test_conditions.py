"""Conditions mean what they say: the engine and plain Python agree on every expression.

The engine's loops stop early and its `&&` and `||` forgive errors, so every kind of loop stands in
every place here, with our own functions among them.
"""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.domain import Fact, Facts
from deskquorum.policy import NoValue, bind, load_policies

POLICY = """\
policy: laws
version: "1"
facts:
  xs: [int]
  ys: [int]
  rs: {list: {n: int, of: [int]}}
  m: {map: int}
"""

DEPTH = 4


class FailedError(Exception):
    """What the engine calls an error: no value."""


@dataclass(frozen=True)
class Expression:
    """A text, and what it means in Python."""

    text: str
    meaning: object

    def __call__(self, names):
        return self.meaning(names)


def tried(expression, names):
    try:
        return expression(names)
    except FailedError:
        return None


def joined(left, right, *, stop):
    """`||` stops at true, `&&` at false, on whichever side it is."""

    def meaning(names):
        sides = [tried(left, names), tried(right, names)]
        if stop in sides:
            return stop
        if None in sides:
            raise FailedError
        return not stop

    return Expression(f"({left.text} {'||' if stop else '&&'} {right.text})", meaning)


def quantified(items, name, test, *, stop):
    def meaning(names):
        found = [tried(test, names | {name: item}) for item in items(names)]
        if stop in found:
            return stop
        if None in found:
            raise FailedError
        return not stop

    return Expression(f"{items.text}.{'exists' if stop else 'all'}({name}, {test.text})", meaning)


def only_one(items, name, test):
    def meaning(names):
        return sum(test(names | {name: item}) for item in items(names)) == 1

    return Expression(f"{items.text}.exists_one({name}, {test.text})", meaning)


def element(items, index):
    def meaning(names):
        found, at = items(names), index(names)
        if not 0 <= at < len(found):
            raise FailedError
        return found[at]

    return Expression(f"{items.text}[{index.text}]", meaning)


def looked_up(key):
    def meaning(names):
        if str(key) not in names["m"]:
            raise FailedError
        return names["m"][str(key)]

    return Expression(f'm["{key}"]', meaning)


def called(function, items, meaning):
    def with_elements(names):
        found = items(names)
        if not found and function in {"min_of", "max_of"}:
            raise FailedError
        return meaning(found)

    return Expression(f"{function}({items.text})", with_elements)


def either(test, first, second):
    def meaning(names):
        return first(names) if test(names) else second(names)

    return Expression(f"({test.text} ? {first.text} : {second.text})", meaning)


def compared(left, right, mark):
    marks = {
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "in": lambda a, b: a in b,
    }
    return Expression(
        f"({left.text} {mark} {right.text})",
        lambda names: marks[mark](left(names), right(names)),
    )


LOOP_NAMES = st.sampled_from(["a", "b", "added", "counted", "all_of", "position"])


@st.composite
def numbers(draw, depth, scope):
    match draw(st.integers(0, 7)) if depth else 0:
        case 0 | 1:
            return draw(plain_numbers(scope))
        case 2:
            return element(draw(lists(depth - 1, scope)), draw(numbers(depth - 1, scope)))
        case 3 | 4:
            marks = st.sampled_from(["+", "-"])
            left, right = draw(numbers(depth - 1, scope)), draw(numbers(depth - 1, scope))
            return compared(left, right, draw(marks))
        case 5:
            first, second = draw(numbers(depth - 1, scope)), draw(numbers(depth - 1, scope))
            return either(draw(conditions(depth - 1, scope)), first, second)
        case _:
            return draw(counted(depth, scope))


@st.composite
def plain_numbers(draw, scope):
    own = [name for name, kind in scope.items() if kind == "number"]
    if own and draw(st.booleans()):
        name = draw(st.sampled_from(own))
        return Expression(name, lambda names: names[name])
    number = draw(st.integers(0, 3))
    return draw(st.sampled_from([looked_up(number), Expression(str(number), lambda _: number)]))


@st.composite
def counted(draw, depth, scope):
    """A call of one of the functions that count a list together."""
    functions = {"sum_of": sum, "min_of": min, "max_of": max, "size": len}
    function = draw(st.sampled_from(sorted(functions)))
    return called(function, draw(lists(depth - 1, scope)), functions[function])


@st.composite
def lists(draw, depth, scope):
    match draw(st.integers(0, 6)) if depth else 0:
        case 0 | 1:
            records = [f"{name}.of" for name, kind in scope.items() if kind == "record"]
            name = draw(st.sampled_from(["xs", "ys", *records]))
            return Expression(name, lambda names: value_of(name, names))
        case 2:
            items = draw(st.lists(numbers(depth - 1, scope), min_size=1, max_size=3))
            text = ", ".join(item.text for item in items)
            return Expression(f"[{text}]", lambda names: [item(names) for item in items])
        case 3:
            items, name, inner = draw(loops(depth, scope))
            item = draw(numbers(depth - 1, inner))
            return Expression(
                f"{items.text}.map({name}, {item.text})",
                lambda names: [item(names | {name: one}) for one in items(names)],
            )
        case 4:
            items, name, inner = draw(loops(depth, scope, records=False))
            test = draw(conditions(depth - 1, inner))
            return Expression(
                f"{items.text}.filter({name}, {test.text})",
                lambda names: [one for one in items(names) if test(names | {name: one})],
            )
        case 5:
            items = draw(lists(depth - 1, scope))
            return called("positions", items, lambda found: list(range(len(found))))
        case _:
            first, second = draw(lists(depth - 1, scope)), draw(lists(depth - 1, scope))
            return either(draw(conditions(depth - 1, scope)), first, second)


def value_of(name, names):
    head, _, field = name.partition(".")
    return names[head][field] if field else names[head]


@st.composite
def loops(draw, depth, scope, *, records=True):
    """What a loop runs over, its variable, and what its inside may name."""
    name = draw(LOOP_NAMES)
    if records and draw(st.booleans()):
        return Expression("rs", lambda names: names["rs"]), name, scope | {name: "record"}
    return draw(lists(depth - 1, scope)), name, scope | {name: "number"}


@st.composite
def conditions(draw, depth, scope):
    match draw(st.integers(0, 8)) if depth else 0:
        case 0 | 1:
            inner = max(depth - 1, 0)
            marks = st.sampled_from(["==", "!=", "<"])
            left, right = draw(numbers(inner, scope)), draw(numbers(inner, scope))
            return compared(left, right, draw(marks))
        case 2:
            items = draw(lists(depth - 1, scope))
            if draw(st.booleans()):
                return called("unique", items, lambda found: len({*found}) == len(found))
            return compared(draw(numbers(depth - 1, scope)), items, "in")
        case 3:
            test = draw(conditions(depth - 1, scope))
            return Expression(f"!{test.text}", lambda names: not test(names))
        case 4 | 5:
            sides = draw(conditions(depth - 1, scope)), draw(conditions(depth - 1, scope))
            return joined(*sides, stop=draw(st.booleans()))
        case _:
            return draw(quantified_ones(depth, scope))


@st.composite
def quantified_ones(draw, depth, scope):
    items, name, inner = draw(loops(depth, scope))
    test = draw(conditions(depth - 1, inner))
    if draw(st.integers(0, 4)) == 0:
        return only_one(items, name, test)
    return quantified(items, name, test, stop=draw(st.booleans()))


@st.composite
def counted_together(draw, depth):
    marks = st.sampled_from(["==", "!=", "<"])
    return compared(draw(counted(depth, {})), draw(plain_numbers({})), draw(marks))


few = st.lists(st.integers(0, 3), max_size=4)
situations = st.fixed_dictionaries({
    "xs": few,
    "ys": few,
    "rs": st.lists(st.fixed_dictionaries({"n": st.integers(0, 3), "of": few}), max_size=3),
    "m": st.dictionaries(st.sampled_from("0123"), st.integers(0, 3)),
})  # fmt: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("laws")
    (folder / "laws.yaml").write_text(POLICY, encoding="utf-8")
    return load_policies(folder)


def evaluated(book, text, situation):
    read = {n: Fact(value=v, source="t", read_at=None) for n, v in situation.items()}
    bindings = bind(book, facts=Facts(values=read), answers={}, claimed={}, args={}, now=None)
    value = book.environment.compile(text).evaluate(bindings)
    return None if isinstance(value, NoValue) else value


@settings(max_examples=300, deadline=None)
@given(test=conditions(DEPTH, {}), situation=situations)
def test_a_condition_is_true_exactly_when_it_is_in_python(book, test, situation):
    assert evaluated(book, test.text, situation) == tried(test, situation)


@settings(max_examples=300, deadline=None)
@given(
    loop=quantified_ones(2, {}),
    count=counted_together(2),
    situation=situations,
    stop=st.booleans(),
)
def test_the_order_of_what_is_joined_never_matters(book, loop, count, situation, stop):
    forward, backward = (joined(*pair, stop=stop) for pair in ((loop, count), (count, loop)))
    value = evaluated(book, forward.text, situation)
    assert value == evaluated(book, backward.text, situation) == tried(forward, situation)


def failing(_):
    raise FailedError


LONG = "ys.all(a, ys.all(b, a + b >= 0))"
"""6,400 of the 10,000 loop steps that the engine allows, over 80 elements."""

long_ones = st.sampled_from([
    Expression(LONG, lambda _: True),
    Expression(f"!{LONG}", lambda _: False),
    Expression(f"({LONG} ? xs[9] == 1 : true)", failing),
])  # fmt: skip
joined_ones = st.recursive(
    long_ones, lambda inner: st.builds(joined, inner, inner, stop=st.booleans()), max_leaves=6
)


@settings(max_examples=60, deadline=None)
@given(condition=joined_ones)
def test_each_part_of_a_condition_may_take_as_many_loop_steps(book, condition):
    situation = {"xs": [], "ys": [1] * 80, "rs": [], "m": {}}
    assert evaluated(book, condition.text, situation) == tried(condition, situation)


@settings(max_examples=60, deadline=None)
@given(items=st.lists(st.integers(-5, 5), max_size=90), stopped=st.integers(0, 3))
def test_long_lists_are_counted_right_behind_a_loop_that_stopped(book, items, stopped):
    situation = {"xs": [0, 1, 2, 3], "ys": items, "rs": [], "m": {}}
    counts = {
        "sum_of(ys)": sum(items),
        "size(positions(ys))": len(items),
        "(unique(ys) ? 1 : 0)": int(len({*items}) == len(items)),
    }
    for text, count in counts.items():
        condition = f"xs.exists(x, x == {stopped}) && {text} == {count}"
        assert evaluated(book, condition, situation) is True


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("max_of(ys) == 99", id="greatest"),
        pytest.param("min_of(ys) == 7", id="least"),
        pytest.param("sum_of(ys) == 106", id="sum"),
        pytest.param("size(positions(ys)) == 2", id="positions"),
    ],
)
@pytest.mark.parametrize(
    "early",
    [
        pytest.param("xs.exists(x, x == 1)", id="found-at-once"),
        pytest.param("!xs.all(x, x == 2)", id="failed-at-once"),
        pytest.param("[[1, 1], [2, 2]].exists(x, x[0] == 1)", id="a-list-as-element"),
        pytest.param("xs.exists(x, ys.exists(y, x == 1))", id="loop-in-a-loop"),
    ],
)
def test_a_loop_that_stops_early_leaves_nothing_behind(book, early, after):
    situation = {"xs": [1, 2], "ys": [7, 99], "rs": [], "m": {}}
    assert evaluated(book, f"{early} && {after}", situation) is True
