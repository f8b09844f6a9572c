"""What "wrong" means at this desk: `failure_modes.yaml`, whose ids audits and reports use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deskquorum.errors import PolicyFileError, Problem
from deskquorum.policy.document import Document, read_yaml
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.shapes import Text

__all__ = [
    "FAILURE_MODES_FILE",
    "Detector",
    "FailureMode",
    "FailureModeShape",
    "FailureModesShape",
    "NamedSuite",
    "Severity",
    "lint_failure_modes",
    "load_failure_modes",
]

FAILURE_MODES_FILE = "failure_modes.yaml"
"""Its name in a policy folder."""

Severity = Literal["critical", "high", "medium", "low"]
Detector = Literal["reply_check", "gate", "redaction", "audit", "outcome", "review"]
"""Who would notice: a check before anything is sent, or people and outcomes afterwards."""

_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
_Folder = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class FailureModeShape(BaseModel):
    """One way of being wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Id
    what: Text
    severity: Severity
    detector: Detector | None = None
    owner: Text
    stress: list[_Folder] = []


class FailureModesShape(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    failure_modes: Annotated[list[FailureModeShape], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSuite:
    """A stress suite, and where it is named."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureMode:
    """One way of being wrong, and who looks out for it."""

    id: str
    what: str
    """In a sentence."""
    severity: Severity
    detector: Detector | None
    owner: str
    stress: tuple[NamedSuite, ...]
    """The stress suites that provoke it."""
    path: str
    line: int
    column: int


def load_failure_modes(path: Path) -> tuple[FailureMode, ...]:
    """Read the file, in its order.

    Raises:
        PolicyFileError: Every problem, with its place.
    """
    problems: list[Problem] = []
    document = read_yaml(path, FailureModesShape, problems)
    if document is not None:
        problems += _twice(document)
    if problems or document is None:
        raise PolicyFileError(problems)
    found = []
    for at, shape in enumerate(document.value.failure_modes):
        line, column = document.place("failure_modes", at)
        mode = FailureMode(
            id=shape.id,
            what=shape.what,
            severity=shape.severity,
            detector=shape.detector,
            owner=shape.owner,
            stress=tuple(_suites(document, at)),
            path=str(path),
            line=line,
            column=column,
        )
        found.append(mode)
    return tuple(found)


def _suites(document: Document[FailureModesShape], at: int) -> Iterator[NamedSuite]:
    for index, name in enumerate(document.value.failure_modes[at].stress):
        line, column = document.place("failure_modes", at, "stress", index)
        yield NamedSuite(name=name, line=line, column=column)


def _twice(document: Document[FailureModesShape]) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for at, shape in enumerate(document.value.failure_modes):
        line, _ = document.place("failure_modes", at, "id")
        first = lines.setdefault(shape.id, line)
        if first != line:
            message, hint = f"failure mode '{shape.id}' twice", f"the first one is in line {first}"
            yield document.problem(message, "failure_modes", at, "id", hint=hint)


def lint_failure_modes(
    modes: Iterable[FailureMode], *, suites: Collection[str], folder: Path
) -> Iterator[Problem]:
    """Modes that nothing would notice, or that are never provoked before a change.

    Args:
        modes: The desk's.
        suites: Names of the stress suites that there are.
        folder: Where those are.
    """
    for mode in modes:
        if mode.detector is None:
            yield _remark(mode, "has no detector", hint="name what would notice it: audit, gate")
        if not mode.stress:
            yield _remark(mode, "has no stress suite", hint="add stress: [SUITE]")
        for suite in mode.stress:
            if suite.name not in suites:
                near = did_you_mean(suite.name, suites)
                hint = near or f"put tickets into {folder / suite.name}/*.jsonl, or take it out"
                message = f"no stress suite '{suite.name}' in {folder}"
                yield Problem(
                    path=mode.path,
                    line=suite.line,
                    column=suite.column,
                    message=message,
                    hint=hint,
                )


def _remark(mode: FailureMode, lack: str, *, hint: str) -> Problem:
    message = f"failure mode '{mode.id}' {lack}"
    return Problem(path=mode.path, line=mode.line, column=mode.column, message=message, hint=hint)
