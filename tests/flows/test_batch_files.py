"""Files for the OpenAI Batch API: what is written, and what is made of the answers."""

import asyncio
import hashlib
import json
import re
import shutil
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import httpx
import pytest

from deskquorum import load_desk
from deskquorum.cli import main
from deskquorum.formats import answer_row, parse_json, read_ticket
from deskquorum.testing import ScriptedModel, letters, refusal, says, status, truncated

pytestmark = pytest.mark.anyio

COMMAND = [str(Path(sys.executable).parent / "deskquorum")]
QUESTIONS = ("route", "urgency")
TICKETS = 12
MODEL = "{kind: prompt, prompt: urgency, model: other, accuracy: 0.6}"

URGENCY = """\
---
id: urgency
version: "1"
question: urgency
read: schema
---
{{ question.ask }}
{% for label in labels %}
{{ label.name }}: {{ label.description }}
{% endfor %}
=== user ===
{{ fence }}
{{ ticket.text }}
{{ fence }}
"""


def run(*arguments):
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False
    )


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def without_marks(text):
    """A prompt without what is another one each time: the fence, and the mark of placeholders."""
    return re.sub(r"ticket-[0-9a-f]{8}|·\w+(?=⟧)", "", text)


def answer(body):
    """Every kind of answer, chosen by the prompt's words alone."""
    asked = without_marks("\n".join(message["content"] for message in body["messages"]))
    number = hashlib.sha256(asked.encode()).digest()[0]
    if "response_format" in body:
        plays = [
            says('{"label": "soon"}'),
            says('{"label": "normal"}'),
            says('{"label": "abstain"}'),
            says('{"label": "tomorrow"}'),
            truncated(),
            refusal(),
        ]
    else:
        plays = [letters({"A": 0.7, "B": 0.2}), letters({"C": 0.9}), letters({"The": 1.0})]
    return plays[number % len(plays)]


@pytest.fixture(scope="module")
def desk(northwind, tmp_path_factory):
    """The example desk with a second prompt labeler, whose model is of another name."""
    folder = tmp_path_factory.mktemp("desk") / "northwind"
    shutil.copytree(northwind, folder, ignore=shutil.ignore_patterns("state"))
    (folder / "prompts" / "labelers" / "urgency.md").write_text(URGENCY, encoding="utf-8")
    path = folder / "policies" / "desk.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in (
        ("models:\n", "models:\n  other: {model: other-1, base_url: local}\n"),
        ("[urgency-words]", "[urgency-words, urgency-model]"),
        ("  urgency-words: {", f"  urgency-model: {MODEL}\n  urgency-words: {{"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tickets(rows, tmp_path_factory):
    some = [row for row in rows.values() if row["requester"].get("email")][:TICKETS]
    assert len(some) == TICKETS
    return write(tmp_path_factory.mktemp("tickets") / "tickets.jsonl", some)


@pytest.fixture(scope="module")
def batch(desk, tickets, tmp_path_factory):
    """A folder that `batch write` made."""
    folder = tmp_path_factory.mktemp("batch") / "batch"
    asked = [part for name in QUESTIONS for part in ("--question", name)]
    done = run("batch", "write", tickets, "--desk", desk, "--out", folder, *asked)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def requests(batch):
    found = [line for path in sorted(batch.glob("requests-*.jsonl")) for line in lines(path)]
    assert len(found) == 2 * TICKETS
    return found


@pytest.fixture(scope="module")
def results(requests):
    """What the API would give back: each request answered by a real server."""

    async def answered():
        async with ScriptedModel(answer) as model, httpx.AsyncClient() as client:
            given = []
            for request in requests:
                url = model.base_url.removesuffix("/v1") + request["url"]
                response = await client.post(url, json=request["body"])
                given.append(result(request["custom_id"], response.json()))
            return given

    return asyncio.run(answered())


def result(name, body, code=200):
    response = {"status_code": code, "request_id": "r", "body": body}
    return {"id": "b", "custom_id": name, "response": response, "error": None}


@pytest.fixture
def read(batch, desk, tmp_path, monkeypatch, capsys):
    """Reads results: exit code, rows, summary, standard error."""

    def read(*files, at=desk):
        out = tmp_path / "out.jsonl"
        paths = [
            file if isinstance(file, Path) else write(tmp_path / f"results-{n}.jsonl", file)
            for n, file in enumerate(files)
        ]
        command = ["batch", "read", batch, *paths, "--desk", at, "--out", out, "--json"]
        monkeypatch.setattr(sys, "argv", ["deskquorum", *map(str, command)])
        with pytest.raises(SystemExit) as exit_:
            main()
        code, said = exit_.value.code or 0, capsys.readouterr()
        if code == 2:
            return 2, None, None, said.err
        return code, lines(out), json.loads(said.out), said.err

    return read


async def test_a_request_is_the_body_that_the_live_desk_sends(desk, tickets, requests):
    async with ScriptedModel(answer) as model:
        await labeled(desk, tickets, model.base_url)
        live = model.bodies
    assert sorted(map(as_asked, live)) == sorted(as_asked(r["body"]) for r in requests)


async def test_answers_from_a_batch_make_the_rows_that_live_answers_make(
    desk, tickets, results, read
):
    async with ScriptedModel(answer) as model:
        live = await labeled(desk, tickets, model.base_url)
    code, rows, summary, _ = await elsewhere(read, results)
    assert [strip(row) for row in rows] == [strip(row) for row in live]
    for ours, theirs in zip(rows, live, strict=True):
        # Placeholders are others each time, and part of what embeddings read.
        assert ours["probability"] == pytest.approx(theirs["probability"], abs=0.05)
    assert code == 0
    assert (summary["rows"], summary["missing"], summary["bad_lines"]) == (2 * TICKETS, 0, 0)
    kinds = {vote["why"] for row in rows for vote in row["votes"] if vote["status"] == "failed"}
    assert {"unknown-label", "truncated", "refused"} & kinds
    assert summary["failed_votes"].keys() == {"urgency-model"}


def elsewhere(call, *arguments):
    """Run something that has an event loop of its own."""
    return asyncio.get_running_loop().run_in_executor(None, call, *arguments)


async def labeled(desk, tickets, url):
    """The rows that a live desk makes, one ticket after the other."""
    rows = []
    async with load_desk(desk, model_url=url) as opened:
        for row in lines(tickets):
            ticket = read_ticket(parse_json(json.dumps(row)))
            for question in QUESTIONS:
                found = await opened.label(ticket, question)
                said = answer_row(found.answer, found.votes)
                rows.append({"id": ticket.id, "question": question, **said})
    return rows


def as_asked(body):
    return without_marks(json.dumps(body, ensure_ascii=False, sort_keys=True))


def strip(row):
    return {name: value for name, value in row.items() if name != "probability"}


def test_nothing_that_a_customer_wrote_of_themselves_is_in_any_file(batch, tickets):
    text = "".join(path.read_text(encoding="utf-8") for path in batch.iterdir())
    for row in lines(tickets):
        assert row["requester"]["email"] not in text
        assert row["requester"]["name"] not in text


def test_each_file_asks_one_model_and_the_manifest_names_it_with_its_hash(batch):
    manifest = json.loads((batch / "manifest.json").read_text())
    assert [(file["name"], file["requests"]) for file in manifest["files"]] == [
        ("requests-other-0001.jsonl", TICKETS),
        ("requests-small-0001.jsonl", TICKETS),
    ]
    for file in manifest["files"]:
        data = (batch / file["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert len({line["body"]["model"] for line in lines(batch / file["name"])}) == 1
    assert [(asks["id"], asks["question"]) for asks in manifest["labelers"]] == [
        ("route-model", "route"),
        ("urgency-model", "urgency"),
    ]


def test_every_request_has_a_name_and_a_fence_of_its_own(requests):
    assert len({request["custom_id"] for request in requests}) == len(requests)
    fences = {re.search(r"ticket-[0-9a-f]{8}", json.dumps(r["body"]))[0] for r in requests}
    assert len(fences) == len(requests)


def test_results_may_come_in_any_order_and_number_of_files(results, read):
    _, rows, _, _ = read(results)
    third = len(results) // 3
    shuffled = read(results[third:][::-1], [], results[:third])
    assert shuffled[:2] == (0, rows)


def test_a_request_without_an_answer_loses_its_vote_and_is_told(results, read):
    code, rows, summary, _ = read(results[1:])
    assert (code, summary["missing"]) == (1, 1)
    (lost,) = [vote for row in rows for vote in row["votes"] if vote["why"] == "no-answer"]
    assert (lost["status"], lost["label"]) == ("failed", None)
    assert len(rows) == 2 * TICKETS


ERRORS = [
    pytest.param(
        {"response": None, "error": {"code": "batch_expired", "message": "too late"}},
        "timeout",
        "batch_expired",
        id="expired",
    ),
    pytest.param(
        {
            "response": {"status_code": 429, "body": {"error": {"code": "rate_limit_exceeded"}}},
            "error": None,
        },
        "rate-limited",
        "status 429 rate_limit_exceeded",
        id="status",
    ),
    pytest.param(
        {"response": {"status_code": 500, "body": "<html>"}, "error": None},
        "server-error",
        "status 500",
        id="page",
    ),
    pytest.param({}, "server-error", "no response", id="nothing"),
]


@pytest.mark.parametrize(("line", "why", "kind"), ERRORS)
def test_an_error_line_is_a_failed_vote_and_told_by_its_kind(results, read, line, why, kind):
    name = results[0]["custom_id"]
    code, rows, summary, _ = read(results[1:], [{"custom_id": name, **line}])
    assert (code, summary["missing"]) == (1, 0)
    assert summary["not_answered"] == {kind: 1}
    assert [v["why"] for row in rows for v in row["votes"] if v["why"] == why] == [why]


def test_an_answer_beats_an_error_whichever_comes_first(results, read):
    name = results[0]["custom_id"]
    error = {"custom_id": name, "response": None, "error": {"code": "batch_expired"}}
    _, rows, _, _ = read(results)
    for files in ((results, [error]), ([error], results)):
        code, found, summary, _ = read(*files)
        assert (code, found, summary["repeated"]) == (0, rows, 1)
        assert summary["not_answered"] == {}


def test_answers_that_differ_are_no_vote_in_whatever_order(results, read):
    first = next(r for r in results if '"label": "soon"' in json.dumps(r).replace("\\", ""))
    other = json.loads(json.dumps(first).replace("soon", "normal"))
    rest = [r for r in results if r is not first]
    seen = []
    for three in set(permutations(("first", "other", "first"))):
        files = [[{"first": first, "other": other}[name]] for name in three]
        code, rows, summary, _ = read(rest, *files)
        assert (code, summary["conflicts"]) == (1, [first["custom_id"]])
        assert sum(v["why"] == "answers-differ" for row in rows for v in row["votes"]) == 1
        seen.append(rows)
    assert all(rows == seen[0] for rows in seen)


def test_lines_that_belong_nowhere_are_named_with_their_place(results, read, tmp_path):
    strange = tmp_path / "strange.jsonl"
    other = result("dq-000000000000-1-0", {})
    text = "\n".join(["{broken", json.dumps(other), "[]", json.dumps({"response": None})])
    strange.write_text(text, encoding="utf-8")
    code, rows, summary, said = read(results, strange)
    assert (code, summary["bad_lines"], len(rows)) == (1, 4, 2 * TICKETS)
    shown = said.splitlines()
    assert [line.partition(": ")[0] for line in shown] == [f"{strange}:{n}" for n in (1, 2, 3, 4)]
    assert "not in this batch" in shown[1]


def test_a_desk_that_asks_otherwise_by_now_can_not_read_the_answers(results, read, desk, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(desk, changed)
    prompt = changed / "prompts" / "labelers" / "urgency.md"
    prompt.write_text(URGENCY.replace("ask }}", "ask }} Think."), encoding="utf-8")
    code, _, _, said = read(results, at=changed)
    assert code == 2
    assert "the desk's prompts changed" in said


def test_policies_may_change_while_a_batch_is_under_way(results, read, desk, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(desk, changed)
    path = changed / "policies" / "goodwill.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("1500", "1400"), encoding="utf-8")
    assert read(results, at=changed)[:2] == read(results)[:2]


def test_a_folder_that_holds_something_is_not_written_to(batch, desk, tickets):
    before = {path: path.read_bytes() for path in batch.iterdir()}
    done = run("batch", "write", tickets, "--desk", desk, "--out", batch)
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert {path: path.read_bytes() for path in batch.iterdir()} == before


def test_a_question_that_no_model_is_asked_about_needs_no_batch(desk, tickets, tmp_path):
    options = ("--desk", desk, "--out", tmp_path / "b", "--question", "third_party")
    done = run("batch", "write", tickets, *options)
    assert done.returncode == 2
    assert "use `deskquorum backfill`" in done.stderr
    assert list(tmp_path.iterdir()) == []


async def test_in_a_backfill_each_worker_asks_the_model_and_rows_agree_with_the_batch(
    desk, tickets, results, read, tmp_path
):
    out = tmp_path / "live.jsonl"
    async with ScriptedModel(answer) as model:
        asked = [part for name in QUESTIONS for part in ("--question", name)]
        done = await asyncio.to_thread(
            run, "backfill", tickets, "--desk", desk, "--out", out, "--model-url", model.base_url,
            "--workers", "2", "--chunk-rows", "3", *asked,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert len(model.requests) == 2 * TICKETS
    assert lines(out) == (await elsewhere(read, results))[1]


async def test_a_backfill_whose_model_fails_keeps_every_row_and_counts_the_votes_lost(
    desk, tickets, tmp_path
):
    out = tmp_path / "live.jsonl"
    async with ScriptedModel(lambda _: status(401)) as model:
        done = await asyncio.to_thread(
            run, "backfill", tickets, "--desk", desk, "--out", out, "--model-url", model.base_url,
            "--workers", "1", "--question", "route", "--json",
        )  # fmt: skip
    assert json.loads(done.stdout)["failed_votes"] == {"route-model": TICKETS}
    assert len(lines(out)) == TICKETS
