"""Whether an action may go by itself on these answers: what its certificate says today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deskquorum.domain import Answer, Reason
from deskquorum.policy import ActionSpec
from deskquorum.reconciliation.learned import Certificate, Learned

__all__ = ["standing"]


def standing(
    spec: ActionSpec, learned: Learned, answers: Mapping[str, Answer], *, at: datetime
) -> Reason:
    """The reason `certified`, or the reason why it is not.

    Args:
        spec: The action as policies declare it.
        learned: Models and certificates.
        answers: The ticket's answers by question.
        at: When; certificates end.
    """
    certificate = learned.certificates.get(spec.name)
    if certificate is None or spec.autonomy is None:
        return Reason(code="no-certificate", params={"action": spec.name})
    promised = f"{certificate.max_error:g} at {certificate.confidence:g}"
    asked = f"{spec.autonomy.max_error:g} at {spec.autonomy.confidence:g}"
    weaker = (
        certificate.max_error > spec.autonomy.max_error
        or certificate.confidence < spec.autonomy.confidence
    )
    if weaker:
        params = {"action": spec.name, "promised": promised, "asked": asked}
        return Reason(code="certificate-weaker", params=params)
    if at >= certificate.expires_at:
        params = {"action": spec.name, "on": f"{certificate.expires_at:%Y-%m-%d}"}
        return Reason(code="certificate-expired", params=params)
    if certificate.models_hash != learned.models_hash(certificate.questions):
        return Reason(code="certificate-void", params={"action": spec.name})
    return _by_probability(certificate, answers)


def _by_probability(certificate: Certificate, answers: Mapping[str, Answer]) -> Reason:
    """INVARIANT: below the certified threshold, or without an answer, nothing is covered."""
    known = [answers[name].probability for name in certificate.questions if name in answers]
    complete = len(known) == len(certificate.questions)
    probability = min(known, default=0.0) if complete else 0.0
    params = {
        "action": certificate.action,
        "probability": f"{probability:.3f}",
        "threshold": f"{certificate.threshold:.3f}",
    }
    if probability < certificate.threshold:
        return Reason(code="below-threshold", params=params)
    params |= {
        "max_error": f"{certificate.max_error:.1%}",
        "confidence": f"{certificate.confidence:.0%}",
        "errors": str(certificate.errors),
        "n": str(certificate.n),
        "bound": f"{certificate.upper_bound:.1%}",
        "until": f"{certificate.expires_at:%Y-%m-%d}",
    }
    return Reason(code="certified", params=params)
