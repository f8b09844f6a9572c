"""A helpdesk bot asks deskquorum before it acts: propose mode, then guard mode.

Run it from the repository: `python examples/embed_in_bot.py`.
"""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from deskquorum import Action, Message, Proposal, Requester, Ticket, load_desk

DESK = Path(__file__).parent / "northwind"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

TICKET = Ticket(
    id="4711",
    messages=(
        Message(
            role="customer",
            text="Hello, please cancel my order NW-120045, I picked the wrong colour.",
            at=NOW,
        ),
    ),
    requester=Requester(
        record={"name": "Ada Quist", "email": "ada.quist@example.com", "customer_id": "C-77"}
    ),
    facts={
        "order": {
            "order_id": "NW-120045",
            "status": "shipped",
            "ordered_at": "2026-11-18",
            "total_minor": 8900,
            "currency": "EUR",
            "payment_method": "visa",
            "user_id": "C-77",
            "items": [],
        },
        "customer": {"id": "C-77", "tier": "standard", "since": 2022, "refunds_90d": 0},
    },
)


async def main() -> None:
    """Ask the desk what to do, then whether the bot may do what it wants."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.sqlite"
        async with load_desk(DESK, models=False, ledger=ledger) as desk:
            decision = await desk.decide(TICKET)
            print("the desk proposes:", decision.route.value, decision.action)
            print(decision.reply)

            wish = Proposal(
                source="bot", action=Action(name="cancel_order", args={"order_id": "NW-120045"})
            )
            decision = await desk.review(TICKET, wish)
            print("the bot may cancel:", decision.route.value)


if __name__ == "__main__":
    asyncio.run(main())
