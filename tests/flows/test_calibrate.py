"""A desk from its first audited tickets to a certificate, and back to a person, as its user.

The tickets are made up so that the truth is known: each labeler reads a sentence of its own, and
that sentence says the wrong thing at the labeler's own rate.
"""

import asyncio
import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deskquorum import Action, Route, load_desk
from deskquorum.decision import sentence
from deskquorum.formats import read_ticket
from deskquorum.judgement import judge
from deskquorum.testing import ScriptedModel, letters

pytestmark = pytest.mark.anyio

COMMAND = [str(Path(sys.executable).parent / "deskquorum")]
AUDITED = 600

ERR = {
    "subject": 0.35,
    "opening": 0.1,
    "closing": 0.12,
    "model": 0.05,
    "danger": 0.02,
    "signature": 0.02,
}
"""Labeler to how often its sentence says the wrong thing."""

SAYS = {
    "subject": {"thanks": "Great news today.", "request": "Something went badly."},
    "opening": {"thanks": "The repair works perfectly.", "request": "The repair broke again."},
    "closing": {"thanks": "Thanks a lot!", "request": "Please call back."},
    "model": {"thanks": "You made my day.", "request": "You owe me one."},
    "danger": {"none": "Nobody was hurt.", "person": "It caught fire."},
    "signature": {"none": "Sent from home.", "person": "Sent from hospital."},
}
QUESTION = {
    "subject": "intent",
    "opening": "intent",
    "closing": "intent",
    "model": "intent",
    "danger": "escalation",
    "signature": "escalation",
}
WORD_LISTS = [name for name in SAYS if name != "model"]

DESK = """\
desk: workshop
version: "1"
languages: [en]
deadline_s: 20
models:
  small: {model: scripted, base_url: local}
questions:
  intent:
    ask: What does the customer want?
    labels: {thanks: "praise, nothing is asked", request: "something is asked"}
    labelers: [subject, opening, closing%(asked)s]
    quorum: 2
    settle_at: 0.5
  escalation:
    ask: Is there anything that only a person may handle?
    labels: {none: "nothing of the kind", person: "danger or injury"}
    labelers: [danger, signature]
labelers:
"""
LABELER = "  {0}: {{kind: rule, file: labelers/{0}.yaml, accuracy: 0.7}}\n"
PROMPT = "  model: {kind: prompt, prompt: classify, model: small, accuracy: 0.6}\n"
WORDS = """\
labeler: {0}
version: "1"
rules:
  - {{id: first, label: {1}, exact: ["{2}"]}}
  - {{id: second, label: {3}, exact: ["{4}"]}}
"""
POLICY = """\
policy: closing
version: "1"
clauses:
  - {id: T1, text: "A ticket of thanks is closed."}
actions:
  close_ticket:
    risk: close
    mode: auto
    autonomy: {max_error: 0.05, confidence: 0.95}
rules:
  - id: thanks-closed
    on: close_ticket
    effect: allow
    when: answer.intent == "thanks" && ticket.served_language
    cite: [T1]
    reason: nothing is asked
  - id: danger-to-person
    on: ticket
    effect: require_human
    when: answer.escalation != "none"
    reason: only a person handles danger
"""
CASES = """\
- name: a ticket of thanks is closed
  action: {name: close_ticket}
  answers: {intent: thanks, escalation: none}
  expect: allow
  because: thanks-closed
- name: danger goes to a person
  ticket: true
  answers: {escalation: person}
  expect: human
  because: danger-to-person
"""
PLAYS = """\
playbook: closing
version: "1"
plays:
  - {id: close-thanks, when: answer.intent == "thanks", action: {name: close_ticket}}
"""


def make_desk(folder, *, with_model=False):
    files = {
        "policies/desk.yaml": DESK % {"asked": ", model" if with_model else ""}
        + "".join(LABELER.format(name) for name in WORD_LISTS)
        + (PROMPT if with_model else ""),
        "policies/closing.yaml": POLICY,
        "policies/closing.cases.yaml": CASES,
        "policies/playbook.yaml": PLAYS,
    }
    for name in WORD_LISTS:
        (first, one), (second, other) = SAYS[name].items()
        files[f"labelers/{name}.yaml"] = WORDS.format(
            name, first, one.rstrip(".!").lower(), second, other.rstrip(".!").lower()
        )
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def made_ticket(name, *, intent="thanks", escalation="none", wrong=()):
    """A ticket whose sentences are true, but for those of the labelers named."""
    truth = {"intent": intent, "escalation": escalation}
    said = []
    for labeler, sentences in SAYS.items():
        true = truth[QUESTION[labeler]]
        other = next(label for label in sentences if label != true)
        said.append(sentences[other if labeler in wrong else true])
    message = {"role": "customer", "text": " ".join(said), "at": "2026-11-02T09:00:00Z"}
    return {"id": name, "language": "en", "messages": [message], **truth}


def made_tickets(size, *, seed=0, prefix="a", err=None):
    chance = random.Random(seed)  # noqa: S311 - made-up tickets
    rows = []
    for number in range(size):
        intent = "thanks" if chance.random() < 0.6 else "request"
        escalation = "person" if chance.random() < 0.06 else "none"
        wrong = [name for name, rate in (err or ERR).items() if chance.random() < rate]
        rows.append(
            made_ticket(f"{prefix}{number}", intent=intent, escalation=escalation, wrong=wrong)
        )
    return rows


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def run(*arguments):
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """A desk, and the run that calibrated it."""
    folder = make_desk(tmp_path_factory.mktemp("desk"))
    audited = write_rows(folder / "audited.jsonl", made_tickets(AUDITED))
    return folder, run("calibrate", audited, "--desk", folder, "--json")


@pytest.fixture
def folder(calibrated, tmp_path):
    """The calibrated desk, copied so that a story may spoil it."""
    target = tmp_path / "desk"
    shutil.copytree(calibrated[0], target, ignore=shutil.ignore_patterns("state"))
    return target


async def decided(folder, row, **how):
    async with load_desk(folder, **how) as desk:
        return await desk.decide(read_ticket(row))


def codes(decision):
    return [reason.code for reason in decision.reasons]


async def test_before_audits_a_person_sends_what_asks_for_a_certificate(tmp_path):
    decision = await decided(make_desk(tmp_path), made_ticket("t"))
    assert (decision.route, codes(decision)) == (Route.HUMAN, ["no-certificate", "rule"])
    assert not decision.answers["intent"].calibrated


async def test_after_audits_the_same_ticket_goes_by_itself_and_cites_the_certificate(folder):
    decision = await decided(folder, made_ticket("t"))
    assert (decision.route, decision.action) == (Route.AUTO, Action(name="close_ticket"))
    assert codes(decision) == ["rule", "certified"]
    assert decision.answers["intent"].calibrated


def test_calibrating_measures_every_labeler_close_to_its_real_rate(calibrated):
    _, done = calibrated
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)["questions"]
    for name in WORD_LISTS:
        found = measured[QUESTION[name]]["labelers"][name]
        assert found["of"] == AUDITED // 2
        assert abs(found["right"] / found["of"] - (1 - ERR[name])) < 0.08, name


def test_calibrating_writes_models_certificates_and_an_empty_list_of_alarms(calibrated):
    folder, done = calibrated
    certificate = json.loads(done.stdout)["certificates"]["close_ticket"]
    learned = folder / "learned"
    written = {
        path.relative_to(learned).as_posix(): json.loads(path.read_text())
        for path in learned.rglob("*.json")
    }
    assert written.keys() == {
        "intent.model.json",
        "escalation.model.json",
        "certificates.json",
        "alarms.json",
        "reference.json",
    }
    kept = written["certificates.json"]["certificates"][0]
    assert (kept["action"], kept["questions"]) == ("close_ticket", ["intent", "escalation"])
    assert kept["threshold"] == certificate["threshold"]
    assert certificate["upper_bound"] <= 0.05
    assert written["alarms.json"]["alarms"] == []
    assert written["reference.json"]["texts"] == AUDITED
    mix = written["intent.model.json"]["named"]
    assert sum(mix.values()) == AUDITED
    assert mix["thanks"] > mix["request"]


async def test_what_goes_by_itself_is_wrong_no_more_often_than_certified(folder):
    fresh = made_tickets(600, seed=1, prefix="fresh")
    wrong = []
    async with load_desk(folder) as desk:
        for row in fresh:
            decision = await desk.decide(read_ticket(row))
            if decision.route is Route.AUTO:
                wrong.append((row["intent"], row["escalation"]) != ("thanks", "none"))
    assert len(wrong) > 200
    assert sum(wrong) / len(wrong) <= 0.05


async def test_explain_tells_each_weight_and_why_and_the_certificate_in_words(folder):
    await decided(folder, made_ticket("t", wrong=["subject"]))
    done = run("explain", "t", "--desk", folder)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    rights = json.loads((folder / "learned" / "intent.model.json").read_text())["rights"]
    assert rights.keys() == {"subject", "opening", "closing"}
    for name, (right, of) in rights.items():
        weight = rf"{name} said \w+ because of \w+ \(odds x[\d.]+; right on {right} of {of} audited"
        assert re.search(weight, told), (weight, told)
    assert re.search(
        r"close_ticket is certified: wrong in at most 5\.0% of decisions, with confidence 95%, "
        r"where the answers it rests on are 0\.\d{3} probable or more \(here 0\.\d{3}; "
        r"\d+ of \d+ audited were wrong, bound \d\.\d%, until \d{4}-\d\d-\d\d\)",
        told,
    )


async def test_a_labeler_that_is_right_more_often_weighs_more(folder):
    decision = await decided(folder, made_ticket("t"))
    odds = {weight.labeler: weight.odds for weight in decision.answers["intent"].weights}
    assert 1 < odds["subject"] < min(odds["closing"], odds["opening"])


def expire(folder):
    change(folder / "learned" / "certificates.json", '"expires_at": "20', '"expires_at": "19')


def edit_model(folder):
    change(folder / "learned" / "intent.model.json", '"audited": 300', '"audited": 301')


def remove_model(folder):
    (folder / "learned" / "escalation.model.json").unlink()


def ask_for_more(folder):
    change(folder / "policies" / "closing.yaml", "max_error: 0.05", "max_error: 0.01")


def raise_alarm(folder):
    alarms = {"format": "deskquorum alarms 1", "alarms": {"intent": "they differ all the time"}}
    (folder / "learned" / "alarms.json").write_text(json.dumps(alarms))


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        pytest.param(expire, "certificate-expired", "ended on 19", id="expired"),
        pytest.param(edit_model, "certificate-void", "calibrate again", id="model-edited-by-hand"),
        pytest.param(remove_model, "certificate-void", "calibrate again", id="model-removed"),
        pytest.param(
            ask_for_more,
            "certificate-weaker",
            "an error of 0.05 at 0.95, and policy asks for 0.01 at 0.95",
            id="policy-asks-for-more",
        ),
        pytest.param(
            raise_alarm,
            "drift",
            "intent no longer behave as measured (they differ all the time)",
            id="drift",
        ),
    ],
)
async def test_what_no_longer_holds_gives_the_ticket_to_a_person_and_says_why(
    folder, spoil, code, words
):
    spoil(folder)
    decision = await decided(folder, made_ticket("t"))
    assert decision.route is Route.HUMAN
    assert decision.reasons[0].code == code
    assert words in sentence(decision.reasons[0])


async def test_below_the_certified_probability_a_person_sends_it(folder):
    decision = await decided(folder, made_ticket("t", wrong=["opening"]))
    assert decision.answers["intent"].label == "thanks"
    assert (decision.route, codes(decision)) == (Route.HUMAN, ["below-threshold", "rule"])
    assert "is certified from probability 0." in sentence(decision.reasons[0])


async def test_calibrating_again_ends_a_drift_alarm(folder):
    raise_alarm(folder)
    done = run("calibrate", folder / "audited.jsonl", "--desk", folder)
    assert done.returncode == 0, done.stderr
    assert (await decided(folder, made_ticket("t"))).route is Route.AUTO


async def test_a_recorded_decision_replays_to_an_equal_decision(folder):
    rows = made_tickets(40, seed=2, prefix="replay")
    rules = load_desk(folder).parts.rules
    async with load_desk(folder) as desk:
        made = [await desk.decide(read_ticket(row)) for row in rows]
        for decision in made:
            entry = desk.ledger.get(decision.id)
            again = judge(
                entry.evidence,
                rules,
                decision_id=decision.id,
                now=entry.decision.decided_at,
                saved_calls=entry.decision.saved_calls,
            )
            assert again == entry.decision
    assert {decision.route for decision in made} == {Route.AUTO, Route.HUMAN}


def answer(body):
    """The scripted model's letter; A stands for the label `thanks`."""
    praised = SAYS["model"]["thanks"] in body["messages"][-1]["content"]
    return letters({"A": 0.9, "B": 0.1} if praised else {"A": 0.1, "B": 0.9})


async def test_a_model_whose_vote_could_change_nothing_is_not_asked(tmp_path):
    folder = make_desk(tmp_path / "desk", with_model=True)
    audited = write_rows(folder / "audited.jsonl", made_tickets(300))
    async with ScriptedModel(answer) as model:
        calibrating = ("calibrate", audited, "--desk", folder, "--model-url", model.base_url)
        done = await asyncio.to_thread(run, *calibrating)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(model.requests) == 300
        clear = await decided(folder, made_ticket("clear"), model_url=model.base_url)
        assert len(model.requests) == 300
        disputed = made_ticket("disputed", wrong=["opening"])
        unclear = await decided(folder, disputed, model_url=model.base_url)
        assert len(model.requests) == 301
    assert (clear.route, clear.saved_calls) == (Route.AUTO, 1)
    assert unclear.saved_calls == 0


def test_a_dry_run_certifies_the_same_and_writes_nothing(calibrated, tmp_path):
    folder, done = calibrated
    fresh = make_desk(tmp_path)
    dry = run("calibrate", folder / "audited.jsonl", "--desk", fresh, "--json", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    found, written = (json.loads(text)["certificates"] for text in (dry.stdout, done.stdout))
    counted = ("n", "errors", "audited")
    assert [found["close_ticket"][k] for k in counted] == [
        written["close_ticket"][k] for k in counted
    ]
    assert not (fresh / "learned").exists()


def test_labelers_at_chance_are_not_certified(tmp_path):
    folder = make_desk(tmp_path)
    chance = dict.fromkeys(ERR, 0.5)
    audited = write_rows(folder / "audited.jsonl", made_tickets(300, err=chance))
    done = run("calibrate", audited, "--desk", folder)
    assert done.returncode == 1, done.stderr
    assert "close_ticket: not certified" in done.stdout
    written = json.loads((folder / "learned" / "certificates.json").read_text())
    assert written["certificates"] == []
    assert asyncio.run(decided(folder, made_ticket("t"))).route is Route.HUMAN


def test_every_bad_row_is_named_at_once_and_nothing_is_written(tmp_path):
    folder = make_desk(tmp_path)
    rows = [
        json.dumps(made_ticket("a")),
        json.dumps(made_ticket("b", intent="request") | {"intent": "complaint"}),
        "{not json",
        json.dumps(made_ticket("a")),
        json.dumps({"id": "c", "intent": "thanks"}),
        json.dumps(made_ticket("d") | {"escalation": 1}),
    ]
    audited = tmp_path / "audited.jsonl"
    audited.write_text("\n".join(rows), encoding="utf-8")
    done = run("calibrate", audited, "--desk", folder)
    assert done.returncode == 2
    said = done.stderr.replace(str(audited), "audited.jsonl").splitlines()
    intent = "its labels are thanks, request; leave out what is unknown"
    escalation = "its labels are none, person; leave out what is unknown"
    assert said == [
        f"audited.jsonl:2: intent: 'complaint' is no label of this question; {intent}",
        "audited.jsonl:3: not JSON at column 2; write one object a line",
        "audited.jsonl:4: id 'a' stands in an earlier row too",
        "audited.jsonl:5: field 'text' or 'messages' is missing",
        f"audited.jsonl:6: escalation: 1 is no label of this question; {escalation}",
    ]
    assert not (folder / "learned").exists()
