"""Bulk work as its user runs it: ended in every way, gone on with, on each engine."""

import gzip
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deskquorum import load_desk
from deskquorum.backfill.parts import parts_of
from deskquorum.formats import answer_row, parse_json, read_ticket
from deskquorum.ledger import open_ledger

pytestmark = pytest.mark.anyio

COMMAND = [str(Path(sys.executable).parent / "deskquorum")]
TICKETS = 80
CHUNK = 8
KILLS = 2


def run(*arguments, **how):
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, **how
    )


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def desk(northwind, tmp_path_factory):
    """The example desk, whose files nobody changes; it has decided its tickets."""
    folder = tmp_path_factory.mktemp("desk") / "northwind"
    shutil.copytree(northwind, folder, ignore=shutil.ignore_patterns("state"))
    done = run("decide", folder / "tickets.jsonl", "--desk", folder, "--no-model")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def tickets(rows, tmp_path_factory):
    """Many tickets, with names, addresses and cards in them."""
    kinds = list(rows.values())
    many = [{**kinds[n % len(kinds)], "id": f"t{n}"} for n in range(TICKETS)]
    return write(tmp_path_factory.mktemp("tickets") / "tickets.jsonl", many)


def labeling(tickets, desk, out, *more):
    options = ("--desk", desk, "--out", out, "--no-model", "--workers", "2")
    return ("backfill", tickets, *options, "--chunk-rows", CHUNK, *more)


@pytest.fixture(scope="module")
def whole(tickets, desk, tmp_path_factory):
    """The output of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "out.jsonl"
    done = run(*labeling(tickets, desk, out))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    return out.read_bytes()


async def test_rows_are_in_input_order_and_say_what_label_says(whole, desk, rows):
    found = [json.loads(line) for line in whole.splitlines()]
    questions = load_desk(desk, models=False).parts.rules.questions
    order = [(row["id"], row["question"]) for row in found]
    assert order == [(f"t{n}", question) for n in range(TICKETS) for question in questions]
    async with load_desk(desk, models=False) as opened:
        for number, row in enumerate(list(rows.values())[:5]):
            ticket = read_ticket(parse_json(json.dumps(row)))
            labeled = await opened.label(ticket, "route")
            said = answer_row(labeled.answer, labeled.votes)
            ours = next(r for r in found if (r["id"], r["question"]) == (f"t{number}", "route"))
            # Placeholders are others each time, and part of what embeddings read.
            assert ours["probability"] == pytest.approx(said.pop("probability"), abs=0.05)
            assert {name: ours[name] for name in said} == said


def test_killed_at_random_moments_and_resumed_the_output_is_the_same_bytes(
    whole, tickets, desk, tmp_path
):
    out = tmp_path / "out.jsonl"
    chance = random.Random(20261130)  # noqa: S311 - moments, not secrets
    reached = 0
    for _ in range(KILLS):
        command = [*COMMAND, *map(str, labeling(tickets, desk, out, "--resume"))]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ours
            reached += chance.randint(1, TICKETS // CHUNK // (KILLS + 1))
            wait_for_parts(out, reached, process)
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert not out.exists()
    done = run(*labeling(tickets, desk, out, "--resume"))
    assert done.returncode == 0, done.stderr
    assert "going on behind" in done.stderr
    assert out.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_workers_end_with_the_process_that_started_them(tickets, desk, tmp_path):
    out = tmp_path / "out.jsonl"
    command = [*COMMAND, *map(str, labeling(tickets, desk, out))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:  # noqa: S603 - ours
        wait_for_parts(out, 1, process)
        group = process.pid
        process.kill()
    deadline = time.monotonic() + 20
    while alive(group):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)


@pytest.fixture
def interruptible():
    """What is started in the background ignores Ctrl-C, and so does all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(whole, tickets, desk, tmp_path):
    out = tmp_path / "out.jsonl"
    command = [*COMMAND, *map(str, labeling(tickets, desk, out))]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        wait_for_parts(out, 2, process)
        # A terminal sends it to every process of the group.
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    stopped = next(line for line in said.splitlines() if line.startswith("stopped:"))
    assert stopped.endswith(f"of {TICKETS} are done")
    again = next(line for line in said.splitlines() if line.startswith("go on with: "))
    program, *arguments = shlex.split(again.removeprefix("go on with: "))
    assert (program, arguments[-1]) == ("deskquorum", "--resume")
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == whole


def test_on_ray_the_output_is_the_same_bytes(whole, tickets, desk, tmp_path):
    out = tmp_path / "out.jsonl"
    done = run(*labeling(tickets, desk, out, "--engine", "ray"))
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == whole


@pytest.fixture(scope="module")
def killed(tickets, desk, tmp_path_factory):
    """A folder with a desk, an input, and a backfill that was killed on its way."""
    folder = tmp_path_factory.mktemp("killed")
    shutil.copytree(desk, folder / "desk", ignore=shutil.ignore_patterns("state"))
    own = Path(shutil.copy(tickets, folder / "tickets.jsonl"))
    out = folder / "out.jsonl"
    command = [*COMMAND, *map(str, labeling(own, folder / "desk", out))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ours
        wait_for_parts(out, 1, process)
        process.kill()
    return folder


@pytest.fixture
def begun(killed, tmp_path):
    """The same, for a test to spoil: input, desk and output."""
    folder = tmp_path / "begun"
    shutil.copytree(killed, folder)
    return folder / "tickets.jsonl", folder / "desk", folder / "out.jsonl"


def append_row(own, folder):
    del folder
    with own.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"id": "new", "text": "Hello?"}) + "\n")


def change_rule(own, folder):
    del own
    path = folder / "policies" / "goodwill.yaml"
    text = path.read_text(encoding="utf-8")
    assert "1500" in text
    path.write_text(text.replace("1500", "1400"), encoding="utf-8")


def change_words(own, folder):
    del own
    with (folder / "labelers" / "urgency.rules.yaml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(append_row, "the input changed", id="input"),
        pytest.param(change_rule, "the desk's policies changed", id="policies"),
        pytest.param(change_words, "the desk's labelers' files changed", id="word-lists"),
    ],
)
def test_what_changed_meanwhile_is_not_gone_on_with(begun, change, named):
    own, folder, out = begun
    change(own, folder)
    done = run(*labeling(own, folder, out, "--resume"))
    assert done.returncode == 2
    assert named in done.stderr
    assert not out.exists()


def test_unfinished_work_is_refused_without_resume(begun):
    own, folder, out = begun
    done = run(*labeling(own, folder, out))
    assert done.returncode == 2
    assert "go on with --resume" in done.stderr


@pytest.fixture
def mixed(rows, tmp_path):
    """Two good rows among bad ones, packed."""
    path = tmp_path / "mixed.jsonl.gz"
    good = [json.dumps(rows[name]) for name in ("plain-01", "plain-10")]
    nameless = json.dumps({"id": "no-messages", "messages": []})
    text = "\n".join([good[0], "{not json", "", nameless, "[1]", good[1]])
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_bad_rows_are_refused_all_at_once_before_anything_is_asked(mixed, desk, tmp_path):
    out = tmp_path / "out.jsonl"
    done = run(*labeling(mixed, desk, out))
    assert done.returncode == 2
    places = [line.partition(": ")[0] for line in done.stderr.splitlines()]
    assert places == [f"{mixed}:{number}" for number in (2, 4, 5)]
    assert not out.exists()
    assert not parts_of(out).exists()


def test_bad_rows_are_set_aside_with_their_reasons_and_the_others_done(mixed, desk, tmp_path):
    out = tmp_path / "out.jsonl"
    done = run(*labeling(mixed, desk, out, "--skip-bad", "--question", "route", "--json"))
    assert done.returncode == 1, done.stderr
    assert [(row["id"], row["question"]) for row in lines(out)] == [
        ("plain-01", "route"),
        ("plain-10", "route"),
    ]
    rejected = lines(tmp_path / "out.jsonl.rejected.jsonl")
    assert [(row["line"], row["id"]) for row in rejected] == [
        (2, None),
        (4, "no-messages"),
        (5, None),
    ]
    summary = json.loads(done.stdout)
    assert (summary["rows"], summary["answered"], summary["rejected"]) == (2, 2, 3)


def test_an_unknown_question_is_refused_with_those_there_are(mixed, desk, tmp_path):
    done = run(*labeling(mixed, desk, tmp_path / "out", "--question", "mood"))
    assert done.returncode == 2
    assert "no question 'mood'; it asks intent" in done.stderr


def test_recorded_decisions_are_labeled_anew_without_their_raw_text(desk, tmp_path):
    out = tmp_path / "out.jsonl"
    options = ("--desk", desk, "--out", out, "--no-model", "--workers", "1")
    done = run("backfill", *options, "--question", "intent", "--json")
    assert done.returncode == 0, done.stderr
    found = lines(out)
    recorded = list(open_ledger(desk / "state" / "ledger.sqlite").entries())
    assert [(row["id"], row["decision_id"]) for row in found] == [
        (entry.decision.ticket, entry.decision.id) for entry in recorded
    ]
    # The same labelers on the same redacted text say what they said then.
    for row, entry in zip(found, recorded, strict=True):
        then = {v.labeler: v.label for v in entry.evidence.votes if v.question == "intent"}
        now = {vote["labeler"]: vote["label"] for vote in row["votes"]}
        assert then.items() <= now.items()


def test_a_back_test_in_bulk_comes_to_what_the_back_test_comes_to(desk, tmp_path):
    changed = tmp_path / "changed"
    copy_with(
        desk,
        changed,
        "policies/goodwill.yaml",
        '(customer.tier == "trailhead" ? 2500 : 1500)',
        "1000",
    )
    out = tmp_path / "changes.jsonl"
    done = run(
        "backfill", "--backtest", changed, "--desk", desk, "--out", out, "--chunk-rows", "7",
        "--workers", "2", "--json",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    ledger = desk / "state" / "ledger.sqlite"
    other = json.loads(run("policy", "backtest", changed, "--ledger", ledger, "--json").stdout)
    summary = json.loads(done.stdout)
    for name in ("decisions", "changed", "untold", "routes", "gaps", "notes"):
        assert summary[name] == other[name], name
    assert in_order(summary["stakes"]) == in_order(other["stakes"])
    assert in_order(lines(out)) == in_order(other["changes"])
    assert summary["changed"] == len(lines(out)) > 0


def test_a_back_test_under_unchanged_files_exits_with_0_and_lists_nothing(desk, tmp_path):
    out = tmp_path / "changes.jsonl"
    done = run("backfill", "--backtest", desk, "--desk", desk, "--out", out, "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == b""
    assert "of 40 decisions 0 change" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("x.jsonl", "--ledger", "y"), "FILE takes no --ledger", id="two-inputs"),
        pytest.param(
            ("--since", "2026-11-01"), "labeling takes no --since", id="window-of-nothing"
        ),
        pytest.param(("x.jsonl", "--backtest", "."), "--backtest takes no FILE", id="two-jobs"),
        pytest.param(("--ray-address", "auto"), "needs --engine ray", id="cluster-without-ray"),
    ],
)
def test_options_that_do_not_go_together_are_refused(desk, tmp_path, arguments, said):
    done = run("backfill", *arguments, "--desk", desk, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert said in done.stderr


def test_a_ledger_that_is_not_there_is_not_made(tmp_path, desk):
    done = run(
        "backfill", "--ledger", tmp_path / "no.sqlite", "--desk", desk, "--out", tmp_path / "o"
    )
    assert done.returncode == 2
    assert "no ledger at" in done.stderr
    assert list(tmp_path.iterdir()) == []


def copy_with(desk, target, name, old, new):
    shutil.copytree(desk, target, ignore=shutil.ignore_patterns("state"))
    path = target / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def in_order(rows):
    return sorted(rows, key=json.dumps)


def wait_for_parts(out, number, process):
    """Wait until that many chunks are written."""
    deadline = time.monotonic() + 60
    while len(list(parts_of(out).glob("[0-9]*.jsonl"))) < number:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
