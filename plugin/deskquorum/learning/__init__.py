"""Audited tickets come in, learned state goes out; never inside a request."""

from deskquorum.learning.calibrate import (
    Audited,
    certify_actions,
    fit_models,
    fit_question,
    halves,
    unseen,
)
from deskquorum.learning.choosing import next_audits
from deskquorum.learning.distilling import Material, Taught, agreement, material, teach
from deskquorum.learning.fine_tuning import fine_tuning_lines

__all__ = [
    "Audited",
    "Material",
    "Taught",
    "agreement",
    "certify_actions",
    "fine_tuning_lines",
    "fit_models",
    "fit_question",
    "halves",
    "material",
    "next_audits",
    "teach",
    "unseen",
]
