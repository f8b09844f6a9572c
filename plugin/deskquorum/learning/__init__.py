"""Audited tickets come in, learned state goes out; never inside a request."""

from deskquorum.learning.agreeing import Material, agreement, material
from deskquorum.learning.calibrate import (
    VALID_FOR,
    Audited,
    certify_actions,
    fit_models,
    fit_question,
    halves,
    unseen,
)
from deskquorum.learning.choosing import next_audits
from deskquorum.learning.chosen_batch import choose_batch
from deskquorum.learning.distilling import Taught, teach
from deskquorum.learning.fine_tuning import Weights, fine_tuning_lines
from deskquorum.learning.recorded import (
    Labelled,
    evened,
    labelled_decisions,
    teaching_decisions,
)
from deskquorum.learning.recovery import LEAST_FOR_CEILING, Interval, Recovery, recovery
from deskquorum.learning.voted import measured_votes, table_of

__all__ = [
    "LEAST_FOR_CEILING",
    "VALID_FOR",
    "Audited",
    "Interval",
    "Labelled",
    "Material",
    "Recovery",
    "Taught",
    "Weights",
    "agreement",
    "certify_actions",
    "choose_batch",
    "evened",
    "fine_tuning_lines",
    "fit_models",
    "fit_question",
    "halves",
    "labelled_decisions",
    "material",
    "measured_votes",
    "next_audits",
    "recovery",
    "table_of",
    "teach",
    "teaching_decisions",
    "unseen",
]
