"""Talking to chat models: redacted messages go in, answers or kinds of failure come out."""

from deskquorum.llm.answers import ABSTAIN, MAX_LABELS, Reading, ask_for_label, read_label
from deskquorum.llm.breaker import BreakerState
from deskquorum.llm.chat import (
    ChatFailure,
    ChatMessage,
    ChatModel,
    ChatReply,
    ChatRequest,
    FailureKind,
    Price,
)
from deskquorum.llm.endpoints import Endpoint, Endpoints, EndpointState
from deskquorum.llm.fallback import FallbackChat, StandIn
from deskquorum.llm.local import LOCAL_MODEL, local_model, why_no_local_model
from deskquorum.llm.notices import model_notices
from deskquorum.llm.openai_chat import OpenAIChat, open_chat_model, request_body
from deskquorum.llm.prompt_bodies import Example
from deskquorum.llm.prompts import Prompt, load_prompts
from deskquorum.llm.quoting import new_fence
from deskquorum.llm.retrying import RetryingChat
from deskquorum.llm.spending import Purse, Spending, SpendInMemory, SpendStore
from deskquorum.llm.traced import TracedChat

__all__ = [
    "ABSTAIN",
    "LOCAL_MODEL",
    "MAX_LABELS",
    "BreakerState",
    "ChatFailure",
    "ChatMessage",
    "ChatModel",
    "ChatReply",
    "ChatRequest",
    "Endpoint",
    "EndpointState",
    "Endpoints",
    "Example",
    "FailureKind",
    "FallbackChat",
    "OpenAIChat",
    "Price",
    "Prompt",
    "Purse",
    "Reading",
    "RetryingChat",
    "SpendInMemory",
    "SpendStore",
    "Spending",
    "StandIn",
    "TracedChat",
    "ask_for_label",
    "load_prompts",
    "local_model",
    "model_notices",
    "new_fence",
    "open_chat_model",
    "read_label",
    "request_body",
    "why_no_local_model",
]
