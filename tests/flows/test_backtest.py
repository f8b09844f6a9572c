"""Recorded decisions decided again: by the same files, and by files that were changed."""

import json
import shutil
import sys
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from deskquorum import load_desk
from deskquorum.backtesting import redecide
from deskquorum.cli import main
from deskquorum.formats import parse_json, read_ticket
from deskquorum.judgement import judge
from deskquorum.ledger import open_ledger

CREDIT = ("policies/goodwill.yaml", '(customer.tier == "trailhead" ? 2500 : 1500)', "1000")


@pytest.fixture(scope="module")
def recorded(rows, northwind, tmp_path_factory):
    """The example desk after it has decided all of its tickets."""
    folder = tmp_path_factory.mktemp("recorded") / "northwind"
    shutil.copytree(northwind, folder, ignore=shutil.ignore_patterns("state"))

    async def decide_all():
        async with load_desk(folder, models=False) as desk:
            for row in rows.values():
                await desk.decide(read_ticket(parse_json(json.dumps(row))))

    anyio.run(decide_all)
    return folder


@pytest.fixture
def ledger(recorded):
    return recorded / "state" / "ledger.sqlite"


@pytest.fixture
def changed(recorded, tmp_path):
    """A copy of the desk with texts of its files replaced."""

    def changed(*changes, name="changed"):
        folder = tmp_path / name
        shutil.copytree(recorded, folder, ignore=shutil.ignore_patterns("state"))
        for file, old, new in changes:
            path = folder / file
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return changed


@pytest.fixture
def backtest(ledger, monkeypatch, capsys):
    """Run `deskquorum policy backtest`: exit code, standard output, standard error."""

    def backtest(*arguments, at=ledger):
        command = ["deskquorum", "policy", "backtest", *map(str, arguments), "--ledger", str(at)]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as exit_:
            main()
        said = capsys.readouterr()
        return exit_.value.code or 0, said.out, said.err

    return backtest


@pytest.fixture
def data(backtest):
    """Run it for JSON: exit code and the object."""

    def data(*arguments):
        code, out, _ = backtest(*arguments, "--json")
        return code, json.loads(out)

    return data


def test_unchanged_files_decide_the_same_bit_for_bit(recorded, ledger):
    rules = load_desk(recorded, models=False).parts.rules
    entries = list(open_ledger(ledger).entries())
    assert len(entries) == 40
    for entry in entries:
        said = {"decision_id": entry.decision.id, "now": entry.decision.decided_at}
        assert judge(entry.evidence, rules, **said) == entry.decision
        assert redecide(entry, rules).differs == ()


def test_nothing_changes_under_unchanged_files(recorded, data):
    code, said = data(recorded)
    assert (code, said["decisions"], said["changed"], said["untold"]) == (0, 40, 0, 0)
    assert (said["changes"], said["gaps"], said["notes"]) == ([], [], [])


def test_a_lower_limit_changes_the_decisions_above_it(changed, data, ledger):
    code, said = data(changed(CREDIT))
    asked = {
        entry.decision.ticket
        for entry in open_ledger(ledger).entries()
        for ruling in entry.decision.rulings
        if ruling.action == "issue_credit"
    }
    assert code == 1
    assert {row["ticket"] for row in said["changes"]} == asked
    gravest = said["changes"][0]
    assert (gravest["before"]["route"], gravest["after"]["route"]) == ("human", "deny")
    assert gravest["after"]["rulings"][1]["rules"] == ["credit-over-limit"]
    assert {"route", "reply", "effect", "rules"} <= set(gravest["differs"])


def test_the_money_of_changed_decisions_is_summed_exactly_by_currency(changed, data):
    _, said = data(changed(CREDIT))
    sums = {(s["from"], s["to"], s["currency"]): s["amount"] for s in said["stakes"]}
    assert sums == {("human", "deny", "USD"): "15.00", ("human", "human", "USD"): "25.00"}


def test_the_gravest_changes_come_first(changed, data):
    close = ("policies/replies.yaml", "mode: auto", "mode: suggest")
    _, said = data(changed(CREDIT, close))
    turns = [(row["before"]["route"], row["after"]["route"]) for row in said["changes"]]
    order = [("auto", "human"), ("human", "deny"), ("deny", "human"), ("human", "human")]
    assert turns == sorted(turns, key=order.index)
    assert said["routes"]["auto"] == {"auto": 0, "human": 6, "deny": 0}


def test_newly_automatic_decisions_lead(changed, data):
    suggest = ("policies/replies.yaml", "mode: auto", "mode: suggest")
    old = changed(suggest, name="old")
    _, said = data(changed(CREDIT, name="new"), "--against", old)
    first = said["changes"][0]
    assert (first["before"]["route"], first["after"]["route"]) == ("human", "auto")


def test_against_old_files_only_the_change_between_both_counts(changed, data):
    code, said = data(changed(CREDIT, name="new"), "--against", changed(CREDIT, name="old"))
    assert (code, said["changed"]) == (0, 0)


def test_words_alone_change_nothing(changed, data):
    worded = ("policies/goodwill.yaml", "reason: more than the credit", "reason: above the credit")
    code, said = data(changed(worded))
    assert (code, said["changed"]) == (0, 0)


def test_a_fact_that_was_never_recorded_is_told_and_not_taken_for_a_change(changed, data):
    declared = (
        "policies/facts.yaml",
        "  customer.since: int",
        "  customer.since: int\n  customer.vip: bool",
    )
    needed = (
        "policies/goodwill.yaml",
        "&& customer.refunds_90d == 0",
        "&& customer.refunds_90d == 0 && customer.vip",
    )
    code, said = data(changed(declared, needed))
    (gap,) = said["gaps"]
    assert (code, gap["name"], gap["decisions"]) == (1, "customer.vip", said["untold"])
    assert said["changed"] == 0
    assert all(row["gaps"] for row in said["changes"])


def test_a_question_that_was_never_asked_is_told(changed, data):
    question = """questions:
  calm:
    ask: Is the customer calm?
    labels: {"yes": "calm", "no": "not calm"}
    labelers: [calm-words]
"""
    labeler = """labelers:
  calm-words: {kind: rule, file: labelers/calm.rules.yaml, accuracy: 0.8}
"""
    desk = "policies/desk.yaml"
    folder = changed((desk, "questions:\n", question), (desk, "\nlabelers:\n", f"\n{labeler}"))
    words = """labeler: calm-words
version: "1"
otherwise: "yes"
rules:
  - {id: angry, label: "no", words: [angry]}
"""
    (folder / "labelers" / "calm.rules.yaml").write_text(words, encoding="utf-8")
    code, said = data(folder)
    assert code == 1
    assert {"kind": "question", "name": "calm", "decisions": 40} in said["gaps"]
    assert said["changed"] == 0


def test_the_votes_of_a_labeler_that_is_gone_do_not_count(changed, data):
    gone = ("policies/desk.yaml", "labelers: [asks_person-words]", "labelers: [person-words]")
    renamed = ("policies/desk.yaml", "  asks_person-words:", "  person-words:")
    words = (
        "labelers/asks_person.rules.yaml",
        "labeler: asks_person-words",
        "labeler: person-words",
    )
    _, said = data(changed(gone, renamed, words))
    assert (
        "labeler asks_person-words is gone; its votes in 40 decisions do not count" in said["notes"]
    )
    assert any("no vote of labeler person-words is recorded" in note for note in said["notes"])


def test_only_the_time_asked_for_is_looked_at(recorded, data, ledger):
    entries = list(open_ledger(ledger).entries())
    _, said = data(recorded, "--since", entries[30].recorded_at.isoformat())
    assert said["decisions"] == 10
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    _, said = data(recorded, "--since", f"{tomorrow:%Y-%m-%d}")
    assert said["decisions"] == 0


def test_the_limit_bounds_what_is_listed_and_not_what_is_counted(changed, data):
    _, whole = data(changed(CREDIT, name="whole"))
    _, said = data(changed(CREDIT, name="some"), "--limit", "2")
    assert said["changes"] == whole["changes"][:2]
    assert (said["changed"], said["left_out"]) == (whole["changed"], whole["changed"] - 2)


def test_it_reads_like_this(changed, backtest):
    code, out, _ = backtest(changed(CREDIT))
    assert code == 1
    assert "human → deny: ticket plain-08, d_" in out
    assert "allow by credit-late citing G1" in out
    assert "→ deny by credit-over-limit citing G1" in out
    assert "the reply is another one" in out
    assert "at stake human → deny: 15.00 USD" in out
    assert "of 40 decisions " in out


@pytest.mark.parametrize("argument", ["yesterday", "2026-11-20T12:00:00"])
def test_a_date_that_cannot_be_read_is_bad_input(recorded, backtest, argument):
    code, _, err = backtest(recorded, "--since", argument)
    assert code == 2
    assert argument in err


def test_a_ledger_that_is_not_there_is_bad_input_and_is_not_made(recorded, backtest, tmp_path):
    code, _, err = backtest(recorded, at=tmp_path / "none.sqlite")
    assert code == 2
    assert "no ledger at" in err
    assert not (tmp_path / "none.sqlite").exists()


def test_a_folder_that_is_no_desk_is_bad_input(tmp_path, backtest):
    code, _, err = backtest(tmp_path)
    assert code == 2
    assert "desk.yaml: no such file" in err


def test_a_folder_that_is_not_there_is_never_taken_for_the_desk_above_it(
    recorded, backtest, monkeypatch
):
    monkeypatch.chdir(recorded)
    code, _, err = backtest("misspelt")
    assert (code, err.strip()) == (2, "misspelt: no such folder")


def test_problems_of_both_folders_are_told_at_once(changed, backtest):
    spoilt = ("policies/goodwill.yaml", "effect: deny", "effect: dney")
    code, _, err = backtest(changed(spoilt, name="new"), "--against", changed(spoilt, name="old"))
    assert code == 2
    assert "new/policies/goodwill.yaml" in err
    assert "old/policies/goodwill.yaml" in err
