"""Audited decisions, made up so that the truth is known."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from deskquorum.auditing.cases import AuditedCase
from deskquorum.domain import Answer, Decision, Evidence, Facts, Route
from deskquorum.ledger.verdict_labels import AuditedLabel
from deskquorum.testing import make_redacted_ticket, make_vote


@pytest.fixture
def case():
    """A decision on which labelers say one thing and auditors another."""

    def make(name, votes, *, truth="refund", text="", weight=1.0, by=("ada",), **stratum):
        said = [truth] * len(by) if isinstance(truth, str) else truth
        best = next(iter(votes.values()), None)
        return AuditedCase(
            decision=name,
            text=text,
            stratum=stratum,
            weight=weight,
            votes=tuple(
                make_vote(question="intent", labeler=who, label=label)
                for who, label in votes.items()
            ),
            answers={
                "intent": Answer(
                    question="intent", label=best, probability=0.8, settled=True, calibrated=False
                )
            },
            labels=tuple(
                AuditedLabel(
                    ticket=name,
                    decision=name,
                    question="intent",
                    label=label,
                    by=person,
                    source="audit",
                    inclusion=1 / weight,
                )
                for person, label in zip(by, said, strict=True)
            ),
        )

    return make


@pytest.fixture
def entry():
    """A recorded decision on a ticket with this text."""

    def make(text):
        decision = Decision(
            id="d3",
            ticket="t3",
            route=Route.HUMAN,
            action=None,
            reply=None,
            reasons=(),
            decided_at=datetime(2026, 11, 30, tzinfo=UTC),
        )
        evidence = Evidence(ticket=make_redacted_ticket(text=text), facts=Facts(), votes=())
        return SimpleNamespace(decision=decision, evidence=evidence)

    return make
