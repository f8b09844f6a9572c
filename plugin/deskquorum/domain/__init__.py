"""Frozen values that every room speaks; no I/O and no logic beyond their own consistency."""

from deskquorum.domain.actions import Action, Proposal
from deskquorum.domain.claim_votes import ClaimAnswer, ClaimVote, draft_hash
from deskquorum.domain.deadlines import Deadline
from deskquorum.domain.decisions import Decision, Evidence, Route
from deskquorum.domain.facts import Fact, Facts, Scope, Unread
from deskquorum.domain.json_values import JsonValue
from deskquorum.domain.limits import Charge, Usage
from deskquorum.domain.reasons import Reason
from deskquorum.domain.rulings import Effect, Finding, Mode, Ruling, Verdict
from deskquorum.domain.tickets import Message, RedactedTicket, Requester, Ticket
from deskquorum.domain.votes import Answer, Question, Vote, VoteStatus, Weight

__all__ = [
    "Action",
    "Answer",
    "Charge",
    "ClaimAnswer",
    "ClaimVote",
    "Deadline",
    "Decision",
    "Effect",
    "Evidence",
    "Fact",
    "Facts",
    "Finding",
    "JsonValue",
    "Message",
    "Mode",
    "Proposal",
    "Question",
    "Reason",
    "RedactedTicket",
    "Requester",
    "Route",
    "Ruling",
    "Scope",
    "Ticket",
    "Unread",
    "Usage",
    "Verdict",
    "Vote",
    "VoteStatus",
    "Weight",
    "draft_hash",
]
