"""What reviewers called wrong stands beside what audits estimate, and is no estimate."""

from deskquorum.auditing.cases import Audits
from deskquorum.auditing.report import audit_report
from deskquorum.policy.failure_modes import FailureMode


def mode(name):
    return FailureMode(
        id=name,
        what="It is wrong.",
        severity="high",
        detector="audit",
        owner="ops",
        stress=(),
        path="failure_modes.yaml",
        line=1,
        column=1,
    )


def report(**named):
    audits = Audits(drawn=0, cases=(), chosen=0, named=named)
    return audit_report(audits, questions={}, modes=[mode("abuse"), mode("leak")])


def test_failure_modes_that_reviewers_named_are_counted_with_owner_and_severity():
    abuse, leak = report(abuse=3).failure_modes
    assert (abuse.id, abuse.reviewers, abuse.owner, abuse.severity) == ("abuse", 3, "ops", "high")
    assert leak.reviewers == 0


def test_what_reviewers_named_gives_no_share_of_all_decisions():
    abuse, _ = report(abuse=3).failure_modes
    assert (abuse.share.value, abuse.share.n) == (None, 0)


def test_without_audits_and_names_nothing_is_listed():
    assert report().failure_modes == ()
