"""What is known of one ticket on its way through the rooms, and what it asks of its redaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from deskquorum.domain import (
    Charge,
    ClaimVote,
    Decision,
    Evidence,
    Facts,
    Proposal,
    Reason,
    RedactedTicket,
    Route,
    Ticket,
    Vote,
)
from deskquorum.errors import RedactionError
from deskquorum.ledger import Order, Transaction, order_of
from deskquorum.llm import Purse
from deskquorum.policy import PolicyBook, action_key, charges_of
from deskquorum.redaction import Session
from deskquorum.setups import Setup
from deskquorum.tracing import span

__all__ = ["Run", "Settle", "leaks_in", "redacted_proposal"]

Settle = Callable[[Decision, Transaction], None]
"""Written in the transaction that records a decision, which it is given with its values."""


class Run:
    """What is known of one ticket so far, for the hand-off should the next step break."""

    def __init__(
        self, *, ticket: Ticket, setup: Setup, decision_id: str, settle: Sequence[Settle] = ()
    ) -> None:
        self.ticket = ticket
        self.setup = setup
        self.decision_id = decision_id
        self.settle = settle
        self.stage = "start"
        """Where it is, or what broke or was late first of those done side by side."""
        self._stopped = False
        self.purse: Purse | None = None
        self.session: Session | None = None
        self.facts = Facts()
        self.raw_facts = Facts()
        self.votes: tuple[Vote, ...] = ()
        self.failures: list[Reason] = []
        self.evidence: Evidence | None = None
        self.ticket_time = max(message.at for message in ticket.messages)

    @contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """Something that is done beside others; the first that does not end well is the stage."""
        done = False
        try:
            with span(stage):
                yield
            done = True
        finally:
            if not done and not self._stopped:
                self.stage, self._stopped = stage, True

    def other_cost(self, claim_votes: Sequence[ClaimVote] = ()) -> Decimal:
        """What was spent on the ticket beside what its votes cost."""
        if self.purse is None:
            return Decimal(0)
        votes = [*self.votes, *(claim.vote for claim in claim_votes)]
        # A host's own labeler may cost what no purse saw.
        return max(Decimal(0), self.purse.spent - sum((vote.cost for vote in votes), Decimal(0)))

    def charges(self, decision: Decision, book: PolicyBook) -> tuple[tuple[Charge, ...], str]:
        """What the decision's action takes from its limits, and a key that tells it from others."""
        spec = None if decision.action is None else book.actions.get(decision.action.name)
        if spec is None or decision.action is None or self.session is None:
            return (), ""
        try:
            action = self.session.restore_action(decision.action)
        except RedactionError:
            # Such an action is held back anyway.
            return (), ""
        key = action_key(self.ticket.id, spec, action)
        return charges_of(spec, action, self.raw_facts).charges, key

    def order(self, decision: Decision, tx: Transaction) -> Order | None:
        """What is to be carried out here; None where a person or the host does it.

        Args:
            decision: With its values.
            tx: Writing.
        """
        action, parts = decision.action, self.setup.parts
        if decision.route is not Route.AUTO or action is None or action.name not in parts.executed:
            return None
        spec = parts.rules.book.actions.get(action.name)
        return order_of(tx, self.ticket.id, action, spec, decision.id, self.ticket.subject)

    @property
    def redacted(self) -> RedactedTicket:
        """The ticket as far as it may be kept."""
        if self.session is not None:
            return self.session.ticket
        # Nothing of the text may be kept when it could not be redacted.
        empty = tuple(replace(message, text="") for message in self.ticket.messages)
        return RedactedTicket(id=self.ticket.id, messages=empty, languages=("und",))


def redacted_proposal(proposal: Proposal | None, session: Session) -> Proposal | None:
    """A bot's proposal with placeholders for personal data."""
    if proposal is None:
        return None
    action = None if proposal.action is None else session.redact_action(proposal.action)
    reply = None if proposal.reply is None else session.redact(proposal.reply, "reply")
    return replace(proposal, action=action, reply=reply)


def leaks_in(proposal: Proposal | None, session: Session) -> tuple[Reason, ...]:
    """Personal data in a bot's reply that its reader did not bring along."""
    if proposal is None or proposal.reply is None:
        return ()
    return tuple(
        Reason(code="leak", params={"kind": kind.lower()}) for kind in session.leaks(proposal.reply)
    )
