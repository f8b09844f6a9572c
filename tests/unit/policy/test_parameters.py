"""Named conditions and values with parameters."""

import pytest

from deskquorum.errors import PolicyFileError
from deskquorum.policy import lint
from deskquorum.policy.compare import compare
from deskquorum.policy.expansion import expand
from deskquorum.policy.named_parts import Part
from deskquorum.policy.part_declarations import signature_of

TRIP = """\
policy: trip
version: "1"
facts:
  flights: {list: {number: string, date: string, status: {type: string, values: [open, gone]}, seats: {map: int}}}
  user.methods: {map: {source: {type: string, values: [card, gift]}, amount: int}}
  user.tier: {type: string, values: [gold, silver]}
  trip.cabin: {type: string, values: [economy, business]}
  trip.persons: int
tables:
  free_bags: {gold: {economy: 3, business: 4}, silver: {economy: 1, business: 2}}
values:
  row(f): flights.filter(r, r.number == f.number && r.date == f.date)[0]
  paid_by(kind): args.payments.filter(p, user.methods[p.id].source == kind)
  free_bags(tier, cabin): table.free_bags[tier][cabin]
conditions:
  seats_left(f): value.row(f).seats[trip.cabin] >= trip.persons
actions:
  book:
    args: {flights: {list: {number: string, date: string}}, payments: {list: {id: string}}, bags: int}
    risk: none
rules:
  - id: seats
    on: book
    effect: allow
    when: >-
      args.flights.all(f, cond.seats_left(f)) && size(value.paid_by("gift")) <= 1
      && args.bags <= value.free_bags(user.tier, trip.cabin)
    reason: r
"""  # noqa: E501 - as in a file

FACTS = {
    "flights": [
        {"number": "A1", "date": "1", "status": "open", "seats": {"economy": 2}},
        {"number": "A1", "date": "2", "status": "gone", "seats": {"economy": 1}},
    ],
    "user.methods": {
        "c": {"source": "card", "amount": 5},
        "g": {"source": "gift", "amount": 5},
        "h": {"source": "gift", "amount": 5},
    },
    "user.tier": "silver",
    "trip.cabin": "economy",
    "trip.persons": 2,
}


def booked(flights=(("A1", "1"),), payments=("c", "g"), bags=1):
    return {
        "flights": [{"number": number, "date": date} for number, date in flights],
        "payments": [{"id": payment} for payment in payments],
        "bags": bags,
    }


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(booked(), "allow", id="all-of-it-right"),
        pytest.param(booked(flights=[("A1", "1"), ("A1", "2")]), "human", id="second-row-is-full"),
        pytest.param(booked(flights=[("B7", "1")]), "human", id="no-such-row"),
        pytest.param(booked(payments=["g", "h"]), "human", id="two-of-a-kind"),
        pytest.param(booked(bags=2), "human", id="more-than-the-tier-says"),
    ],
)
def test_parts_with_parameters_rule(bench, ask, args, expected):
    assert ask(bench.load(trip=TRIP), "book", args, facts=FACTS).effect == expected


def problems(bench, *change):
    bench.load()
    return [p.removeprefix("trip.yaml:") for p in bench.problems(trip=TRIP.replace(*change))]


ROW = "row(f): flights.filter(r, r.number == f.number && r.date == f.date)[0]"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param((ROW, ROW.replace("r.date", "r.dat")),
                     "12:55: 'flights' has no field 'dat'; did you mean 'date'?",
                     id="field-of-its-own-loop"),
        pytest.param((ROW, ROW.replace("flights", "flight")),
                     "12:11: unknown fact 'flight'; did you mean 'flights'?", id="unknown-fact"),
        pytest.param((ROW, ROW + " && "), "12:76: the expression ends too early", id="syntax"),
        pytest.param((ROW, ROW.replace("filter", "fliter")),
                     "12:19: unknown function 'fliter'; did you mean 'filter'?", id="function"),
        pytest.param((ROW, ROW.replace("row(f)", "row(f, g)")),
                     "12:3: parameter 'g' is not used; remove it", id="not-used"),
        pytest.param((ROW, ROW.replace("row(f)", "row(f, f)")),
                     "12:3: parameter 'f' twice; call one of them something else", id="twice"),
        pytest.param((ROW, ROW.replace("row(f)", "row()")),
                     "12:3: 'row()' is no name for a value; use lower-case letters, digits and _",
                     id="no-parameter"),
        pytest.param((ROW, ROW.replace("row(f)", "row(F)")),
                     "12:3: 'F' is no name for a parameter; use lower-case letters, digits and _",
                     id="no-name"),
        pytest.param(("row(f):", "row(f:"),
                     "12:3: 'row(f' is no name for a value; use lower-case letters, digits and _",
                     id="no-closing-bracket"),
        pytest.param((ROW, "row(r): flights.filter(r, r.number == r.number)[0]"),
                     "12:3: a loop calls its elements 'r', like the parameter; rename one of them",
                     id="loop-of-that-name"),
        pytest.param((ROW, ROW.replace("(f)", "(now)")),
                     "12:3: 'now' is built in, so no parameter can be called that; rename it",
                     id="built-in"),
        pytest.param((ROW, "row(list): list[0]"),
                     "12:3: 'list' is built in, so no parameter can be called that; rename it",
                     id="type-of-the-engine"),
        pytest.param((ROW, ROW.replace("(f)", "(user)")),
                     "12:3: 'user' is a fact, or a record of facts, so no parameter can be called "
                     "that; rename it", id="record"),
        pytest.param((ROW, ROW.replace("(f)", "(paid_by)")),
                     "12:3: 'paid_by' is the name of a value, so no parameter can be called that; "
                     "rename it", id="another-part"),
        pytest.param((ROW, "row(f): cond.seats_left(f)"),
                     "16:18: condition 'seats_left' needs itself: seats_left -> row -> seats_left",
                     id="circle"),
        pytest.param(("free_bags: {gold", "free_bags(a): {gold"),
                     "10:3: table 'free_bags' takes no parameters; "
                     "name the columns where it is used: table.free_bags[KEY]", id="table"),
        pytest.param(("  row(f):", "  row(g): size(g.x)\n  row(f):"),
                     "13:11: value 'row' twice; the first one is trip.yaml:12", id="two-of-a-name"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_part_is_shown_where_it_is_declared(bench, change, expected):
    assert problems(bench, *change)[:1] == [expected]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(("cond.seats_left(f)", "cond.seats_left"),
                     "26:27: condition 'seats_left' takes 1 argument, got none; "
                     "write cond.seats_left(f)", id="no-argument"),
        pytest.param(('paid_by("gift")', 'paid_by("gift", f)'),
                     "26:55: value 'paid_by' takes 1 argument, got 2; write value.paid_by(kind)",
                     id="one-too-many"),
        pytest.param(('paid_by("gift")', "paid_by()"),
                     "26:55: value 'paid_by' takes 1 argument, got none; "
                     "write value.paid_by(kind)", id="none"),
        pytest.param(("user.tier, trip.cabin)", "user.tier,)"),
                     "27:49: an argument is missing here", id="empty-argument"),
        pytest.param(("<= value.free_bags(user.tier, trip.cabin)", "<= table.free_bags(1)"),
                     "27:23: table 'free_bags' takes no argument; write table.free_bags",
                     id="table-is-no-call"),
        pytest.param(('paid_by("gift")', 'paid_by("gfit")'),
                     "26:69: 'gfit' is no value of user.methods.source; did you mean 'gift'?",
                     id="misspelt-literal"),
        pytest.param(("user.tier, trip.cabin)", "user.teir, trip.cabin)"),
                     "27:39: unknown fact 'user.teir'; did you mean 'user.tier'?",
                     id="unknown-fact-in-an-argument"),
        pytest.param(("args.flights.all(f, cond", "args.payments.all(f, cond"),
                     "26:28: in condition 'seats_left': 'args.payments' has no field 'date'; "
                     "its fields: id; it reads here: (flights.filter(r, r.number == f.number && "
                     "r.date == f.date)[0]).seats[trip.cabin] >= trip.persons",
                     id="another-record-than-it-reads"),
        pytest.param(("args.flights.all(f, cond.seats_left(f))",
                      "args.flights.all(flights, cond.seats_left(flights))"),
                     "26:33: condition 'seats_left' reads 'flights', which is what the loop around "
                     "it calls elements; rename the loop's element", id="hidden-by-a-loop"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_use_is_shown_there(bench, change, expected):
    assert problems(bench, *change)[:1] == [expected]


def test_a_text_in_a_part_is_compared_with_what_the_use_gives_it(bench):
    changed = TRIP.replace("conditions:", 'conditions:\n  top(x): x == "goldd"').replace(
        "args.bags <=", "cond.top(user.tier) && args.bags <="
    )
    bench.load()
    [problem] = bench.problems(trip=changed)
    assert problem == (
        "trip.yaml:28:10: in condition 'top': 'goldd' is no value of user.tier; "
        "did you mean 'gold'?; it reads here: user.tier == \"goldd\""
    )


@pytest.mark.parametrize(
    ("written", "parts", "expected"),
    [
        pytest.param("value.a(r)", {"value.a": (("x",), "xs.filter(r, r == x)")},
                     "(xs.filter(r_2, r_2 == r))", id="a-loop-is-renamed-apart"),
        pytest.param("value.a(r)", {"value.a": (("x",), "r_2 + xs.filter(r, r == x)")},
                     "(r_2 + xs.filter(r_3, r_3 == r))", id="to-a-name-nobody-has"),
        pytest.param("value.a(y)", {"value.a": (("x",), "r.k + xs.filter(r, r == x)")},
                     "(r.k + xs.filter(r, r == y))", id="else-it-stays"),
        pytest.param("value.a(r.b)", {"value.a": (("x",), "r.k + xs.map(r, r == x)")},
                     "(r.k + xs.map(r_2, r_2 == r.b))", id="only-inside-the-loop"),
        pytest.param("value.a(y)", {"value.a": (("b",), "b + (xs.map(b, b == k))")},
                     "(y + (xs.map(b, b == k)))", id="a-loop-of-a-part-within"),
        pytest.param("value.a(1 + 2)", {"value.a": (("x",), "x * 3")},
                     "((1 + 2) * 3)", id="brackets"),
        pytest.param("value.a(b // why\n)", {"value.a": (("x",), "x * 3")},
                     "((b // why\n) * 3\n)", id="comment"),
        pytest.param("value.a(value.a(k))", {"value.a": (("x",), "x.x[x] + size(x)")},
                     "(((k.x[k] + size(k))).x[((k.x[k] + size(k)))] + size(((k.x[k] + size(k)))))",
                     id="nested"),
        pytest.param('value.a("x, )")', {"value.a": (("x",), "'x' + y. x + x // x")},
                     "('x' + y. x + \"x, )\" // x\n)", id="only-names-are-replaced"),
        pytest.param("value.a(v).b.c", {"value.a": (("x",), "x")}, "(v).b.c", id="field"),
    ],
)  # fmt: skip
def test_no_name_changes_its_meaning(written, parts, expected):
    made = {name: Part(parameters=takes, text=text) for name, (takes, text) in parts.items()}
    assert expand(written, made).text == expected


def test_a_place_in_an_argument_leads_back_to_it():
    written = "x && value.a(  bad + 1) && y"
    expanded = expand(written, {"value.a": Part(text="k == b", parameters=("b",))})
    assert expanded.origin(expanded.text.index("bad")) == (written.index("bad"), None)
    assert expanded.origin(expanded.text.index("y")) == (written.index("y"), None)
    use = expanded.origin(expanded.text.index("k =="))
    assert use[0] == 5
    assert (use[1].name, use[1].text) == ("value.a", "k == (bad + 1)")


def test_parts_that_grow_without_end_are_refused(bench):
    grown = "\n".join(f"  v{n}(x): value.v{n - 1}(x) + value.v{n - 1}(x)" for n in range(1, 40))
    text = TRIP.replace("\nvalues:", f"\nvalues:\n  v0(x): x + x\n{grown}")
    bench.load()
    found = bench.problems(trip=text)
    assert found
    assert all("longer than 100,000 characters" in problem for problem in found)


def test_arguments_in_too_many_layers_are_refused(bench):
    deep = "value.paid_by(" * 200 + '"gift"' + ")" * 200
    bench.load()
    with pytest.raises(PolicyFileError, match="brackets in more than 30 layers"):
        bench.load(trip=TRIP.replace('value.paid_by("gift")', deep))


def test_uses_of_a_faulty_part_are_no_further_mistakes(bench):
    bench.load()
    assert bench.problems(trip=TRIP.replace(ROW, "row(f): 5")) == [
        "trip.yaml:12:11: expected text, got 5; put it in quotes"
    ]


def test_a_part_with_parameters_changes_the_hash(bench):
    first = bench.load(trip=TRIP).hash
    assert bench.load(trip=TRIP.replace("row(f)", "row( f )")).hash != first


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        pytest.param("row", ("row", None), id="plain"),
        pytest.param("row(a,  b )", ("row", ("a", "b")), id="two"),
        pytest.param("row ()", ("row", ()), id="empty"),
        pytest.param("row(a", ("row(a", None), id="open"),
        pytest.param("row((a))", ("row((a))", None), id="brackets-in-brackets"),
        pytest.param("row(a,)", ("row", ("a", "")), id="comma-at-the-end"),
    ],
)
def test_a_key_is_a_name_with_parameters(key, signature):
    assert signature_of(key) == signature


PLAIN = "user.tier == 'gold' && args.bags <= 2"
BAGS = """\
  - id: bags
    on: book
    effect: allow
    when: WHEN
    reason: r
"""


def two_rules(when):
    named = TRIP.replace("conditions:", "conditions:\n  few(tier, n): user.tier == tier && n <= 2")
    rules = BAGS.replace("WHEN", when) + BAGS.replace("WHEN", PLAIN).replace("bags", "plain", 1)
    return named + rules


def test_a_rule_by_a_part_and_the_same_by_hand_say_the_same(bench):
    found = [
        problem.message
        for problem in lint(bench.load(trip=two_rules("cond.few('gold', args.bags)")))
    ]
    assert any("rule 'plain' adds nothing to rule 'bags'" in message for message in found)


def test_what_a_part_reads_through_its_arguments_is_needed(bench):
    book = bench.load(trip=two_rules("cond.few('gold', trip.persons)"))
    (rule,) = [rule for rule in book.rules if rule.id == "bags"]
    assert rule.conditions["book"].needs == ("trip.persons", "user.tier")


def test_text_alone_allows_nothing_through_a_part(bench):
    policy = two_rules("cond.few('gold', args.bags)").replace("risk: none", "risk: money")
    bench.load()
    changed = policy.replace("user.tier == tier &&", "tier != '' &&")
    assert any(
        "'bags' allows book (risk money) without a fact" in p for p in bench.problems(trip=changed)
    )


def test_a_change_of_a_part_is_told_with_its_parameters(bench):
    before = bench.load(trip=two_rules("cond.few('gold', 1)"))
    changed = (
        two_rules("cond.few('gold', 1)")
        .replace("few(tier, n)", "few(tier, m)")
        .replace("n <= 2", "m <= 3")
    )
    comparison = compare(before, bench.load(trip=changed))
    assert [(c.kind, c.name, [p.part for p in c.parts]) for c in comparison.changes] == [
        ("condition", "few", ["parameters", "text"]),
        ("rule", "bags", ["when, conditions written out"]),
    ]
