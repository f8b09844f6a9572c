"""A condition with parameterised parts rules as if it had been written out with care.

Python is the reference: a part's body is evaluated with its arguments and nothing else around it,
and an argument with what stands around the use. Three names serve for all loops, parameters and a
fact, so that nearly every use is one in which names would be mixed up.
"""

from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deskquorum.domain import Fact, Facts
from deskquorum.policy import CelProblem, Environment, NoValue, bind, load_policies
from deskquorum.policy.expansion import expand
from deskquorum.policy.named_parts import Part

POLICY = """\
policy: laws
version: "1"
facts:
  xs: [int]
  k: int
"""

NAMES = ("a", "b", "k")
"""Of loops' elements, and the first two of parameters; `k` is a fact too."""

DEPTH = 3


@dataclass(frozen=True)
class Written:
    """A text, and what it means in Python: a function of facts and of what names stand for."""

    text: str
    meaning: object


@dataclass(frozen=True)
class Declared:
    """A part: its parameters, and its body."""

    name: str
    parameters: tuple[str, ...]
    body: Written

    def __call__(self, arguments):
        """A use of it; an argument means what it means at the use."""

        def meaning(facts, names):
            given = [(lambda a=argument: a.meaning(facts, names)) for argument in arguments]
            return self.body.meaning(facts, dict(zip(self.parameters, given, strict=True)))

        return Written(f"{self.name}({', '.join(a.text for a in arguments)})", meaning)


@dataclass(frozen=True)
class Around:
    """What an expression may name."""

    names: frozenset[str]
    params: tuple[str, ...]
    parts: tuple[Declared, ...]

    def inside(self, name):
        return replace(self, names=self.names | {name})


def name_of(name):
    def meaning(facts, names):
        return names[name]() if name in names else facts[name]

    return Written(name, meaning)


def looping(kind, name, test, *, combined):
    def meaning(facts, names):
        elements = ({**names, name: (lambda x=x: x)} for x in facts["xs"])
        return combined(test.meaning(facts, inner) for inner in elements)

    return Written(f"xs.{kind}({name}, {test.text})", meaning)


@st.composite
def numbers(draw, depth, around):
    values = [part for part in around.parts if part.name.startswith("value")]
    kinds = ["name", "number"] if depth == 0 else ["name", "sum", "count", "part", "part"]
    match draw(st.sampled_from(kinds)):
        case "part" if values:
            return draw(uses(values, depth, around))
        case "sum":
            left, right = (draw(numbers(depth - 1, around)) for _ in range(2))
            return Written(
                f"{left.text} - {right.text}" if " " not in right.text
                else f"{left.text} - ({right.text})",
                lambda f, n: left.meaning(f, n) - right.meaning(f, n),
            )  # fmt: skip
        case "count":
            found = draw(loops(["filter"], depth, around))
            return Written(f"size({found.text})", found.meaning)
        case "number":
            number = draw(st.integers(0, 3))
            return Written(str(number), lambda _facts, _names: number)
    return name_of(draw(st.sampled_from(["k", *sorted({*around.names, "k"})])))


@st.composite
def loops(draw, kinds, depth, around):
    # A part's own parameters may not be names of its loops.
    kind = draw(st.sampled_from(kinds))
    name = draw(st.sampled_from([name for name in NAMES if name not in around.params]))
    test = draw(conditions(depth - 1, around.inside(name)))
    return looping(kind, name, test, combined={"exists": any, "all": all, "filter": sum}[kind])


@st.composite
def uses(draw, among, depth, around):
    part = draw(st.sampled_from(among))
    return part([draw(numbers(depth - 1, around)) for _ in part.parameters])


@st.composite
def conditions(draw, depth, around):
    named = [part for part in around.parts if part.name.startswith("cond")]
    kinds = ["less"] if depth == 0 else ["less", "loop", "loop", "not", "part", "part", "or"]
    match draw(st.sampled_from(kinds)):
        case "part" if named:
            return draw(uses(named, depth, around))
        case "loop":
            return draw(loops(["exists", "all"], depth, around))
        case "not":
            part = draw(conditions(depth - 1, around))
            return Written(f"!({part.text})", lambda f, n: not part.meaning(f, n))
        case "or":
            left, right = (draw(conditions(depth - 1, around)) for _ in range(2))
            return Written(
                f"({left.text} || {right.text})",
                lambda f, n: left.meaning(f, n) or right.meaning(f, n),
            )
    left, right = (draw(numbers(max(depth - 1, 0), around)) for _ in range(2))
    return Written(
        f"{left.text} <= {right.text}", lambda f, n: left.meaning(f, n) <= right.meaning(f, n)
    )


@st.composite
def policies(draw):
    """Parts, each of which may use those before it, and a condition that uses any of them."""
    parts = []
    for number in range(draw(st.integers(1, 3))):
        params = draw(st.sampled_from([("a",), ("b",), ("a", "b"), ("b", "a")]))
        kind, bodies = draw(st.sampled_from([("value", numbers), ("cond", conditions)]))
        body = draw(bodies(2, Around(frozenset(params), params, tuple(parts))))
        parts.append(Declared(f"{kind}.p{number}", params, body))
    written = conditions(DEPTH, Around(frozenset(), (), tuple(parts)))
    return parts, draw(written.filter(lambda condition: ".p" in condition.text))


situations = st.fixed_dictionaries(
    {"xs": st.lists(st.integers(-3, 3), max_size=3), "k": st.integers(-3, 3)}
)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("laws")
    (folder / "laws.yaml").write_text(POLICY, encoding="utf-8")
    return load_policies(folder)


def only_hidden(complaints):
    """What a loop hides from a part is refused, not put in with another meaning."""
    assert all("calls elements" in complaint.message for complaint in complaints), complaints
    assume(not complaints)


def with_parts(book, declared):
    parts = {}
    for part in declared:
        expanded = expand(part.body.text, parts)
        only_hidden(expanded.complaints)
        parts[part.name] = Part(text=expanded.text, parameters=part.parameters)
    environment = book.environment
    environment = Environment(
        variables=environment.variables,
        facts=environment.facts,
        arguments=environment.arguments,
        parts=parts,
    )
    return replace(book, environment=environment)


@settings(max_examples=400, deadline=None)
@given(policy=policies(), situation=situations)
def test_parts_mean_what_they_mean_by_themselves(book, policy, situation):
    declared, condition = policy
    book = with_parts(book, declared)
    facts = Facts(
        values={
            name: Fact(value=value, source="t", read_at=None) for name, value in situation.items()
        }
    )
    bindings = bind(book, facts=facts, answers={}, claimed={}, args={}, now=None)
    try:
        value = book.environment.compile(condition.text).evaluate(bindings)
    except CelProblem as exc:
        only_hidden(exc.complaints)
    assume(not isinstance(value, NoValue))
    assert value is condition.meaning(situation, {})
