"""A process that takes from a limit of five as often as it can: `reserver.py PLACE NAME COUNT`."""

import sys
from datetime import UTC, datetime, timedelta

from deskquorum.domain import (
    Action,
    Charge,
    Decision,
    Evidence,
    Facts,
    Message,
    RedactedTicket,
    Route,
)
from deskquorum.ledger import HeldError, open_ledger

place, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
now = datetime(2026, 11, 20, tzinfo=UTC)
message = Message(role="customer", text="hello", at=now)
ticket = RedactedTicket(id=name, messages=(message,), languages=("en",))
evidence = Evidence(ticket=ticket, facts=Facts(), votes=())
charge = Charge(limit="five", subject="C-1", window=timedelta(days=1), most_count=5)
ledger = open_ledger(place, busy_timeout_s=60)
taken = 0
for n in range(count):
    decision = Decision(
        id=f"{name}-{n}",
        ticket=name,
        route=Route.AUTO,
        action=Action(name="issue_refund"),
        reply=None,
        reasons=(),
        decided_at=now,
    )
    try:
        ledger.append(decision, evidence, charges=[charge], action_key=decision.id)
    except HeldError:
        continue
    taken += 1
print(taken)  # noqa: T201 - tells the test how often it was let
