"""A student as a file of learned state: JSON, its numbers as half floats in base64."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskquorum.domain import Question
from deskquorum.errors import ConfigError, Problem
from deskquorum.labeling.likeness import Likeness
from deskquorum.labeling.student_model import Student
from deskquorum.labeling.wording import BUCKETS, Wording

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["read_student", "write_student"]

_MEND = "run `deskquorum distill` again, or remove the file"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[2] = 2
    question: str
    labels: Annotated[list[str], Field(min_length=2)]
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    review_below: Annotated[float, Field(ge=0, le=1)]
    tickets: list[Annotated[str, Field(pattern="^[0-9a-f]{16}$")]]
    centre: str
    words: str
    pieces: str
    coefficients: str
    intercept: str
    middles: str
    shares: str
    background: Annotated[float, Field(gt=0, allow_inf_nan=False)]


def write_student(path: Path, student: Student) -> None:
    """Write a student; readers meet the old file or the new one, never half of one."""
    wording = student.wording
    shape = _Shape(
        question=student.question,
        labels=list(student.labels),
        temperature=student.temperature,
        review_below=student.review_below,
        tickets=sorted(student.tickets),
        centre=_coded(wording.centre),
        words=_coded(wording.words),
        pieces=_coded(wording.pieces),
        coefficients=_coded(student.coefficients),
        intercept=_coded(student.intercept),
        middles=_coded(student.likeness.middles),
        shares=_coded(student.likeness.shares),
        background=student.likeness.background,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(shape.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


def read_student(path: Path, question: Question) -> Student | None:
    """Read a student; None where there is no file.

    Raises:
        ConfigError: The file can't be used; says why.
    """
    try:
        shape = _Shape.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise _faulty(path, f"can't be read: {str(exc.strerror).lower()}") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise _faulty(path, f"{place}: {first['msg']}") from exc
    if shape.question != question.id:
        raise _faulty(path, f"holds the question '{shape.question}', expected '{question.id}'")
    if set(shape.labels) != set(question.labels):
        now = f"but desk.yaml now has {', '.join(sorted(question.labels))}"
        raise _faulty(path, f"was taught for the labels {', '.join(sorted(shape.labels))}, {now}")
    try:
        return _student(shape)
    except (ValueError, binascii.Error) as exc:
        raise _faulty(path, "its numbers are damaged") from exc


def _student(shape: _Shape) -> Student:
    labels = len(shape.labels)
    centre = _decoded(shape.centre)
    middles = _decoded(shape.middles, -1, len(centre))
    return Student(
        question=shape.question,
        labels=tuple(shape.labels),
        wording=Wording(
            centre=centre,
            words=_decoded(shape.words, BUCKETS),
            pieces=_decoded(shape.pieces, BUCKETS),
        ),
        coefficients=_decoded(shape.coefficients, labels, len(centre) + 2 * BUCKETS),
        intercept=_decoded(shape.intercept, labels),
        likeness=Likeness(
            middles=middles,
            shares=_decoded(shape.shares, len(middles), labels),
            background=shape.background,
        ),
        temperature=shape.temperature,
        review_below=shape.review_below,
        tickets=frozenset(shape.tickets),
    )


def _coded(numbers: npt.NDArray[np.float32]) -> str:

    return base64.b64encode(numbers.astype("<f2", order="C").tobytes()).decode()


def _decoded(text: str, *shape: int) -> npt.NDArray[np.float32]:
    """The numbers, in the shape that they should have.

    Raises:
        ValueError: They are too many or too few, or one is none.
    """
    import numpy as np

    found = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f2").astype(np.float32)
    if not np.isfinite(found).all():
        raise ValueError("not a number")
    return found.reshape(shape or (-1,))


def _faulty(path: Path, message: str) -> ConfigError:
    return ConfigError([Problem(path=str(path), message=message, hint=_MEND)])
