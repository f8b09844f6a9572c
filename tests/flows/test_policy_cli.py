"""`deskquorum policy` as the people who write policies run it."""

import json
import shutil
import sys

import pytest

from deskquorum.cli import main
from deskquorum.pack import starter_pack

SITUATION = {
    "action": {"name": "issue_refund", "args": {"order_id": "1001", "amount": "60.00"}},
    "answers": {"intent": "refund"},
    "now": "2026-11-20T12:00:00Z",
    "facts": {
        "order": {
            "order_id": "1001",
            "status": "delivered",
            "delivered_at": "2026-11-12",
            "total_minor": 9000,
            "currency": "USD",
            "user_id": "C-1",
        },
        "requester": {"customer_id": "C-1"},
    },
}


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "desk"
    shutil.copytree(starter_pack("policies"), folder / "policies")
    return folder


@pytest.fixture
def spoil(desk):
    def spoil(name, old, new):
        path = desk / "policies" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


@pytest.fixture
def policy(monkeypatch, capsys):
    """Run `deskquorum policy ...`: exit code, standard output, standard error."""

    def policy(*arguments):
        monkeypatch.setattr(sys, "argv", ["deskquorum", "policy", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        said = capsys.readouterr()
        return exit_.value.code or 0, said.out, said.err

    return policy


@pytest.fixture
def situation(tmp_path):
    def situation(value=SITUATION, name="situation.json"):
        path = tmp_path / name
        rows = value if isinstance(value, list) else [value]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return path

    return situation


@pytest.mark.parametrize("inner", ["", "policies"], ids=["desk-folder", "policy-folder"])
def test_lint_of_clean_policies_exits_with_0(policy, desk, inner):
    code, out, _ = policy("lint", desk / inner)
    assert code == 0
    assert out.startswith("no findings in 9 rules")


def test_lint_is_run_in_the_folder_one_stands_in(policy, desk, monkeypatch):
    monkeypatch.chdir(desk / "policies")
    assert policy("lint")[0] == 0


def test_lint_names_what_is_probably_not_meant_and_exits_with_1(policy, desk, spoil):
    spoil("refunds.yaml", "cite: [R2]", "cite: []")
    code, out, _ = policy("lint", desk)
    path = desk / "policies" / "refunds.yaml"
    assert code == 1
    assert f"{path}:22:10: no rule cites clause 'R2'" in out.splitlines()
    assert out.splitlines()[-1].startswith("2 findings in ")


def test_lint_remarks_on_a_schema_of_another_version(policy, desk):
    (desk / "policies" / "schema.json").write_text("{}", encoding="utf-8")
    code, out, _ = policy("lint", desk)
    assert code == 1
    assert "write it anew: deskquorum policy schema --out" in out


def test_lint_names_every_problem_of_every_file_and_exits_with_2(policy, desk, spoil):
    spoil("refunds.yaml", "order.status ==", "order.stats ==")
    spoil("desk.yaml", "languages:", "langauges:")
    (desk / "policies" / "playbook.yaml").write_text(
        'playbook: p\nversion: "1"\nplays: [{id: a, when: "true", reply: nowhere}]\n', "utf-8"
    )
    code, out, err = policy("lint", desk)
    assert (code, out) == (2, "")
    for name, found in (
        ("refunds.yaml", "unknown fact 'order.stats'; did you mean 'order.status'?"),
        ("desk.yaml", "unknown key 'langauges'; did you mean 'languages'?"),
        ("playbook.yaml", "unknown reply 'nowhere'"),
    ):
        assert any(name in line and found in line for line in err.splitlines())


@pytest.mark.parametrize("verb", ["lint", "test", "coverage"])
def test_policies_that_do_not_load_are_told_as_json_on_request(policy, desk, spoil, verb):
    spoil("refunds.yaml", "order.status ==", "order.stats ==")
    code, out, err = policy(verb, desk, "--json")
    data = json.loads(out)
    assert (code, err, data["loaded"]) == (2, "", False)
    (problem,) = data["problems"]
    assert (problem["line"], problem["hint"]) == (39, "did you mean 'order.status'?")


def test_a_folder_without_policies_is_no_clean_one(policy, tmp_path):
    code, _, err = policy("lint", tmp_path)
    assert code == 2
    assert "no policy file" in err


def test_cases_that_are_ruled_as_expected_exit_with_0(policy, desk):
    code, out, _ = policy("test", desk)
    assert code == 0
    assert out.splitlines()[-1] == "24 cases as expected, 0 not"


def test_a_case_that_is_ruled_otherwise_is_explained_and_exits_with_1(policy, desk, spoil):
    spoil("refunds.yaml", "args.amount_minor > 5000", "args.amount_minor > 4999")
    code, out, _ = policy("test", desk)
    assert code == 1
    assert "50.00 is the limit: expected allow, got human" in out
    assert "Rule refund-over-limit: more than 50.00" in out
    data = json.loads(policy("test", desk, "--json")[1])
    failed = [row for row in data["results"] if not row["passed"]]
    assert (data["cases"], data["failed"]) == (24, 1)
    assert (failed[0]["missing"], failed[0]["rules"]) == (["refund-in-time"], ["refund-over-limit"])


def test_policies_without_a_case_are_not_tested(policy, desk):
    for path in (desk / "policies").glob("*.cases.yaml"):
        path.unlink()
    code, out, _ = policy("test", desk)
    assert (code, out) == (1, "no cases; write the first one into a TOPIC.cases.yaml\n")


def test_coverage_of_policies_whose_every_rule_is_exercised_exits_with_0(policy, desk):
    code, out, _ = policy("coverage", desk)
    assert (code, out) == (0, "24 cases: 9 of 9 rules and 7 of 7 clauses exercised\n")


def test_coverage_names_rules_and_clauses_that_no_case_exercises(policy, desk):
    (desk / "policies" / "refunds.cases.yaml").unlink()
    code, out, _ = policy("coverage", desk)
    assert code == 1
    for said in (
        "rule 'refund-too-late' matches in no case",
        "no case is ruled by clause 'R2'",
        "6 of 9 rules",
    ):
        assert said in out


def test_coverage_counts_how_often_each_rule_holds_and_does_not(policy, desk):
    data = json.loads(policy("coverage", desk, "--json")[1])
    rule = next(rule for rule in data["rules"] if rule["id"] == "refund-in-time")
    assert (rule["matched"], rule["decided"], rule["exercised"]) == (3, 2, True)
    assert rule["not_matched"] > 0
    assert "held" not in rule


@pytest.fixture
def explained(policy, desk, situation):
    return lambda rows, *more: policy("explain", desk, "--facts", situation(rows), *more)


def test_explain_shows_every_rule_on_an_action_with_its_clauses(policy, desk):
    code, out, _ = policy("explain", desk, "--action", "issue_refund")
    assert code == 0
    for said in (
        "issue_refund: risk money, mode shadow",
        "amount: an amount in order.currency",
        "require_human refund-over-limit",
        "R2: Refunds of more than 50.00 are made by a person.",
    ):
        assert said in out


def test_explain_says_how_each_rule_turns_out_and_why(policy, desk, situation):
    late = json.loads(json.dumps(SITUATION).replace("2026-11-12", "2026-10-15"))
    out = policy("explain", desk, "--facts", situation(late))[1]
    assert "ruling: deny citing R3" in out
    blocks = {block.splitlines()[0].split()[1]: block for block in out.split("\n\n")[1:]}
    assert "does not hold" in blocks["refund-in-time"]
    assert "no  days_between(order.delivered_at, now) <= 30" in blocks["refund-in-time"]
    assert "order.delivered_at is 2026-10-15" in blocks["refund-in-time"]
    assert "answer.intent" not in blocks["refund-in-time"]
    assert "args.amount_minor is 6000" in blocks["refund-over-limit"]


def test_explain_names_the_fact_that_was_not_read(policy, desk, situation):
    path = situation({"order": {"status": "delivered"}})
    out = policy("explain", desk, "--facts", path, "--action", "ticket")[1]
    assert "not read: ticket.served_language" in out


def test_explain_reads_one_row_of_a_batch(policy, desk, situation):
    rows = [{"id": "r-1", **SITUATION}, {"id": "r-2", "facts": {}, "action": {"name": "escalate"}}]
    path = situation(rows, "rows.jsonl")
    data = json.loads(policy("explain", desk, "--facts", path, "--row", "r-2", "--json")[1])
    assert (data["action"], data["ruling"]["effect"]) == ("escalate", "allow")
    assert data["rules"][0]["state"] == "matched"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--action", "issue_refnd"], "did you mean 'issue_refund'?", id="typo"),
        pytest.param([], "name an action with --action: close_ticket", id="no-action"),
        pytest.param(["--row", "r-1"], "name the file with --facts", id="row-of-no-file"),
        pytest.param(["--facts", "nowhere.json"], "can't be read", id="no-file"),
    ],
)
def test_explain_of_what_is_not_there_exits_with_2(policy, desk, arguments, said):
    code, _, err = policy("explain", desk, *arguments)
    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        pytest.param([SITUATION, SITUATION], [], "of JSON Lines, name a --row", id="many-rows"),
        pytest.param([SITUATION], ["--row", "r-9"], "no row has the id 'r-9'", id="no-such-row"),
        pytest.param([SITUATION | {"action": "x"}], [], "'action'", id="no-action-object"),
        pytest.param([SITUATION | {"now": "yesterday"}], [], "'now' is no time", id="no-time"),
    ],
)
def test_explain_says_what_is_wrong_with_a_file_of_facts(explained, rows, more, said):
    code, _, err = explained(rows, *more)
    assert code == 2
    assert said in err


@pytest.fixture
def changed(desk, tmp_path):
    """A second desk, in which refunds are checked from 20.00 on."""
    folder = tmp_path / "changed"
    shutil.copytree(desk, folder)
    path = folder / "policies" / "refunds.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("args.amount_minor > 5000", "args.amount_minor > 2000"), "utf-8")
    return folder


def test_diff_of_equal_policies_exits_with_0(policy, desk):
    code, out, _ = policy("diff", desk, desk)
    assert code == 0
    assert out.startswith("nothing differs in what is written; of 24 cases 0 are ruled otherwise")


def test_diff_shows_what_is_written_and_what_is_ruled_otherwise(policy, desk, changed):
    code, out, _ = policy("diff", desk, changed)
    assert code == 1
    for said in (
        "~ rule refund-over-limit",
        "when: args.amount_minor > 5000",
        "→ args.amount_minor > 2000",
        "50.00 is the limit",
        "issue_refund: allow by refund-in-time citing R1",
        "→ human by refund-over-limit citing R2",
        "1 changed; of 24 cases 2 are ruled otherwise",
    ):
        assert said in out


def test_diff_as_json_carries_both_sides_of_each_ruling(policy, desk, changed):
    data = json.loads(policy("diff", desk, changed, "--json")[1])
    turned = [row for row in data["rulings"] if row["turned"]]
    assert not data["same"]
    assert [change["name"] for change in data["changes"]] == ["refund-over-limit"]
    assert {(row["before"]["effect"], row["after"]["effect"]) for row in turned} == {
        ("allow", "human")
    }


def test_diff_names_the_problems_of_both_folders(policy, desk, changed, spoil):
    spoil("refunds.yaml", "order.status ==", "order.stats ==")
    path = changed / "policies" / "replies.yaml"
    path.write_text("polcy: x", encoding="utf-8")
    code, _, err = policy("diff", desk, changed)
    assert code == 2
    assert "order.stats" in err
    assert "polcy" in err


def test_schema_is_written_beside_the_policies(policy, desk):
    path = desk / "policies" / "schema.json"
    before = path.read_text(encoding="utf-8")
    path.unlink()
    code, out, _ = policy("schema", "--out", desk / "policies", "--json")
    assert (code, json.loads(out)) == (0, {"written": str(path)})
    assert path.read_text(encoding="utf-8") == before
