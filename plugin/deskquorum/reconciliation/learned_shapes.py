"""The shape of files of learned state, and what may be wrong in one that has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from deskquorum.domain import Question
from deskquorum.errors import Problem
from deskquorum.reconciliation.alarms import AlarmKind
from deskquorum.reconciliation.pool import OPINIONS

__all__ = [
    "MEND",
    "AlarmShape",
    "AlarmsShape",
    "CertificateShape",
    "CertificatesShape",
    "CoefficientsShape",
    "CountsShape",
    "LearnedShape",
    "ModelShape",
    "PoolShape",
    "RegressionShape",
    "RowShape",
    "misfits",
]

MEND = "run `deskquorum calibrate` again, or remove the file"

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class LearnedShape(BaseModel):
    """What every file of learned state is."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RowShape(LearnedShape):
    """A label voted by one labeler."""

    labeler: str
    voted: str
    by_label: dict[str, _Amount]
    """How often it was voted while each label was true."""
    votes: _Amount


class CoefficientsShape(LearnedShape):
    """What a label voted by one labeler adds to each label's log-odds."""

    labeler: str
    voted: str
    by_label: dict[str, _Number]


class CountsShape(LearnedShape):
    """A label model's statistics."""

    labels: list[str]
    families: dict[str, str]
    """Labeler to family."""
    truth: Annotated[dict[str, _Amount], Field(min_length=1)]
    rows: Annotated[list[RowShape], Field(min_length=1)]


class RegressionShape(LearnedShape):
    """The ridge regression of a pool."""

    intercept: dict[str, _Number]
    rows: Annotated[list[CoefficientsShape], Field(min_length=1)]


class PoolShape(LearnedShape):
    """What audited tickets taught."""

    exponents: dict[str, _Amount]
    prior: Annotated[dict[str, _Amount], Field(min_length=1)]
    anchored: CountsShape
    regression: RegressionShape | None
    audited: int
    informative: bool


class ModelShape(LearnedShape):
    """One question's file."""

    format: Literal["deskquorum question model 1"] = "deskquorum question model 1"
    question: str
    fitted_at: AwareDatetime
    items: int
    data_hash: str
    disagreement: Annotated[float, Field(ge=0, le=1)]
    named: dict[str, Annotated[int, Field(ge=0)]] = {}
    rights: dict[str, tuple[int, int]]
    agreement: CountsShape
    pool: PoolShape | None


class CertificateShape(LearnedShape):
    """One action's certificate."""

    action: str
    questions: list[str]
    max_error: Annotated[float, Field(gt=0, lt=1)]
    confidence: Annotated[float, Field(gt=0, lt=1)]
    threshold: Annotated[float, Field(gt=0, le=1)]
    n: int
    errors: int
    upper_bound: Annotated[float, Field(ge=0, le=1)]
    coverage: Annotated[float, Field(ge=0, le=1)]
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    models_hash: str
    policy_hash: str
    data_hash: str


class CertificatesShape(LearnedShape):
    """The file of certificates."""

    format: Literal["deskquorum certificates 1"] = "deskquorum certificates 1"
    certificates: list[CertificateShape]


class AlarmShape(LearnedShape):
    """One alarm that stands."""

    kind: AlarmKind
    question: str
    noticed: str
    raised_at: AwareDatetime | None


class AlarmsShape(LearnedShape):
    """The file of alarms."""

    format: Literal["deskquorum alarms 1", "deskquorum alarms 2"] = "deskquorum alarms 2"
    alarms: list[AlarmShape]

    @field_validator("alarms", mode="before")
    @classmethod
    def _of_one(cls, alarms: object) -> object:
        """The first format kept the question of a disagreement, and what was noticed."""
        if not isinstance(alarms, dict):
            return alarms
        old = {"kind": "disagreement", "raised_at": None}
        return [old | {"question": name, "noticed": said} for name, said in alarms.items()]


def misfits(path: Path, shape: ModelShape, question: Question) -> Iterable[Problem]:
    """What is wrong in a file that has the right shape: names and labels that do not fit."""
    for message in _other_question(shape, question) or _strange(shape):
        yield Problem(path=str(path), message=message, hint=MEND)


def _other_question(shape: ModelShape, question: Question) -> list[str]:
    wrong = []
    if shape.question != question.id:
        wrong.append(f"holds the question '{shape.question}', expected '{question.id}'")
    expected = sorted(question.labels)
    learned = {", ".join(part.labels) for part in _parts(shape)}
    if learned != {", ".join(expected)}:
        now = f"but desk.yaml now has {', '.join(expected)}"
        wrong.append(f"was learned for the labels {'; '.join(sorted(learned))}, {now}")
    return wrong


def _strange(shape: ModelShape) -> Iterable[str]:
    labels = set(shape.agreement.labels)
    labelers = shape.agreement.families.keys()
    if any(part.families.keys() != labelers for part in _parts(shape)):
        yield "lists other labelers in one part than in another"
    if shape.pool is not None and not shape.pool.exponents.keys() <= set(OPINIONS):
        yield f"pool.exponents names an unknown opinion; known are {', '.join(OPINIONS)}"
    for where, row in _rows(shape):
        if row.labeler not in labelers or not {row.voted, *row.by_label} <= labels:
            yield f"{where} names a labeler or a label that is not listed"
    for where, values in _by_labels(shape):
        if not values.keys() <= labels:
            yield f"{where} names a label that is not listed"
        if where != "pool.regression.intercept" and not sum(values.values()) > 0:
            yield f"{where} holds nothing; expected a number above 0"


def _parts(shape: ModelShape) -> list[CountsShape]:
    return [shape.agreement] if shape.pool is None else [shape.agreement, shape.pool.anchored]


def _rows(shape: ModelShape) -> Iterable[tuple[str, RowShape | CoefficientsShape]]:
    for n, row in enumerate(shape.agreement.rows):
        yield f"agreement.rows.{n}", row
    if shape.pool is not None:
        for n, row in enumerate(shape.pool.anchored.rows):
            yield f"pool.anchored.rows.{n}", row
        for n, coefficients in enumerate(
            shape.pool.regression.rows if shape.pool.regression else ()
        ):
            yield f"pool.regression.rows.{n}", coefficients


def _by_labels(shape: ModelShape) -> Iterable[tuple[str, Mapping[str, float]]]:
    yield "agreement.truth", shape.agreement.truth
    if shape.pool is not None:
        yield "pool.anchored.truth", shape.pool.anchored.truth
        yield "pool.prior", shape.pool.prior
        if shape.pool.regression is not None:
            yield "pool.regression.intercept", shape.pool.regression.intercept
