"""The verifier prompts, each with its question and with what its answers say of a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskquorum.domain import Question
from deskquorum.errors import Problem, PromptFileError
from deskquorum.llm import Prompt, load_prompts

__all__ = ["EACH_CLAIM", "QUOTE", "REWRITE", "Checks", "load_checks"]

QUOTE = "quote"
REWRITE = "rewrite"
EACH_CLAIM = "each-claim"
"""The question that is asked about all claims of a draft at once."""

_QUESTIONS = "questions.yaml"
_Says = Literal["entailed", "contradicted", "unsupported"]


class _CheckShape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: str = Field(min_length=1)
    labels: dict[str, str] = Field(min_length=2)
    says: dict[str, _Says]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The verifier prompts by the questions that they ask."""

    prompts: Mapping[str, Prompt]
    questions: Mapping[str, Question]
    says: Mapping[str, Mapping[str, str]]
    """Question to what each of its labels says of a claim."""


def load_checks(folders: Sequence[Path]) -> Checks:
    """Read `prompts/checks`; a prompt or a question of the host's own wins over ours of that name.

    Args:
        folders: The host's own first.

    Raises:
        PromptFileError: Files that can't be used, with every problem in them.
    """
    prompts = {p.question: p for p in load_prompts(folders).values() if p.question is not None}
    paths = [path for folder in folders if (path := folder / _QUESTIONS).is_file()]
    if not paths:
        raise PromptFileError([Problem(path=str(folders[-1]), message=f"no {_QUESTIONS}")])
    shapes: dict[str, _CheckShape] = {}
    for path in paths:
        shapes = {**_read(path), **shapes}
    problems = [
        Problem(
            path=prompts[name].path,
            message=f"asks '{name}', which {paths[0]} does not declare",
            hint=f"it declares {', '.join(shapes)}",
        )
        for name in prompts
        if name not in shapes
    ]
    if problems:
        raise PromptFileError(problems)
    return Checks(
        prompts=prompts,
        questions={
            name: Question(id=name, ask=shape.ask, labels=shape.labels, labelers=())
            for name, shape in shapes.items()
        },
        says={name: shape.says for name, shape in shapes.items()},
    )


def _read(path: Path) -> dict[str, _CheckShape]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        read = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return {str(n): _CheckShape.model_validate(s) for n, s in dict(read or {}).items()}
    except (YAMLError, ValidationError, TypeError, ValueError) as exc:
        message = str(exc).partition("\n")[0].lower()
        raise PromptFileError([Problem(path=str(path), message=message)]) from exc
