"""Votes come in, one answer per question goes out, or the word that it is not settled."""

from deskquorum.reconciliation.batch import LEAST_GOLD, Reconciled, reconcile_table
from deskquorum.reconciliation.posterior import UNCALIBRATED_CAP
from deskquorum.reconciliation.vote_table import VoteTable, family_of, vote_table
from deskquorum.reconciliation.weighted import reconcile

__all__ = [
    "LEAST_GOLD",
    "UNCALIBRATED_CAP",
    "Reconciled",
    "VoteTable",
    "family_of",
    "reconcile",
    "reconcile_table",
    "vote_table",
]
