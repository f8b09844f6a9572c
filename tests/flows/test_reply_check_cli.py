"""`deskquorum check-reply` as it is run: files in, files and exit codes out."""

import json

import pytest
from typer.testing import CliRunner

from deskquorum.cli.app import app
from deskquorum.errors import DeskError

RULE = "Items can be returned within 30 days of delivery."
GOOD = {"id": "good", "reply": f"Hello!\n\n{RULE}", "policy_text": RULE}
BAD = {"id": "bad", "reply": "You can return it within 60 days of delivery.", "policy_text": RULE}


@pytest.fixture
def check(tmp_path):
    def run(*lines, options=()):
        source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        source.write_text(
            "".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines),
            encoding="utf-8",
        )
        ran = CliRunner().invoke(app, ["check-reply", str(source), "--out", str(out), *options])
        read = out.read_text(encoding="utf-8") if out.exists() else ""
        return ran, [json.loads(line) for line in read.splitlines()]

    return run


def test_rows_come_back_in_order_with_verdict_risk_and_claims(check):
    _, rows = check(GOOD, BAD)
    assert [(row["id"], row["verdict"]) for row in rows] == [
        ("good", "supported"),
        ("bad", "contradicted"),
    ]
    assert rows[0]["risk"] < rows[1]["risk"] <= 1
    (claim,) = rows[1]["claims"]
    assert (claim["text"], claim["start"], claim["end"], claim["clause"]) == (
        BAD["reply"],
        0,
        len(BAD["reply"]),
        "policy",
    )
    assert claim["reason"]


def test_a_backed_file_exits_with_0_and_an_unbacked_claim_with_1(check):
    assert check(GOOD)[0].exit_code == 0
    assert check(GOOD, BAD)[0].exit_code == 1


def test_an_unknown_claim_is_no_finding(check):
    ran, (row,) = check(GOOD | {"reply": "The workshop in town does repairs."})
    assert (ran.exit_code, row["verdict"]) == (0, "unknown")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("{", "not JSON at column 2", id="not-json"),
        pytest.param({"id": "x", "policy_text": RULE}, "field 'reply'", id="no-reply"),
        pytest.param({"id": "x", "reply": "Hi."}, "or name a desk with --desk", id="no-policy"),
        pytest.param(GOOD | {"clauses": []}, "not both", id="both-sources"),
        pytest.param(
            {"id": "x", "reply": "Hi.", "clauses": [{"id": "a", "text": "b"}] * 2},
            "two clauses have one id",
            id="one-id-twice",
        ),
    ],
)
def test_a_malformed_row_keeps_its_place_as_an_error_row(check, line, said):
    ran, rows = check(GOOD, line, GOOD)
    assert ran.exit_code == 1
    assert [row["verdict"] for row in rows] == ["supported", "unknown", "supported"]
    assert said in rows[1]["error"]
    assert rows[1]["line"] == 2


def test_clauses_by_id_say_which_one_decides(check):
    clauses = [{"id": "S1", "text": "Shipping costs 5 USD."}, {"id": "R1", "text": RULE}]
    _, (row,) = check({"id": "x", "reply": f"{RULE} Shipping costs $6.", "clauses": clauses})
    assert [(claim["verdict"], claim["clause"]) for claim in row["claims"]] == [
        ("supported", "R1"),
        ("contradicted", "S1"),
    ]


def test_a_desk_serves_rows_without_clauses(check, folder):
    reply = "No refund is issued on a gift card."
    _, (row,) = check({"id": "x", "reply": reply}, options=["--desk", str(folder)])
    assert row["claims"]


def test_a_claim_about_the_case_is_checked_against_the_rows_facts(check):
    facts = {"order.id": "W59", "order.shipped_at": "2026-05-04"}
    row = {"id": "x", "reply": "Your order W59 was shipped on 3 May 2026.", "policy_text": RULE}
    _, (found,) = check(row | {"facts": facts})
    assert (found["verdict"], found["claims"][0]["reason"]) == (
        "contradicted",
        "fact order.shipped_at says otherwise",
    )


def test_a_file_that_is_not_there_is_bad_input():
    ran = CliRunner().invoke(app, ["check-reply", "nowhere.jsonl"])
    assert isinstance(ran.exception, DeskError)


def test_json_gives_the_counts(check):
    ran, _ = check(GOOD, BAD, "{", options=["--json"])
    assert json.loads(ran.stdout) == {
        "replies": 3,
        "verdicts": {"supported": 1, "contradicted": 1},
        "errors": 1,
    }


@pytest.mark.parametrize(
    ("facts", "verdict", "reason"),
    [
        pytest.param({"customer.tier": "gold"}, "supported", "quotes the clause", id="applies"),
        pytest.param({"customer.tier": "basic"}, "unsupported", "no clause", id="does-not-apply"),
        pytest.param({}, "unknown", "fact 'customer.tier' was not read", id="nobody-can-tell"),
    ],
)
def test_a_rows_clause_counts_where_the_rows_facts_put_it(check, facts, verdict, reason):
    text = "Gold members receive free shipping on every order."
    scope = {"customer.tier": ["gold", "platinum"]}
    row = {"id": "x", "reply": text, "clauses": [{"id": "G1", "text": text, "scope": scope}]}
    _, (found,) = check(row | {"facts": facts})
    (claim,) = found["claims"]
    assert claim["verdict"] == verdict
    assert reason in claim["reason"]


def test_a_rows_scope_may_name_one_value(check):
    clause = {"id": "G1", "text": RULE, "scope": {"order.gift": True}}
    _, (found,) = check(
        {"id": "x", "reply": RULE, "clauses": [clause], "facts": {"order.gift": True}}
    )
    assert found["verdict"] == "supported"


@pytest.mark.parametrize("scope", [{"order.gift": None}, {"order.gift": []}, "gold"])
def test_a_scope_that_no_fact_can_meet_makes_an_error_row(check, scope):
    clause = {"id": "G1", "text": RULE, "scope": scope}
    _, (found,) = check({"id": "x", "reply": RULE, "clauses": [clause]})
    assert "field 'clauses.0.scope" in found["error"]
