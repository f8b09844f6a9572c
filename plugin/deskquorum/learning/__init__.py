"""Audited tickets come in, learned state goes out; never inside a request."""

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
from deskquorum.learning.distilling import Material, Taught, agreement, material, teach
from deskquorum.learning.fine_tuning import fine_tuning_lines
from deskquorum.learning.recorded import (
    Labelled,
    evened,
    labelled_decisions,
    teaching_decisions,
)

__all__ = [
    "VALID_FOR",
    "Audited",
    "Labelled",
    "Material",
    "Taught",
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
    "next_audits",
    "teach",
    "teaching_decisions",
    "unseen",
]
