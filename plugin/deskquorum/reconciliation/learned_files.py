"""Learned state as files: one per question, one for certificates, one for alarms.

Files are replaced whole, so that a reader never meets half of one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import ValidationError

from deskquorum.domain import Question
from deskquorum.errors import ConfigError, Problem
from deskquorum.reconciliation.alarms import Alarm
from deskquorum.reconciliation.counts import VoteCounts
from deskquorum.reconciliation.label_model import Floats, label_model
from deskquorum.reconciliation.learned import Certificate, Learned, QuestionModel
from deskquorum.reconciliation.learned_shapes import (
    MEND,
    AlarmShape,
    AlarmsShape,
    CertificateShape,
    CertificatesShape,
    CoefficientsShape,
    CountsShape,
    LearnedShape,
    ModelShape,
    PoolShape,
    RegressionShape,
    RowShape,
    misfits,
)
from deskquorum.reconciliation.pool import OPINIONS, Pool, Regression

__all__ = [
    "read_alarms",
    "read_learned",
    "remove_model",
    "write_alarms",
    "write_certificates",
    "write_model",
]

_CERTIFICATES = "certificates.json"
_ALARMS = "alarms.json"
_DIGITS = 6
"""Digits kept of what was counted and fitted."""

_S = TypeVar("_S", bound=LearnedShape)


def read_learned(folder: Path, questions: Mapping[str, Question]) -> Learned:
    """Read what was learned; a folder that is not there holds nothing.

    Raises:
        ConfigError: A file can't be used, with every problem of all files.
    """
    problems: list[Problem] = []
    models = {}
    for name, question in questions.items():
        path = _path(folder, name)
        shape = _read(path, ModelShape, problems)
        if shape is not None:
            wrong = list(misfits(path, shape, question))
            problems += wrong
            if not wrong:
                models[name] = _model(shape, path)
    certificates = _read(folder / _CERTIFICATES, CertificatesShape, problems)
    alarms = _alarms(folder, problems)
    if problems:
        raise ConfigError(problems)
    return Learned(
        models=models,
        certificates={}
        if certificates is None
        else {c.action: _certificate(c) for c in certificates.certificates},
        alarms=alarms,
    )


def read_alarms(folder: Path) -> tuple[Alarm, ...]:
    """Read the alarms alone.

    Raises:
        ConfigError: The file can't be used.
    """
    problems: list[Problem] = []
    alarms = _alarms(folder, problems)
    if problems:
        raise ConfigError(problems)
    return alarms


def write_model(folder: Path, model: QuestionModel) -> QuestionModel:
    """Write one question's model; returns it as it reads back, with its hash."""
    pool = model.model if isinstance(model.model, Pool) else None
    shape = ModelShape(
        question=model.question,
        fitted_at=model.fitted_at,
        items=model.items,
        data_hash=model.data_hash,
        disagreement=round(model.disagreement, _DIGITS),
        named=dict(model.named),
        rights=dict(model.rights),
        agreement=_counts_shape(model.counts),
        pool=None if pool is None else _pool_shape(pool),
    )
    path = _path(folder, model.question)
    _write(path, shape)
    return _model(shape, path)


def remove_model(folder: Path, question: str) -> None:
    """Forget what was learned of a question; fine where nothing was."""
    _path(folder, question).unlink(missing_ok=True)


def write_certificates(folder: Path, certificates: Iterable[Certificate]) -> None:
    """Write all certificates; those that were there before are gone."""
    shapes = [CertificateShape(**_plain(certificate)) for certificate in certificates]
    _write(folder / _CERTIFICATES, CertificatesShape(certificates=shapes))


def write_alarms(folder: Path, alarms: Iterable[Alarm]) -> None:
    """Write all alarms; those that were there before are gone."""
    shapes = [AlarmShape(**asdict(alarm)) for alarm in alarms]
    _write(folder / _ALARMS, AlarmsShape(alarms=shapes))


def _alarms(folder: Path, problems: list[Problem]) -> tuple[Alarm, ...]:
    shape = _read(folder / _ALARMS, AlarmsShape, problems)
    return () if shape is None else tuple(Alarm(**dict(kept)) for kept in shape.alarms)


def _path(folder: Path, question: str) -> Path:
    """No question's name holds a dot, so that none is another file's."""
    return folder / f"{question}.model.json"


def _read(path: Path, shape: type[_S], problems: list[Problem]) -> _S | None:
    try:
        return shape.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as exc:
        problems.append(Problem(path=str(path), message=str(exc.strerror).lower(), hint=MEND))
    except ValidationError as exc:
        for error in exc.errors(include_url=False, include_input=False):
            place = ".".join(str(part) for part in error["loc"])
            message = f"{place}: {error['msg'].lower()}" if place else error["msg"].lower()
            problems.append(Problem(path=str(path), message=message, hint=MEND))
    return None


def _model(shape: ModelShape, path: Path) -> QuestionModel:
    agreement = label_model(_counts(shape.agreement), audited=False)
    model: Pool | None = None
    if shape.pool is not None:
        pool = shape.pool
        labels = tuple(pool.anchored.labels)
        model = Pool(
            exponents=np.array([pool.exponents.get(name, 0.0) for name in OPINIONS]),
            prior=_vector(pool.prior, labels) / sum(pool.prior.values()),
            agreement=agreement,
            anchored=label_model(_counts(pool.anchored), audited=True),
            regression=None if pool.regression is None else _regression(pool.regression, pool),
            audited=pool.audited,
            informative=pool.informative,
        )
    return QuestionModel(
        question=shape.question,
        model=model or agreement,
        fitted_at=shape.fitted_at,
        items=shape.items,
        data_hash=shape.data_hash,
        disagreement=shape.disagreement,
        named=shape.named,
        rights=shape.rights,
        hash=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _counts(shape: CountsShape) -> VoteCounts:
    labels, labelers = tuple(shape.labels), tuple(shape.families)
    place = {name: n for n, name in enumerate(labelers)}
    rows = sorted(shape.rows, key=lambda r: (place[r.labeler], labels.index(r.voted)))
    return VoteCounts(
        labels=labels,
        labelers=labelers,
        families=tuple(shape.families.values()),
        pair_labeler=np.array([place[row.labeler] for row in rows], dtype=np.int64),
        pair_label=np.array([labels.index(row.voted) for row in rows], dtype=np.int64),
        mass=np.array([_vector(row.by_label, labels) for row in rows]),
        votes=np.array([row.votes for row in rows]),
        truth=_vector(shape.truth, labels),
    )


def _counts_shape(counts: VoteCounts) -> CountsShape:
    return CountsShape(
        labels=list(counts.labels),
        families=dict(zip(counts.labelers, counts.families, strict=True)),
        truth=_by_label(counts.truth, counts.labels),
        rows=[
            RowShape(
                labeler=counts.labelers[labeler],
                voted=counts.labels[label],
                by_label=_by_label(mass, counts.labels),
                votes=round(float(votes), _DIGITS),
            )
            for labeler, label, mass, votes in zip(
                counts.pair_labeler, counts.pair_label, counts.mass, counts.votes, strict=True
            )
        ],
    )


def _pool_shape(pool: Pool) -> PoolShape:
    labels = pool.anchored.counts.labels
    return PoolShape(
        exponents={
            name: round(float(power), _DIGITS)
            for name, power in zip(OPINIONS, pool.exponents, strict=True)
        },
        prior=_by_label(pool.prior, labels),
        anchored=_counts_shape(pool.anchored.counts),
        regression=None if pool.regression is None else _regression_shape(pool),
        audited=pool.audited,
        informative=pool.informative,
    )


def _regression(shape: RegressionShape, pool: PoolShape) -> Regression:
    labels, labelers = tuple(pool.anchored.labels), tuple(pool.anchored.families)
    place = {name: n for n, name in enumerate(labelers)}
    coded = [(place[r.labeler] * len(labels) + labels.index(r.voted), r) for r in shape.rows]
    coded.sort(key=lambda pair: pair[0])
    return Regression(
        intercept=_vector(shape.intercept, labels),
        pairs=np.array([code for code, _ in coded], dtype=np.int64),
        coefficient=np.array([_vector(row.by_label, labels) for _, row in coded]),
    )


def _regression_shape(pool: Pool) -> RegressionShape | None:
    found, counts = pool.regression, pool.anchored.counts
    if found is None:
        return None
    size = len(counts.labels)
    return RegressionShape(
        intercept=_by_label(found.intercept, counts.labels),
        rows=[
            CoefficientsShape(
                labeler=counts.labelers[code // size],
                voted=counts.labels[code % size],
                by_label=_by_label(row, counts.labels),
            )
            for code, row in zip(found.pairs, found.coefficient, strict=True)
        ],
    )


def _certificate(shape: CertificateShape) -> Certificate:
    fields = shape.model_dump() | {"questions": tuple(shape.questions)}
    return Certificate(**fields)


def _plain(certificate: Certificate) -> dict[str, object]:
    return asdict(replace(certificate, questions=tuple(certificate.questions)))


def _by_label(values: Floats, labels: tuple[str, ...]) -> dict[str, float]:
    """What rounds to nothing is left out."""
    rounded = {name: round(float(v), _DIGITS) for name, v in zip(labels, values, strict=True)}
    return {name: value for name, value in rounded.items() if value}


def _vector(values: Mapping[str, float], labels: tuple[str, ...]) -> Floats:
    return np.array([values.get(name, 0.0) for name in labels], dtype=np.float64)


def _write(path: Path, shape: LearnedShape) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    text = json.dumps(shape.model_dump(mode="json"), indent=1, ensure_ascii=False)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)
