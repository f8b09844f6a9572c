"""Votes come in, one answer per question goes out, or the word that it is not settled."""

from deskquorum.reconciliation.weighted import UNCALIBRATED_CAP, reconcile

__all__ = ["UNCALIBRATED_CAP", "reconcile"]
