"""A desk teaches itself a labeler from its past tickets, and a certificate rests on others."""

import json
import random
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from deskquorum import load_desk
from deskquorum.formats import ticket_of_text
from deskquorum.testing import ScriptedModel, letters

LABELS = {"refund": "wants money back", "parcel": "asks where it is", "login": "cannot get in"}
SAYINGS = {
    "refund": ["I want my money back", "refund my order", "when is the refund paid"],
    "parcel": ["where is my parcel", "no courier came", "tracking shows no delivery"],
    "login": ["I cannot log in", "my password does not work", "the reset link is dead"],
}
RULES = """\
labeler: topic-words
version: "1"
rules:
  - {id: r, label: refund, words: [money, refund, courier]}
  - {id: p, label: parcel, words: [parcel, tracking]}
  - {id: l, label: login, words: [password, link]}
"""


def run(*args):
    code = "import sys; from deskquorum.cli import main; sys.exit(main())"
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code, *map(str, args)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("distill") / "desk"
    labels = folder.parent / "labels.json"
    labels.write_text(json.dumps(LABELS), encoding="utf-8")
    assert run("init", folder, "--labels", labels, "--question", "topic").returncode == 0
    (folder / "labelers").mkdir(exist_ok=True)
    (folder / "labelers" / "words.yaml").write_text(RULES, encoding="utf-8")
    path = folder / "policies" / "desk.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("    - topic-nearest\n", "    - topic-nearest\n    - words\n    - taught\n")
    text += "  words: {kind: rule, file: labelers/words.yaml, accuracy: 0.8}\n"
    text += "  taught: {kind: student, accuracy: 0.85}\n"
    path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def past(desk):
    draw = random.Random(5)  # noqa: S311 - made-up tickets
    rows = []
    for number in range(150):
        label = draw.choice(sorted(LABELS))
        row = {"id": f"t{number}", "text": f"Hello, {draw.choice(SAYINGS[label])}. No. {number}"}
        rows.append(row | ({"topic": label} if number < 45 else {}))
    path = desk.parent / "past.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def distilled(desk, past):
    tuning = desk.parent / "tuning.jsonl"
    told = run(
        *("distill", past, "--desk", desk, "--question", "topic"),
        *("--fine-tuning", tuning, "--no-model", "--json"),
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout), tuning


def label(desk, text):
    tickets, out = desk.parent / "new.jsonl", desk.parent / "out.jsonl"
    tickets.write_text(json.dumps({"id": "n", "text": text}) + "\n", encoding="utf-8")
    asked = ("--question", "topic", "--no-model", "--out", out)
    told = run("label", tickets, "--desk", desk, *asked)
    assert told.returncode == 0, told.stderr
    return json.loads(out.read_text(encoding="utf-8"))


def test_it_tells_how_often_each_is_right_on_tickets_that_did_not_teach_it(distilled):
    figures, _ = distilled
    assert (figures["texts"], figures["audited"], figures["calibrated"]) == (150, 45, True)
    measured = figures["measured"]
    assert measured["weak_labeler"] == "topic-nearest"
    assert measured["student"]["mean"] == measured["student"]["high"] == 1
    # All 45 of 45 right is no proof that it errs never.
    assert measured["student"]["low"] == pytest.approx(0.921, abs=0.001)


def test_without_enough_audits_for_a_ceiling_it_says_so(desk, past):
    told = run("distill", past, "--desk", desk, "--question", "topic", "--no-model", "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "not enough audited tickets for a ceiling: 45 of 300" in told.stdout


def test_the_student_then_votes_and_knows_what_word_lists_get_wrong(desk, distilled):
    assert distilled
    row = label(desk, "Hello, no courier came. No. 900")
    votes = {vote["labeler"]: vote["label"] for vote in row["votes"]}
    assert votes["words"] == "refund"
    assert votes["taught"] == "parcel"


def test_the_fine_tuning_file_holds_chats_that_end_with_a_label(distilled):
    _, tuning = distilled
    lines = [json.loads(line) for line in tuning.read_text(encoding="utf-8").splitlines()]
    assert {line["messages"][-1]["content"] for line in lines} <= set(LABELS)
    assert {tuple(m["role"] for m in line["messages"]) for line in lines} == {
        ("system", "user", "assistant")
    }


def test_a_question_without_a_student_is_refused_with_what_to_write(desk, past):
    other = run("distill", past, "--desk", desk, "--question", "mood")
    assert other.returncode == 2
    assert "no question 'mood'" in other.stderr


def test_every_bad_row_is_named_at_once(desk):
    bad = desk.parent / "bad.jsonl"
    bad.write_text('{"text": "a", "topic": "refunds"}\n{"id": 3}\nnot json\n', encoding="utf-8")
    told = run("distill", bad, "--desk", desk, "--question", "topic")
    assert told.returncode == 2
    assert all(f"bad.jsonl:{line}" in told.stderr for line in (1, 2, 3))


def test_recorded_decisions_teach_with_the_votes_that_were_cast(desk, past):
    tickets = desk.parent / "tickets.jsonl"
    with tickets.open("w", encoding="utf-8") as file:
        for row in map(json.loads, past.read_text(encoding="utf-8").splitlines()):
            said = {"role": "customer", "text": row["text"], "at": "2026-11-30T09:00:00Z"}
            file.write(json.dumps({"id": row["id"], "messages": [said]}) + "\n")
    decided = run("decide", tickets, "--desk", desk, "--no-model", "--out", desk.parent / "d.jsonl")
    assert decided.returncode == 0, decided.stdout
    told = run(
        *("distill", "--from-ledger", "--desk", desk, "--question", "topic"),
        *("--no-model", "--dry-run", "--json"),
    )
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert (figures["texts"], figures["audited"]) == (150, 0)
    assert figures["measured"] is None


def with_model(desk, folder, *, student):
    """The desk with a model that costs money beside the labelers that cost nothing."""
    shutil.copytree(desk, folder, ignore=shutil.ignore_patterns("state"))
    path = folder / "policies" / "desk.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "    - taught\n", "    - taught\n    - asked\n" if student else "    - asked\n"
    )
    if not student:
        text = text.replace("  taught: {kind: student, accuracy: 0.85}\n", "")
    text += "  asked: {kind: prompt, prompt: classify, model: small, accuracy: 0.7}\n"
    text += "models:\n  small: {model: scripted, base_url: local}\n"
    path.write_text(text, encoding="utf-8")
    return folder


async def asked_of_model(folder, texts):
    """How often the model was asked about tickets; each with the calls that were saved."""
    async with ScriptedModel(lambda _: letters({"A": 1.0})) as model:
        async with load_desk(folder, model_url=model.base_url) as desk:
            saved = []
            for number, text in enumerate(texts):
                row = {"id": f"new{number}", "text": text}
                ticket = ticket_of_text(row, now=datetime(2026, 11, 2, tzinfo=UTC), number=number)
                saved.append((await desk.decide(ticket, deadline_s=60)).saved_calls)
        return len(model.requests), saved


@pytest.mark.anyio
async def test_a_student_is_asked_first_and_what_it_settles_costs_no_model_call(
    desk, distilled, tmp_path
):
    assert distilled
    said = [saying for sayings in SAYINGS.values() for saying in sayings]
    texts = [f"Hello, {saying}. No. 9{number}" for number, saying in enumerate(said)]
    before, _ = await asked_of_model(with_model(desk, tmp_path / "a", student=False), texts)
    after, saved = await asked_of_model(with_model(desk, tmp_path / "b", student=True), texts)
    assert after < before
    assert after == len(texts) - sum(saved)
