import json

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from deskquorum import load_desk
from deskquorum.adapters.langchain import LangChainChat
from deskquorum.domain import Deadline
from deskquorum.llm import ChatFailure, ChatMessage, ChatRequest, FailureKind
from deskquorum.testing import make_ticket

pytestmark = pytest.mark.anyio

PROMPT = """---
id: steering
version: "1"
question: injection_attempt
read: schema
---
{{ question.ask }} Answer with JSON.
{% for label in labels %}
{{ label.name }}: {{ label.description }}
{% endfor %}
=== user ===
{{ fence }}
{{ ticket.text }}
{{ fence }}
"""


class Broken(GenericFakeChatModel):
    def _generate(self, *_args, **_kwargs):
        raise PermissionError("the provider says no")


def answering(*texts):
    return LangChainChat(GenericFakeChatModel(messages=iter([AIMessage(t) for t in texts])))


def asking(**more):
    messages = (ChatMessage(role="user", content="?"),)
    return ChatRequest(model="m", messages=messages, max_tokens=9, **more)


async def test_a_labeler_is_answered_by_a_langchain_model(folder):
    desk_file = folder / "policies" / "desk.yaml"
    text = desk_file.read_text(encoding="utf-8")
    text = text.replace(
        "injection-words: {kind: rule, file: labelers/injection.rules.yaml, accuracy: 0.9}",
        "injection-words: {kind: prompt, prompt: steering, model: small, accuracy: 0.9}",
    )
    desk_file.write_text(
        text + "\nmodels:\n  small: {model: any, base_url: 'http://127.0.0.1:9/v1'}\n",
        encoding="utf-8",
    )
    prompts = folder / "prompts" / "labelers"
    prompts.mkdir(parents=True)
    (prompts / "steering.md").write_text(PROMPT, encoding="utf-8")
    said = json.dumps({"label": "yes"})
    async with load_desk(folder, chats={"small": answering(said)}) as desk:
        labeled = await desk.label(make_ticket("Hello"), "injection_attempt")
    assert labeled.answer.label == "yes"


@pytest.mark.parametrize(
    ("chat", "request_", "kind"),
    [
        pytest.param(
            LangChainChat(Broken(messages=iter([]))), asking(), "SERVER_ERROR", id="it-raises"
        ),
        pytest.param(answering(" "), asking(), "EMPTY", id="it-says-nothing"),
        pytest.param(answering("A"), asking(top_logprobs=5), "BAD_REQUEST", id="no-probabilities"),
    ],
)
async def test_what_is_no_answer_is_a_failure(chat, request_, kind):
    outcome = await chat.complete(request_, deadline=Deadline.after(5))
    assert isinstance(outcome, ChatFailure)
    assert outcome.kind is FailureKind[kind]
