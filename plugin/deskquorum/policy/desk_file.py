"""`desk.yaml`: the desk's languages, models, questions and labelers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal, assert_never
from urllib.parse import urlsplit

from deskquorum.domain import Question
from deskquorum.errors import Problem
from deskquorum.policy.bindings import UNSETTLED
from deskquorum.policy.desk_shapes import (
    AnyLabeler,
    DeskShape,
    NearestShape,
    PromptShape,
    QuestionShape,
    RuleShape,
    ServiceShape,
    StudentShape,
)
from deskquorum.policy.document import Document, salvage_yaml
from deskquorum.policy.executions import ExecutionSpec, read_executions
from deskquorum.policy.fact_source_specs import SourceSpec, SqlSourceSpec
from deskquorum.policy.fact_sources import read_max_ages, read_sources
from deskquorum.policy.helpdesks import HelpdeskSpec, read_helpdesks
from deskquorum.policy.model_specs import (
    BudgetSpec,
    ModelSpec,
    check_models,
    read_budget,
    read_models,
)
from deskquorum.policy.money import exponent_of
from deskquorum.policy.names import did_you_mean, is_name
from deskquorum.policy.reviews import ReviewsSpec, reviews_spec

__all__ = [
    "DeskFile",
    "LabelerSpec",
    "NearestSpec",
    "PromptSpec",
    "ReplyCheckSpec",
    "RuleSpec",
    "ServiceSpec",
    "SignInSpec",
    "StudentSpec",
    "load_desk_file",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """A labeler that reads word lists and patterns."""

    id: str
    question: str
    accuracy: float
    wave: int
    price: Decimal
    """What one vote costs; free labelers are asked first."""
    family: str
    file: Path
    kind: Literal["rule"] = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestSpec:
    """A labeler that votes by the nearness of examples."""

    id: str
    question: str
    accuracy: float
    wave: int
    price: Decimal
    """What one vote costs; free labelers are asked first."""
    family: str
    examples: Path | None
    text: str
    label: str
    per_label: int | None
    descriptions: bool
    """Whether the labels' descriptions serve as examples too."""
    calm: str | None
    """The label of nothing special; with it the sentence least like it decides."""
    abstain_below: float | None
    kind: Literal["nearest"] = "nearest"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSpec:
    """A labeler that asks a chat model."""

    id: str
    question: str
    accuracy: float
    wave: int
    price: Decimal
    """What one vote costs; free labelers are asked first."""
    family: str
    prompt: str
    model: str
    kind: Literal["prompt"] = "prompt"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentSpec:
    """A labeler that was taught from the votes of the others."""

    id: str
    question: str
    accuracy: float
    wave: int
    price: Decimal
    """What one vote costs; free labelers are asked first."""
    family: str
    file: Path
    """What it was taught, once it was: a file of learned state."""
    kind: Literal["student"] = "student"


LabelerSpec = RuleSpec | NearestSpec | PromptSpec | StudentSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCheckSpec:
    """The model that is asked about the claims of drafted replies."""

    model: str
    accuracy: float
    """Assumed of each of its verifiers."""
    calls: Literal["per_claim", "one"]
    """Whether it is asked small questions about each claim, or once about all of a draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSpec:
    """How a proxy that knows the people tells of them."""

    name_header: str
    groups_header: str
    """Holds the person's groups, with commas between them."""
    roles: Mapping[str, Literal["agent", "lead", "ops"]]
    """Group to the role that its members have here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """What one process of the HTTP service takes on, and who sees its pages."""

    max_in_flight: int
    """Tickets decided at the same time; what comes above goes to a person at once."""
    body_bytes: int
    """Longest body of a request."""
    rate_per_s: float
    """Requests that one key may make a second, in the long run."""
    burst: int
    """Requests that one key may make at once."""
    streams: int
    """Event streams open at the same time."""
    frames: Mapping[str, tuple[str, ...]]
    """Helpdesk to the origins whose pages may show the sidebar in a frame."""
    sign_in: SignInSpec | None
    """None where no proxy tells who somebody is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFile:
    """The desk itself."""

    desk: str
    version: str
    languages: tuple[str, ...]
    deadline_s: float
    ledger: str
    """A file relative to `folder`, or the URL of a database."""
    learned: str
    """Folder of learned state, relative to `folder`."""
    currency: str | None
    """For money arguments that name no currency."""
    budget: BudgetSpec
    """The most that models may cost."""
    models: Mapping[str, ModelSpec]
    questions: Mapping[str, Question]
    labelers: Mapping[str, LabelerSpec]
    links: tuple[str, ...]
    """Hosts that replies may link to."""
    sources: Mapping[str, SourceSpec]
    max_age: Mapping[str, timedelta]
    """Fact, or record, to the oldest that a source may tell of it."""
    reply_check: ReplyCheckSpec | None
    """Who is asked about the claims of drafted replies; None asks nobody."""
    reviews: ReviewsSpec
    """How its review queue is run."""
    service: ServiceSpec
    """Limits of the HTTP service."""
    execution: Mapping[str, ExecutionSpec]
    """Action to the endpoint that carries it out; without one the host does."""
    helpdesk: Mapping[str, HelpdeskSpec]
    """Helpdesk to the account that is answered through its API."""
    retention_days: int | None
    """For how long `ledger retain` keeps what is about persons readable; None says nothing."""
    segment: str
    """Fact that tells a customer's segment, by which audits are drawn."""
    path: Path
    folder: Path
    """The desk folder: the parent of `policies/`."""
    hash: str
    document: Document[DeskShape] = field(repr=False, compare=False)
    """The file itself, for saying where in it something is wrong."""
    dropped: frozenset[str] = field(default=frozenset(), repr=False)
    """Names whose declarations are faulty; empty in every desk that is handed out."""


def load_desk_file(path: Path, problems: list[Problem]) -> DeskFile | None:
    """Read `desk.yaml`; faulty parts are left out and reported, so that rules can be checked."""
    document = salvage_yaml(path, DeskShape, problems)
    if document is None:
        return None
    problems += _cross_checks(document)
    value, folder = document.value, path.parent.parent
    sources = read_sources(document, problems)
    return DeskFile(
        desk=value.desk,
        version=value.version,
        languages=tuple(value.languages),
        deadline_s=value.deadline_s,
        ledger=value.ledger,
        learned=value.learned,
        currency=value.currency,
        budget=read_budget(value),
        models=read_models(value),
        questions={name: _question(name, shape) for name, shape in value.questions.items()},
        labelers=_labelers(value, folder),
        links=tuple(value.links),
        sources=sources,
        max_age=read_max_ages(document, problems),
        reply_check=(
            None if value.reply_check is None else ReplyCheckSpec(**value.reply_check.model_dump())
        ),
        reviews=reviews_spec(value.reviews),
        service=_service(value.service),
        execution=read_executions(document, problems),
        helpdesk=read_helpdesks(document, problems),
        retention_days=None if value.retention is None else value.retention.days,
        segment=value.segment,
        path=path,
        folder=folder,
        hash=_hash(value, sources),
        document=document,
        dropped=document.dropped,
    )


def _hash(value: DeskShape, sources: Mapping[str, SourceSpec]) -> str:
    """Over the file, and over the statements that stand in files of their own."""
    digest = hashlib.sha256(value.model_dump_json().encode())
    for name, spec in sources.items():
        if isinstance(spec, SqlSourceSpec):
            digest.update(f"{name}\n{spec.query}\n".encode())
    return digest.hexdigest()


def _service(shape: ServiceShape) -> ServiceSpec:
    said = shape.model_dump(exclude={"frames", "sign_in"})
    sign_in = None if shape.sign_in is None else SignInSpec(**shape.sign_in.model_dump())
    frames = {name: tuple(origins) for name, origins in shape.frames.items()}
    return ServiceSpec(**said, frames=frames, sign_in=sign_in)


def _question(name: str, shape: QuestionShape) -> Question:
    return Question(
        id=name,
        ask=shape.ask,
        labels=shape.labels,
        labelers=tuple(shape.labelers),
        settle_at=shape.settle_at,
        quorum=shape.quorum,
    )


def _labelers(value: DeskShape, folder: Path) -> Mapping[str, LabelerSpec]:
    asked = {name: question for question, q in value.questions.items() for name in q.labelers}
    return {
        name: _labeler(name, asked[name], shape, folder, value.learned)
        for name, shape in value.labelers.items()
        if name in asked
    }


def _labeler(
    name: str, question: str, shape: AnyLabeler, folder: Path, learned: str
) -> LabelerSpec:
    match shape:
        case RuleShape():
            return RuleSpec(
                id=name,
                question=question,
                accuracy=shape.accuracy,
                wave=shape.wave,
                price=shape.price,
                family=shape.family or name,
                file=folder / shape.file,
            )
        case PromptShape():
            return PromptSpec(
                id=name,
                question=question,
                accuracy=shape.accuracy,
                wave=shape.wave,
                price=shape.price,
                family=shape.family or shape.model,
                prompt=shape.prompt,
                model=shape.model,
            )
        case NearestShape():
            return _nearest(name, question, shape, folder)
        case StudentShape():
            return StudentSpec(
                id=name,
                question=question,
                accuracy=shape.accuracy,
                wave=shape.wave,
                price=shape.price,
                family=shape.family or name,
                file=folder / learned / f"{question}.student.json",
            )
        case _:
            assert_never(shape)


def _nearest(name: str, question: str, shape: NearestShape, folder: Path) -> NearestSpec:
    examples = None if shape.examples is None else folder / shape.examples
    return NearestSpec(
        id=name,
        question=question,
        accuracy=shape.accuracy,
        wave=shape.wave,
        price=shape.price,
        family=shape.family or name,
        examples=examples,
        text=shape.text,
        label=shape.label,
        per_label=shape.per_label,
        descriptions=shape.descriptions,
        calm=shape.calm,
        abstain_below=shape.abstain_below,
    )


def _cross_checks(document: Document[DeskShape]) -> list[Problem]:
    return [
        *_check_currency(document),
        *_check_languages(document),
        *_check_ledger(document),
        *check_models(document),
        *_check_questions(document),
        *_check_labelers(document),
        *_check_reply_check(document),
    ]


def _check_reply_check(document: Document[DeskShape]) -> list[Problem]:
    shape, models = document.value.reply_check, document.value.models
    if shape is None or shape.model in models.keys() | document.dropped:
        return []
    hint = did_you_mean(shape.model, models, what="models")
    message = f"unknown model '{shape.model}'"
    return [document.problem(message, "reply_check", "model", hint=hint)]


def _check_currency(document: Document[DeskShape]) -> list[Problem]:
    if document.value.currency is None:
        return []
    try:
        exponent_of(document.value.currency)
    except ValueError as exc:
        return [document.problem(str(exc), "currency")]
    return []


def _check_languages(document: Document[DeskShape]) -> list[Problem]:
    # A name that no ticket's language is ever equal to would send every ticket to a person.
    return [
        document.problem(f"'{tag}' is no language", "languages", index, hint="write a code: en, de")
        for index, tag in enumerate(document.value.languages)
        if re.fullmatch(r"[a-z]{2,3}", tag) is None
    ]


def _check_ledger(document: Document[DeskShape]) -> list[Problem]:
    written = document.value.ledger
    if "://" in written and not written.startswith("postgresql"):
        hint = "write a file, or postgresql://USER@HOST/NAME"
        return [document.problem("no database that can be used", "ledger", hint=hint)]
    if (document.path.parent.parent / written).is_dir():
        hint = "name a file in it"
        return [document.problem(f"'{written}' is a folder", "ledger", hint=hint)]
    try:
        secret = bool(urlsplit(written).password)
    except ValueError:
        secret = False
    if not secret:
        return []
    hint = "give it by PGPASSWORD or a password file, or name the ledger with --ledger"
    return [document.problem("a password stands in this file", "ledger", hint=hint)]


def _check_questions(document: Document[DeskShape]) -> list[Problem]:
    problems: list[Problem] = []
    labelers, owners = document.value.labelers, dict[str, str]()
    for name, question in document.value.questions.items():
        where = ("questions", name)
        if not is_name(name):
            hint = "use lower-case letters, digits and _"
            problems.append(document.key_problem(f"'{name}' is no name", *where, hint=hint))
        if UNSETTLED in question.labels:
            message = f"'{UNSETTLED}' is what rules read while there is no answer"
            problems.append(document.key_problem(message, *where, "labels", UNSETTLED))
        for index, labeler in enumerate(question.labelers):
            place = (*where, "labelers", index)
            first = owners.setdefault(labeler, name)
            if labeler not in labelers and labeler not in document.dropped:
                hint = did_you_mean(labeler, labelers, what="labelers")
                problems.append(document.problem(f"unknown labeler '{labeler}'", *place, hint=hint))
            elif first != name:
                message = f"labeler '{labeler}' already answers '{first}'"
                hint = "give each question labelers of its own"
                problems.append(document.problem(message, *place, hint=hint))
    return problems


def _check_labelers(document: Document[DeskShape]) -> list[Problem]:
    problems: list[Problem] = []
    value, folder = document.value, document.path.parent.parent
    asked = {name for question in value.questions.values() for name in question.labelers}
    for name, shape in value.labelers.items():
        where = ("labelers", name)
        if name not in asked and not document.dropped:
            hint = "add it to a question's labelers, or remove it"
            problems.append(
                document.key_problem(f"labeler '{name}' answers no question", *where, hint=hint)
            )
        if isinstance(shape, PromptShape):
            known = value.models.keys() | document.dropped
            if shape.model not in known:
                hint = did_you_mean(shape.model, value.models, what="models")
                message = f"unknown model '{shape.model}'"
                problems.append(document.problem(message, *where, "model", hint=hint))
            continue
        if isinstance(shape, StudentShape):
            continue
        key = "file" if isinstance(shape, RuleShape) else "examples"
        written = getattr(shape, key)
        if written is not None and not (folder / written).is_file():
            hint = f"paths are relative to the desk folder, {folder}"
            problems.append(document.problem(f"no file '{written}'", *where, key, hint=hint))
    return problems
