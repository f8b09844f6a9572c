"""The body of a prompt file: a sandboxed Jinja template in two parts, tried out when loaded."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from deskquorum.domain import Message, Question, RedactedTicket
from deskquorum.errors import Problem
from deskquorum.llm.answers import LETTERS
from deskquorum.llm.prompt_headers import PromptSource, closest
from deskquorum.llm.quoting import neutralised
from deskquorum.reading import customer_text, readable

if TYPE_CHECKING:
    from jinja2 import Environment, Template, TemplateError, nodes

__all__ = ["Body", "BodyError", "Example", "compile_body", "variables_of"]

_DIVIDER = "=== user ==="
_CONSTANT = ("question", "labels")
"""Variables that are the same for every ticket."""
_CHANGING = ("ticket", "fence", "examples")
_SENTINEL = "QZXTICKET"
_SAMPLE_FENCE = "QZXFENCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An earlier ticket with its right label, shown to the model."""

    text: str
    label: str


class BodyError(Exception):
    """A template failed; says nothing of the values it was filled with."""

    def __init__(self, message: str, *, line: int) -> None:
        self.line = line
        """In the file; 0 when unknown."""
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The two compiled parts of a body."""

    system: _Part
    user: _Part

    def render(self, variables: Mapping[str, object]) -> tuple[str, str]:
        """Both parts, filled in.

        Raises:
            BodyError: A part fails on these values.
        """
        return self.system.render(variables), self.user.render(variables)


def variables_of(
    question: Question,
    ticket: RedactedTicket,
    *,
    fence: str,
    examples: Sequence[Example] = (),
) -> Mapping[str, object]:
    """What a template can speak of: messages as a person reads them, words neutralised."""
    messages = tuple(
        _MessageView(role=m.role, text=neutralised(readable(m.text), fence=fence))
        for m in ticket.messages
    )
    letters = dict(zip(question.labels, LETTERS, strict=False))
    return {
        "question": _QuestionView(id=question.id, ask=question.ask),
        "labels": tuple(
            _LabelView(name=name, description=description, letter=letters.get(name, ""))
            for name, description in question.labels.items()
        ),
        "ticket": _TicketView(
            text=neutralised(customer_text(ticket), fence=fence),
            messages=messages,
            languages=ticket.languages,
        ),
        "examples": tuple(
            Example(text=neutralised(e.text, fence=fence), label=e.label) for e in examples
        ),
        "fence": fence,
    }


def compile_body(source: PromptSource, *, path: str, problems: list[Problem]) -> Body | None:
    """Compile both parts and try them out; None when there are problems."""
    lines = source.body.split("\n")
    dividers = [n for n, line in enumerate(lines) if line.strip() == _DIVIDER]
    if len(dividers) != 1:
        line = source.body_line + (dividers[1] if dividers else 0)
        message = f"the body needs one line {_DIVIDER!r}, found {len(dividers)}"
        hint = "put instructions and menu above it, the ticket below"
        problems.append(Problem(path=path, line=line, message=message, hint=hint))
        return None
    at = dividers[0]
    before = len(problems)
    checker = _Checker(path=path, problems=problems)
    system = checker.part(lines[:at], source.body_line, allowed=_CONSTANT)
    user = checker.part(lines[at + 1 :], source.body_line + at + 1, allowed=_CONSTANT + _CHANGING)
    if system is None or user is None or len(problems) > before:
        return None
    read = source.header.read if source.header else None
    body = Body(system=system, user=user)
    checker.try_out(body, letters=read == "logprobs")
    return body if len(problems) == before else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _QuestionView:
    id: str
    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _LabelView:
    name: str
    description: str
    letter: str
    """Empty when there are more labels than letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _MessageView:
    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _TicketView:
    text: str
    """All that the customer wrote."""
    messages: tuple[_MessageView, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    template: Template
    first_line: int
    tree: nodes.Template = field(repr=False)

    def render(self, variables: Mapping[str, object]) -> str:
        from jinja2 import TemplateError

        try:
            return self.template.render(variables).strip()
        except TemplateError as exc:
            raise BodyError(_in_plain_words(exc), line=self._line_of(exc)) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
            raise BodyError(type(exc).__name__, line=self._line_of(exc)) from None

    def _line_of(self, error: Exception) -> int:
        frames = traceback.extract_tb(error.__traceback__)
        inside = [frame.lineno for frame in frames if frame.filename == "<template>"]
        return self.first_line + inside[-1] - 1 if inside and inside[-1] else 0


class _Checker:
    """Finds what is wrong with one body."""

    def __init__(self, *, path: str, problems: list[Problem]) -> None:
        self._path = path
        self._problems = problems

    def part(self, lines: list[str], first_line: int, *, allowed: Sequence[str]) -> _Part | None:
        from jinja2 import TemplateSyntaxError

        text = "\n".join(lines)
        try:
            tree = _environment().parse(text)
            template = _environment().from_string(text)
        except TemplateSyntaxError as exc:
            line = first_line + exc.lineno - 1
            self._report(line, 0, f"template syntax: {exc.message}")
            return None
        part = _Part(template=template, first_line=first_line, tree=tree)
        self._check_names(part, lines, allowed)
        return part

    def _check_names(self, part: _Part, lines: list[str], allowed: Sequence[str]) -> None:
        from jinja2 import meta

        undeclared = meta.find_undeclared_variables(part.tree)
        for name, line, column in _uses(part.tree, lines):
            if name not in undeclared or name in allowed:
                continue
            place = part.first_line + line - 1, column
            if name in _CHANGING:
                hint = f"use it below {_DIVIDER!r}, so that the part above can be cached"
                self._report(*place, f"{name!r} changes with every ticket", hint=hint)
            else:
                hint = closest(name, [*_CONSTANT, *_CHANGING])
                self._report(*place, f"unknown variable {name!r}", hint=hint)
        if list(meta.find_referenced_templates(part.tree)):
            message = "a prompt can't include, import or extend another file"
            self._report(part.first_line, 0, message)

    def try_out(self, body: Body, *, letters: bool) -> None:
        """Fill the body in with a sample ticket and look at what a model would see."""
        variables = variables_of(
            _SAMPLE_QUESTION,
            _sample_ticket(),
            fence=_SAMPLE_FENCE,
            examples=[Example(text=_SENTINEL, label="first")],
        )
        try:
            system, user = body.render(variables)
        except BodyError as exc:
            self._report(exc.line, 0, f"can't be filled in: {exc}")
            return
        outside = "".join(user.split(_SAMPLE_FENCE)[::2])
        line = body.user.first_line
        if _SENTINEL not in user:
            self._report(line, 0, "the part for the user never shows the ticket")
        elif _SENTINEL in outside or user.count(_SAMPLE_FENCE) % 2:
            hint = "put {{ fence }} before it and after it"
            self._report(line, 0, "the ticket is not quoted between fences", hint=hint)
        if not _names_every_label(system + user, letters=letters):
            needed = "label.letter and label.name" if letters else "label.name"
            message = f"the menu does not show {needed} of every label"
            self._report(body.system.first_line, 0, message)

    def _report(self, line: int, column: int, message: str, *, hint: str = "") -> None:
        problem = Problem(path=self._path, line=line, column=column, message=message, hint=hint)
        self._problems.append(problem)


def _in_plain_words(error: TemplateError) -> str:
    """Jinja's own messages name variables and our types, never values."""
    message = error.message or type(error).__name__
    attribute = re.search(r"attribute '(\w+)'", message)
    return f"unknown attribute {attribute[1]!r}" if attribute else message


@cache
def _environment() -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Prompts are plain text for a model, so HTML escaping would only falsify them.
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )


def _uses(tree: nodes.Template, lines: list[str]) -> Iterator[tuple[str, int, int]]:
    """Every name that is read, with line and column in its part; each name once a line."""
    from jinja2 import nodes

    seen = set()
    for node in tree.find_all(nodes.Name):
        if (node.name, node.lineno) in seen:
            continue
        seen.add((node.name, node.lineno))
        found = re.search(rf"\b{re.escape(node.name)}\b", lines[node.lineno - 1])
        yield node.name, node.lineno, found.start() + 1 if found else 0


_SAMPLE_QUESTION = Question(
    id="sample",
    ask="What is it?",
    labels={"qzxfirst": "the first", "qzxsecond": "the second"},
    labelers=(),
)


def _sample_ticket() -> RedactedTicket:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    messages = tuple(
        Message(role=role, text=_SENTINEL, at=at) for role in ("customer", "agent", "customer")
    )
    return RedactedTicket(id="sample", messages=messages, languages=("en",))


def _names_every_label(text: str, *, letters: bool) -> bool:
    if not all(name in text for name in _SAMPLE_QUESTION.labels):
        return False
    return not letters or all(re.search(rf"\b{letter}\b", text) for letter in LETTERS[:2])
