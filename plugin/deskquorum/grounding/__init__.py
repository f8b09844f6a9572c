"""A drafted reply, clauses and facts come in; findings on every claim go out."""

from deskquorum.grounding.claims import Claim, ClaimKind, PolicyAct, extract_claims
from deskquorum.grounding.quantities import (
    Bound,
    CalendarDay,
    Quantity,
    QuantityKind,
    find_quantities,
)
from deskquorum.grounding.reply_check import check_reply, risk_of
from deskquorum.grounding.retrieve import ClauseIndex, ClauseLike, index_clauses
from deskquorum.grounding.support import Support

__all__ = [
    "Bound",
    "CalendarDay",
    "Claim",
    "ClaimKind",
    "ClauseIndex",
    "ClauseLike",
    "PolicyAct",
    "Quantity",
    "QuantityKind",
    "Support",
    "check_reply",
    "extract_claims",
    "find_quantities",
    "index_clauses",
    "risk_of",
]
