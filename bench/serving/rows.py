"""A job as a ticket in JSON, and what a decision in JSON makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from serving.jobs import Job, Outcome

__all__ = ["outcome_of", "ticket_row"]

_UNJUDGED = frozenset({"attempts", "late", "no-record", "shed", "shutting-down"})
"""Reasons of a decision that nobody made: a person takes the ticket."""

_BROKEN = frozenset({"labeler-failed", "stage-failed"})


def ticket_row(job: Job) -> dict[str, Any]:
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
    action = {"name": "issue_refund", "args": {"order_id": job.order, "amount": job.amount}}
    return {
        "id": job.id,
        "messages": [{"role": "customer", "text": job.message, "at": "2026-11-20T09:00:00Z"}],
        "requester": {
            "name": f"{job.first} {job.last}",
            "email": job.email,
            "customer_id": customer,
        },
        "facts": {"order": order},
        "proposal": {"action": action, "reply": job.reply},
        "language": "en",
    }


def outcome_of(row: Mapping[str, Any]) -> Outcome:
    """What the decision means for the action, as ruled, and for the reply, as checked."""
    codes = {reason["code"] for reason in row["reasons"]}
    if unjudged := codes & _UNJUDGED:
        return Outcome(action="", reply="", unjudged=min(unjudged))
    if row["route"] != "human" or codes & _BROKEN:
        return Outcome(action=f"{row['route']} {sorted(codes)}", reply="")
    effect, rules = row["ruling"]["effect"], set(row["ruling"]["rules"])
    denied = "refund-not-asked-for" in rules
    paused = effect == "human" and "refund-over-limit" in rules
    claims = [finding for finding in row["findings"] if finding["check"] == "claim"]
    vouched = claims and all(finding["verdict"] == "supported" for finding in row["findings"])
    return Outcome(
        action="deny" if denied else "pause" if paused else f"{effect} {sorted(codes)}",
        reply="ok" if vouched and "reply-to-a-refund" in rules else "block",
    )
