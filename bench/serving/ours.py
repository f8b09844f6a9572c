"""This package, in the process of its host: redaction, gate, claims, judgement and ledger."""

from __future__ import annotations

import gc
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from deskquorum import Action, Decision, Desk, Message, Proposal, Route, Ticket, load_desk
from deskquorum.domain import Effect, Requester, Verdict
from serving.jobs import Job, Outcome

_DESK = Path(__file__).parents[1] / "desks" / "service"
_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Embedded:
    """A desk that the host holds; the ledger is an SQLite file, synced at each decision."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._desk: Desk | None = None

    async def start(self, url: str) -> None:
        """Get ready to ask the model at that address."""
        ledger = Path(self._folder.name) / "ledger.sqlite"
        self._desk = load_desk(_DESK, model_url=f"{url}/ours/v1", ledger=ledger)
        await self._desk.__aenter__()
        # As the service does: a full collection walks through whatever was loaded.
        gc.freeze()

    async def job(self, job: Job) -> Outcome:
        """Do one job."""
        assert self._desk is not None  # noqa: S101 - narrows: started before any job
        return outcome_of(await self._desk.decide(ticket_of(job)))

    async def stop(self) -> None:
        """Let go of what was opened."""
        if self._desk is not None:
            await self._desk.aclose()
        self._folder.cleanup()


def ticket_of(job: Job) -> Ticket:
    """The job as a ticket with a bot's proposal."""
    customer = f"C-{job.number}"
    order = {
        "order_id": job.order,
        "status": "delivered",
        "delivered_at": "2026-11-02",
        "total_minor": int(Decimal(job.amount) * 100),
        "currency": "USD",
        "user_id": customer,
    }
    record = {"name": f"{job.first} {job.last}", "email": job.email, "customer_id": customer}
    return Ticket(
        id=job.id,
        messages=(Message(role="customer", text=job.message, at=_AT),),
        requester=Requester(record=record),
        facts={"order": order},
        proposal=Proposal(
            source="bot",
            action=Action(name="issue_refund", args={"order_id": job.order, "amount": job.amount}),
            reply=job.reply,
        ),
        language="en",
    )


def outcome_of(decision: Decision) -> Outcome:
    """What the decision means for the action, as ruled, and for the reply, as checked."""
    ruled = {ruling.action: ruling for ruling in decision.rulings}
    broken = {reason.code for reason in decision.reasons} & {
        "labeler-failed",
        "late",
        "no-record",
        "stage-failed",
    }
    if broken or decision.route is not Route.HUMAN or "issue_refund" not in ruled:
        return Outcome(action=f"{decision.route} {sorted(broken)}", reply="")
    refund = ruled["issue_refund"]
    paused = refund.effect is Effect.HUMAN and refund.rules == ("refund-over-limit",)
    action = "pause" if paused else "deny" if refund.effect is Effect.DENY else "allow"
    claims = [finding for finding in decision.findings if finding.check == "claim"]
    vouched = claims and all(f.verdict is Verdict.SUPPORTED for f in decision.findings)
    allowed = ruled["reply"].effect is Effect.ALLOW
    return Outcome(action=action, reply="ok" if vouched and allowed else "block")
