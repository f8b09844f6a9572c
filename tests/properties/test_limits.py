"""Limits against a plain reference: a list of what was taken, counted anew at every request."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

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

START = datetime(2026, 11, 20, tzinfo=UTC)
TICKET = RedactedTicket(
    id="t-1", messages=(Message(role="customer", text="", at=START),), languages=("en",)
)
EVIDENCE = Evidence(ticket=TICKET, facts=Facts(), votes=())


@dataclass(frozen=True)
class Request:
    pause_h: int
    subject: str
    amount: int
    action: int


REQUESTS = st.lists(
    st.builds(
        Request,
        pause_h=st.integers(0, 9),
        subject=st.sampled_from(["C-1", "C-2"]),
        amount=st.integers(0, 60),
        action=st.integers(0, 30),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(
    requests=REQUESTS,
    most_count=st.none() | st.integers(1, 4),
    most_minor=st.none() | st.integers(0, 120),
    window_h=st.integers(1, 24),
)
def test_limits_admit_exactly_what_a_plain_count_admits(requests, most_count, most_minor, window_h):
    now, taken, window = START, [], timedelta(hours=window_h)
    with (
        TemporaryDirectory() as folder,
        closing(open_ledger(Path(folder) / "l.sqlite", clock=lambda: now)) as ledger,
    ):
        for n, request in enumerate(requests):
            now += timedelta(hours=request.pause_h)
            charge = Charge(
                limit="limit",
                subject=request.subject,
                window=window,
                most_count=most_count,
                amount_minor=request.amount,
                most_minor=most_minor,
            )
            try:
                ledger.append(_auto(n), EVIDENCE, charges=[charge], action_key=f"{request.action}")
                admitted = True
            except HeldError:
                admitted = False
            others = [
                minor
                for at, who, minor, action in taken
                if at > now - window and who == request.subject and action != request.action
            ]
            in_count = most_count is None or len(others) < most_count
            in_amount = most_minor is None or sum(others) + request.amount <= most_minor
            assert admitted == (in_count and in_amount)
            if admitted and request.action not in {action for *_, action in taken}:
                taken.append((now, request.subject, request.amount, request.action))


def _auto(n):
    return Decision(
        id=f"d-{n}",
        ticket="t-1",
        route=Route.AUTO,
        action=Action(name="issue_refund"),
        reply=None,
        reasons=(),
        decided_at=START,
    )
