"""Sends notices of the review queue to an incoming webhook, in Slack's format."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape

import aiohttp

from deskquorum.ledger import Database, notices, reviews
from deskquorum.ledger.review_items import ReviewItem
from deskquorum.pauses import Pauses, asked_pause_s
from deskquorum.policy import RISKS, ReviewsSpec

__all__ = ["message_of", "send_notices"]

_TIMEOUT_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _DAY_S = 2.0, 600.0, 86_400.0
_MARKS = re.compile(r"[*_~`\s]+")
_TITLES: Mapping[str, str] = {
    "review-opened": "A ticket waits for a person",
    "review-overdue": "Overdue: a ticket still waits for a person",
}


async def send_notices(
    database: Database, spec: ReviewsSpec, url: str, *, jitter: Callable[[], float] = random.random
) -> bool:
    """Send what is due; True where there may be more at once.

    What did not arrive is tried again after a doubling pause, or the one that the webhook asks
    for; each notice arrives at least once, or is given up with an event.

    Args:
        database: Whose queue.
        spec: How it is run.
        url: The webhook.
        jitter: Gives numbers in 0..1.

    Raises:
        LedgerError: The database failed.
    """
    # Most looks find nothing, and readers keep nobody waiting.
    if not await database.run(notices.is_due, writing=False):
        return False
    due = await database.run(partial(notices.due_notices, limit=10))
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S), raise_for_status=False
    ) as session:
        for notice in due:
            item = await database.run(partial(reviews.get_item, item=notice.about), writing=False)
            pause: timedelta | None = None
            if item is not None and item.state == "open":
                body = message_of(notice.kind, item, spec)
                pause = await _post(session, url, body, notice.attempts, jitter)
            done = partial(notices.sent, notice=notice)
            if pause is not None:
                done = partial(notices.put_off, notice=notice, pause=pause)
            await database.run(done)
    return bool(due)


def message_of(kind: str, item: ReviewItem, spec: ReviewsSpec) -> Mapping[str, object]:
    """The message: ids, risk, reasons and due time, never a value of the ticket."""
    title = _TITLES.get(kind, kind)
    asked = "a reply" if item.action is None else item.action.name
    reasons = ", ".join(dict.fromkeys(reason.code for reason in item.reasons)) or "none told"
    where = item.id if spec.link is None else f"<{spec.link.replace('{id}', item.id)}|{item.id}>"
    lines = (
        f"*{_plain(title)}*",
        f"{where} about {_plain(item.conversation)}",
        f"Suggested: {_plain(asked)} (risk: {RISKS[item.risk]})",
        f"Why: {_plain(reasons)}",
        f"Due: {_time(item.due_at)}",
    )
    text = {"type": "mrkdwn", "text": "\n".join(lines)}
    return {
        "text": f"{title}: {item.id}",
        "blocks": [{"type": "section", "text": text}],
    }


def _plain(text: str) -> str:
    """Slack's own markup in an id has no effect."""
    return escape(_MARKS.sub(" ", text), quote=False)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


async def _post(
    session: aiohttp.ClientSession,
    url: str,
    body: Mapping[str, object],
    attempts: int,
    jitter: Callable[[], float],
) -> timedelta | None:
    """None once it arrived, else how long to wait."""
    pauses = Pauses(first_s=_FIRST_PAUSE_S, longest_s=_LONGEST_PAUSE_S, jitter=jitter)
    try:
        async with session.post(url, json=body, allow_redirects=False) as answer:
            if answer.status < 300:  # noqa: PLR2004 - any success
                return None
            asked = asked_pause_s(answer.headers.get("Retry-After"), now=datetime.now(UTC))
    except (TimeoutError, aiohttp.ClientError, ValueError):
        asked = 0.0
    return timedelta(seconds=min(pauses.after(attempts + 1, asked), _DAY_S))
