"""`reconcile` and `certify` as their users run them: CSV in, CSV, words and exit codes out."""

import csv
import gzip
import json
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest

from deskquorum.cli import main

BARE = "import sys; sys.modules['scipy'] = None; from deskquorum.cli import main; main()"
ASKED = ("--max-error", 0.05, "--confidence", 0.95)


@pytest.fixture
def run(monkeypatch, capsys):
    """The command line inside this process, which is a second faster than in one of its own."""

    def once(*arguments):
        monkeypatch.setattr("sys.argv", ["deskquorum", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
        said = capsys.readouterr()
        return SimpleNamespace(returncode=done.value.code, stdout=said.out, stderr=said.err)

    return once


@pytest.fixture
def write(tmp_path):
    def written(name, header, *rows):
        path = tmp_path / name
        text = "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return written


@pytest.fixture
def votes(write):
    """Five labelers right four times in five on 300 items of two classes."""
    rng = random.Random(7)  # noqa: S311 - no secret
    rows = [
        (item, f"{name}/1", truth(item) if rng.random() < 0.8 else other(item))
        for item in range(300)
        for name in "abcde"
    ]
    return write("votes.csv", "item,labeler,label", *rows)


@pytest.fixture
def gold(write):
    return write("gold.csv", "item,label", *((item, truth(item)) for item in range(100)))


def truth(item):
    return "no" if item % 3 else "yes"


def other(item):
    return "yes" if item % 3 else "no"


def rows_of(text):
    return list(csv.DictReader(text.splitlines()))


def answers(done):
    """Item to label, and a look at every number."""
    assert done.returncode == 0, done.stderr
    rows = rows_of(done.stdout)
    for row in rows:
        numbers = [float(row[name]) for name in row if name.startswith("p:")]
        assert all(0 <= number <= 1 for number in numbers)
        assert abs(sum(numbers) - 1) < 1e-3 or not numbers
        probability = float(row["probability"])
        assert probability == (float(row[f"p:{row['label']}"]) if row["label"] else 0)
    return {row["item"]: row["label"] for row in rows}


def test_reconcile_writes_one_row_an_item_in_order(run, votes):
    done = run("reconcile", votes)
    assert done.stdout.startswith("item,label,probability,p:no,p:yes\n")
    found = answers(done)
    assert list(found) == [str(item) for item in range(300)]
    assert sum(found[str(item)] == truth(item) for item in range(300)) > 270


def test_without_gold_no_probability_is_above_the_cap(run, votes):
    rows = rows_of(run("reconcile", votes).stdout)
    assert max(float(row["probability"]) for row in rows) <= 0.9


def test_a_dash_means_standard_output(run, votes):
    assert run("reconcile", votes, "--out", "-").stdout == run("reconcile", votes).stdout


def test_the_order_of_rows_changes_no_answer(run, votes, write):
    head, *rows = votes.read_text().splitlines()
    shuffled = write("back.csv", head, *(row.split(",") for row in reversed(rows)))
    assert answers(run("reconcile", shuffled)) == answers(run("reconcile", votes))


def test_gzip_goes_in_and_out(run, votes, tmp_path):
    packed = tmp_path / "votes.csv.gz"
    packed.write_bytes(gzip.compress(votes.read_bytes()))
    out = tmp_path / "out.csv.gz"
    done = run("reconcile", packed, "--out", out)
    assert done.returncode == 0, done.stderr
    assert gzip.decompress(out.read_bytes()).decode() == run("reconcile", votes).stdout


def test_the_summary_in_json_counts_what_was_read(run, votes, gold, tmp_path):
    out = tmp_path / "out.csv"
    done = run("reconcile", votes, "--gold", gold, "--out", out, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert (said["items"], said["votes"], said["labelers"], said["labels"]) == (300, 1500, 5, 2)
    assert (said["answered"], said["gold"], said["calibrated"]) == (300, 100, True)
    assert said["accuracy"] > 0.85


def test_rows_and_summary_never_share_a_stream(run, votes):
    done = run("reconcile", votes, "--json")
    assert json.loads(done.stderr)["items"] == 300
    assert len(rows_of(done.stdout)) == 300


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([(1, "a", "x"), (2, "a", "x"), (1, "b", "x")], {"1": "x", "2": "x"}, id="one"),
        pytest.param([(1, "a", ""), (2, "b", "")], {"1": "", "2": ""}, id="all-abstain"),
        pytest.param(
            [(1, "a", "x"), (1, "b", "x"), (2, "c", "y"), (3, "a", "")],
            {"1": "x", "2": "y", "3": ""},
            id="a-labeler-seen-once-and-an-item-without-votes",
        ),
        pytest.param([(1, "a", "x")], {"1": "x"}, id="one-vote-in-all"),
    ],
)
def test_thin_votes_have_a_defined_answer(run, write, rows, expected):
    path = write("votes.csv", "item,labeler,label", *rows)
    assert answers(run("reconcile", path)) == expected


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(1, "a", ""), (2, "b", "")], id="all-abstain"),
        pytest.param([(1, "a", "x"), (2, "a", "x"), (2, "b", "x")], id="one-class"),
        pytest.param([(1, "a", "x"), (1, "b", "y"), (2, "a", "y")], id="two-classes"),
    ],
)
def test_a_gold_class_that_no_vote_has_gets_its_column(run, write, rows):
    path = write("votes.csv", "item,labeler,label", *rows)
    gold = write("gold.csv", "item,label", (1, "z"))
    done = run("reconcile", path, "--gold", gold)
    assert answers(done).keys() == {"1", "2"}
    assert "p:z" in done.stdout.splitlines()[0].split(",")


def test_gold_that_is_only_a_header_is_no_gold(run, votes, write):
    done = run("reconcile", votes, "--gold", write("gold.csv", "item,label"))
    assert done.returncode == 0
    assert "gold.csv holds no gold: reconciled without" in done.stderr
    assert done.stdout == run("reconcile", votes).stdout


def test_gold_and_families_without_votes_are_counted_and_left_out(run, votes, write):
    gold = write("gold.csv", "item,label", ("x1", "yes"), ("x2", "no"))
    families = write("families.csv", "labeler,family", ("a/1", "f"), ("zoe", "g"))
    done = run("reconcile", votes, "--gold", gold, "--families", families)
    assert done.returncode == 0
    assert "note: gold of 2 items without votes is left out: x1, x2" in done.stderr
    assert "note: 1 labelers with a family never vote: zoe" in done.stderr


def test_a_repeated_vote_is_told_and_the_last_counts(run, write):
    rows = [(1, "a", "x"), (1, "b", "y"), (1, "a", "y")]
    done = run("reconcile", write("votes.csv", "item,labeler,label", *rows))
    assert answers(done) == {"1": "y"}
    assert "note: 1 rows vote again, the first of them in line 4" in done.stderr


def test_labelers_of_one_family_count_for_less(run, write):
    rng = random.Random(3)  # noqa: S311 - no secret
    rows = [
        (item, name, truth(item) if rng.random() < 0.75 else other(item))
        for item in range(200)
        for name in "abcd"
    ]
    rows += [
        ("split", "a", "no"),
        ("split", "b", "no"),
        ("split", "c", "yes"),
        ("split", "d", "yes"),
    ]
    path = write("votes.csv", "item,labeler,label", *rows)
    families = write("families.csv", "labeler,family", ("a", "f"), ("b", "f"))

    def yes(done):
        return float(rows_of(done.stdout)[-1]["p:yes"])

    assert yes(run("reconcile", path, "--families", families)) > yes(run("reconcile", path)) + 0.01


def test_families_come_from_the_desk(run, folder, write):
    path = write("votes.csv", "item,labeler,label", (1, "route-words", "billing"))
    done = run("reconcile", path, "--desk", folder, "--question", "route")
    assert answers(done) == {"1": "billing"}
    wrong = run("reconcile", path, "--desk", folder, "--question", "rout")
    assert wrong.returncode == 2
    assert "the desk has no question 'rout'; it asks" in wrong.stderr
    nowhere = run("reconcile", path, "--desk", folder / "policies")
    assert nowhere.returncode == 2
    assert "desk.yaml: no such file; name a desk folder" in nowhere.stderr


def test_every_problem_of_every_file_is_told_and_nothing_is_written(run, write, tmp_path):
    votes = write("votes.csv", "item,labeler,label", (1, "", "x"), (1, "a", "y"), ("", "b", "x"))
    gold = write("gold.csv", "item,label", (1, "x"), (1, "y"))
    families = write("families.csv", "labeler,group", ("a", "f"))
    out = tmp_path / "out.csv"
    done = run("reconcile", votes, "--gold", gold, "--families", families, "--out", out)
    assert done.returncode == 2
    assert not out.exists()
    places = [line.removeprefix(f"{tmp_path}/").split(": ")[0] for line in done.stderr.splitlines()]
    assert places == ["families.csv:1", "gold.csv:3:3", "votes.csv:2:3", "votes.csv:4:1"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(["--plot", "p"], "name a file with --gold", id="plot-without-gold"),
        pytest.param(["--question", "q"], "name its folder with --desk", id="question-alone"),
        pytest.param(["--families", "f", "--desk", "d"], "give one of them", id="families-twice"),
        pytest.param(["--out", "no/where.csv"], "no such file", id="no-such-folder"),
        pytest.param(["--out", "no/where.csv.gz"], "no such file", id="no-such-folder-gz"),
    ],
)
def test_options_that_make_no_sense_exit_with_2(run, votes, options, said):
    done = run("reconcile", votes, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_the_command_names_it(votes):
    command = [sys.executable, "-c", BARE, "reconcile", str(votes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 2
    assert "scipy is not installed; install it with: pip install 'deskquorum[learn]'" in done.stderr


@pytest.fixture
def posterior(write):
    """3,000 items: of each 50 ten are sure, forty are not; one of five is unanswered."""
    rows = [(n, "x" if n % 5 else "", 0.99 if n % 50 >= 40 else (n % 50) / 50) for n in range(3000)]
    return write("posterior.csv", "item,label,probability", *rows)


@pytest.fixture
def audits(write):
    """The first half: who was sure is right, who was not is wrong."""
    rows = [(n, "x" if n % 50 >= 40 else "y") for n in range(1500)]
    return write("audits.csv", "item,label", *rows)


def test_certify_prints_the_certificate(run, posterior, audits):
    done = run("certify", posterior, "--gold", audits, *ASKED, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert set(said) == {"threshold", "n", "errors", "upper_bound", "coverage", "audited"}
    assert (said["audited"], said["n"] - said["errors"]) == (1500, 240)
    assert said["upper_bound"] <= 0.05
    # 480 of 3,000 are sure and answered; a few more may be let in.
    assert 0.16 <= said["coverage"] < 0.18
    words = run("certify", posterior, "--gold", audits, *ASKED)
    assert "error at most 0.05 at 0.95 confidence" in words.stdout
    assert f"coverage {said['coverage']:.4g} of 3000 items" in words.stdout


def test_nothing_certified_exits_with_1_and_says_what_it_takes(run, posterior, audits):
    asked = ("--max-error", 0.01, "--confidence", 0.95)
    done = run("certify", posterior, "--gold", audits, *asked, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["threshold"] is None
    assert (
        "at least 299 audited items" in run("certify", posterior, "--gold", audits, *asked).stdout
    )


def test_certify_without_any_audit_certifies_nothing(run, posterior, write):
    elsewhere = write("audits.csv", "item,label", ("x", "y"))
    done = run("certify", posterior, "--gold", elsewhere, *ASKED, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["audited"] == 0
    assert "gold of 1 items that have no row is left out: x" in done.stderr
    assert "there is nothing to certify with" in done.stderr


def test_certify_bounds_stratified_audits_by_stratum(run, posterior, audits, write):
    strata = write("strata.csv", "item,stratum", *((n, "ab"[n // 50 % 2]) for n in range(3000)))
    plain = json.loads(run("certify", posterior, "--gold", audits, *ASKED, "--json").stdout)
    done = run("certify", posterior, "--gold", audits, *ASKED, "--strata", strata, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["upper_bound"] > plain["upper_bound"]


def test_every_item_needs_its_stratum(run, posterior, audits, write):
    strata = write("strata.csv", "item,stratum", *((n, "a") for n in range(2998)))
    done = run("certify", posterior, "--gold", audits, *ASKED, "--strata", strata)
    assert done.returncode == 2
    assert "strata.csv: 2 items have no stratum: 2998, 2999; give every item one" in done.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("--max-error", "5", id="percent"),
        pytest.param("--confidence", "1", id="certainty"),
        pytest.param("--max-error", "nan", id="nan"),
    ],
)
def test_shares_out_of_range_exit_with_2(run, posterior, audits, option, value):
    # An option given twice counts as given last.
    done = run("certify", posterior, "--gold", audits, *ASKED, option, value)
    assert done.returncode == 2
    assert f"{option} {value}: write a share between 0 and 1" in done.stderr


def test_reconciled_votes_are_certified_and_plotted(run, votes, gold, write, tmp_path):
    out, plots = tmp_path / "posterior.csv", tmp_path / "plots"
    assert run("reconcile", votes, "--gold", gold, "--out", out, "--plot", plots).returncode == 0
    assert {path.name for path in plots.iterdir()} == {"reliability.svg", "risk-coverage.svg"}
    fresh = write("fresh.csv", "item,label", *((item, truth(item)) for item in range(100, 300)))
    asked = ("--max-error", 0.1, "--confidence", 0.9)
    done = run("certify", out, "--gold", fresh, *asked, "--plot", tmp_path / "more")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("accept answers from probability")
    assert "threshold" in (tmp_path / "more" / "risk-coverage.svg").read_text(encoding="utf-8")
