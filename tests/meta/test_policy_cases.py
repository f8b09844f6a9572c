"""The cases that stand beside the policy files we ship all hold."""

from pathlib import Path

import pytest

from deskquorum.pack import starter_pack
from deskquorum.policy import lint, load_policies, run_cases, untested_rules

FOLDERS = {
    "starter-pack": starter_pack("policies"),
    "northwind": starter_pack("northwind") / "policies",
    "retail": Path(__file__).parents[2] / "examples" / "retail" / "policies",
    "tau-retail": Path(__file__).parents[2] / "examples" / "tau-retail" / "policies",
}


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_every_case_beside_our_policies_holds(folder):
    results = run_cases(load_policies(folder))
    assert results
    assert [result for result in results if not result.passed] == []


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_every_rule_of_our_policies_matches_in_some_case(folder):
    book = load_policies(folder)
    assert [rule.id for rule in untested_rules(book, run_cases(book))] == []


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_every_rule_of_our_policies_can_do_what_it_is_there_for(folder):
    assert [str(remark) for remark in lint(load_policies(folder)) if "rule '" in str(remark)] == []
