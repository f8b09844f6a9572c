"""Puts a desk together from its files: everything is loaded, or every problem is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from deskquorum.errors import ConfigError, PolicyFileError, Problem
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
from deskquorum.ledger import Ledger, open_ledger
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
    NearestSpec,
    PromptSpec,
    RuleSpec,
    load_desk_file,
    load_policies,
)
from deskquorum.proposal import load_playbook
from deskquorum.reconciliation import read_learned
from deskquorum.redaction import Redactor
from deskquorum.verifying import Checks, Verifier, load_checks

__all__ = ["Opened", "Parts", "load_parts", "open_labelers"]

_T = TypeVar("_T")

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
    checks: Checks | None
    """The verifier prompts; None where the desk asks no model about replies."""
    ledger: Ledger
    ledger_path: Path
    learned_path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The labelers that could be started, and what is done without."""

    labelers: tuple[Labeler, ...]
    notices: tuple[str, ...]
    verifier: Verifier | None = None


def load_parts(folder: Path, *, models: bool = True, ledger: str | Path | None = None) -> Parts:
    """Read every file of a desk folder.

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
    learned_path = folder / desk.learned
    learned = _collect(problems, lambda: read_learned(learned_path, desk.questions))
    checks = _checks(desk, folder, problems)
    if problems or learned is None or book is None or playbook is None or prompts is None:
        raise ConfigError(problems)
    ledger_path = Path(ledger) if ledger else folder / desk.ledger
    return Parts(
        desk=desk,
        rules=Rulebook(
            book=book,
            playbook=playbook,
            clauses=index_clauses(book.clauses.values(), embedder.embed if embedder else None),
            questions=desk.questions,
            accuracies={name: spec.accuracy for name, spec in desk.labelers.items()},
            prices={name: spec.price for name, spec in desk.labelers.items()},
            links=tuple(desk.links),
            verifier_accuracy=desk.reply_check.accuracy if desk.reply_check else 0.75,
            relied_on={name: relied_on(book, playbook, name) for name in book.actions},
            learned=learned,
        ),
        learned_path=learned_path,
        redactor=Redactor(served_languages=desk.languages, keep=(desk.desk,)),
        labelers=labelers,
        prompts=prompts,
        prompt_specs=tuple(specs) if models else (),
        checks=checks if models else None,
        ledger=open_ledger(ledger_path),
        ledger_path=ledger_path,
    )


async def open_labelers(
    parts: Parts,
    stack: AsyncExitStack,
    *,
    model_url: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> Opened:
    """Start what the prompt labelers need; `stack` stops it again.

    Args:
        parts: The loaded desk.
        stack: Holds the clients, and the packaged model's server where it is used.
        model_url: Base URL for models that `desk.yaml` calls `local`.
        keys: API keys by the names that `desk.yaml` gives them, such as `os.environ`.
    """
    chats: dict[str, ChatModel] = {}
    notices: list[str] = []
    specs = parts.desk.labelers.values()
    if load_embedder() is None and any(isinstance(spec, NearestSpec) for spec in specs):
        notices.append("nearest labelers are left out: the package wordllama is not installed")
    for name in sorted(_models_asked(parts)):
        model = parts.desk.models[name]
        url = model.base_url if model.base_url != LOCAL else model_url
        if url is None:
            url = await stack.enter_async_context(local_model())
        if url is None:
            notices.append(f"model '{name}' is left out: {why_no_local_model() or _NOT_UP}")
            continue
        chats[name] = await stack.enter_async_context(
            open_chat_model(
                url,
                api_key=(keys or {}).get(model.api_key_env or ""),
                timeout_s=model.timeout_s,
                max_concurrency=model.max_concurrency,
            )
        )
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
    return Opened(
        labelers=(*parts.labelers, *asking),
        notices=tuple(notices),
        verifier=_verifier(parts, chats),
    )


def _models_asked(parts: Parts) -> set[str]:
    asked = {spec.model for spec in parts.prompt_specs}
    if parts.checks is not None and parts.desk.reply_check is not None:
        asked.add(parts.desk.reply_check.model)
    return asked


def _verifier(parts: Parts, chats: Mapping[str, ChatModel]) -> Verifier | None:
    spec = parts.desk.reply_check
    if parts.checks is None or spec is None or spec.model not in chats:
        return None
    return Verifier(
        checks=parts.checks,
        chat=chats[spec.model],
        model=parts.desk.models[spec.model].model,
        accuracy=spec.accuracy,
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


def _checks(desk: DeskFile, folder: Path, problems: list[Problem]) -> Checks | None:
    """The verifier prompts of a desk that asks a model about replies."""
    if desk.reply_check is None:
        return None
    return _collect(problems, lambda: load_checks(_prompt_folders(folder, "checks")))


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
