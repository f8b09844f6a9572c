"""`absent.x` tells that a fact was read and is null, and nothing of what was not read."""

import pytest

from deskquorum.domain import Fact, Facts, Unread
from deskquorum.policy import bind

POLICY = """\
policy: visits
version: "1"
facts:
  visit.reason: {type: string?, values: [ill, moved]}
  visit.id: string
actions:
  cancel: {args: {}, risk: none}
rules:
  - {id: cancel, on: cancel, effect: allow, when: WHEN, reason: r}
"""

NULL, ILL, WRONG = ({"visit.reason": value} for value in (None, "ill", 5))


def written(effect, when):
    return POLICY.replace("allow", effect).replace("WHEN", f'"{when}"')


@pytest.fixture
def ruled(bench, ask):
    def ruled(effect, when, facts):
        return ask(bench.load(visits=written(effect, when)), "cancel", {}, facts=facts)

    return ruled


@pytest.mark.parametrize(
    ("effect", "when", "facts", "expected"),
    [
        pytest.param("deny", "absent.visit.reason", NULL, "deny", id="null-is-denied"),
        pytest.param("deny", "absent.visit.reason", ILL, "human", id="no-rule-for-a-reason"),
        pytest.param("deny", "absent.visit.reason", {}, "human", id="not-read-is-in-doubt"),
        pytest.param("deny", "absent.visit.reason", WRONG, "human", id="of-another-type"),
        pytest.param("allow", "absent.visit.reason", NULL, "allow", id="null-is-allowed"),
        pytest.param("allow", "!absent.visit.reason", ILL, "allow", id="there"),
        pytest.param("allow", "!absent.visit.reason", {}, "human", id="not-there-and-not-read"),
        pytest.param("allow", "absent.visit.reason || true", {}, "human", id="no-luck-of-or"),
        pytest.param("allow", "absent.visit.reason || true", NULL, "allow", id="read-for-or"),
    ],
)
def test_absent_is_what_was_read_and_is_null(ruled, effect, when, facts, expected):
    assert ruled(effect, when, facts).effect == expected


def test_what_was_not_read_is_named(ruled):
    ruling = ruled("deny", "absent.visit.reason", {})
    assert [(r.code, r.params["fact"]) for r in ruling.reasons] == [
        ("missing-fact", "visit.reason")
    ]


def test_what_known_excuses_is_in_no_doubt(ruled):
    when = "known.visit && absent.visit.reason"
    ruling = ruled("deny", when, {})
    assert ruling.reasons[0].code == "no-rule"


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        pytest.param("absent.visit.reson",
                     "9:52: unknown fact 'visit.reson'; did you mean 'visit.reason'?",
                     id="misspelt"),
        pytest.param("absent.visit",
                     "9:52: 'visit' is a record, not a fact; "
                     "name one of its facts, such as visit.reason, or known.visit", id="record"),
    ],
)  # fmt: skip
def test_only_facts_are_asked_for(bench, when, problem):
    bench.load()
    assert bench.problems(visits=POLICY.replace("WHEN", f'"{when}"')) == [f"visits.yaml:{problem}"]


def test_that_something_is_absent_is_no_fact_of_its_own(bench):
    """The trust check takes it like `known.`: no value of the desk's own decides there."""
    policy = POLICY.replace("risk: none", "risk: money").replace("WHEN", "absent.visit.reason")
    bench.load()
    [problem] = bench.problems(visits=policy)
    assert "without a fact of your own systems" in problem


def test_a_source_that_failed_tells_nothing(bench):
    policy = POLICY.replace("allow", "deny").replace("WHEN", "absent.visit.reason")
    book = bench.load(visits=policy)
    facts = Facts(
        values={"visit.reason": Fact(value=None, source="t", read_at=None)},
        unread={"visit.reason": Unread(source="shop", why="timeout")},
    )
    bound = bind(book, facts=facts, answers={}, claimed={}, args={}, now=None)
    assert "absent.visit.reason" not in bound.present
