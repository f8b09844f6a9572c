"""Recorded decisions come in; out goes what people are to look at, and how wrong the desk is."""

from deskquorum.auditing.allocation import inclusions, systematic
from deskquorum.auditing.drawing import Candidate, draw, draw_batch, entries_of, once_each, week_of
from deskquorum.auditing.evening import even
from deskquorum.auditing.strata import Sorting, Stratum, main_question, sorting_of, stratum_of

__all__ = [
    "Candidate",
    "Sorting",
    "Stratum",
    "draw",
    "draw_batch",
    "entries_of",
    "even",
    "inclusions",
    "main_question",
    "once_each",
    "sorting_of",
    "stratum_of",
    "systematic",
    "week_of",
]
