"""A bot's draft through a whole desk that asks a model about its claims."""

import json

import pytest

from deskquorum import Proposal, Route, load_desk
from deskquorum.judgement import judge
from deskquorum.testing import ScriptedModel, letters, says

pytestmark = pytest.mark.anyio

CHECKED = "reply_check: {model: small}\n"
DRAFT = "Nobody gets a gift card paid out in money, I am sorry."
YES = {
    "Does the claim follow": '{"label": "follows"}',
    "Does any clause say otherwise": '{"label": "no-conflict"}',
    "leave out a condition": '{"label": "complete"}',
    "for whom and for what": '{"label": "covered"}',
}


@pytest.fixture
def checking(folder):
    desk = folder / "policies" / "desk.yaml"
    desk.write_text(desk.read_text(encoding="utf-8") + CHECKED, encoding="utf-8")
    return folder


def on(quote):
    """A model that answers the verifiers' questions, and every other with its first letter."""

    def play(body):
        text = body["messages"][0]["content"]
        for mark, answer in YES.items():
            if mark in text:
                return says(answer)
        if "Which words of the clauses" in text:
            return says(json.dumps({"text": quote}))
        return letters({"A": 0.6, "B": 0.4})

    return ScriptedModel(play)


async def decided(folder, ticket, quote):
    async with on(quote) as model, load_desk(folder, model_url=model.base_url) as desk:
        decision = await desk.review(ticket("plain-01"), Proposal(source="bot", reply=DRAFT))
        return decision, desk.ledger.get(decision.id), desk.parts.rules


def clause_text(folder):
    clauses = load_desk(folder, models=False).parts.rules.book.clauses.values()
    return next(clause.text for clause in clauses if "gift card" in clause.text.lower())


async def test_the_votes_on_a_draft_are_evidence(checking, ticket):
    _, entry, _ = await decided(checking, ticket, clause_text(checking).split(".")[0])
    said = {vote.vote.labeler: vote.vote.label for vote in entry.evidence.claim_votes}
    assert said["check-entailed"] == "entailed"


async def test_a_decision_with_votes_on_its_draft_replays_without_a_model(checking, ticket):
    decision, entry, rules = await decided(checking, ticket, clause_text(checking).split(".")[0])
    again = judge(
        entry.evidence,
        rules,
        decision_id=decision.id,
        now=entry.decision.decided_at,
        saved_calls=entry.decision.saved_calls,
    )
    assert again.findings == entry.decision.findings


async def test_an_invented_quote_leaves_the_draft_to_a_person(checking, ticket):
    decision, _, _ = await decided(checking, ticket, "Gift cards are paid out in money at once.")
    assert decision.route is Route.HUMAN
    assert all(finding.verdict != "supported" for finding in decision.findings)


async def test_a_desk_that_asks_no_model_about_replies_gathers_no_votes(folder, ticket):
    _, entry, _ = await decided(folder, ticket, "anything")
    assert entry.evidence.claim_votes == ()


def test_a_model_that_is_not_declared_is_reported(folder):
    desk = folder / "policies" / "desk.yaml"
    desk.write_text(desk.read_text() + "reply_check: {model: smal}\n", encoding="utf-8")
    with pytest.raises(Exception, match="unknown model 'smal'; did you mean 'small'"):
        load_desk(folder)
