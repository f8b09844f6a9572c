"""The reply check with a model's votes: rows go through the same verifiers as a desk's drafts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import anyio
import numpy as np

from deskquorum.domain import Deadline, Facts, Scope
from deskquorum.grounding import check_draft, index_clauses, read_draft, risk_of, weigh_draft
from deskquorum.labeling import load_embedder
from deskquorum.llm import open_chat_model
from deskquorum.pack import starter_pack
from deskquorum.reconciliation import settle_claims
from deskquorum.verifying import Verifier, load_checks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["judged_by_model"]

SECONDS = 600.0
"""For one row; a slow machine's model is still heard."""
ACCURACY = 0.8
SIDE_BY_SIDE = 4


class _Row(Protocol):
    reply: str
    policy: str


class _Policy:
    id, version = "policy", ""

    def __init__(self, text: str) -> None:
        self.text = text
        self.scope: Scope = {}


def judged_by_model(
    rows: Sequence[_Row], *, base_url: str, model: str, limit: int | None
) -> NDArray[np.float64]:
    """The risk of each row, of the first `limit` at most; prints how the votes were cast."""
    return anyio.run(_judged, rows[:limit], base_url, model)


async def _judged(rows: Sequence[_Row], base_url: str, model: str) -> NDArray[np.float64]:
    embedder = load_embedder()
    embed = None if embedder is None else embedder.embed
    checks = load_checks([starter_pack("prompts") / "checks"])
    risk = np.zeros(len(rows))
    counts: Counter[str] = Counter()
    limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
    key = os.environ.get("OPENAI_API_KEY", "")
    async with open_chat_model(base_url, api_key=key, timeout_s=SECONDS) as chat:
        verifier = Verifier(checks=checks, chat=chat, model=model, accuracy=ACCURACY)

        async def one(place: int, row: _Row) -> None:
            async with limiter:
                index = index_clauses([_Policy(row.policy)], embed)
                draft = read_draft(row.reply, index=index, facts=Facts())
                votes = await verifier.ask(draft, deadline=Deadline.after(SECONDS))
            counts.update(f"{v.vote.labeler} {v.vote.label or v.vote.status.value}" for v in votes)
            answers = settle_claims(row.reply, votes, ACCURACY)
            findings = check_draft(weigh_draft(draft, allowed_links=()), answers)
            risk[place] = risk_of(findings)

        async with anyio.create_task_group() as group:
            for place, row in enumerate(rows):
                group.start_soon(one, place, row)
    for name, count in sorted(counts.items()):
        print(f"  votes {name}: {count}")
    return risk
