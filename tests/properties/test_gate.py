"""Laws of the gate that hold for every set of rules, facts and arguments."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.domain import Action, Answer, Effect, Fact, Facts
from deskquorum.policy import load_policies, rule_on, rule_on_ticket

NOW = datetime(2026, 11, 12, tzinfo=UTC)

HEAD = """\
policy: laws
version: "1"
facts:
  a.flag: bool
  a.count: int
  b.kind: {type: string, values: [x, y]}
  b.day: date?
  b.list: {list: {price: int, name: string}}
actions:
  act: {args: {sum: {type: money, currency: USD}, note: string?}, risk: none}
rules:
"""

CONDITIONS = (
    "a.flag",
    "!a.flag",
    "a.count > 3",
    "a.flag || a.count > 3",
    "a.count > 3 && a.flag",
    "b.kind == 'x'",
    "b.kind != 'x' || a.flag",
    "a.count / (a.count - 3) > 1",
    "b.list.exists(i, i.price > a.count)",
    "sum_of(b.list.map(i, i.price)) > 10",
    "min_of(b.list.map(i, i.price)) > 1",
    "args.sum_minor > 500",
    "args.sum_minor > 500 && a.flag",
    "days_between(b.day, now) > 3",
)
"""None asks `known.`: a guard is how ops say that a fact may be missing."""

FACTS = {
    "a.flag": True,
    "a.count": 5,
    "b.kind": "x",
    "b.day": "2026-11-01",
    "b.list": [{"price": 3, "name": "n"}, {"price": 9, "name": "m"}],
}

RANK = {Effect.ALLOW: 0, Effect.HUMAN: 1, Effect.DENY: 2}

rules = st.lists(
    st.tuples(
        st.sampled_from(CONDITIONS),
        st.sampled_from(["allow", "allow", "require_human", "deny"]),
    ),
    min_size=1,
    max_size=6,
)
facts = st.fixed_dictionaries(
    {},
    optional={
        "a.flag": st.booleans(),
        "a.count": st.integers(0, 6),
        "b.kind": st.sampled_from(["x", "y"]),
        "b.day": st.sampled_from(["2026-11-01", "2026-11-11"]),
        "b.list": st.lists(
            st.fixed_dictionaries({"price": st.integers(0, 9), "name": st.just("n")}), max_size=3
        ),
    },
)
sums = st.sampled_from(["1.00", "5.00", "5.01", "90.00"])
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
few = settings(max_examples=60, deadline=None)


def book_of(written):
    with tempfile.TemporaryDirectory() as folder:
        text = HEAD + "".join(map(line_of, written))
        Path(folder, "laws.yaml").write_text(text, encoding="utf-8")
        return load_policies(Path(folder))


def book_of_files(written, files):
    """The rules spread over files, in the given order of files; the last one declares the rest."""
    with tempfile.TemporaryDirectory() as folder:
        for name in set(files):
            inside = [rule for rule, file in zip(written, files, strict=True) if file == name]
            text = f"policy: {name}\nversion: '1'\nrules:\n" + "".join(map(line_of, inside))
            Path(folder, f"{name}.yaml").write_text(text, encoding="utf-8")
        Path(folder, "laws.yaml").write_text(HEAD.removesuffix("rules:\n"), encoding="utf-8")
        return load_policies(Path(folder))


def line_of(rule):
    name, (when, effect) = rule
    return f'  - {{id: {name}, on: act, effect: {effect}, when: "{when}", reason: r}}\n'


def named(written):
    return [(f"r{at}", rule) for at, rule in enumerate(written)]


def snapshot(values):
    return Facts(
        values={name: Fact(value=v, source="t", read_at=NOW) for name, v in values.items()}
    )


def ruled(book, values, args):
    return rule_on(
        book,
        Action(name="act", args=args),
        facts=snapshot(values),
        answers={},
        claimed={},
        now=NOW,
    )


@few
@given(written=rules, values=facts, amount=sums, order=st.randoms(use_true_random=False))
def test_the_order_of_rules_never_changes_a_ruling(written, values, amount, order):
    rules = named(written)
    shuffled = rules.copy()
    order.shuffle(shuffled)
    first = ruled(book_of(rules), values, {"sum": amount})
    second = ruled(book_of(shuffled), values, {"sum": amount})
    assert first.effect is second.effect
    assert set(first.rules) == set(second.rules)
    assert first.trace == second.trace


@few
@given(written=rules, values=facts, amount=sums, data=st.data())
def test_how_rules_are_spread_over_files_never_changes_a_ruling(written, values, amount, data):
    rules = named(written)
    places = st.lists(st.sampled_from("akz"), min_size=len(rules), max_size=len(rules))
    together = ruled(book_of(rules), values, {"sum": amount})
    apart = ruled(book_of_files(rules, data.draw(places)), values, {"sum": amount})
    assert together.effect is apart.effect
    assert set(together.rules) == set(apart.rules)
    assert together.trace == apart.trace


@few
@given(written=rules, extra=st.sampled_from(CONDITIONS), values=facts, amount=sums)
def test_one_more_restriction_never_allows_more(written, extra, values, amount):
    before = ruled(book_of(named(written)), values, {"sum": amount})
    for effect in ("deny", "require_human"):
        after = ruled(book_of(named([*written, (extra, effect)])), values, {"sum": amount})
        assert RANK[after.effect] >= RANK[before.effect]


@few
@given(written=rules, extra=st.sampled_from(CONDITIONS), values=facts, amount=sums)
def test_one_more_permission_never_overrules_a_restriction(written, extra, values, amount):
    before = ruled(book_of(named(written)), values, {"sum": amount})
    after = ruled(book_of(named([*written, (extra, "allow")])), values, {"sum": amount})
    if before.rules:
        assert after.effect is before.effect


@few
@given(written=rules, values=facts, amount=sums, data=st.data())
def test_reading_fewer_facts_never_allows_more(written, values, amount, data):
    book = book_of(named(written))
    before = ruled(book, values, {"sum": amount})
    kept = data.draw(st.sets(st.sampled_from(sorted(FACTS))))
    fewer = {name: value for name, value in values.items() if name in kept}
    after = ruled(book, fewer, {"sum": amount})
    if before.effect is not Effect.ALLOW:
        assert after.effect is not Effect.ALLOW


@few
@given(written=rules, values=facts, amount=sums)
def test_an_allow_rests_on_facts_that_were_read(written, values, amount):
    rules = named(written)
    ruling = ruled(book_of(rules), values, {"sum": amount})
    whens = {name: when for name, (when, _) in rules}
    if ruling.effect is Effect.ALLOW:
        for rule in ruling.rules:
            needed = [name for name in FACTS if name in whens[rule] and name != "b.day"]
            assert set(needed) <= set(values)


broken = st.sampled_from([None, "", "x", 3.5, -1.25, [], {}, [1], {"price": "x"}, "2026-13-01"])


@few
@given(written=rules, values=facts, amount=sums, junk=broken, data=st.data())
def test_a_fact_that_can_not_be_read_as_declared_never_allows(written, values, amount, junk, data):
    rules = named(written)
    failing = data.draw(st.sets(st.sampled_from(sorted(FACTS)), min_size=1))
    values = values | dict.fromkeys(failing, junk)
    ruling = ruled(book_of(rules), values, {"sum": amount})
    whens = {name: when for name, (when, _) in rules}
    if ruling.effect is Effect.ALLOW:
        readable = {"b.kind"} if junk == "x" else {"b.list"} if junk == [] else set()
        for rule in ruling.rules:
            assert not any(name in whens[rule] for name in failing - readable)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(["act", "act", "act", "Act", "act ", "reply"]) | st.text(max_size=8),
    args=st.fixed_dictionaries(
        {},
        optional={
            "sum": st.sampled_from(
                ["1.00", "5", "1.005", "-1.00", "1e3", "1,00", " 1.00", 1, -1, True, 1.0, None]
            ),
            "note": st.sampled_from(["x", None, 3, ["x"]]),
            "more": st.sampled_from(["x", None, 0]),
        },
    ),
)
def test_nothing_but_declared_actions_with_declared_arguments_is_allowed(name, args):
    ruling = rule_on(
        BOOK_OF_ONE,
        Action(name=name, args=args),
        facts=snapshot(FACTS),
        answers={},
        claimed={},
        now=NOW,
    )
    fits = (
        name == "act"
        and set(args) <= {"sum", "note"}
        and type(args.get("sum")) in {str, int}
        and args["sum"] in {"1.00", "5", 1}
        and (args.get("note") is None or isinstance(args["note"], str))
    )
    assert (ruling.effect is Effect.ALLOW) == fits


@pytest.fixture(scope="module")
def whole_book():
    effects = ("allow", "require_human", "deny")
    written = [(when, effects[at % 3]) for at, when in enumerate(CONDITIONS)]
    return book_of(named(written))


@settings(max_examples=300, deadline=None)
@given(
    values=st.dictionaries(st.sampled_from(sorted(FACTS)) | st.text(), json, max_size=6),
    args=st.dictionaries(st.sampled_from(["sum", "note"]) | st.text(), json, max_size=4),
    name=st.sampled_from(["act", "reply", "ticket", "any", "", "\x00"]) | st.text(),
    label=st.none() | st.text(),
    claimed=st.dictionaries(st.text(), json, max_size=2),
    zone=st.sampled_from([UTC, None]),
)
def test_nothing_that_comes_in_makes_the_gate_raise(  # noqa: PLR0917 - all that can come in
    whole_book, values, args, name, label, claimed, zone
):
    answer = Answer(question="q", label=label, probability=1.0, settled=True, calibrated=False)
    given = {"facts": snapshot(values), "answers": {"q": answer}, "claimed": claimed}
    now = NOW.replace(tzinfo=zone)
    ruling = rule_on(whole_book, Action(name=name, args=args), **given, now=now)
    assert ruling.effect in Effect
    rule_on_ticket(whole_book, **given, now=now)


@given(amount=json)
def test_only_text_and_whole_numbers_are_an_amount_and_never_negative_ones(amount):
    book = BOOK_OF_ONE
    ruling = ruled(book, FACTS, {"sum": amount})
    if ruling.effect is Effect.ALLOW:
        assert type(amount) in {str, int}
        assert not str(amount).startswith("-")


@given(days=st.integers(-400, 400) | st.integers(-700_000, 100_000), hour=st.integers(0, 23))
def test_days_are_counted_by_the_calendar(days, hour):
    day = (NOW + timedelta(days=days)).date()
    now = NOW.replace(hour=hour)
    ruling = rule_on(
        BOOK_OF_DAYS,
        Action(name="act", args={"sum": "1.00"}),
        facts=snapshot({"b.day": day.isoformat()}),
        answers={},
        claimed={},
        now=now,
    )
    assert (ruling.effect is Effect.ALLOW) == (-days > 3)


BOOK_OF_ONE = book_of([("one", ("args.sum_minor >= 0", "allow"))])
BOOK_OF_DAYS = book_of([("late", ("days_between(b.day, now) > 3", "allow"))])


def test_ruling_again_and_again_takes_no_more_memory():
    """Each of the four functions is called, with values that are large enough to be noticed."""
    import gc
    import tracemalloc

    book = book_of(
        [
            ("days", ("days_between(b.day, now) > 3", "allow")),
            ("sum", ("sum_of(b.list.map(i, i.price)) > 3000", "deny")),
            ("ends", ("min_of([a.count, 4]) > 3 && max_of([a.count, 4]) > 10000", "deny")),
        ]
    )
    values = FACTS | {"a.count": 5000, "b.list": [{"price": 2000, "name": "n" * 500}]}
    ruled(book, values, {"sum": "1.00"})
    tracemalloc.start()
    try:
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(2000):
            ruled(book, values, {"sum": "1.00"})
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A kept argument would be 100 bytes and more each time.
    assert after - before < 100_000
