from datetime import UTC, datetime

import pytest

from deskquorum.domain import Fact, Facts
from deskquorum.proposal import load_replies

HEAD = '---\nid: {0}\nversion: "1"\n---\n'
NOW = datetime(2026, 11, 20, tzinfo=UTC)
FACTS = Facts(values={"order.order_id": Fact(value="NW-1", source="t", read_at=NOW)})


@pytest.fixture
def load(tmp_path):
    def write(text, name="a"):
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        problems = []
        return load_replies([tmp_path], problems), [str(p) for p in problems]

    return write


def draft(replies, name, **known):
    return replies[name].draft(
        **{"clauses": {"R1": "30 days."}, "cited": ["R1"], "facts": FACTS} | known
    )


def test_a_reply_quotes_the_cited_clauses_and_tells_facts(load):
    body = "{% for text in cited %}{{ text }}{% endfor %} {{ facts.order.order_id }}"
    replies, problems = load(HEAD.format("a") + body)
    assert problems == []
    assert draft(replies, "a") == "30 days. NW-1"


def test_a_reply_looks_up_what_a_mapping_and_a_list_hold(load):
    values = {"catalog": {"A-1": {"price": "24.10"}}, "order.items": [{"name": "mug"}]}
    facts = Facts(values={n: Fact(value=v, source="t", read_at=NOW) for n, v in values.items()})
    body = '{{ facts.catalog["A-1"].price }} {{ facts.order["items"][0].name }}'
    replies, _ = load(HEAD.format("a") + body)
    assert draft(replies, "a", facts=facts) == "24.10 mug"


def test_a_reply_about_a_fact_that_was_not_read_is_no_reply(load):
    replies, _ = load(HEAD.format("a") + "{{ facts.order.status }}")
    assert draft(replies, "a") is None


def test_a_clause_that_does_not_exist_is_left_out_of_what_is_cited(load):
    replies, _ = load(HEAD.format("a") + "{{ cited | length }}")
    assert draft(replies, "a", cited=["R1", "R99"]) == "1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("Hello", "a.md:1: reply without id and version", id="no-header"),
        pytest.param(
            HEAD.format("a") + "line\n{{ customer }}",
            "a.md:6: unknown variable 'customer'; a reply knows cited, clauses, facts",
            id="unknown-variable",
        ),
        pytest.param(HEAD.format("a") + "\n{% if x %}", "a.md:6: unexpected end", id="syntax"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(load, text, problem):
    _, problems = load(text)
    assert any(problem in told for told in problems), problems


def test_an_id_that_two_files_of_a_folder_share_is_a_problem(load):
    load(HEAD.format("same") + "x", name="a")
    _, problems = load(HEAD.format("same") + "y", name="b")
    assert any("reply 'same' twice" in told for told in problems)


def test_the_desks_own_reply_goes_before_the_starter_packs(tmp_path):
    for folder, text in (("own", "mine"), ("pack", "theirs")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.md").write_text(HEAD.format("a") + text, encoding="utf-8")
    replies = load_replies([tmp_path / "own", tmp_path / "pack"], [])
    assert draft(replies, "a") == "mine"


def test_a_template_cannot_reach_into_python(load):
    replies, _ = load(HEAD.format("a") + "{{ cited.__class__.__mro__ }}")
    assert draft(replies, "a") is None
