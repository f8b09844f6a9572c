"""A desk from its first audited tickets to a certificate, and back to a person, as its user.

The tickets are made up so that the truth is known: each labeler reads a sentence of its own, and
that sentence says the wrong thing at the labeler's own rate.
"""

import asyncio
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deskquorum import Action, Route, load_desk
from deskquorum.formats import read_ticket
from deskquorum.judgement import judge
from deskquorum.testing import ScriptedModel, letters

pytestmark = pytest.mark.anyio

COMMAND = [str(Path(sys.executable).parent / "deskquorum")]
AUDITED = 400

ERR = {"subject": 0.12, "opening": 0.05, "closing": 0.08, "danger": 0.01, "signature": 0.02}
"""Labeler to how often its sentence says the wrong thing."""

SAYS = {
    "subject": {"thanks": "Great news today.", "request": "Something went badly."},
    "opening": {"thanks": "The repair works perfectly.", "request": "The repair broke again."},
    "closing": {"thanks": "Thanks a lot!", "request": "Please call back."},
    "danger": {"none": "Nobody was hurt.", "person": "It caught fire."},
    "signature": {"none": "Sent from home.", "person": "Sent from hospital."},
}
QUESTION = {
    "subject": "intent",
    "opening": "intent",
    "closing": "intent",
    "danger": "escalation",
    "signature": "escalation",
}

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
        + "".join(LABELER.format(name) for name in SAYS)
        + (PROMPT if with_model else ""),
        "policies/closing.yaml": POLICY,
        "policies/closing.cases.yaml": CASES,
        "policies/playbook.yaml": PLAYS,
    }
    for name, said in SAYS.items():
        (first, one), (second, other) = said.items()
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
        intent = "thanks" if chance.random() < 0.8 else "request"
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
