"""A process of its own that appends decisions to a ledger: `appender.py FILE NAME COUNT`."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from deskquorum.domain import Decision, Evidence, Facts, Message, RedactedTicket, Route
from deskquorum.ledger import open_ledger

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
now = datetime(2026, 11, 20, tzinfo=UTC)
message = Message(role="customer", text="hello", at=now)
ticket = RedactedTicket(id=name, messages=(message,), languages=("en",))
evidence = Evidence(ticket=ticket, facts=Facts(), votes=())
decision = Decision(
    id="", ticket=name, route=Route.HUMAN, action=None, reply=None, reasons=(), decided_at=now
)
ledger = open_ledger(path, busy_timeout_s=30)
for n in range(count):
    ledger.append(replace(decision, id=f"{name}-{n}"), evidence)
    print(n, flush=True)  # noqa: T201 - tells the test how far it got
