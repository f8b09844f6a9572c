from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.domain import Answer
from deskquorum.policy import ActionSpec
from deskquorum.policy.book import Autonomy
from deskquorum.reconciliation import Certificate, Learned, standing

ISSUED = datetime(2026, 3, 1, tzinfo=UTC)
EXPIRES = ISSUED + timedelta(days=90)
NOW = ISSUED + timedelta(days=10)

CERTIFICATE = Certificate(
    action="refund",
    questions=("intent", "risk"),
    max_error=0.05,
    confidence=0.95,
    threshold=0.9,
    n=120,
    errors=1,
    upper_bound=0.0389,
    coverage=0.6,
    issued_at=ISSUED,
    expires_at=EXPIRES,
    models_hash=Learned().models_hash(("intent", "risk")),
    policy_hash="",
    data_hash="",
)
SPEC = ActionSpec(name="refund", autonomy=Autonomy(max_error=0.05, confidence=0.95))


def answers(**probabilities):
    return {
        name: Answer(question=name, label="x", probability=p, settled=True, calibrated=True)
        for name, p in probabilities.items()
    }


SURE = answers(intent=0.97, risk=0.95)


def stands(certificate=CERTIFICATE, *, spec=SPEC, found=SURE, at=NOW):
    certificates = {} if certificate is None else {certificate.action: certificate}
    return standing(spec, Learned(certificates=certificates), found, at=at)


def test_a_covered_decision_cites_what_was_promised():
    reason = stands()
    assert reason.code == "certified"
    assert reason.params == {
        "action": "refund",
        "probability": "0.950",
        "threshold": "0.900",
        "max_error": "5.0%",
        "confidence": "95%",
        "errors": "1",
        "n": "120",
        "bound": "3.9%",
        "until": "2026-05-30",
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"certificate": None}, "no-certificate", id="none-was-issued"),
        pytest.param(
            {"certificate": replace(CERTIFICATE, action="close")},
            "no-certificate",
            id="for-another-action",
        ),
        pytest.param({"spec": replace(SPEC, autonomy=None)}, "no-certificate", id="none-is-asked"),
        pytest.param(
            {"certificate": replace(CERTIFICATE, max_error=0.1)},
            "certificate-weaker",
            id="more-error-than-asked",
        ),
        pytest.param(
            {"certificate": replace(CERTIFICATE, confidence=0.9)},
            "certificate-weaker",
            id="less-confidence-than-asked",
        ),
        pytest.param(
            {"certificate": replace(CERTIFICATE, max_error=0.01, confidence=0.99)},
            "certified",
            id="stronger-than-asked",
        ),
        pytest.param({"at": EXPIRES}, "certificate-expired", id="on-the-moment-it-ends"),
        pytest.param({"at": EXPIRES - timedelta(seconds=1)}, "certified", id="a-second-before"),
        pytest.param(
            {"certificate": replace(CERTIFICATE, models_hash="0" * 64)},
            "certificate-void",
            id="other-models",
        ),
        pytest.param({"found": answers(intent=0.9, risk=0.9)}, "certified", id="at-the-threshold"),
        pytest.param(
            {"found": answers(intent=0.9, risk=0.899999)}, "below-threshold", id="just-below-it"
        ),
        pytest.param({"found": answers(intent=0.99)}, "below-threshold", id="an-answer-is-missing"),
        pytest.param({"found": {}}, "below-threshold", id="no-answer-at-all"),
    ],
)
def test_nothing_short_of_the_whole_promise_is_certified(given, code):
    assert stands(**given).code == code


def test_a_certificate_that_rests_on_no_answer_covers_nothing():
    empty = replace(CERTIFICATE, questions=(), models_hash=Learned().models_hash(()))
    assert stands(empty).code == "below-threshold"


def test_answers_that_the_certificate_does_not_read_change_nothing():
    assert stands(found=SURE | answers(language=0.1)) == stands()


def test_the_reasons_say_what_is_wrong_in_the_orders_own_numbers():
    weaker = stands(replace(CERTIFICATE, max_error=0.1))
    assert weaker.params == {
        "action": "refund",
        "promised": "0.1 at 0.95",
        "asked": "0.05 at 0.95",
    }
    assert stands(at=EXPIRES).params == {"action": "refund", "on": "2026-05-30"}
    below = stands(found=answers(intent=0.97, risk=0.8))
    assert below.params == {"action": "refund", "probability": "0.800", "threshold": "0.900"}
