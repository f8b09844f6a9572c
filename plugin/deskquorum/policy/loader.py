"""Loading a folder of policy files into one checked book, or reporting all that is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deskquorum.errors import PolicyFileError, Problem
from deskquorum.policy.bindings import UNSETTLED
from deskquorum.policy.book import PolicyBook, Rule
from deskquorum.policy.case_files import build_cases
from deskquorum.policy.collecting import nothing_collected
from deskquorum.policy.conditions import argument_types, check_conditions, written_out
from deskquorum.policy.declarations import BUILT_IN, Declarations, Topic, declare
from deskquorum.policy.desk_file import DeskFile, load_desk_file
from deskquorum.policy.document import Document, salvage_yaml
from deskquorum.policy.environment import Environment
from deskquorum.policy.executions import execution_misfits
from deskquorum.policy.fact_source_checks import source_misfits
from deskquorum.policy.fact_types import DeclarationError, Scalar, TypeSpec, read_type
from deskquorum.policy.failure_modes import FAILURE_MODES_FILE
from deskquorum.policy.limits import declare_limits
from deskquorum.policy.names import is_dotted_name
from deskquorum.policy.reads import Reads
from deskquorum.policy.rules import build_rules
from deskquorum.policy.shapes import CasesShape, TopicShape
from deskquorum.policy.source import read_tree

__all__ = ["load_policies"]

_DESK, _PLAYBOOK = "desk.yaml", "playbook.yaml"
_OTHER = frozenset({_DESK, _PLAYBOOK, FAILURE_MODES_FILE})
"""Files of the folder that are no policies."""


def load_policies(folder: Path) -> PolicyBook:
    """Load all policy files of a folder; nothing is half-loaded.

    Args:
        folder: Holds `*.yaml` (topics), `*.cases.yaml`, and perhaps `desk.yaml` and
            `playbook.yaml`.

    Raises:
        PolicyFileError: Every problem of every file, with its place.
    """
    with nothing_collected():
        return _loaded(folder)


def _loaded(folder: Path) -> PolicyBook:
    problems: list[Problem] = []
    topics, cases = _read(folder, problems)
    desk, unread = None, frozenset[str]()
    if (folder / _DESK).is_file():
        desk = load_desk_file(folder / _DESK, problems)
        if desk is None:
            # The topics are checked all the same, but for what they ask of its questions.
            unread, cases = _questions_of(folder / _DESK), ()
    slots = _read_slots(folder / _PLAYBOOK, problems)
    if topics is None or slots is None:
        # What these files declare is unknown, so every use of it would look like a mistake.
        raise PolicyFileError(problems)
    book = _book(topics, cases, desk, slots, problems, unread=unread)
    if problems:
        raise PolicyFileError(set(problems))
    return book


def _read(
    folder: Path, problems: list[Problem]
) -> tuple[Sequence[Topic] | None, Sequence[Document[CasesShape]]]:
    problems += _check_folder(folder)
    case_paths = sorted(folder.glob("*.cases.yaml"))
    paths = [p for p in sorted(folder.glob("*.yaml")) if p.name not in _OTHER]
    topics = [salvage_yaml(p, TopicShape, problems) for p in paths if p not in case_paths]
    cases = [salvage_yaml(p, CasesShape, problems) for p in case_paths]
    read = [topic for topic in topics if topic is not None]
    return read if len(read) == len(topics) else None, [c for c in cases if c is not None]


def _check_folder(folder: Path) -> Iterator[Problem]:
    if not folder.is_dir():
        yield Problem(path=str(folder), message="no such folder")
    for path in sorted(folder.glob("*.yml")):
        # A restriction in a file that nobody reads would be worse than an error.
        yield Problem(path=str(path), message="not read", hint="name it .yaml")


class _SlotShape(BaseModel):
    model_config = ConfigDict(extra="allow")
    type: str


class _SlotsShape(BaseModel):
    model_config = ConfigDict(extra="allow")
    slots: dict[str, _SlotShape] = {}


def _read_slots(path: Path, problems: list[Problem]) -> Mapping[str, TypeSpec] | None:
    """The types of `claimed.*`; the rest of the playbook is not read here."""
    if not path.is_file():
        return {}
    document = salvage_yaml(path, _SlotsShape, problems)
    if document is None:
        return None
    slots: dict[str, TypeSpec] = {}
    for name, shape in document.value.slots.items():
        try:
            written: object = ["string"] if shape.type == "list<string>" else shape.type
            slots[name] = read_type(written)
        except DeclarationError as exc:
            message = f"slot '{name}': {exc.message}"
            problems.append(document.problem(message, "slots", name, "type", hint=exc.hint))
    return slots


def _questions_of(path: Path) -> frozenset[str]:
    """The questions that a faulty `desk.yaml` names."""
    root = read_tree(path, [])
    questions = None if root is None else root.child("questions")
    entries = None if questions is None else questions.entries
    return frozenset(entries or ())


def _book(
    topics: Sequence[Topic],
    cases: Sequence[Document[CasesShape]],
    desk: DeskFile | None,
    slots: Mapping[str, TypeSpec],
    problems: list[Problem],
    *,
    unread: frozenset[str],
) -> PolicyBook:
    found = declare(topics, currency=None if desk is None else desk.currency, problems=problems)
    if desk is not None:
        problems += source_misfits(desk, found.facts, found.dropped)
        problems += execution_misfits(desk.document, found.actions, found.dropped)
    declare_limits(topics, found)
    environment = _environment(found, desk, slots, unread)
    check_conditions(found, environment, problems)
    rules = build_rules(topics, found, environment)
    by_action = _by_action(rules)
    return PolicyBook(
        desk=desk,
        facts=found.facts,
        slots=slots,
        clauses=found.clauses,
        actions=found.actions,
        rules=rules,
        cases=build_cases(topics, cases, found, environment, by_action),
        environment=environment,
        hash=_hash(topics, desk, slots),
        versions=_versions(topics),
        by_action=by_action,
        reads={on: _reads(on, those, environment) for on, those in by_action.items()},
    )


def _environment(
    found: Declarations,
    desk: DeskFile | None,
    slots: Mapping[str, TypeSpec],
    unread: frozenset[str],
) -> Environment:
    facts = {**BUILT_IN, **found.facts}
    questions = {} if desk is None else desk.questions
    dropped = found.dropped | unread | (desk.dropped if desk is not None else set())
    return Environment(
        variables={
            **facts,
            **{f"answer.{name}": _labels(q.labels) for name, q in questions.items()},
            **{f"claimed.{name}": spec for name, spec in slots.items()},
            "now": found.facts.get("now", read_type("time")),
        },
        # `now` is told by whoever asks, and text may rest on it as little as on nothing.
        facts=frozenset(facts.keys() - {"now"}),
        arguments=argument_types(found.actions),
        parts=written_out(found),
        unchecked=frozenset(
            name for n in dropped if is_dotted_name(n) for name in (n, f"answer.{n}", f"absent.{n}")
        ),
    )


def _labels(labels: Iterable[str]) -> TypeSpec:
    return TypeSpec(type=Scalar(name="string", values=(*labels, UNSETTLED)))


def _by_action(rules: Sequence[Rule]) -> Mapping[str, tuple[Rule, ...]]:
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        for target in rule.on:
            found.setdefault(target, []).append(rule)
    return {target: tuple(those) for target, those in found.items()}


def _reads(target: str, rules: Iterable[Rule], environment: Environment) -> Reads:
    conditions = [found for rule in rules if (found := rule.conditions[target]) is not None]
    names = {name for c in conditions for name in (*c.condition.names, *c.names)}
    return environment.reads(names, action=target)


def _versions(topics: Sequence[Topic]) -> Mapping[str, str]:
    found: dict[str, dict[str, None]] = {}
    for topic in topics:
        found.setdefault(topic.value.policy, {})[topic.value.version] = None
    return {name: ", ".join(versions) for name, versions in found.items()}


def _hash(topics: Sequence[Topic], desk: DeskFile | None, slots: Mapping[str, TypeSpec]) -> str:
    canonical = {
        "topics": [topic.value.model_dump(mode="json", exclude={"tests"}) for topic in topics],
        "desk": None if desk is None else desk.hash,
        "slots": {name: str(spec) for name, spec in sorted(slots.items())},
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()
