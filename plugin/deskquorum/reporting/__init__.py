"""Rows of the ledger come in; what a week came to goes out, each number with what it means."""

from deskquorum.reporting.fates import AuditRow, OutcomeRow, Rows, Span, VerdictRow
from deskquorum.reporting.figures import DEFINITIONS, Definition, Figure
from deskquorum.reporting.reading_rows import read_rows, texts_of, verdict_rows
from deskquorum.reporting.tally import DecisionRow, Tally, decision_row
from deskquorum.reporting.weekly import Change, Standing, Week, WeeklyReport, weekly_report

__all__ = [
    "DEFINITIONS",
    "AuditRow",
    "Change",
    "DecisionRow",
    "Definition",
    "Figure",
    "OutcomeRow",
    "Rows",
    "Span",
    "Standing",
    "Tally",
    "VerdictRow",
    "Week",
    "WeeklyReport",
    "decision_row",
    "read_rows",
    "texts_of",
    "verdict_rows",
    "weekly_report",
]
