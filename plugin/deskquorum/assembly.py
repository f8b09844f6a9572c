"""Puts a desk together from its files: everything is loaded, or every problem is reported."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from deskquorum.errors import ConfigError, PolicyFileError, Problem
from deskquorum.facts import ClosedSource, FactSource, open_sources, unset_variables
from deskquorum.grounding import index_clauses
from deskquorum.judgement import Rulebook, relied_on
from deskquorum.labeling import (
    Embedder,
    Labeler,
    NearestLabeler,
    PromptLabeler,
    RuleLabeler,
    load_embedder,
)
from deskquorum.labeling.prompt import prompt_misfits
from deskquorum.ledger import Ledger, is_database_url, open_ledger
from deskquorum.llm import (
    ChatModel,
    Prompt,
    load_prompts,
    local_model,
    open_chat_model,
    why_no_local_model,
)
from deskquorum.pack import starter_pack
from deskquorum.policy import (
    DeskFile,
    ModelSpec,
    NearestSpec,
    PolicyBook,
    PromptSpec,
    RuleSpec,
    load_desk_file,
    load_policies,
)
from deskquorum.proposal import Playbook, load_playbook
from deskquorum.reconciliation import Learned, read_learned
from deskquorum.redaction import Redactor
from deskquorum.sourcing import FactReader, facts_read

__all__ = [
    "Opened",
    "Parts",
    "ledger_of",
    "load_parts",
    "open_model",
    "open_parts",
]

_T = TypeVar("_T")

Lend = Callable[[ModelSpec], AbstractAsyncContextManager[ChatModel | None]]

_NOT_UP = "its server did not come up"

LOCAL = "local"
"""The `base_url` of a model that means: the packaged small model, served on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A loaded desk: what ops wrote, the rooms that read it, and where it records."""

    desk: DeskFile
    rules: Rulebook
    redactor: Redactor
    labelers: tuple[Labeler, ...]
    """Those that need no model, ready to vote."""
    prompts: Mapping[str, Prompt]
    prompt_specs: tuple[PromptSpec, ...]
    facts_read: Mapping[str, frozenset[str]]
    """Action to the facts that ruling on it can read."""
    ledger: Ledger
    ledger_place: Path | str
    """The file, or the URL of a database."""
    learned_path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The labelers that could be started, the desk's own systems, and what is done without."""

    labelers: tuple[Labeler, ...]
    reader: FactReader
    notices: tuple[str, ...]


def load_parts(
    folder: Path,
    *,
    models: bool = True,
    ledger: str | Path | None = None,
    keys: Mapping[str, str] | None = None,
) -> Parts:
    """Read every file of a desk folder.

    Args:
        folder: The desk folder.
        models: False leaves prompt labelers out.
        ledger: Where to record instead of the file that `desk.yaml` names.
        keys: What is set in the environment; given, what sources lack there is a problem.

    Raises:
        ConfigError: Carries the problems of all files together.
    """
    problems: list[Problem] = []
    path = folder / "policies" / "desk.yaml"
    if not path.is_file():
        raise PolicyFileError([_no_desk(path)])
    book = _collect(problems, lambda: load_policies(folder / "policies"))
    prompts = _collect(problems, lambda: load_prompts(_prompt_folders(folder, "labelers")))
    playbook = _collect(
        problems,
        lambda: load_playbook(
            folder / "policies" / "playbook.yaml",
            book=book,
            reply_folders=_prompt_folders(folder, "replies"),
        ),
    )
    # With faulty policies the word lists and prompts that the desk names are checked all the same.
    desk = load_desk_file(path, []) if book is None else book.desk
    if desk is None:
        raise ConfigError(problems)
    embedder = load_embedder()
    labelers = _labelers(desk, embedder, problems)
    specs = [spec for spec in desk.labelers.values() if isinstance(spec, PromptSpec)]
    if prompts is not None:
        problems += _misfits(specs, prompts, desk)
    if keys is not None:
        problems += unset_variables(desk.sources.values(), keys, path=desk.path)
    learned_path = folder / desk.learned
    learned = _collect(problems, lambda: read_learned(learned_path, desk.questions))
    if problems or learned is None or book is None or playbook is None or prompts is None:
        raise ConfigError(problems)
    ledger_place = _ledger_place(ledger or desk.ledger, folder if ledger is None else Path())
    return Parts(
        desk=desk,
        rules=_rulebook(book, desk, playbook, learned, embedder),
        learned_path=learned_path,
        redactor=Redactor(served_languages=desk.languages, keep=(desk.desk,)),
        labelers=labelers,
        prompts=prompts,
        prompt_specs=tuple(specs) if models else (),
        facts_read=facts_read(book, playbook),
        ledger=open_ledger(ledger_place),
        ledger_place=ledger_place,
    )


def _versions(book: PolicyBook, playbook: Playbook, learned: Learned) -> Mapping[str, str]:
    found = {f"policy.{name}": version for name, version in book.versions.items()}
    found |= {"learned": learned.hash, "playbook_hash": playbook.hash}
    if book.desk is not None:
        found["desk"] = book.desk.version
    if playbook.version:
        found["playbook"] = playbook.version
    return found


def ledger_of(folder: Path, ledger: str | Path | None = None) -> Ledger:
    """The ledger alone, of a desk whose other files may be faulty.

    Raises:
        ConfigError: `desk.yaml` can't be read, and no ledger is named.
    """
    if ledger is not None:
        return open_ledger(_ledger_place(ledger, Path()))
    path, problems = folder / "policies" / "desk.yaml", list[Problem]()
    if not path.is_file():
        raise PolicyFileError([_no_desk(path)])
    desk = load_desk_file(path, problems)
    if desk is None:
        raise ConfigError(problems)
    return open_ledger(_ledger_place(desk.ledger, folder))


async def open_parts(
    parts: Parts,
    stack: AsyncExitStack,
    *,
    lend: Lend,
    keys: Mapping[str, str] | None = None,
    given: tuple[FactSource, ...] = (),
) -> Opened:
    """Start what prompt labelers and fact sources need; `stack` gives it back.

    Args:
        parts: The loaded desk.
        stack: Holds what was borrowed or opened.
        lend: Lends the chat model of a declaration, None where it can't be started.
        keys: Secrets by the names that `desk.yaml` gives them, such as `os.environ`.
        given: The host's own fact sources.
    """
    chats: dict[str, ChatModel] = {}
    notices: list[str] = []
    specs = parts.desk.labelers.values()
    if load_embedder() is None and any(isinstance(spec, NearestSpec) for spec in specs):
        notices.append("nearest labelers are left out: the package wordllama is not installed")
    for name in sorted({spec.model for spec in parts.prompt_specs}):
        chat = await stack.enter_async_context(lend(parts.desk.models[name]))
        if chat is None:
            notices.append(f"model '{name}' is left out: {why_no_local_model() or _NOT_UP}")
        else:
            chats[name] = chat
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
    reader = FactReader(
        book=parts.rules.book,
        desk=parts.desk,
        facts_read=parts.facts_read,
        sources=(*sources, *given),
    )
    return Opened(labelers=(*parts.labelers, *asking), reader=reader, notices=tuple(notices))


def _rulebook(
    book: PolicyBook,
    desk: DeskFile,
    playbook: Playbook,
    learned: Learned,
    embedder: Embedder | None,
) -> Rulebook:
    return Rulebook(
        book=book,
        playbook=playbook,
        clauses=index_clauses(book.clauses.values(), None if embedder is None else embedder.embed),
        questions=desk.questions,
        accuracies={name: spec.accuracy for name, spec in desk.labelers.items()},
        prices={name: spec.price for name, spec in desk.labelers.items()},
        links=tuple(desk.links),
        relied_on={name: relied_on(book, playbook, name) for name in book.actions},
        learned=learned,
        versions=_versions(book, playbook, learned),
    )


@asynccontextmanager
async def open_model(
    model: ModelSpec, *, model_url: str | None = None, keys: Mapping[str, str] | None = None
) -> AsyncIterator[ChatModel | None]:
    """The chat model of a declaration; None where the packaged one can't be started.

    Args:
        model: The declaration.
        model_url: Base URL for models that `desk.yaml` calls `local`.
        keys: API keys by the names that `desk.yaml` gives them, such as `os.environ`.
    """
    async with AsyncExitStack() as stack:
        url = model.base_url if model.base_url != LOCAL else model_url
        if url is None:
            url = await stack.enter_async_context(local_model())
        if url is None:
            yield None
            return
        yield await stack.enter_async_context(
            open_chat_model(
                url,
                api_key=(keys or {}).get(model.api_key_env or ""),
                timeout_s=model.timeout_s,
                max_concurrency=model.max_concurrency,
            )
        )


def _labelers(
    desk: DeskFile, embedder: Embedder | None, problems: list[Problem]
) -> tuple[Labeler, ...]:
    labelers: list[Labeler] = []
    for spec in desk.labelers.values():
        question = desk.questions[spec.question]
        made: Labeler | None = None
        match spec:
            case RuleSpec():
                made = _collect(problems, partial(RuleLabeler.load, spec, question))
            case NearestSpec() if embedder is not None:
                made = _collect(problems, partial(NearestLabeler.load, spec, question, embedder))
            case _:
                pass
        if made is not None:
            labelers.append(made)
    return tuple(labelers)


def _collect(problems: list[Problem], load: Callable[[], _T]) -> _T | None:
    try:
        return load()
    except ConfigError as exc:
        problems += exc.problems
        return None


def _ledger_place(named: str | Path, folder: Path) -> Path | str:
    return str(named) if is_database_url(named) else folder / named


def _prompt_folders(folder: Path, kind: str) -> Sequence[Path]:
    """The desk's own prompts first, then the starter pack's."""
    return (folder / "prompts" / kind, starter_pack("prompts") / kind)


def _misfits(
    specs: Sequence[PromptSpec], prompts: Mapping[str, Prompt], desk: DeskFile
) -> Iterator[Problem]:
    """Prompts that do not exist, or do not fit the question that they are to ask."""
    for spec in specs:
        prompt = prompts.get(spec.prompt)
        if prompt is None:
            yield Problem(
                path=str(desk.path),
                message=f"labeler '{spec.id}' asks with prompt '{spec.prompt}', which is not there",
                hint=f"the prompts are {', '.join(sorted(prompts))}",
            )
        else:
            model = desk.models[spec.model].model
            yield from prompt_misfits(prompt, desk.questions[spec.question], model)


def _no_desk(path: Path) -> Problem:
    return Problem(
        path=str(path),
        message="no such file",
        hint="name a desk folder, or make one with `deskquorum init FOLDER`",
    )
