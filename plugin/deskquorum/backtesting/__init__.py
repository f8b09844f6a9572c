"""Recorded decisions and other files come in; what those files would decide otherwise goes out."""

from deskquorum.backtesting.change_rows import change_row
from deskquorum.backtesting.gaps import Gap, Unused, fitting, gaps
from deskquorum.backtesting.redeciding import Redecided, redecide
from deskquorum.backtesting.tally import Counted, Tally, tally_for

__all__ = [
    "Counted",
    "Gap",
    "Redecided",
    "Tally",
    "Unused",
    "change_row",
    "fitting",
    "gaps",
    "redecide",
    "tally_for",
]
