"""All that audits show, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from deskquorum.auditing.cases import Audits
from deskquorum.auditing.estimates import Share, share
from deskquorum.auditing.kappa import Kappa, kappas
from deskquorum.auditing.noise import QuestionNoise, question_noise
from deskquorum.auditing.regions import Region, blind_regions
from deskquorum.domain import Question
from deskquorum.ledger.verdict_labels import FAILURE_MODE
from deskquorum.policy.failure_modes import FailureMode

__all__ = ["AuditReport", "ModeRate", "audit_report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeRate:
    """How often one failure mode was seen."""

    id: str
    severity: str
    owner: str
    share: Share
    """Of the decisions for which auditors said what went wrong, or that nothing did."""
    reviewers: int
    """Decisions on which a reviewer named it; how many were reviewed hangs on the desk's doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What the audits show."""

    drawn: int
    audited: int
    """Drawn decisions that somebody labelled."""
    chosen: int
    """Labelled decisions that were only chosen, of which nothing here is counted."""
    questions: tuple[QuestionNoise, ...]
    """Those that somebody answered."""
    failure_modes: tuple[ModeRate, ...]
    regions: tuple[Region, ...]
    """Where every labeler that votes is wrong, surely more often than elsewhere."""
    kappas: tuple[Kappa, ...]


def audit_report(
    audits: Audits,
    *,
    questions: Mapping[str, Question],
    modes: Iterable[FailureMode],
) -> AuditReport:
    """Sum up the audited decisions.

    Args:
        audits: What people looked at.
        questions: The desk's.
        modes: The failure modes that auditors may name.
    """
    cases = audits.cases
    noise = [question_noise(cases, question) for question in questions.values()]
    return AuditReport(
        drawn=audits.drawn,
        audited=len(cases),
        chosen=audits.chosen,
        questions=tuple(found for found in noise if found.audited),
        failure_modes=tuple(_rates(audits, modes)),
        regions=tuple(region for name in questions for region in blind_regions(cases, name)),
        kappas=tuple(kappas(cases, questions)),
    )


def _rates(audits: Audits, modes: Iterable[FailureMode]) -> Iterator[ModeRate]:
    judged = [case for case in audits.cases if case.truth(FAILURE_MODE) is not None]
    if not judged and not audits.named:
        return
    for mode in modes:
        seen = [case.truth(FAILURE_MODE) == mode.id for case in judged]
        rate = share(seen, [case.weight for case in judged])
        yield ModeRate(
            id=mode.id,
            severity=mode.severity,
            owner=mode.owner,
            share=rate,
            reviewers=audits.named.get(mode.id, 0),
        )
