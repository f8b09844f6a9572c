"""What lint proves about conditions, against the engine that rules by them."""

import tempfile
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.domain import Fact, Facts
from deskquorum.policy import bind, load_policies
from deskquorum.policy.conditions import world_on
from deskquorum.policy.proof import possible

NOW = datetime(2026, 11, 12, tzinfo=UTC)

TOPIC = """\
policy: proofs
version: "1"
facts:
  r.a: int
  r.b: int
  r.kind: {type: string, values: [x, y]}
  r.name: string
  r.flag: bool
"""

DOMAINS = {
    "r.a": (None, 0, 1, 2, 3),
    "r.b": (None, 0, 1, 3),
    "r.kind": (None, "x", "y"),
    "r.name": (None, "x", "z"),
    "r.flag": (None, True, False),
}
"""None: not read."""

numbers = st.sampled_from(["r.a", "r.b", "0", "1", "2", "r.a + 1", "r.a - r.b", "2 * r.b"])
texts = st.sampled_from(
    [
        ("r.kind", "'x'"),
        ("'y'", "r.kind"),
        ("r.name", "'z'"),
        ("r.kind", "r.name"),
        ("'x'", "r.name"),
    ]
)
atoms = st.one_of(
    st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers).map(" ".join),
    st.tuples(texts, st.sampled_from([" == ", " != "])).map(lambda p: p[1].join(p[0])),
    st.sampled_from(
        [
            "r.flag",
            "r.kind in ['x', 'y']",
            "r.name in []",
            "r.a in [0, 2]",
            "known.r.a",
            "known.r",
            "1 / r.a > 0",
            "r.flag == (r.a > 1)",
            "r.a <= (r.flag ? 1 : r.b)",
            "[r.a, r.b].exists(n, n > 1)",
        ]
    ),
)
formulas = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" && ", " || "]), inner).map(
            lambda parts: "(" + "".join(parts) + ")"
        ),
        inner.map(lambda text: f"!({text})"),
        st.tuples(inner, inner, inner).map(lambda p: f"(({p[0]}) ? ({p[1]}) : ({p[2]}))"),
    ),
    max_leaves=6,
)
OUTCOMES = {
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "not true": lambda value: value is not True,
    "not false": lambda value: value is not False,
}


def written():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "proofs.yaml").write_text(TOPIC, encoding="utf-8")
        return load_policies(Path(folder))


BOOK = written()
WORLD = world_on(BOOK.environment, None)


def situation(values):
    read = {
        name: Fact(value=value, source="t", read_at=NOW)
        for name, value in zip(DOMAINS, values, strict=True)
        if value is not None
    }
    return bind(BOOK, facts=Facts(values=read), answers={}, claimed={}, args={}, now=NOW)


SITUATIONS = [situation(values) for values in product(*DOMAINS.values())]
"""Everything that can have been read, or not."""


def compiled(text):
    return BOOK.environment.compile(text, yes_or_no=True)


@settings(max_examples=400, deadline=None)
@given(
    first=formulas,
    second=formulas,
    claimed=st.tuples(st.sampled_from(sorted(OUTCOMES)), st.sampled_from(sorted(OUTCOMES))),
)
def test_what_is_proven_impossible_never_happens(first, second, claimed):
    conditions = [compiled(text) for text in (first, second)]
    claims = [(c.formula, how) for c, how in zip(conditions, claimed, strict=True)]
    if possible(WORLD, *claims) is False:
        for bindings in SITUATIONS:
            values = [condition.evaluate(bindings) for condition in conditions]
            so = [OUTCOMES[how](value) for how, value in zip(claimed, values, strict=True)]
            assert not all(so), (first, second, claimed, values)


PROVEN = [
    pytest.param("r.a > 5 && r.a < 3", id="no-number-between"),
    pytest.param("r.a > 5 && r.a < 6", id="no-whole-number-between"),
    pytest.param("r.a > 5 && r.a < 7 && r.a != 6", id="the-only-number-left-out"),
    pytest.param("r.a > r.b && r.b > r.a", id="more-than-each-other"),
    pytest.param("r.a - r.b > 3 && r.a < r.b", id="a-difference"),
    pytest.param("r.a + r.b > 3 && r.b + r.a < 2", id="a-sum"),
    pytest.param("r.name == 'x' && r.name == 'z'", id="two-texts-at-once"),
    pytest.param("r.name == r.kind && r.name == 'z'", id="equal-to-what-it-can-not-be"),
    pytest.param("r.kind != 'x' && r.kind != 'y'", id="none-of-its-values"),
    pytest.param("r.name in []", id="in-nothing"),
    pytest.param("r.flag && !r.flag", id="true-and-false"),
    pytest.param("r.flag == (r.a > 1) && r.flag && r.a < 1", id="as-true-as-something-false"),
    pytest.param("r.a > (r.flag ? 3 : 2) && r.a <= 2", id="over-either-limit"),
    pytest.param("!known.r && r.a > 1", id="nothing-known-and-yet-read"),
    pytest.param("known.r.a && !known.r", id="a-part-known-of-nothing"),
    pytest.param("size(ticket.languages) < 0", id="fewer-than-none"),
    pytest.param(
        "now > timestamp('2026-02-01T00:00:00Z') && now < timestamp('2026-01-01T00:00:00+01:00')",
        id="after-and-before",
    ),
    pytest.param(
        "now - timestamp('2026-01-01T00:00:00Z') > duration('24h')"
        " && now - timestamp('2026-01-01T00:00:00Z') < duration('90m')",
        id="long-and-short-ago",
    ),
    pytest.param("[1, 2].exists(n, n > r.a) && ![1, 2].exists(n, n > r.a)", id="a-loop-and-not"),
    pytest.param("false || (true ? false : true)", id="constants"),
]


@pytest.mark.parametrize("condition", PROVEN)
def test_what_can_never_be_true_is_seen(condition):
    formula = compiled(condition).formula
    assert possible(WORLD, (formula, "true")) is False


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("r.a * r.a < 0", id="a-square"),
        pytest.param("r.name.startsWith('a') && r.name == 'b'", id="inside-a-function"),
        pytest.param("r.a + r.b > 3 && r.a < 1 && r.b < 1", id="a-sum-and-its-parts"),
        pytest.param("[1, 2].exists(n, n > 3)", id="inside-a-loop"),
    ],
)
def test_what_is_not_understood_is_taken_to_be_possible(condition):
    formula = compiled(condition).formula
    assert possible(WORLD, (formula, "true")) is True


def test_too_many_ways_prove_nothing():
    ways = [f"(r.a * {n} > r.b || r.b * {n} > r.a)" for n in range(2, 40)]
    never = "(r.a > 5 && r.a < 3 || r.b > 5 && r.b < 3 || r.flag && !r.flag)"
    formula = compiled(" && ".join([*ways, never])).formula
    assert possible(WORLD, (formula, "true")) is None
