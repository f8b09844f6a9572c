"""Rule files: phrases and patterns that vote, written by ops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deskquorum.domain import Question
from deskquorum.errors import PolicyFileError, Problem
from deskquorum.labeling.lexicon import Lexicon, Phrase, parse_phrase
from deskquorum.policy import Document
from deskquorum.policy.document import salvage_yaml

if TYPE_CHECKING:
    import regex

__all__ = ["Matcher", "Read", "Rule", "RuleFile", "load_rule_file"]

Read = Literal["customer", "last", "all", "agent", "everything"]
"""Customer's messages, the last of them, all messages, the agents', or the customer's with what
they conceal."""

_Keys = tuple[str | int, ...]
_Name = Annotated[str, Field(min_length=1)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _MatcherShape(_Shape):
    words: list[str] = []
    exact: list[str] = []
    patterns: list[str] = []
    cased: list[str] = []


class _ConditionShape(_MatcherShape):
    within: Literal["sentence", "ticket"] = "sentence"


class _RuleShape(_MatcherShape):
    id: _Name
    label: _Name
    weight: Annotated[int, Field(ge=1)] = 1
    needs: _ConditionShape | None = None
    unless: _ConditionShape | None = None


class _FileShape(_Shape):
    labeler: _Name
    version: _Name
    otherwise: str | None = None
    read: Read = "customer"
    sets: dict[str, list[str]] = {}
    known: list[str] = []
    rules: Annotated[list[_RuleShape], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """Phrases and patterns, any one of which is enough."""

    number: int
    """The owner of its phrases in the file's lexicon."""
    patterns: tuple[regex.Pattern[str], ...]
    """Looked for in folded text."""
    cased: tuple[regex.Pattern[str], ...]
    """Looked for in the text as it is written."""
    within: Literal["sentence", "ticket"] = "sentence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: when it matches and nothing cancels it, its weight goes to its label."""

    id: str
    label: str
    weight: int
    match: Matcher
    needs: Matcher | None
    """Must match too, in the same sentence or anywhere in the ticket."""
    unless: Matcher | None
    """Cancels what matched in the same sentence, or anywhere in the ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A rule labeler's whole knowledge."""

    otherwise: str | None
    read: Read
    rules: tuple[Rule, ...]
    lexicon: Lexicon


def load_rule_file(path: Path, question: Question) -> RuleFile:
    """Read a rule file for a question.

    Raises:
        PolicyFileError: Everything that is wrong in it.
    """
    problems: list[Problem] = []
    document = salvage_yaml(path, _FileShape, problems)
    if document is None:
        raise PolicyFileError(problems)
    problems += _unknown_labels(document, question)
    problems += _repeated(document)
    builder = _Builder(document, problems)
    rules = tuple(builder.rule(at, shape) for at, shape in enumerate(document.value.rules))
    if problems:
        raise PolicyFileError(problems)
    return RuleFile(
        otherwise=document.value.otherwise,
        read=document.value.read,
        rules=rules,
        lexicon=Lexicon(builder.phrases, known=document.value.known),
    )


class _Builder:
    """Turns shapes into rules; numbers the matchers and gathers their phrases."""

    def __init__(self, document: Document[_FileShape], problems: list[Problem]) -> None:
        self.phrases: list[tuple[int, Phrase]] = []
        self._document = document
        self._problems = problems
        self._numbers = count()

    def rule(self, at: int, shape: _RuleShape) -> Rule:
        keys: _Keys = ("rules", at)
        return Rule(
            id=shape.id,
            label=shape.label,
            weight=shape.weight,
            match=self._matcher(shape, keys),
            needs=self._condition(shape.needs, (*keys, "needs")),
            # What cancels a rule must stand there to the letter: a typo never hides a danger.
            unless=self._condition(shape.unless, (*keys, "unless"), tolerant=False),
        )

    def _condition(
        self, shape: _ConditionShape | None, keys: _Keys, *, tolerant: bool = True
    ) -> Matcher | None:
        if shape is None:
            return None
        return self._matcher(shape, keys, within=shape.within, tolerant=tolerant)

    def _matcher(
        self,
        shape: _MatcherShape,
        keys: _Keys,
        *,
        within: Literal["sentence", "ticket"] = "sentence",
        tolerant: bool = True,
    ) -> Matcher:
        number = next(self._numbers)
        if not (shape.words or shape.exact or shape.patterns or shape.cased):
            hint = "give it words, exact words or patterns"
            self._problems.append(self._document.problem("nothing to look for", *keys, hint=hint))
        for field, texts in (("words", shape.words), ("exact", shape.exact)):
            forgiving = tolerant and field == "words"
            found = self._phrases(texts, (*keys, field), tolerant=forgiving)
            self.phrases += [(number, phrase) for phrase in found]
        return Matcher(
            number=number,
            patterns=tuple(self._patterns(shape.patterns, (*keys, "patterns"))),
            cased=tuple(self._patterns(shape.cased, (*keys, "cased"))),
            within=within,
        )

    def _phrases(self, texts: list[str], keys: _Keys, *, tolerant: bool) -> Iterator[Phrase]:
        for at, text in enumerate(texts):
            try:
                yield parse_phrase(text, tolerant=tolerant, sets=self._document.value.sets)
            except ValueError as exc:
                self._problems.append(self._document.problem(str(exc), *keys, at))

    def _patterns(self, texts: list[str], keys: _Keys) -> Iterator[regex.Pattern[str]]:
        import regex

        for at, text in enumerate(texts):
            try:
                yield regex.compile(text)
            except regex.error as exc:
                # The stubs of `regex` leave both out.
                message = f"no regular expression: {exc.msg}"  # type: ignore[attr-defined]
                offset = exc.pos or 0  # type: ignore[attr-defined]
                self._problems.append(self._document.problem(message, *keys, at, offset=offset))


def _unknown_labels(document: Document[_FileShape], question: Question) -> list[Problem]:
    from rapidfuzz.process import extractOne

    named: list[tuple[str, _Keys]] = [
        (shape.label, ("rules", at, "label")) for at, shape in enumerate(document.value.rules)
    ]
    if document.value.otherwise is not None:
        named.append((document.value.otherwise, ("otherwise",)))
    problems = []
    for label, keys in named:
        if label not in question.labels:
            near = extractOne(label, question.labels.keys(), score_cutoff=70)
            hint = f"its labels are {', '.join(question.labels)}"
            message = f"question '{question.id}' has no label '{label}'"
            problems.append(
                document.problem(message, *keys, hint=f"did you mean '{near[0]}'" if near else hint)
            )
    return problems


def _repeated(document: Document[_FileShape]) -> list[Problem]:
    ids = [shape.id for shape in document.value.rules]
    return [
        document.problem(f"rule '{name}' twice", "rules", at, "id", hint="rename one")
        for at, name in enumerate(ids)
        if name in ids[:at]
    ]
