"""Prompt files: a YAML header and a sandboxed Jinja body, checked when they are loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deskquorum.domain import Question, RedactedTicket
from deskquorum.errors import LabelerError, Problem, PromptFileError
from deskquorum.llm.chat import ChatMessage
from deskquorum.llm.prompt_bodies import Body, BodyError, Example, compile_body, variables_of
from deskquorum.llm.prompt_headers import read_header

__all__ = ["Prompt", "load_prompts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt file, ready to render."""

    id: str
    version: str
    question: str | None
    """The only question it may ask; None when it serves any."""
    read: Literal["logprobs", "schema"]
    model: str | None
    """The model it was written for; None when any will do."""
    hash: str
    """SHA-256 of the file's text, in hex."""
    path: str
    body: str
    templates: Body = field(repr=False, compare=False)

    def render(
        self,
        question: Question,
        ticket: RedactedTicket,
        fence: str,
        examples: Sequence[Example] = (),
    ) -> tuple[ChatMessage, ...]:
        """Fill the prompt in: instructions and menu first, the ticket last, between fences.

        Raises:
            LabelerError: The body fails on this ticket; says where, without the ticket's words.
        """
        variables = variables_of(question, ticket, fence=fence, examples=examples)
        try:
            system, user = self.templates.render(variables)
        except BodyError as exc:
            place = f"{self.path}:{exc.line}" if exc.line else self.path
            raise LabelerError(f"{place}: can't be filled in: {exc}") from None
        asked = ChatMessage(role="user", content=user)
        return (ChatMessage(role="system", content=system), asked) if system else (asked,)


def load_prompts(folders: Sequence[Path]) -> Mapping[str, Prompt]:
    """Read every `*.md` of the folders; of two prompts with one id the earlier folder's wins.

    Args:
        folders: The host's own first; one that does not exist holds no prompts.

    Raises:
        PromptFileError: Files that can't be used, with every problem in them.
    """
    problems: list[Problem] = []
    prompts: dict[str, Prompt] = {}
    for folder in folders:
        prompts = {**_load_folder(folder, problems), **prompts}
    if problems:
        raise PromptFileError(problems)
    return prompts


def _load_folder(folder: Path, problems: list[Problem]) -> dict[str, Prompt]:
    prompts: dict[str, Prompt] = {}
    for path in sorted(folder.glob("*.md")):
        prompt = None if path.name == "README.md" else _load(path, problems)
        if prompt is None:
            continue
        if prompt.id in prompts:
            message = f"prompt id {prompt.id!r} is taken by {prompts[prompt.id].path}"
            hint = "give one of them another id"
            problems.append(Problem(path=str(path), line=1, message=message, hint=hint))
        prompts.setdefault(prompt.id, prompt)
    return prompts


def _load(path: Path, problems: list[Problem]) -> Prompt | None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        why = "is not UTF-8" if isinstance(exc, UnicodeDecodeError) else f"is unreadable: {exc}"
        problems.append(Problem(path=str(path), message=f"the file {why}"))
        return None
    source = read_header(text, path=str(path), problems=problems)
    if source is None:
        return None
    header = source.header
    templates = compile_body(source, path=str(path), problems=problems)
    if header is None or templates is None:
        return None
    return Prompt(
        id=header.id,
        version=header.version,
        question=header.question,
        read=header.read,
        model=header.model,
        hash=hashlib.sha256(text.encode()).hexdigest(),
        path=str(path),
        body=source.body,
        templates=templates,
    )
