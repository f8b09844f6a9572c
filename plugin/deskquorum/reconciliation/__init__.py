"""Votes come in, one calibrated answer per question goes out, or the word that it is not settled.

`reconcile` answers one ticket's question; `reconcile_table` many items at once. Certificates bound
how often accepted answers are wrong, watches tell when what was measured no longer holds.
"""

from deskquorum.reconciliation.alarms import Alarm, AlarmKind, alarm_of, reason_of, remedy
from deskquorum.reconciliation.answering import contradicted, most_named, reconcile
from deskquorum.reconciliation.batch import (
    LEAST_GOLD,
    Reconciled,
    fit_from_votes,
    reconcile_table,
)
from deskquorum.reconciliation.certificate import Certified, certify
from deskquorum.reconciliation.claims import CLAIM, settle_claims
from deskquorum.reconciliation.drift import Watch, alarmed, baseline, changed, observe, watch_over
from deskquorum.reconciliation.label_model import label_model
from deskquorum.reconciliation.learned import (
    Certificate,
    Learned,
    QuestionModel,
    item_posteriors,
)
from deskquorum.reconciliation.learned_files import (
    read_alarms,
    read_learned,
    remove_model,
    write_alarms,
    write_certificates,
    write_model,
)
from deskquorum.reconciliation.posterior import UNCALIBRATED_CAP
from deskquorum.reconciliation.quorum import could_change, next_labeler
from deskquorum.reconciliation.standing import standing
from deskquorum.reconciliation.streaming import counted
from deskquorum.reconciliation.vote_table import VoteTable, family_of, vote_table

__all__ = [
    "CLAIM",
    "LEAST_GOLD",
    "UNCALIBRATED_CAP",
    "Alarm",
    "AlarmKind",
    "Certificate",
    "Certified",
    "Learned",
    "QuestionModel",
    "Reconciled",
    "VoteTable",
    "Watch",
    "alarm_of",
    "alarmed",
    "baseline",
    "certify",
    "changed",
    "contradicted",
    "could_change",
    "counted",
    "family_of",
    "fit_from_votes",
    "item_posteriors",
    "label_model",
    "most_named",
    "next_labeler",
    "observe",
    "read_alarms",
    "read_learned",
    "reason_of",
    "reconcile",
    "reconcile_table",
    "remedy",
    "remove_model",
    "settle_claims",
    "standing",
    "vote_table",
    "watch_over",
    "write_alarms",
    "write_certificates",
    "write_model",
]
