"""Rule files: word lists and patterns that vote, written by ops."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deskquorum.domain import Question
from deskquorum.errors import PolicyFileError, Problem
from deskquorum.labeling.lexicon import Lexicon
from deskquorum.policy import Document, read_yaml
from deskquorum.reading import fold

if TYPE_CHECKING:
    import regex

__all__ = ["Matcher", "Rule", "RuleFile", "load_rule_file"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _MatcherShape(_Shape):
    words: list[str] = []
    exact: list[str] = []
    patterns: list[str] = []


class _RuleShape(_MatcherShape):
    id: str
    label: str
    weight: Annotated[int, Field(ge=1)] = 1
    unless: _MatcherShape | None = None


class _FileShape(_Shape):
    labeler: str
    version: str
    otherwise: str | None = None
    read: Literal["customer", "last", "agent", "everything"] = "customer"
    rules: Annotated[list[_RuleShape], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """Words and patterns, any one of which is enough."""

    lexicon: Lexicon
    patterns: tuple[regex.Pattern[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: when it matches and nothing cancels it, its weight goes to its label."""

    id: str
    label: str
    weight: int
    match: Matcher
    unless: Matcher | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A rule labeler's whole knowledge."""

    otherwise: str | None
    read: Literal["customer", "last", "agent", "everything"]
    rules: tuple[Rule, ...]


def load_rule_file(path: Path, question: Question) -> RuleFile:
    """Read a rule file for a question.

    Raises:
        PolicyFileError: Everything that is wrong in it.
    """
    problems: list[Problem] = []
    document = read_yaml(path, _FileShape, problems)
    if document is None:
        raise PolicyFileError(problems)
    problems += _unknown_labels(document, question)
    rules = tuple(
        _rule(document, shape, ("rules", index), problems)
        for index, shape in enumerate(document.value.rules)
    )
    problems += _repeated(document)
    if problems:
        raise PolicyFileError(problems)
    return RuleFile(otherwise=document.value.otherwise, read=document.value.read, rules=rules)


def _rule(
    document: Document[_FileShape],
    shape: _RuleShape,
    keys: tuple[str | int, ...],
    problems: list[Problem],
) -> Rule:
    if not (shape.words or shape.exact or shape.patterns):
        problems.append(
            document.problem(
                f"rule '{shape.id}' matches nothing", *keys, hint="give it words or patterns"
            )
        )
    unless = shape.unless
    return Rule(
        id=shape.id,
        label=shape.label,
        weight=shape.weight,
        match=_matcher(document, shape, keys, problems),
        unless=None if unless is None else _matcher(document, unless, (*keys, "unless"), problems),
    )


def _matcher(
    document: Document[_FileShape],
    shape: _MatcherShape,
    keys: tuple[str | int, ...],
    problems: list[Problem],
) -> Matcher:
    import regex

    patterns = []
    for index, pattern in enumerate(shape.patterns):
        try:
            patterns.append(regex.compile(pattern))
        except regex.error as exc:
            problems.append(
                document.problem(
                    f"no regular expression: {exc.msg}",
                    *keys,
                    "patterns",
                    index,
                    offset=exc.pos or 0,
                )
            )
    return Matcher(
        lexicon=Lexicon.of(tolerant=_phrases(shape.words), exact=_phrases(shape.exact)),
        patterns=tuple(patterns),
    )


def _phrases(texts: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(re.findall(r"[^\W_]+", fold(text))) for text in texts]


def _unknown_labels(document: Document[_FileShape], question: Question) -> list[Problem]:
    named = [(shape.label, ("rules", i, "label")) for i, shape in enumerate(document.value.rules)]
    if document.value.otherwise is not None:
        named.append((document.value.otherwise, ("otherwise",)))
    return [
        document.problem(
            f"question '{question.id}' has no label '{label}'",
            *keys,
            hint=f"its labels are {', '.join(question.labels)}",
        )
        for label, keys in named
        if label not in question.labels
    ]


def _repeated(document: Document[_FileShape]) -> list[Problem]:
    ids = [shape.id for shape in document.value.rules]
    return [
        document.problem(f"rule '{name}' twice", "rules", index, "id", hint="rename one")
        for index, name in enumerate(ids)
        if name in ids[:index]
    ]
