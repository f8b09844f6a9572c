"""Gathers the votes on a draft, and mends a draft that a clause contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

import anyio

from deskquorum.domain import ClaimVote, Deadline, Facts, Finding, Verdict
from deskquorum.errors import LabelerError
from deskquorum.grounding import (
    ClauseIndex,
    Draft,
    OpenClaim,
    check_draft,
    open_claims,
    read_draft,
    weigh_draft,
)
from deskquorum.llm import ChatModel
from deskquorum.reconciliation import settle_claims
from deskquorum.verifying.asking import Asker, shown
from deskquorum.verifying.by_claim import ask_by_claim
from deskquorum.verifying.by_draft import ask_by_draft
from deskquorum.verifying.checks import REWRITE, Checks

__all__ = ["Calls", "Verified", "Verifier"]

Calls = Literal["per_claim", "one"]
"""How a model is asked about a draft: small questions about each claim, or all claims at once."""

_DRAFT_TOKENS = 1024

_UNDER_WAY_S = 0.003
"""Until what is asked has gone out; what is worked out before would only hold it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A draft with the votes on it."""

    reply: str
    """The draft, or the one that took its place."""
    votes: tuple[ClaimVote, ...]
    findings: tuple[Finding, ...]
    """What the check makes of the reply with these votes, by the facts that were given."""
    rewritten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Asks one model about claims."""

    checks: Checks
    chat: ChatModel
    model: str
    accuracy: float
    """Assumed of each prompt."""
    calls: Calls = "per_claim"

    async def verify(
        self,
        reply: str,
        *,
        index: ClauseIndex,
        facts: Facts,
        links: Sequence[str],
        deadline: Deadline,
    ) -> Verified:
        """Gather votes on a draft; where a clause contradicts it, try one rewrite.

        The rewritten draft takes its place only if every claim of it is then supported.
        """
        draft = read_draft(reply, index=index, facts=facts)
        votes, findings = await self._checked(draft, links, deadline)
        against = [f for f in findings if f.verdict is Verdict.CONTRADICTED]
        if not against:
            return Verified(reply=reply, votes=votes, findings=findings)
        mended = await self._rewrite(reply, against, index, deadline)
        if mended is None or mended == reply:
            return Verified(reply=reply, votes=votes, findings=findings)
        draft = read_draft(mended, index=index, facts=facts)
        again, found = await self._checked(draft, links, deadline)
        if found and all(f.verdict is Verdict.SUPPORTED for f in found):
            both = (*votes, *again)
            return Verified(reply=mended, votes=both, findings=found, rewritten=True)
        return Verified(reply=reply, votes=votes, findings=findings)

    async def ask(self, draft: Draft, *, deadline: Deadline) -> tuple[ClaimVote, ...]:
        """The votes on every open claim of a draft."""
        return await self._votes(draft.reply, open_claims(draft), deadline)

    async def _checked(
        self, draft: Draft, links: Sequence[str], deadline: Deadline
    ) -> tuple[tuple[ClaimVote, ...], tuple[Finding, ...]]:
        """The votes on a draft, and what the check makes of it with them."""
        claims = open_claims(draft)
        if not claims:
            return (), check_draft(weigh_draft(draft, allowed_links=links))
        votes: tuple[ClaimVote, ...] = ()

        async def ask() -> None:
            nonlocal votes
            votes = await self._votes(draft.reply, claims, deadline)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await anyio.sleep(_UNDER_WAY_S)
            weighed = weigh_draft(draft, allowed_links=links)
        return votes, check_draft(weighed, settle_claims(draft.reply, votes, self.accuracy))

    async def _votes(
        self, reply: str, claims: Sequence[OpenClaim], deadline: Deadline
    ) -> tuple[ClaimVote, ...]:
        match self.calls:
            case "per_claim":
                return await ask_by_claim(self._asker, reply, claims, deadline)
            case "one":
                return await ask_by_draft(self._asker, reply, claims, deadline)
            case _:
                assert_never(self.calls)

    @property
    def _asker(self) -> Asker:
        return Asker(checks=self.checks, chat=self.chat, model=self.model)

    async def _rewrite(
        self, reply: str, against: Sequence[Finding], index: ClauseIndex, deadline: Deadline
    ) -> str | None:
        """The mended draft, None where the desk has no such prompt or the model gives none."""
        if REWRITE not in self.checks.prompts:
            return None
        cited = {finding.clause for finding in against}
        clauses = [c for c in index.clauses if c.id in cited]
        what = shown(clauses, reply, "\n".join(finding.text for finding in against))
        try:
            text = await self._asker.text(
                REWRITE, what, most_tokens=_DRAFT_TOKENS, deadline=deadline
            )
        except LabelerError:
            return None
        return text or None if isinstance(text, str) else None
