"""Starts what a loaded desk needs: chat models, the labelers that ask them, fact sources."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from deskquorum.asking import labelers_to_ask
from deskquorum.assembly import Parts
from deskquorum.execution import ActionPort
from deskquorum.execution_setup import open_ports
from deskquorum.facts import ClosedSource, FactSource, open_sources
from deskquorum.labeling import Labeler, PromptLabeler, load_embedder
from deskquorum.llm import (
    ChatModel,
    Endpoints,
    FallbackChat,
    Price,
    StandIn,
    TracedChat,
    local_model,
    open_chat_model,
    why_no_local_model,
)
from deskquorum.policy import ModelSpec, NearestSpec
from deskquorum.sourcing import FactReader
from deskquorum.verifying import Verifier

__all__ = ["Opened", "open_model", "open_parts"]

Lend = Callable[[ModelSpec], AbstractAsyncContextManager[ChatModel | None]]

_NOT_UP = "its server did not come up"

LOCAL = "local"
"""The `base_url` of a model that means: the packaged small model, served on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The labelers that could be started, the desk's own systems, and what is done without."""

    labelers: tuple[Labeler, ...]
    first: Collection[str]
    """Ids of those to ask while nobody has voted yet, the same for every ticket."""
    reader: FactReader
    notices: tuple[str, ...]
    verifier: Verifier | None = None
    ports: Mapping[str, ActionPort] = field(default_factory=dict)
    """Action to what carries it out."""


async def open_parts(
    parts: Parts,
    stack: AsyncExitStack,
    *,
    lend: Lend,
    keys: Mapping[str, str] | None = None,
    given: tuple[FactSource, ...] = (),
    actions: Mapping[str, ActionPort] | None = None,
) -> Opened:
    """Start what prompt labelers, verifiers and fact sources need; `stack` gives it back.

    Args:
        parts: The loaded desk.
        stack: Holds what was borrowed or opened.
        lend: Lends the chat model of a declaration, None where it can't be started.
        keys: Secrets by the names that `desk.yaml` gives them, such as `os.environ`.
        given: The host's own fact sources.
        actions: The host's own functions that carry actions out.
    """
    chats: dict[str, ChatModel] = {}
    notices: list[str] = []
    specs = parts.desk.labelers.values()
    if load_embedder() is None and any(isinstance(spec, NearestSpec) for spec in specs):
        notices.append("nearest labelers are left out: the package wordllama is not installed")
    for name in sorted(_models_asked(parts)):
        chat = await stack.enter_async_context(lend(parts.desk.models[name]))
        if chat is None:
            notices.append(f"model '{name}' is left out: {why_no_local_model() or _NOT_UP}")
        else:
            chats[name] = chat
    chats = {name: _with_stand_ins(parts.desk.models, name, chats) for name in chats}
    asking = tuple(
        PromptLabeler(
            spec.id,
            question=parts.desk.questions[spec.question],
            prompt=parts.prompts[spec.prompt],
            chat=chats[spec.model],
            model=parts.desk.models[spec.model].model,
            wave=spec.wave,
            family=spec.family,
        )
        for spec in parts.prompt_specs
        if spec.model in chats
    )
    sources = await open_sources(parts.desk.sources.values(), keys=keys or {}, stack=stack)
    closed = [source for source in sources if isinstance(source, ClosedSource)]
    notices += [f"source '{source.name}' can't be read ({source.why})" for source in closed]
    if parts.desk.execution and not parts.executed:
        notices.append("actions are left to the host: it gave no key to keep their values under")
    labelers = (*parts.labelers, *asking)
    return Opened(
        labelers=labelers,
        first=labelers_to_ask(parts.rules, (), labelers),
        reader=_reader(parts, (*sources, *given)),
        notices=tuple(notices),
        verifier=_verifier(parts, chats),
        ports=await open_ports(
            parts.desk.execution.values(), keys=keys or {}, stack=stack, given=actions or {}
        ),
    )


@asynccontextmanager
async def open_model(
    model: ModelSpec,
    *,
    model_url: str | None = None,
    keys: Mapping[str, str] | None = None,
    endpoints: Endpoints,
    chats: Mapping[str, ChatModel] | None = None,
) -> AsyncIterator[ChatModel | None]:
    """The chat model of a declaration; None where the packaged one can't be started.

    Args:
        model: The declaration.
        model_url: Base URL for models that `desk.yaml` calls `local`.
        keys: API keys by the names that `desk.yaml` gives them, such as `os.environ`.
        endpoints: What models at one address share.
        chats: The host's own, by the id of the model in whose place they are asked.
    """
    if chats is not None and model.id in chats:
        yield TracedChat(chats[model.id])
        return
    async with AsyncExitStack() as stack:
        url = model.base_url if model.base_url != LOCAL else model_url
        # A server of our own gets another port each time that it starts.
        endpoint = endpoints.at(url or LOCAL)
        if url is None:
            url = await stack.enter_async_context(local_model())
        if url is None:
            yield None
            return
        chat = await stack.enter_async_context(
            open_chat_model(
                url,
                api_key=(keys or {}).get(model.api_key_env or ""),
                timeout_s=model.timeout_s,
                max_concurrency=model.max_concurrency,
                price=_price(model),
                endpoint=endpoint,
            )
        )
        yield TracedChat(chat)


def _price(model: ModelSpec) -> Price | None:
    if model.price is None:
        return None
    return Price(
        prompt_per_million=model.price.prompt_per_million,
        completion_per_million=model.price.completion_per_million,
    )


def _with_stand_ins(
    models: Mapping[str, ModelSpec], name: str, chats: Mapping[str, ChatModel]
) -> ChatModel:
    stand_ins = {
        other: StandIn(chat=chats[other], model=models[other].model)
        for other in models[name].fallback
        if other in chats
    }
    return FallbackChat(chats[name], stand_ins) if stand_ins else chats[name]


def _models_asked(parts: Parts) -> set[str]:
    asked = {spec.model for spec in parts.prompt_specs}
    if parts.checks is not None and parts.desk.reply_check is not None:
        asked.add(parts.desk.reply_check.model)
    return asked.union(*(parts.desk.models[name].fallback for name in asked))


def _reader(parts: Parts, sources: tuple[FactSource, ...]) -> FactReader:
    return FactReader(
        book=parts.rules.book, desk=parts.desk, facts_read=parts.facts_read, sources=sources
    )


def _verifier(parts: Parts, chats: Mapping[str, ChatModel]) -> Verifier | None:
    spec = parts.desk.reply_check
    if parts.checks is None or spec is None or spec.model not in chats:
        return None
    return Verifier(
        checks=parts.checks,
        chat=chats[spec.model],
        model=parts.desk.models[spec.model].model,
        accuracy=spec.accuracy,
        calls=spec.calls,
    )
