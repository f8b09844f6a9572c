"""From recorded decisions to a report on how wrong they are, as an ops person does it."""

import csv
import json
import re
from random import Random

import pytest
from typer.testing import CliRunner

from deskquorum.cli.app import app
from deskquorum.errors import ConfigError

SAYS = {
    "refund": "I want a refund for my order, it broke",
    "cancel": "please cancel my order before it ships",
    "where": "where is my parcel?",
    "thanks": "thanks a lot, solved",
    "other": "refund the voucher, its code fails at checkout",
}


@pytest.fixture(scope="module")
def run():
    runner = CliRunner()

    def invoke(*words, code=0):
        result = runner.invoke(app, [str(word) for word in words])
        if isinstance(result.exception, ConfigError):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    return invoke


@pytest.fixture(scope="module")
def decided(run, tmp_path_factory):
    """The starter desk with 120 recorded decisions."""
    folder = tmp_path_factory.mktemp("audit")
    run("init", folder / "desk")
    random = Random(3)  # noqa: S311 - made-up tickets
    with (folder / "tickets.jsonl").open("w", encoding="utf-8") as file:
        for n in range(120):
            text = f"{SAYS[random.choice(list(SAYS))]}. Bye, ida{n}@shop.example"
            said = [{"role": "customer", "text": text, "at": "2026-11-30T09:00:00Z"}]
            file.write(json.dumps({"id": f"t{n}", "messages": said}) + "\n")
    run("decide", folder / "tickets.jsonl", "--desk", folder / "desk", "--out", folder / "d.jsonl")
    return folder


def labelled(sheet, *, by, mistakes=0):
    """The sheet as somebody hands it in who knows better, but for a few rows."""
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for n, row in enumerate(rows):
        truth = next(label for label, text in SAYS.items() if text in row["text"])
        row["label:intent"] = truth if n >= mistakes else "where"
        row["failure_mode"] = "wrong-answer" if truth == "other" else "none"
        row["by"] = by
    out = sheet.with_name(f"{by}.csv")
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return out


def test_a_batch_is_drawn_labelled_handed_in_and_summed_up(run, decided):
    desk, sheet = decided / "desk", decided / "sheet.csv"
    drawn = json.loads(
        run("audit", "sample", "--desk", desk, "--size", 60, "--out", sheet, "--json")
    )
    assert drawn["decisions"] == 60
    text = sheet.read_text(encoding="utf-8")
    assert "ida" not in text, "an address was not redacted"
    with sheet.open(encoding="utf-8", newline="") as file:
        stands_for = sum(1 / float(row["inclusion"]) for row in csv.DictReader(file))
    assert stands_for == pytest.approx(120, abs=12)

    run("audit", "sample", "--desk", desk, "--size", 60, "--out", sheet)
    assert sheet.read_text(encoding="utf-8") == text, "a batch is drawn once"

    kept = json.loads(run("audit", "import", labelled(sheet, by="ada"), "--desk", desk, "--json"))
    assert (kept["decisions"], kept["labels"], kept["known"]) == (60, 120, 0)
    again = json.loads(run("audit", "import", decided / "ada.csv", "--desk", desk, "--json"))
    assert (again["labels"], again["known"]) == (0, 120)
    run("audit", "import", labelled(sheet, by="bo", mistakes=6), "--desk", desk)

    report = json.loads(run("audit", "report", "--desk", desk, "--json"))
    assert (report["drawn"], report["audited"]) == (60, 60)
    (intent,) = report["questions"]
    (words,) = intent["labelers"]
    assert words["confusions"][0] | {"n": 0} == {"audit": "other", "said": "refund", "n": 0}
    assert 0.05 < words["noise"]["low"] < words["noise"]["value"] < words["noise"]["high"] < 0.6
    (kappa,) = report["kappas"]
    assert kappa["auditors"] == ["ada", "bo"]
    assert kappa["n"] == 60
    assert 0.7 < kappa["kappa"] < 1
    rates = {mode["id"]: mode["share"]["value"] for mode in report["failure_modes"]}
    assert rates["wrong-answer"] > 0.05
    assert rates["privacy-leak"] == 0
    told = run("audit", "report", "--desk", desk)
    assert "60 of 60 drawn decisions are labelled" in told
    assert "other as refund" in told
    assert "ada and bo agree on" in told

    calibrate = ["calibrate", "--from-ledger", "--desk", desk, "--no-model", "--json"]
    measured = json.loads(run(*calibrate, code=1))["questions"]
    assert 40 <= measured["intent"]["audited"] <= 60
    assert measured["intent"]["calibrated"]
    assert measured["risk"]["audited"] == 0
    assert (desk / "learned" / "intent.model.json").is_file()


def test_chosen_decisions_are_marked_and_teach_only(run, decided):
    desk, sheet = decided / "desk", decided / "mixed.csv"
    before = json.loads(run("audit", "report", "--desk", desk, "--json"))
    sample = ["audit", "sample", "--desk", desk, "--batch", "mixed", "--out", sheet, "--json"]
    drawn = json.loads(run(*sample, "--size", 0, "--choose", 15))
    assert (drawn["decisions"], drawn["chosen"]) == (15, 15)
    with sheet.open(encoding="utf-8", newline="") as file:
        assert {row["inclusion"] for row in csv.DictReader(file)} == {"chosen"}
    kept = json.loads(run("audit", "import", labelled(sheet, by="ada"), "--desk", desk, "--json"))
    assert (kept["decisions"], kept["labels"]) == (15, 30)
    after = json.loads(run("audit", "report", "--desk", desk, "--json"))
    assert after == before | {"chosen": 15}
    assert "15 more were chosen" in run("audit", "report", "--desk", desk)


def test_what_was_chosen_neither_certifies_nor_gets_into_gold(run, decided):
    desk, gold = decided / "desk", decided / "gold.csv"
    calibrate = ["calibrate", "--from-ledger", "--desk", str(desk), "--no-model", "--dry-run"]
    told = CliRunner().invoke(app, calibrate).output
    assert re.search(r"\d+ of 60 drawn and \d+ of 15 reviewed or chosen", " ".join(told.split()))
    run("queue", "labels", "--question", "intent", "--out", gold, "--desk", desk)
    assert len(gold.read_text(encoding="utf-8").splitlines()) == 1 + 60


def test_a_chosen_decision_can_not_be_passed_off_as_drawn(run, decided):
    desk, sheet = decided / "desk", decided / "passed.csv"
    sample = ["audit", "sample", "--desk", desk, "--batch", "mixed", "--out", sheet]
    run(*sample, "--size", 0, "--choose", 15)
    sheet.write_text(sheet.read_text(encoding="utf-8").replace(",chosen,", ",0.5,", 1))
    with pytest.raises(ConfigError, match="chosen, not drawn; write chosen"):
        run("audit", "import", sheet, "--desk", desk)


def test_a_sheet_with_mistakes_changes_nothing_and_tells_all_of_them(run, decided):
    desk, sheet = decided / "desk", decided / "bad.csv"
    (decision, inclusion), other = drawn_now(run, decided), "d_0"
    sheet.write_text(
        "decision,inclusion,label:intent,label:intnt,failure_mode,by\n"
        f"{decision},{inclusion},refnd,,none,ada\n"
        f"{decision},0.123,refund,,rudeness,ada\n"
        f"{other},0.5,refund,,none,ada\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as failed:
        run("audit", "import", sheet, "--desk", desk)
    told = [str(problem).removeprefix(f"{sheet}:") for problem in failed.value.problems]
    assert [line.partition(" ")[0] for line in told] == [
        "1:33:",
        f"2:{len(decision) + len(inclusion) + 3}:",
        "3:1:",
        f"3:{len(decision) + 2}:",
        f"3:{len(decision) + 16}:",
        "4:1:",
    ]
    assert "did you mean 'intent'?" in told[0]
    assert "did you mean 'refund'?" in told[1]
    assert "stands in line 2 too" in told[2]
    assert f"write {inclusion}" in told[3]
    assert "is no failure mode" in told[4]
    assert "was not drawn at this desk" in told[5]


def drawn_now(run, decided):
    sheet = decided / "again.csv"
    run("audit", "sample", "--desk", decided / "desk", "--size", 60, "--out", sheet)
    with sheet.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    return row["decision"], row["inclusion"]


def test_calibrating_and_teaching_take_a_file_or_the_ledger(run, decided):
    teach = ["distill", "--question", "intent", "--desk", decided / "desk"]
    run(*teach, code=1)
    run(*teach, decided / "tickets.jsonl", "--from-ledger", code=1)
    run("calibrate", "--desk", decided / "desk", code=1)
    run("calibrate", decided / "tickets.jsonl", "--from-ledger", code=1)


def test_how_far_back_is_a_duration(run, decided):
    out = decided / "none.csv"
    run("audit", "sample", "--desk", decided / "desk", "--since", "a week", "--out", out, code=1)
    assert not out.exists()


def test_a_sheet_that_somebody_filled_in_is_never_drawn_over(run, decided):
    sheet = decided / "filled.csv"
    sheet.write_text("decision,label:intent\nd_1,refund\n", encoding="utf-8")
    run("audit", "sample", "--desk", decided / "desk", "--size", 60, "--out", sheet, code=1)
    assert "refund" in sheet.read_text(encoding="utf-8")


def test_a_batch_that_was_never_drawn_is_no_batch_without_labels(run, decided):
    run("audit", "report", "--desk", decided / "desk", "--batch", "2020-W01", code=1)
