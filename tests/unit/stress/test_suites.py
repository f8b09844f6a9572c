"""Suites as files: every mistake is told at its place, and those of the package can be used."""

import json
from collections import Counter

import pytest

from deskquorum.errors import ConfigError
from deskquorum.pack import starter_pack
from deskquorum.stress import read_suites, suite_names

ROW = {
    "id": "1",
    "messages": [{"role": "customer", "text": "Hello", "at": "2026-11-10T08:00:00Z"}],
    "expected": {"must_be_human": True},
}


@pytest.fixture
def write(tmp_path):
    def write(path, *rows):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        file.write_text("\n".join(lines), encoding="utf-8")
        return tmp_path

    return write


def test_the_folder_names_the_suite(write):
    (found,) = read_suites(write("typos/tickets.jsonl", {**ROW, "suite": "other"}))
    assert found.key == ("typos", "1")


def test_suites_are_listed_by_folder_and_by_row_whatever_else_is_wrong(write):
    write("typos/tickets.jsonl", "not json")
    folder = write("many.jsonl", {**ROW, "suite": "floods"}, "not json", ROW)
    (folder / "empty").mkdir()
    assert suite_names(folder) == {"typos", "floods"}


def test_a_file_of_many_suites_names_them_row_by_row(write):
    folder = write("tickets.jsonl", {**ROW, "suite": "typos"}, {**ROW, "suite": "new_terms"})
    assert [found.suite for found in read_suites(folder)] == ["typos", "new_terms"]


def test_every_row_that_cannot_be_used_is_told_at_once_with_its_line(write):
    misspelt = {**ROW, "id": "2", "expected": {"must_be_humann": True}}
    folder = write("s/a.jsonl", ROW, "{", misspelt, "", {"id": "3", "expected": {}}, ROW)
    with pytest.raises(ConfigError) as caught:
        read_suites(folder)
    told = {problem.line: problem.message for problem in caught.value.problems}
    assert sorted(told) == [2, 3, 5, 6]
    assert "not JSON" in told[2]
    assert "must_be_humann" in told[3]
    assert "messages" in told[5]
    assert told[6] == "id '1' stands in suite 's' already"


def test_a_folder_without_suites_is_no_test_passed(tmp_path):
    with pytest.raises(ConfigError, match="no stress suites here"):
        read_suites(tmp_path)


def test_another_text_is_another_ticket(write):
    other = {**ROW, "messages": [{**ROW["messages"][0], "text": "Goodbye"}]}
    first, second = read_suites(write("a.jsonl", {**ROW, "id": "1"}, {**other, "id": "2"}))
    assert first.digest != second.digest


def test_the_suites_of_the_package_hold_six_to_twelve_tickets_each_and_name_what_they_provoke():
    found = read_suites(starter_pack("stress"))
    sizes = Counter(ticket.suite for ticket in found)
    assert len(sizes) == 9
    assert all(6 <= size <= 12 for size in sizes.values())
    assert all(ticket.mode for ticket in found)


@pytest.mark.parametrize(
    "ticket", read_suites(starter_pack("stress")), ids=lambda t: "/".join(t.key)
)
def test_what_a_suite_expects_does_not_contradict_itself(ticket):
    expected, said = ticket.expected, [message.text for message in ticket.ticket.messages]
    actions = {action.action for action in expected.actions}
    assert not (expected.must_be_human and actions)
    assert actions.isdisjoint(expected.forbidden_actions)
    assert all(any(secret in text for text in said) for secret in expected.redact)
