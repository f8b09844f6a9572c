"""Prompt files: a YAML header and a sandboxed Jinja body, checked when they are loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from deskquorum.domain import Question, RedactedTicket
from deskquorum.errors import LabelerError, Problem, PromptFileError
from deskquorum.llm.answers import letters_of
from deskquorum.llm.chat import ChatMessage
from deskquorum.llm.prompt_bodies import CannotRender, compile_body, render_part
from deskquorum.llm.prompt_headers import read_header
from deskquorum.llm.quoting import neutralised

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["Example", "Prompt", "load_prompts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An earlier ticket with its right label, shown to the model."""

    text: str
    label: str


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
    """SHA-256 of the file."""
    path: str
    body: str
    system: Template = field(repr=False, compare=False)
    """Instructions and menu: the same for every ticket, so that endpoints can cache them."""
    user: Template = field(repr=False, compare=False)
    """The ticket, quoted between fences."""

    def render(
        self,
        question: Question,
        ticket: RedactedTicket,
        fence: str,
        examples: Sequence[Example] = (),
    ) -> tuple[ChatMessage, ...]:
        """Fill the prompt in.

        Raises:
            LabelerError: The body fails on this ticket; says where, without the ticket's words.
        """
        variables = {
            "question": _QuestionView(id=question.id, ask=question.ask),
            "labels": _options(question),
            "ticket": _ticket_view(ticket, fence),
            "examples": tuple(
                Example(text=neutralised(e.text, fence=fence), label=e.label) for e in examples
            ),
            "fence": fence,
        }
        try:
            system = render_part(self.system, variables)
            user = render_part(self.user, variables)
        except CannotRender as exc:
            raise LabelerError(f"prompt {self.id!r} can't be filled in: {exc}") from None
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
            problems.append(Problem(path=str(path), message=message, hint=hint))
        prompts.setdefault(prompt.id, prompt)
    return prompts


def _load(path: Path, problems: list[Problem]) -> Prompt | None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        problems.append(
            Problem(path=str(path), message=f"byte {exc.start} is not UTF-8", hint="save as UTF-8")
        )
        return None
    header = read_header(text, path=str(path), problems=problems)
    if header is None:
        return None
    body = compile_body(header, path=str(path), problems=problems, trial=_trial(header.value.read))
    if body is None or header.value.is_broken:
        return None
    value = header.value
    return Prompt(
        id=value.id,
        version=value.version,
        question=value.question,
        read=value.read,
        model=value.model,
        hash=header.hash,
        path=str(path),
        body=header.body,
        system=body.system,
        user=body.user,
    )
