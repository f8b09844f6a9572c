"""A call for each small question about each claim: more careful, and many calls."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import anyio

from deskquorum.domain import ClaimVote, Deadline, RedactedTicket, Vote, VoteStatus, draft_hash
from deskquorum.errors import LabelerError
from deskquorum.grounding import ClauseLike, OpenClaim, is_verbatim
from deskquorum.labeling import Labeler, PromptLabeler, collect_votes
from deskquorum.llm import ChatFailure
from deskquorum.reconciliation import CLAIM
from deskquorum.verifying.asking import Asker, shown
from deskquorum.verifying.checks import EACH_CLAIM, QUOTE, REWRITE

__all__ = ["ask_by_claim"]

_FIRST = frozenset({"entailed", "contradicted", QUOTE})
"""Asked at once; the others only where somebody then says entailed."""
_QUOTE_TOKENS = 256


async def ask_by_claim(
    asker: Asker, reply: str, claims: Sequence[OpenClaim], deadline: Deadline
) -> tuple[ClaimVote, ...]:
    """Every verifier's vote on every open claim of a draft, claims side by side."""
    found: dict[int, tuple[ClaimVote, ...]] = {}

    async def one(place: int, claim: OpenClaim) -> None:
        found[place] = await _OneClaim(asker=asker, reply=reply, claim=claim).votes(deadline)

    async with anyio.create_task_group() as group:
        for place, claim in enumerate(claims):
            group.start_soon(one, place, claim)
    return tuple(vote for place in sorted(found) for vote in found[place])


@dataclass(frozen=True, slots=True, kw_only=True)
class _OneClaim:
    asker: Asker
    reply: str
    claim: OpenClaim

    async def votes(self, deadline: Deadline) -> tuple[ClaimVote, ...]:
        quoting = _Quoting(self.asker, self.claim.clauses)
        labelers: list[Labeler] = [
            quoting if name == QUOTE else self._labeler(name)
            for name in self.asker.checks.prompts
            if name not in {REWRITE, EACH_CLAIM}
        ]
        what = shown(self.claim.clauses, self.reply, self.claim.claim.text)
        collected = await collect_votes(labelers, what, deadline=deadline, choose=self._choose)
        return tuple(
            ClaimVote(
                draft=draft_hash(self.reply),
                start=self.claim.claim.start,
                end=self.claim.claim.end,
                vote=self._on_the_claim(vote),
                clause=quoting.clause if vote.labeler == quoting.id else None,
                quote=quoting.quote if vote.labeler == quoting.id else None,
            )
            for vote in collected.votes
        )

    def _labeler(self, name: str) -> Labeler:
        return PromptLabeler(
            f"check-{name}",
            question=self.asker.checks.questions[name],
            prompt=self.asker.checks.prompts[name],
            chat=self.asker.chat,
            model=self.asker.model,
            wave=1 if name in _FIRST else 2,
        )

    async def _choose(self, votes: tuple[Vote, ...], left: Sequence[Labeler]) -> Collection[str]:
        """The second round only where the first leaves room for entailed."""
        if not votes:
            return [labeler.id for labeler in left if labeler.wave == 1]
        said = {self._says(vote) for vote in votes}
        if "entailed" in said and "contradicted" not in said:
            return [labeler.id for labeler in left]
        return []

    def _says(self, vote: Vote) -> str | None:
        return self.asker.checks.says[vote.question].get(vote.label or "")

    def _on_the_claim(self, vote: Vote) -> Vote:
        """The vote as one on the claim; an answer that says nothing of it abstains."""
        if vote.status is not VoteStatus.CAST:
            return replace(vote, question=CLAIM.id)
        label = self._says(vote)
        return replace(
            vote,
            question=CLAIM.id,
            status=VoteStatus.CAST if label else VoteStatus.ABSTAINED,
            label=label,
            distribution={},
            why=vote.why or f"{vote.question}: {vote.label}",
        )


class _Quoting:
    """A labeler that asks for the words that back a claim, and throws away words that do not."""

    id = f"check-{QUOTE}"
    question = QUOTE
    wave = 1

    def __init__(self, asker: Asker, clauses: Sequence[ClauseLike]) -> None:
        self.model = self.family = asker.model
        self.clause: str | None = None
        self.quote: str | None = None
        self._asker = asker
        self._clauses = clauses

    async def vote(self, ticket: RedactedTicket, *, deadline: Deadline) -> Vote:
        """Cast only with a quote that stands in a clause that was shown."""
        try:
            text = await self._asker.text(
                QUOTE, ticket, most_tokens=_QUOTE_TOKENS, deadline=deadline
            )
        except LabelerError:
            return self._vote(VoteStatus.FAILED, "prompt")
        if isinstance(text, ChatFailure):
            return self._vote(VoteStatus.FAILED, str(text.kind))
        if not text:
            return self._vote(VoteStatus.ABSTAINED, "no-quote")
        clause = next((c for c in self._clauses if is_verbatim(text, c.text)), None)
        if clause is None:
            return self._vote(VoteStatus.FAILED, "not-verbatim")
        self.clause, self.quote = clause.id, text
        return self._vote(VoteStatus.CAST, "")

    def _vote(self, status: VoteStatus, why: str) -> Vote:
        return Vote(
            question=self.question,
            labeler=self.id,
            status=status,
            label="quote" if status is VoteStatus.CAST else None,
            family=self.family,
            model=self.model,
            prompt_hash=self._asker.checks.prompts[QUOTE].hash,
            why=why,
        )
