from dataclasses import replace
from decimal import Decimal

import pytest

from deskquorum.domain import Deadline, Question, VoteStatus
from deskquorum.errors import PromptFileError
from deskquorum.labeling.prompt import PromptLabeler
from deskquorum.llm import Price, load_prompts, open_chat_model
from deskquorum.testing import (
    ScriptedModel,
    html,
    letters,
    make_redacted_ticket,
    refusal,
    says,
    status,
    truncated,
)

pytestmark = pytest.mark.anyio

_QUESTION = Question(
    id="route",
    ask="Which team?",
    labels={"billing": "charges", "shipping": "parcels"},
    labelers=("small",),
)
_BODY = """{{ question.ask }}
{% for label in labels %}
{{ label.letter }}: {{ label.name }}
{% endfor %}
=== user ===
{{ fence }}
{{ ticket.text }}
{{ fence }}
"""


@pytest.fixture
def prompts(tmp_path):
    for read in ("logprobs", "schema"):
        header = f'id: {read}\nversion: "1"\nread: {read}\n'
        (tmp_path / f"{read}.md").write_text(f"---\n{header}---\n{_BODY}", encoding="utf-8")
    return load_prompts([tmp_path])


async def _vote(prompt, play, *, text="Where is my parcel?", price=None, **more):
    async with (
        ScriptedModel([play]) as model,
        open_chat_model(model.base_url, timeout_s=0.5, tries=1, price=price) as chat,
    ):
        labeler = _labeler(prompt, chat, **more)
        vote = await labeler.vote(make_redacted_ticket(text), deadline=Deadline.after(2))
    return vote, model


def _labeler(prompt, chat=None, **more):
    parts = {"id": "small", "question": _QUESTION, "prompt": prompt, "chat": chat, "model": "m"}
    return PromptLabeler(**{**parts, **more})


async def test_a_vote_carries_its_distribution_and_where_it_comes_from(prompts):
    vote, _ = await _vote(prompts["logprobs"], letters({"B": 0.6, "A": 0.2, "The": 0.2}))
    assert (vote.question, vote.labeler, vote.label) == ("route", "small", "shipping")
    assert vote.distribution == pytest.approx({"shipping": 0.75, "billing": 0.25})
    assert (vote.model, vote.family) == ("scripted", "m")
    assert vote.prompt_hash == prompts["logprobs"].hash


async def test_a_vote_is_read_by_schema(prompts):
    vote, model = await _vote(prompts["schema"], says('{"label": "billing"}'))
    assert (vote.status, vote.label) == (VoteStatus.CAST, "billing")
    assert model.bodies[0]["response_format"]["type"] == "json_schema"


async def test_the_ticket_stands_between_fresh_fences(prompts):
    _, model = await _vote(prompts["logprobs"], letters({"A": 1.0}), fence=lambda: "F-7")
    assert model.bodies[0]["messages"][1]["content"] == "F-7\nWhere is my parcel?\nF-7"


async def test_a_vote_costs_what_its_tokens_cost(prompts):
    price = Price(prompt_per_million=Decimal(2), completion_per_million=Decimal(8))
    answer = says('{"label": "billing"}', prompt_tokens=1000, completion_tokens=10)
    vote, _ = await _vote(prompts["schema"], answer, price=price)
    assert vote.cost == Decimal("0.00208")


@pytest.mark.parametrize(
    ("read", "play", "outcome", "why"),
    [
        pytest.param("logprobs", letters({"The": 1.0}), "abstained", "off-menu", id="prose"),
        pytest.param("logprobs", says("A"), "failed", "no-logprobs", id="no-logprobs"),
        pytest.param(
            "schema", says('{"label": "abstain"}'), "abstained", "model-abstained", id="unsure"
        ),
        pytest.param(
            "schema", says('{"label": "refunds"}'), "failed", "unknown-label", id="unknown-label"
        ),
        pytest.param("schema", says("billing"), "failed", "garbage", id="bare-word"),
        pytest.param("schema", truncated(), "failed", "truncated", id="cut-off"),
        pytest.param("schema", refusal(), "failed", "refused", id="refusal"),
        pytest.param("schema", html(), "failed", "garbage", id="proxy-page"),
        pytest.param("schema", status(500), "failed", "server-error", id="server-error"),
    ],
)
async def test_what_is_no_label_of_the_menu_is_no_vote(prompts, read, play, outcome, why):
    vote, _ = await _vote(prompts[read], play)
    assert (vote.status, vote.label, vote.why) == (outcome, None, why)


async def test_a_prompt_that_fails_on_a_ticket_loses_the_vote_and_asks_nobody(tmp_path):
    fails = "{% if ticket.text == 'odd' %}{{ 1 / 0 }}{% endif %}"
    text = f'---\nid: p\nversion: "1"\nread: schema\n---\n{_BODY}{fails}'
    (tmp_path / "p.md").write_text(text, encoding="utf-8")
    labeler = _labeler(load_prompts([tmp_path])["p"])
    vote = await labeler.vote(make_redacted_ticket("odd"), deadline=Deadline.after(2))
    assert (vote.status, vote.why) == (VoteStatus.FAILED, "prompt")


def _labels(count):
    return {f"label-{n}": "x" for n in range(count)}


@pytest.mark.parametrize(
    ("read", "changes", "message"),
    [
        pytest.param(
            "logprobs",
            {"labels": _labels(21)},
            "'route' has 21 labels, read by logprobs 20 at most",
            id="too-many-for-letters",
        ),
        pytest.param(
            "schema",
            {"labels": _labels(101)},
            "'route' has 101 labels, read by schema 100 at most",
            id="too-many-for-a-schema",
        ),
        pytest.param(
            "schema",
            {"labels": {"abstain": "", "x": ""}},
            "'route' has a label 'abstain', which models answer when unsure",
            id="reserved-label",
        ),
    ],
)
def test_a_question_that_the_prompt_can_not_ask_is_refused(prompts, read, changes, message):
    with pytest.raises(PromptFileError, match=message):
        _labeler(prompts[read], question=replace(_QUESTION, **changes))


def test_a_prompt_written_for_another_question_is_refused(prompts):
    with pytest.raises(PromptFileError, match="asks 'priority', not 'route'"):
        _labeler(replace(prompts["schema"], question="priority"))


def test_a_labeler_without_any_model_is_refused(prompts):
    with pytest.raises(PromptFileError, match="names no model"):
        _labeler(prompts["schema"], model=None)


def test_the_prompts_own_model_serves_when_the_labeler_names_none(prompts):
    assert _labeler(replace(prompts["schema"], model="own"), model=None).model == "own"
