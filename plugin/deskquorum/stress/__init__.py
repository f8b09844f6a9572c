"""Hard tickets come in with a desk's decisions on them; what became worse goes out."""

from deskquorum.stress.accepted import Run, read_accepted, write_accepted
from deskquorum.stress.basis import basis_of
from deskquorum.stress.comparing import Change, Comparison, compare
from deskquorum.stress.expected import AllowedAction, Expected, proposes
from deskquorum.stress.scoring import Check, Outcome, score
from deskquorum.stress.suites import StressTicket, read_suites, suite_names

__all__ = [
    "AllowedAction",
    "Change",
    "Check",
    "Comparison",
    "Expected",
    "Outcome",
    "Run",
    "StressTicket",
    "basis_of",
    "compare",
    "proposes",
    "read_accepted",
    "read_suites",
    "score",
    "suite_names",
    "write_accepted",
]
