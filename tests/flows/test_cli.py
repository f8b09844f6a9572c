"""The command line as its users run it: files in, files, tables and exit codes out."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

COMMAND = [str(Path(sys.executable).parent / "deskquorum")]


def run(*arguments, cwd=None):
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd
    )


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def tickets(tmp_path, rows):
    """Two tickets with a malformed row of each kind between them."""
    path = tmp_path / "tickets.jsonl"
    good = [json.dumps(rows[name]) for name in ("plain-01", "plain-10")]
    nameless = json.dumps({"id": "no-messages", "messages": []})
    path.write_text("\n".join([good[0], "{not json", "", nameless, "[1]", good[1]]), "utf-8")
    return path


def test_decide_keeps_the_order_and_turns_malformed_rows_into_error_rows(folder, tickets, tmp_path):
    out = tmp_path / "out.jsonl"
    done = run("decide", tickets, "--desk", folder, "--out", out, "--no-model")
    decided = lines(out)
    assert done.returncode == 1, done.stderr
    assert [row["id"] for row in decided] == ["plain-01", None, "no-messages", None, "plain-10"]
    assert [row.get("line") for row in decided] == [None, 2, 4, 5, None]
    assert [row["route"] for row in decided] == ["auto", "human", "human", "human", "deny"]
    assert "line 4: field 'messages'" in decided[2]["error"]


def test_decide_prints_its_summary_as_json_beside_the_rows(folder, tickets, tmp_path):
    out = tmp_path / "out.jsonl"
    done = run("decide", tickets, "--desk", folder, "--out", out, "--no-model", "--json")
    summary = json.loads(done.stdout)
    assert (summary["tickets"], summary["errors"]) == (5, 3)
    assert summary["routes"] == {"auto": 1, "human": 3, "deny": 1}


def test_decide_writes_the_documented_fields(folder, tickets, tmp_path):
    out = tmp_path / "out.jsonl"
    run("decide", tickets, "--desk", folder, "--out", out, "--no-model")
    assert lines(out)[0].keys() == {
        "id",
        "route",
        "action",
        "reply",
        "reasons",
        "answers",
        "ruling",
        "findings",
        "mode",
        "cost",
        "saved_calls",
        "decision_id",
        "policy_hash",
        "versions",
    }


def test_decide_exits_with_2_when_the_file_is_missing(folder):
    done = run("decide", "nowhere.jsonl", "--desk", folder)
    assert done.returncode == 2
    assert "nowhere.jsonl: no such file" in done.stderr


def test_a_broken_desk_names_every_problem_of_every_file_and_decides_nothing(
    folder, tickets, tmp_path
):
    def spoil(name, old, new):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    spoil("policies/refunds.yaml", "order.status ==", "order.stats ==")
    spoil("policies/desk.yaml", "languages:", "langauges:")
    spoil("policies/playbook.yaml", "reply: order-cancelled", "reply: order-canceled")
    spoil("prompts/labelers/route.md", "read: logprobs", "read: logprob")
    spoil("prompts/replies/clause.md", "{% endfor %}", "")
    spoil("labelers/urgency.rules.yaml", "label: soon", "label: son")
    out = tmp_path / "out.jsonl"
    done = run("decide", tickets, "--desk", folder, "--out", out)
    assert done.returncode == 2
    assert not out.exists()
    said = done.stderr.splitlines()
    for name, found, mend in (
        ("policies/refunds.yaml", "unknown fact 'order.stats'", "did you mean 'order.status'?"),
        ("policies/desk.yaml", "unknown key 'langauges'", "did you mean 'languages'?"),
        ("prompts/labelers/route.md", "logprob", "logprobs"),
    ):
        line = next(text for text in said if name in text and found in text)
        assert mend in line
        assert all(part.isdigit() for part in line.split(name)[1].split(": ")[0].split(":")[1:])


def test_explain_tells_the_whole_story_of_a_ticket(folder, tickets):
    run("decide", tickets, "--desk", folder, "--no-model")
    done = run("explain", "plain-10", "--desk", folder)
    assert done.returncode == 0, done.stderr
    for words in ("declined", "cancel-shipped", "C2", "intent: cancel_order", "Clause C2:"):
        assert words in done.stdout


def test_explain_of_something_that_was_never_decided_exits_with_2(folder):
    done = run("explain", "nobody", "--desk", folder)
    assert done.returncode == 2
    assert "no decision or ticket 'nobody'" in done.stderr


def test_label_answers_one_question_and_shows_the_votes(folder, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a", "text": "Please cancel my order."}\n{"id": "b"}\n')
    out = tmp_path / "out.jsonl"
    done = run("label", rows, "--desk", folder, "--question", "intent", "--out", out, "--no-model")
    first, second = lines(out)
    assert done.returncode == 1
    assert first["label"] == "cancel_order"
    assert {vote["labeler"] for vote in first["votes"]} == {"intent-words", "intent-nearest"}
    assert second["line"] == 2


def test_label_of_an_unknown_question_exits_with_2(folder, tmp_path):
    done = run("label", tmp_path / "x", "--desk", folder, "--question", "mood")
    assert done.returncode == 2
    assert "no question 'mood'; it asks intent" in done.stderr


def test_init_makes_a_desk_that_the_doctor_finds_healthy(tmp_path):
    assert run("init", tmp_path / "ops").returncode == 0
    done = run("doctor", "--desk", tmp_path / "ops", "--json")
    assert done.returncode == 0, done.stdout
    assert all(check["ok"] for check in json.loads(done.stdout) if check["needed"])


def test_init_leaves_tickets_with_which_its_next_step_works(tmp_path):
    folder = tmp_path / "desk"
    told = run("init", folder).stdout
    step = told.splitlines()[-1].split()
    assert step[:2] == ["deskquorum", "decide"]
    done = run(*step[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 tickets decided: 2 human; 0 malformed rows" in done.stdout


def test_init_refuses_a_folder_that_holds_something(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    done = run("init", tmp_path)
    assert done.returncode == 2
    assert "is not empty" in done.stderr


def test_init_makes_a_routing_desk_from_labels_and_past_tickets(tmp_path):
    labels, past = tmp_path / "labels.json", tmp_path / "past.jsonl"
    labels.write_text('{"card": "ordering a card", "cash": "cash machines"}')
    past.write_text('{"text": "my card has not come", "route": "card"}\n')
    folder = tmp_path / "desk"
    assert run("init", folder, "--labels", labels, "--examples", past).returncode == 0
    done = run("label", past, "--desk", folder, "--question", "route", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "accuracy 1.0" in done.stdout


def test_doctor_of_a_folder_without_a_desk_says_how_to_make_one(tmp_path):
    done = run("doctor", "--desk", tmp_path)
    assert done.returncode == 1
    assert "deskquorum init" in done.stdout


def test_the_demo_shows_all_three_routes_and_where_to_look_next():
    done = run("demo", "--no-model")
    assert done.returncode == 0, done.stderr
    for words in (" auto ", " deny ", " human ", " explain d_", "No money moved"):
        assert words in done.stdout


def test_the_embedding_example_runs():
    example = Path(__file__).parents[2] / "examples" / "embed_in_bot.py"
    done = subprocess.run(  # noqa: S603 - our own example
        [sys.executable, str(example)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "the bot may cancel: deny" in done.stdout


def test_the_version_is_printed():
    done = run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, version("deskquorum"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["init", "FILE"], "FILE is no folder; name a new one", id="init"),
        pytest.param(
            ["init", "FILE-2", "--examples", "FILE-3"], "FILE-3: no such file", id="no-examples"
        ),
        pytest.param(["init", "FILE/desk"], "FILE/desk: not a directory", id="init-in-a-file"),
        pytest.param(
            ["ledger", "verify", "--ledger", "mysql://db/desk", "--desk", "DESK"],
            "no ledger is kept there; name a file, or postgresql://USER@HOST/NAME",
            id="another-database",
        ),
        *(
            pytest.param(
                [*verb, "--ledger", "FILE-2", "--desk", "DESK"],
                "no ledger at FILE-2; name the decisions' own with --ledger",
                id="-".join(verb[:2]),
            )
            for verb in (["ledger", "verify"], ["stop", "--why", "odd"], ["queue", "list"])
        ),
    ],
)
def test_a_place_that_can_t_be_used_is_named_and_exits_with_2(folder, tmp_path, arguments, told):
    file = tmp_path / "file"
    file.touch()
    done = run(*(a.replace("FILE", str(file)).replace("DESK", str(folder)) for a in arguments))
    assert done.returncode == 2
    assert done.stderr.strip() == told.replace("FILE", str(file))


def test_a_key_can_be_made_in_a_ledger_that_a_service_has_not_made_yet(folder, tmp_path):
    ledger = tmp_path / "new.sqlite"
    key = ["--name", "bot", "--scope", "bot", "--ledger", ledger, "--desk", folder]
    assert run("keys", "create", *key).returncode == 0
    assert "bot" in run("keys", "list", "--ledger", ledger, "--desk", folder).stdout


def test_decide_says_so_and_exits_with_1_when_nothing_could_be_recorded(folder, tickets, tmp_path):
    done = run("decide", tickets, "--desk", folder, "--ledger", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "2 could not be recorded, so a person has them" in done.stdout
    assert {row["route"] for row in lines(tmp_path / "out")} == {"human"}


def test_brackets_in_a_reason_are_text(folder):
    why = "refunds [/odd] [red]"
    assert run("stop", "--why", why, "--desk", folder).returncode == 0
    done = run("resume", "--why", why, "--desk", folder)
    assert (done.returncode, done.stderr) == (0, "")
    run("stop", "cancel_order", "--why", why, "--desk", folder)
    assert f": {why}" in run("stop", "close_ticket", "--why", why, "--desk", folder).stdout


def test_doctor_names_a_student_that_nobody_taught(tmp_path):
    labels, folder = tmp_path / "labels.json", tmp_path / "desk"
    labels.write_text(json.dumps({"parcel": "where it is", "refund": "money back"}), "utf-8")
    assert run("init", folder, "--labels", labels).returncode == 0
    desk = folder / "policies" / "desk.yaml"
    text = desk.read_text("utf-8").replace(
        "    - route-nearest\n", "    - route-nearest\n    - taught\n"
    )
    desk.write_text(text + "  taught: {kind: student, accuracy: 0.8}\n", "utf-8")
    assert "taught is left out until it is taught" in run("doctor", "--desk", folder).stdout
