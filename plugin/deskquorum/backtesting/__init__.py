"""Recorded decisions and other files come in; what those files would decide otherwise goes out."""

from deskquorum.backtesting.gaps import Gap, Unused, fitting, gaps
from deskquorum.backtesting.redeciding import Redecided, redecide
from deskquorum.backtesting.tally import Tally

__all__ = ["Gap", "Redecided", "Tally", "Unused", "fitting", "gaps", "redecide"]
