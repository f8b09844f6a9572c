"""A drafted reply, clauses and facts come in; findings on every claim go out."""

from deskquorum.grounding.claims import Claim, ClaimKind, PolicyAct, extract_claims
from deskquorum.grounding.quantities import (
    Bound,
    CalendarDay,
    Quantity,
    QuantityKind,
    find_quantities,
)
from deskquorum.grounding.reply_check import (
    Draft,
    OpenClaim,
    Weighed,
    check_draft,
    check_reply,
    open_claims,
    read_draft,
    risk_of,
    weigh_draft,
)
from deskquorum.grounding.retrieve import ClauseIndex, ClauseLike, index_clauses
from deskquorum.grounding.streaming import ReplyStream
from deskquorum.grounding.support import Support
from deskquorum.grounding.verified import is_verbatim

__all__ = [
    "Bound",
    "CalendarDay",
    "Claim",
    "ClaimKind",
    "ClauseIndex",
    "ClauseLike",
    "Draft",
    "OpenClaim",
    "PolicyAct",
    "Quantity",
    "QuantityKind",
    "ReplyStream",
    "Support",
    "Weighed",
    "check_draft",
    "check_reply",
    "extract_claims",
    "find_quantities",
    "index_clauses",
    "is_verbatim",
    "open_claims",
    "read_draft",
    "risk_of",
    "weigh_draft",
]
