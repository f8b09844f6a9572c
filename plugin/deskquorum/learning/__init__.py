"""Audited tickets come in, learned state goes out; never inside a request."""

from deskquorum.learning.calibrate import (
    Audited,
    certify_actions,
    fit_models,
    fit_question,
    halves,
)

__all__ = ["Audited", "certify_actions", "fit_models", "fit_question", "halves"]
