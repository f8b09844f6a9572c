"""Reading only what an action's rules name rules as reading everything would."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from deskquorum.domain import Action, Fact, Facts
from deskquorum.policy import load_policies, rule_on

NOW = datetime(2026, 11, 12, tzinfo=UTC)

HEAD = """\
policy: laws
version: "1"
facts:
  a.flag: bool
  a.count: int
  b.kind: {type: string, values: [x, y]}
  b.day: date?
  b.list: {list: {price: int}}
actions:
  act: {args: {sum: {type: money, currency: USD}, note: string?}, risk: none}
rules:
"""

CONDITIONS = (
    "a.flag || a.count > 3",
    "b.kind == 'x' && a.flag",
    "a.count / (a.count - 3) > 1",
    "b.list.exists(i, i.price > a.count)",
    "args.sum_minor > 500",
    "days_between(b.day, now) > 3",
    "known.a && a.flag",
    "known.a.count && a.count > 3",
    "!known.b",
    "!known.args.note || args.note == 'x'",
    "known.b",
    "known.b.kind",
    "known.args.note",
    "known.b.kind || b.list.size() > 1",
    "absent.b.kind",
    "!absent.b.kind && a.flag",
    "a.flag || absent.b.kind",
    "known.now && ticket.customer_messages > 1",
    "known.requester && known.args",
)

FITTING = {
    "a.flag": True,
    "a.count": 5,
    "b.kind": "x",
    "b.day": "2026-11-01",
    "b.list": [{"price": 9}],
    "ticket.customer_messages": 2,
    "requester.customer_id": "c",
    "args.note": "x",
    "now": "2026-11-01T00:00:00Z",
}
"""The last two are no facts, whatever a system sends."""

anything = st.one_of(
    st.none(), st.booleans(), st.integers(0, 6), st.text(max_size=3), st.lists(st.integers())
)
effects = st.sampled_from(["allow", "require_human", "deny"])
rules = st.lists(st.tuples(st.sampled_from(CONDITIONS), effects), min_size=1, max_size=6)
facts = st.fixed_dictionaries({}, optional={n: st.just(v) | anything for n, v in FITTING.items()})
arguments = st.fixed_dictionaries(
    {"sum": st.sampled_from(["1.00", "90.00"]) | anything}, optional={"note": anything}
)


def book_of(written):
    with tempfile.TemporaryDirectory() as folder:
        text = HEAD + "".join(
            f'  - {{id: r{at}, on: act, effect: {effect}, when: "{when}", reason: r}}\n'
            for at, (when, effect) in enumerate(written)
        )
        Path(folder, "laws.yaml").write_text(text, encoding="utf-8")
        return load_policies(Path(folder))


@settings(max_examples=150, deadline=None)
@given(written=rules, values=facts, args=arguments, now=st.sampled_from([NOW, None]))
@example(written=[("known.b.kind", "allow")], values={"b.kind": 5}, args={"sum": "1.00"}, now=NOW)
@example(written=[("known.b", "allow")], values={"b.kind": 5}, args={"sum": "1.00"}, now=NOW)
@example(
    written=[("known.args.note", "allow")],
    values={"args.note": "x"},
    args={"sum": "1.00"},
    now=NOW,
)
def test_a_ruling_is_the_same_as_if_everything_had_been_read(written, values, args, now):
    narrow = book_of(written)
    everything = {on: narrow.environment.all_reads(on) for on in narrow.by_action}
    snapshot = Facts(
        values={name: Fact(value=v, source="t", read_at=NOW) for name, v in values.items()}
    )
    given = {"facts": snapshot, "answers": {}, "claimed": {}, "now": now}
    action = Action(name="act", args=args)
    wide = replace(narrow, reads=everything)
    assert rule_on(narrow, action, **given) == rule_on(wide, action, **given)
