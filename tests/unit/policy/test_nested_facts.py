"""Maps, records in records, and arguments that are lists: what other domains bring along."""

import pytest

AIRLINE = """\
policy: airline
version: "1"
facts:
  user.membership: {type: string, values: [gold, regular]}
  user.payment_methods:
    map: {source: string, amount: {type: money?, currency: USD}}
  booking.created_at: {type: time, zone: America/New_York}
  booking.flights:
    list:
      number: string
      date: date
      price: {type: money, currency: USD}
      seats: {map: int, optional: true}
      crew: {list: {name: string, hours: int}}
      gate: {record: {hall: string, opens: time}}
  flights:
    map:
      origin: string
      dates: {map: {status: string, seats: {map: int, optional: true}}}
actions:
  book:
    risk: none
    args:
      cabin: string
      flights: {list: {number: string, date: string}}
      payments: {list: {payment_id: string, amount: {type: money, currency: USD}}}
      contact: {record: {mail: string, phone: string?}}
"""

FACTS = {
    "user.membership": "gold",
    "user.payment_methods": {
        "card": {"source": "credit_card"},
        "gift_1": {"source": "gift_card", "amount": "100.10"},
        "gift_2": {"source": "gift_card", "amount": 20},
    },
    "booking.created_at": "2026-11-12T09:00:00",
    "booking.flights": [
        {
            "number": "F1",
            "date": "2026-11-20",
            "price": "120.10",
            "seats": {"economy": 4},
            "crew": [{"name": "Ada", "hours": 8}, {"name": "Bo", "hours": 9}],
            "gate": {"hall": "B", "opens": "2026-11-20T08:00:00Z"},
        },
        {
            "number": "F2",
            "date": "2026-11-21",
            "price": 80,
            "crew": [],
            "gate": {"hall": "A", "opens": "2026-11-21T08:00:00Z"},
        },
    ],
    "flights": {
        "F1": {"origin": "DEN", "dates": {"2026-11-20": {"status": "available",
                                                        "seats": {"economy": 2}}}},
        "F2": {"origin": "SFO", "dates": {"2026-11-21": {"status": "landed"}}},
    },
}  # fmt: skip

ARGS = {
    "cabin": "economy",
    "flights": [{"number": "F1", "date": "2026-11-20"}],
    "payments": [
        {"payment_id": "gift_1", "amount": "100.10"},
        {"payment_id": "gift_2", "amount": "20.00"},
    ],
    "contact": {"mail": "ada@example.com"},
}


def held(bench, ask, condition):
    rule = "rules:\n  - id: it\n    on: book\n    effect: allow\n    reason: r\n    when: >-\n"
    book = bench.load(airline=f"{AIRLINE}{rule}      {condition}\n")
    return ask(book, "book", ARGS, facts=FACTS).trace["it"]


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param('user.payment_methods["gift_1"].amount == 10010', id="map-of-records"),
        pytest.param('user.payment_methods["card"].amount == null', id="absent-in-a-map"),
        pytest.param('"card" in user.payment_methods && !("x" in user.payment_methods)', id="in"),
        pytest.param("user.payment_methods.exists(k, user.payment_methods[k].amount == 2000)",
                     id="over-a-map"),
        pytest.param("sum_of(booking.flights.map(f, f.price)) == 20010", id="sum"),
        pytest.param('booking.flights[0].seats["economy"] == 4', id="map-in-a-record"),
        pytest.param("has(booking.flights[0].seats) && !has(booking.flights[1].seats)",
                     id="absent-map"),
        pytest.param("booking.flights.exists(f, f.crew.exists(c, c.hours > 8))",
                     id="list-of-records-in-a-record"),
        pytest.param('booking.flights.all(f, f.gate.hall in ["A", "B"])', id="record-in-a-record"),
        pytest.param('booking.flights[0].gate.opens == timestamp("2026-11-20T08:00:00Z")',
                     id="time-in-a-record-in-a-record"),
        pytest.param("args.flights.all(f, flights[f.number].dates[f.date].seats[args.cabin] >= 1)",
                     id="map-in-a-map-by-arguments"),
        pytest.param("sum_of(args.payments.map(p, p.amount)) == 12010", id="sum-of-an-argument"),
        pytest.param('size(args.payments.filter(p, user.payment_methods[p.payment_id].source '
                     '== "gift_card")) == 2', id="count-by-kind"),
        pytest.param("args.payments.all(p, p.amount <= user.payment_methods[p.payment_id].amount)",
                     id="across-records"),
        pytest.param('args.contact.mail == "ada@example.com" && args.contact.phone == null',
                     id="record-argument"),
        pytest.param('now - booking.created_at <= duration("24h") && now > booking.created_at',
                     id="time-window"),
    ],
)  # fmt: skip
def test_a_condition_reads_into_nested_facts(bench, ask, condition):
    assert held(bench, ask, condition) == "matched"


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param('user.payment_methods["x"].amount == 1', id="key-not-in-a-map"),
        pytest.param('user.payment_methods["card"].amount < 5', id="absent-amount"),
        pytest.param('booking.flights[1].seats["economy"] == 0', id="absent-map"),
        pytest.param('flights["F2"].dates["2026-11-21"].seats["economy"] == 0', id="deep-absent"),
    ],
)
def test_what_is_not_there_has_no_value(bench, ask, condition):
    assert held(bench, ask, condition) == "error"


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        pytest.param('user.payment_methods["a"].amont == 1',
                     "'user.payment_methods' has no field 'amont'; did you mean 'amount'?",
                     id="field-in-a-map"),
        pytest.param("booking.flights.exists(f, f.crew.exists(c, c.hour > 8))",
                     "'booking.flights.crew' has no field 'hour'; did you mean 'hours'?",
                     id="field-two-deep"),
        pytest.param("booking.flights.exists(f, f.gate.hal == '')",
                     "'booking.flights.gate' has no field 'hal'; did you mean 'hall'?",
                     id="field-of-a-record"),
        pytest.param("args.payments.exists(p, p.amout > 8)",
                     "'args.payments' has no field 'amout'; did you mean 'amount'?",
                     id="field-of-an-argument"),
        pytest.param('user.payment_methods["a"].amount == "1"',
                     "'==' does not work on a whole number and text; "
                     "numbers stand without quotes, texts in quotes", id="type"),
        pytest.param("flights > 3",
                     "'>' does not work on a mapping to a record of flights and a whole number",
                     id="a-map-is-no-number"),
    ],
)  # fmt: skip
def test_a_misspelt_field_is_found_however_deep_it_is(bench, condition, problem):
    rule = f"rules:\n  - {{id: it, on: book, effect: allow, reason: r, when: '{condition}'}}\n"
    bench.load()
    (found,) = bench.problems(airline=AIRLINE + rule.replace("== ''", '== ""'))
    assert found.partition(": ")[2] == problem


@pytest.mark.parametrize(
    "args",
    [
        pytest.param({"flights": [{"number": "F1"}]}, id="part-of-a-record"),
        pytest.param({"payments": [{"payment_id": "card", "amount": "1.005"}]}, id="half-a-cent"),
        pytest.param({"contact": "ada"}, id="no-record"),
    ],
)
def test_a_faulty_nested_argument_is_for_a_person(bench, ask, args):
    book = bench.load(airline=AIRLINE + "rules:\n  - {id: it, on: book, effect: allow, reason: r}")
    ruling = ask(book, "book", ARGS | args, facts=FACTS)
    assert (ruling.effect, ruling.reasons[0].code) == ("human", "bad-argument")
