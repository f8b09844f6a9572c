"""The YAML header of a prompt file, with the place of each problem in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskquorum.errors import Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from ruamel.yaml.nodes import MappingNode, Node

__all__ = ["Header", "PromptSource", "closest", "read_header"]

_RULE = "---"
_ID = r"^[a-z0-9][a-z0-9._-]*$"
_NOT_TEXT = object()
"""A number, a date, a list."""
_Place = tuple[int, int]


class Header(BaseModel):
    """What a prompt file says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field(pattern=_ID)
    version: str = Field(min_length=1)
    read: Literal["logprobs", "schema"]
    question: str | None = Field(None, min_length=1)
    model: str | None = Field(None, min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSource:
    """A prompt file in two pieces."""

    header: Header | None
    """None when it has problems; the body is still worth checking."""
    body: str
    body_line: int
    """Line of the file on which the body starts."""


def read_header(text: str, *, path: str, problems: list[Problem]) -> PromptSource | None:
    """Split a prompt file and check its header; None when there is no header to be found."""
    lines = text.split("\n")
    ends = [n for n, line in enumerate(lines) if n and line.rstrip() == _RULE]
    if lines[0].rstrip() != _RULE or not ends:
        message = "a prompt file starts with a header between two lines of ---"
        hint = "add id, version and read"
        problems.append(Problem(path=path, line=1, column=1, message=message, hint=hint))
        return None
    end = ends[0]
    reader = _HeaderReader(path=path, problems=problems)
    return PromptSource(
        header=reader.read("\n".join(lines[1:end])),
        body="\n".join(lines[end + 1 :]),
        body_line=end + 2,
    )


def closest(word: str, known: list[str]) -> str:
    """A hint that names the known word most like this one, empty when none is."""
    from rapidfuzz.process import extractOne

    found = extractOne(word, known, score_cutoff=60)
    return f"did you mean {found[0]!r}?" if found else ""


class _HeaderReader:
    """Reads one header and notes what is wrong with it."""

    def __init__(self, *, path: str, problems: list[Problem]) -> None:
        self._path = path
        self._problems = problems
        self._places: dict[str, tuple[_Place, _Place]] = {}
        """Key to the places of the key and of its value."""

    def read(self, text: str) -> Header | None:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError
        from ruamel.yaml.nodes import MappingNode

        before = len(self._problems)
        try:
            node = YAML(typ="safe", pure=True).compose(text)
        except MarkedYAMLError as exc:
            mark = exc.problem_mark or exc.context_mark
            place = (mark.line + 2, mark.column + 1) if mark else (1, 1)
            self._report(place, f"the header is not YAML: {exc.problem or exc.context}")
            return None
        if not isinstance(node, MappingNode):
            self._report((1, 1), "the header holds no keys", hint="add id, version and read")
            return None
        header = self._validated(self._values(node))
        return header if len(self._problems) == before else None

    def _values(self, node: MappingNode) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in values:
                self._report(_place(key), f"{name!r} stands twice in the header")
                continue
            values[name] = _scalar(value)
            self._places[name] = (_place(key), _place(value))
        return values

    def _validated(self, values: Mapping[str, object]) -> Header | None:
        try:
            return Header.model_validate(values)
        except ValidationError as exc:
            for error in exc.errors():
                self._explain(error)
            return None

    def _explain(self, error: ErrorDetails) -> None:
        name, found = str(error["loc"][0]), error["input"]
        key, value = self._places.get(name, ((1, 1), (1, 1)))
        match error["type"]:
            case "missing":
                self._report((1, 1), f"the header lacks {name!r}")
            case "extra_forbidden":
                hint = closest(name, list(Header.model_fields))
                self._report(key, f"unknown key {name!r} in the header", hint=hint)
            case "string_type":
                message = f"{name!r} must be text"
                self._report(value, message, hint="put the value in quotes")
            case "literal_error":
                message = f"{name!r} is {found!r}, expected 'logprobs' or 'schema'"
                self._report(value, message, hint=closest(str(found), ["logprobs", "schema"]))
            case "string_pattern_mismatch":
                message = f"{name!r} is {found!r}"
                self._report(value, message, hint="use lower case letters, digits and . _ -")
            case _:
                self._report(value, f"{name!r} is empty", hint="fill it in or leave it out")

    def _report(self, place: _Place, message: str, *, hint: str = "") -> None:
        line, column = place
        problem = Problem(path=self._path, line=line, column=column, message=message, hint=hint)
        self._problems.append(problem)


def _place(node: Node) -> _Place:
    # The header's first line is the file's second.
    return node.start_mark.line + 2, node.start_mark.column + 1


def _scalar(node: Node) -> object:
    """The node's text, None for an empty one, and for all else something that is neither."""
    match str(node.tag).rpartition(":")[2]:
        case "str":
            return node.value
        case "null":
            return None
        case _:
            return _NOT_TEXT
