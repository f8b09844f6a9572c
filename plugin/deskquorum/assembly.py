"""Puts a desk together from its files: everything is loaded, or every problem is reported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from deskquorum.errors import ConfigError, InputError, PolicyFileError, Problem
from deskquorum.execution_setup import unexecutable, unset_secrets, unset_tokens
from deskquorum.facts import unset_variables
from deskquorum.grounding import index_clauses
from deskquorum.host_key import read_host_key
from deskquorum.judgement import Rulebook, relied_on
from deskquorum.labeling import (
    Embedder,
    Labeler,
    NearestLabeler,
    RuleLabeler,
    StudentLabeler,
    load_embedder,
)
from deskquorum.labeling.prompt import prompt_misfits
from deskquorum.ledger import Ledger, is_database_url, open_ledger
from deskquorum.llm import Prompt, load_prompts
from deskquorum.novelty import Reference, read_reference
from deskquorum.pack import starter_pack
from deskquorum.policy import (
    DeskFile,
    NearestSpec,
    PolicyBook,
    PromptSpec,
    RuleSpec,
    StudentSpec,
    load_desk_file,
    load_policies,
)
from deskquorum.policy.failure_modes import FAILURE_MODES_FILE, FailureMode, load_failure_modes
from deskquorum.proposal import Playbook, load_playbook
from deskquorum.reconciliation import Learned, read_learned
from deskquorum.redaction import Redactor
from deskquorum.sourcing import facts_read
from deskquorum.verifying import Checks, load_checks

__all__ = ["Parts", "demand_ledger", "ledger_of", "ledger_place", "load_parts"]

_T = TypeVar("_T")


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
    facts_read: Mapping[str, frozenset[str]]
    """Action to the facts that ruling on it can read."""
    ledger: Ledger
    ledger_place: Path | str
    """The file, or the URL of a database."""
    learned_path: Path
    failure_modes: tuple[FailureMode, ...]
    """What auditors and reviewers may call wrong: the desk's own, else the starter policies'."""
    reference: Reference | None = None
    """What past tickets were like, where that was learned."""
    watched: bool = True
    """Whether its tickets tell of drift; not where they are none of the desk's own traffic."""
    executed: frozenset[str] = frozenset()
    """Actions that are carried out here; none without a host key, as raw values are kept sealed."""


def load_parts(
    folder: Path,
    *,
    models: bool = True,
    ledger: str | Path | None = None,
    keys: Mapping[str, str] | None = None,
    host: Mapping[str, str] | None = None,
    actions: Collection[str] = (),
) -> Parts:
    """Read every file of a desk folder.

    Args:
        folder: The desk folder.
        models: False leaves prompt labelers out.
        ledger: Where to record instead of the file that `desk.yaml` names.
        keys: What is set in the environment; given, what sources lack there is a problem.
        host: Holds the host's key, `DESKQUORUM_KEY`, where there is one; None is `keys`.
        actions: Those that functions of the host carry out.

    Raises:
        ConfigError: Carries the problems of all files together.
    """
    problems: list[Problem] = []
    path = _desk_file(folder)
    book = _collect(problems, lambda: load_policies(folder / "policies"))
    prompts = _collect(problems, lambda: load_prompts(_prompt_folders(folder, "labelers")))
    playbook = _collect(problems, lambda: _playbook(folder, book))
    # With faulty policies the word lists and prompts that the desk names are checked all the same.
    desk = load_desk_file(path, []) if book is None else book.desk
    if desk is None:
        raise ConfigError(problems)
    embedder = load_embedder()
    labelers = _labelers(desk, embedder, problems)
    specs = [spec for spec in desk.labelers.values() if isinstance(spec, PromptSpec)]
    problems += [*_misfits(specs, prompts, desk), *_unset(desk, keys)]
    failure_modes = _collect(problems, lambda: _failure_modes(folder)) or ()
    checks = _checks(desk, folder, problems)
    host_key = _collect(problems, lambda: read_host_key(host or keys or {}))
    problems += unexecutable(book, actions, has_host_key=host_key is not None, asked=keys)
    learned_path = folder / desk.learned
    learned, reference = _learned(learned_path, desk, problems)
    if problems or learned is None or book is None or playbook is None or prompts is None:
        raise ConfigError(problems)
    place = ledger_place(desk, folder, ledger)
    return Parts(
        desk=desk,
        rules=_rulebook(book, desk, playbook, learned, embedder),
        learned_path=learned_path,
        reference=reference,
        redactor=Redactor(served_languages=desk.languages, keep=(desk.desk,)),
        labelers=labelers,
        prompts=prompts,
        prompt_specs=tuple(specs) if models else (),
        checks=checks if models else None,
        facts_read=facts_read(book, playbook),
        ledger=open_ledger(place, tenant=desk.desk, host_key=host_key),
        ledger_place=place,
        failure_modes=failure_modes,
        executed=frozenset({*desk.execution, *actions} if host_key is not None else ()),
    )


def _desk_file(folder: Path) -> Path:
    path = folder / "policies" / "desk.yaml"
    if not path.is_file():
        raise PolicyFileError([_no_desk(path)])
    return path


def _learned(
    folder: Path, desk: DeskFile, problems: list[Problem]
) -> tuple[Learned | None, Reference | None]:
    return (
        _collect(problems, lambda: read_learned(folder, desk.questions)),
        _collect(problems, lambda: read_reference(folder)),
    )


def _unset(desk: DeskFile, keys: Mapping[str, str] | None) -> Iterator[Problem]:
    if keys is not None:
        yield from unset_variables(desk.sources.values(), keys, path=desk.path)
        yield from unset_secrets(desk.execution.values(), keys, path=desk.path)
        yield from unset_tokens(desk.helpdesk.values(), keys, path=desk.path)


def _versions(book: PolicyBook, playbook: Playbook, learned: Learned) -> Mapping[str, str]:
    found = {f"policy.{name}": version for name, version in book.versions.items()}
    found |= {"learned": learned.hash, "playbook_hash": playbook.hash}
    if book.desk is not None:
        found["desk"] = book.desk.version
    if playbook.version:
        found["playbook"] = playbook.version
    return found


def demand_ledger(place: Path | str) -> None:
    """Opening a file that is not there would make an empty ledger, which nobody else looks at.

    Raises:
        InputError: There is no such file.
    """
    if isinstance(place, Path) and not place.is_file():
        raise InputError(f"no ledger at {place}; name the decisions' own with --ledger")


def ledger_of(
    folder: Path,
    ledger: str | Path | None = None,
    *,
    keys: Mapping[str, str] | None = None,
    may_be_new: bool = False,
) -> Ledger:
    """The ledger alone, of a desk whose other files may be faulty.

    Args:
        folder: The desk folder.
        ledger: Where it is instead of in the file that `desk.yaml` names.
        keys: Holds the host's key, `DESKQUORUM_KEY`, where there is one.
        may_be_new: Whether a file that is named and not there is made.

    Raises:
        ConfigError: `desk.yaml` can't be read, and no ledger is named.
        InputError: A file is named that is not there: nobody else would see what is done in it.
    """
    if ledger is not None and not may_be_new:
        demand_ledger(_ledger_place(ledger, Path()))
    path, problems = folder / "policies" / "desk.yaml", list[Problem]()
    host_key = read_host_key(keys or {})
    desk = load_desk_file(path, problems) if path.is_file() else None
    if desk is not None and not problems:
        place = ledger_place(desk, folder, ledger)
        return open_ledger(place, tenant=desk.desk, host_key=host_key)
    if ledger is not None:
        # Without a name what is done is done for all desks that record there: a stop must work.
        return open_ledger(_ledger_place(ledger, Path()), host_key=host_key)
    raise ConfigError(problems) if problems else PolicyFileError([_no_desk(path)])


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
        verifier_accuracy=desk.reply_check.accuracy if desk.reply_check else 0.75,
        relied_on={name: relied_on(book, playbook, name) for name in book.actions},
        learned=learned,
        versions=_versions(book, playbook, learned),
    )


def _failure_modes(folder: Path) -> tuple[FailureMode, ...]:
    own = folder / "policies" / FAILURE_MODES_FILE
    return load_failure_modes(own if own.is_file() else starter_pack("policies") / own.name)


def _playbook(folder: Path, book: PolicyBook | None) -> Playbook:
    path = folder / "policies" / "playbook.yaml"
    return load_playbook(path, book=book, reply_folders=_prompt_folders(folder, "replies"))


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
            case StudentSpec() if embedder is not None:
                made = _collect(problems, partial(StudentLabeler.load, spec, question, embedder))
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


def ledger_place(desk: DeskFile, folder: Path, ledger: str | Path | None = None) -> Path | str:
    """The file or the URL where a desk records.

    Args:
        desk: Its `desk.yaml`.
        folder: The desk folder.
        ledger: Where it records instead of in what `desk.yaml` names.
    """
    return _ledger_place(ledger or desk.ledger, folder if ledger is None else Path())


def _ledger_place(named: str | Path, folder: Path) -> Path | str:
    if is_database_url(named):
        return str(named)
    if "://" in str(named):
        raise InputError("no ledger is kept there; name a file, or postgresql://USER@HOST/NAME")
    return folder / named


def _prompt_folders(folder: Path, kind: str) -> Sequence[Path]:
    """The desk's own prompts first, then the starter pack's."""
    return (folder / "prompts" / kind, starter_pack("prompts") / kind)


def _misfits(
    specs: Sequence[PromptSpec], prompts: Mapping[str, Prompt] | None, desk: DeskFile
) -> Iterator[Problem]:
    """Prompts that do not exist, or do not fit the question that they are to ask."""
    if prompts is None:
        return
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
