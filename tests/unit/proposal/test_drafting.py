"""What a play's reply quotes: its own clauses, else those of the rules that allow or deny."""

import pytest

from deskquorum.domain import Action, Effect, Facts, Proposal, Ruling
from deskquorum.policy import load_policies
from deskquorum.proposal import draft_reply, load_playbook

TOPIC = """\
policy: credits
version: "1"
facts: {line.down: bool}
clauses:
  - {id: C1, text: A credit of 5.00.}
  - {id: C2, text: No credit.}
actions: {credit: {risk: none}}
rules:
  - {id: down, on: credit, effect: allow, when: line.down, cite: [C1], reason: down}
"""
PLAYBOOK = """\
playbook: credits
version: "1"
plays:
  - {id: credit, when: line.down, action: {name: credit}, reply: quote, decline: quote}
  - {id: other, when: line.down, action: {name: credit}, reply: quote, cite: [C2]}
"""
REPLY = '---\nid: quote\nversion: "1"\n---\nHello. {% for text in cited %}{{ text }}{% endfor %}'


@pytest.fixture
def drafted(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "replies").mkdir()
    (tmp_path / "policies" / "credits.yaml").write_text(TOPIC, encoding="utf-8")
    (tmp_path / "policies" / "playbook.yaml").write_text(PLAYBOOK, encoding="utf-8")
    (tmp_path / "replies" / "quote.md").write_text(REPLY, encoding="utf-8")
    book = load_policies(tmp_path / "policies")
    playbook = load_playbook(
        tmp_path / "policies" / "playbook.yaml", book=book, reply_folders=[tmp_path / "replies"]
    )

    def draft(play, effect, *clauses):
        proposal = Proposal(source="playbook", action=Action(name="credit"), play=play)
        ruling = Ruling(action="credit", effect=effect, clauses=clauses)
        return draft_reply(playbook, book, proposal, ruling, Facts(values={}))

    return draft


@pytest.mark.parametrize(
    ("play", "effect", "clauses", "reply"),
    [
        pytest.param("credit", Effect.ALLOW, ["C1"], "Hello. A credit of 5.00.", id="allowed"),
        pytest.param("credit", Effect.DENY, ["C2"], "Hello. No credit.", id="declined"),
        pytest.param("other", Effect.ALLOW, ["C1"], "Hello. No credit.", id="the-play-s-own"),
        pytest.param("credit", Effect.HUMAN, ["C1"], "Hello.", id="not-decided-yet"),
    ],
)
def test_a_reply_quotes_what_decided(drafted, play, effect, clauses, reply):
    assert drafted(play, effect, *clauses) == reply
