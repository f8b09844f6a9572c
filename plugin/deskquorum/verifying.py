"""Asks verifiers about the claims of a draft that neither a quote nor the facts settle.

Each prompt of `prompts/checks` is a labeler of one small question about one claim; the votes are
gathered before the pure judgement, as evidence, so that a decision can be judged again without a
model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import anyio
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskquorum.domain import (
    ClaimVote,
    Deadline,
    Facts,
    Finding,
    JsonValue,
    Message,
    Question,
    RedactedTicket,
    Verdict,
    Vote,
    VoteStatus,
    draft_hash,
)
from deskquorum.errors import LabelerError, Problem, PromptFileError
from deskquorum.grounding import (
    ClauseIndex,
    ClauseLike,
    OpenClaim,
    check_reply,
    is_verbatim,
    open_claims,
)
from deskquorum.labeling import Labeler, PromptLabeler, collect_votes
from deskquorum.llm import (
    ChatFailure,
    ChatModel,
    ChatReply,
    ChatRequest,
    Prompt,
    load_prompts,
    new_fence,
)
from deskquorum.reconciliation import CLAIM, settle_claims

__all__ = ["Checks", "Verified", "Verifier", "load_checks"]

_QUOTE = "quote"
_REWRITE = "rewrite"
_FIRST = frozenset({"entailed", "contradicted", _QUOTE})
"""Asked at once; the others only where somebody then says entailed."""
_AT = datetime(2000, 1, 1, tzinfo=UTC)
"""A draft that is checked has no time of its own."""

_Says = Literal["entailed", "contradicted", "unsupported"]


class _CheckShape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: str = Field(min_length=1)
    labels: dict[str, str] = Field(min_length=2)
    says: dict[str, _Says]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The verifier prompts, each with its question and with what its answers say of a claim."""

    prompts: Mapping[str, Prompt]
    questions: Mapping[str, Question]
    says: Mapping[str, Mapping[str, str]]


def load_checks(folders: Sequence[Path]) -> Checks:
    """Read `prompts/checks`, the host's own folder first.

    Raises:
        PromptFileError: Files that can't be used, with every problem in them.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    prompts = {p.question: p for p in load_prompts(folders).values() if p.question is not None}
    path = next((f / "questions.yaml" for f in folders if (f / "questions.yaml").is_file()), None)
    if path is None:
        raise PromptFileError([Problem(path=str(folders[-1]), message="no questions.yaml")])
    try:
        read = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        shapes = {str(n): _CheckShape.model_validate(s) for n, s in dict(read or {}).items()}
    except (YAMLError, ValidationError, TypeError, ValueError) as exc:
        message = str(exc).partition("\n")[0].lower()
        raise PromptFileError([Problem(path=str(path), message=message)]) from exc
    missing = [name for name in prompts if name not in shapes]
    if missing:
        problems = [
            Problem(
                path=prompts[name].path,
                message=f"asks '{name}', which {path} does not declare",
                hint=f"it declares {', '.join(shapes)}",
            )
            for name in missing
        ]
        raise PromptFileError(problems)
    return Checks(
        prompts=prompts,
        questions={
            name: Question(id=name, ask=shape.ask, labels=shape.labels, labelers=())
            for name, shape in shapes.items()
        },
        says={name: shape.says for name, shape in shapes.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A draft with the votes on it."""

    reply: str
    """The draft, or the one that took its place."""
    votes: tuple[ClaimVote, ...]
    rewritten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Asks one model about claims."""

    checks: Checks
    chat: ChatModel
    model: str
    accuracy: float
    """Assumed of each prompt."""

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
        votes = await self.ask(reply, index=index, facts=facts, deadline=deadline)
        findings = self._check(reply, votes, index, facts, links)
        against = [f for f in findings if f.verdict is Verdict.CONTRADICTED]
        if not against:
            return Verified(reply=reply, votes=votes)
        mended = await self._rewrite(reply, against, index, deadline)
        if mended is None or mended == reply:
            return Verified(reply=reply, votes=votes)
        again = await self.ask(mended, index=index, facts=facts, deadline=deadline)
        found = self._check(mended, again, index, facts, links)
        if found and all(f.verdict is Verdict.SUPPORTED for f in found):
            return Verified(reply=mended, votes=(*votes, *again), rewritten=True)
        return Verified(reply=reply, votes=votes)

    async def ask(
        self, reply: str, *, index: ClauseIndex, facts: Facts, deadline: Deadline
    ) -> tuple[ClaimVote, ...]:
        """Every verifier's vote on every open claim of a draft, claims side by side."""
        claims = open_claims(reply, index=index, facts=facts)
        found: dict[int, tuple[ClaimVote, ...]] = {}

        async def one(place: int, claim: OpenClaim) -> None:
            found[place] = await self._on_claim(reply, claim, deadline)

        async with anyio.create_task_group() as group:
            for place, claim in enumerate(claims):
                group.start_soon(one, place, claim)
        return tuple(vote for place in sorted(found) for vote in found[place])

    async def _on_claim(
        self, reply: str, claim: OpenClaim, deadline: Deadline
    ) -> tuple[ClaimVote, ...]:
        quoting = _Quoting(self, claim.clauses)
        labelers: list[Labeler] = [
            quoting if name == _QUOTE else self._labeler(name)
            for name in self.checks.prompts
            if name != _REWRITE
        ]
        shown = _shown(claim.clauses, reply, claim.claim.text)
        collected = await collect_votes(labelers, shown, deadline=deadline, choose=self._choose)
        return tuple(
            ClaimVote(
                draft=draft_hash(reply),
                start=claim.claim.start,
                end=claim.claim.end,
                vote=self._on_the_claim(vote),
                clause=quoting.clause if vote.labeler == quoting.id else None,
                quote=quoting.quote if vote.labeler == quoting.id else None,
            )
            for vote in collected.votes
        )

    def _labeler(self, name: str) -> Labeler:
        return PromptLabeler(
            f"check-{name}",
            question=self.checks.questions[name],
            prompt=self.checks.prompts[name],
            chat=self.chat,
            model=self.model,
            wave=1 if name in _FIRST else 2,
        )

    def _choose(self, votes: tuple[Vote, ...], left: Sequence[Labeler]) -> Collection[str]:
        """The second round only where the first leaves room for entailed."""
        if not votes:
            return [labeler.id for labeler in left if labeler.wave == 1]
        said = {self._says(vote) for vote in votes}
        if "entailed" in said and "contradicted" not in said:
            return [labeler.id for labeler in left]
        return []

    def _says(self, vote: Vote) -> str | None:
        return self.checks.says[vote.question].get(vote.label or "")

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

    def _check(
        self,
        reply: str,
        votes: Sequence[ClaimVote],
        index: ClauseIndex,
        facts: Facts,
        links: Sequence[str],
    ) -> tuple[Finding, ...]:
        answers = settle_claims(reply, votes, self.accuracy)
        return check_reply(reply, index=index, facts=facts, allowed_links=links, answers=answers)

    async def _rewrite(
        self, reply: str, against: Sequence[Finding], index: ClauseIndex, deadline: Deadline
    ) -> str | None:
        prompt = self.checks.prompts.get(_REWRITE)
        if prompt is None:
            return None
        cited = {finding.clause for finding in against}
        clauses = [c for c in index.clauses if c.id in cited]
        shown = _shown(clauses, reply, "\n".join(finding.text for finding in against))
        text = await self._text(_REWRITE, shown, deadline, most_tokens=_DRAFT_TOKENS)
        return text or None if isinstance(text, str) else None

    async def _text(
        self, name: str, shown: RedactedTicket, deadline: Deadline, *, most_tokens: int
    ) -> str | ChatFailure:
        """A free text as the answer to one prompt, read from `{"text": ...}`."""
        prompt, question = self.checks.prompts[name], self.checks.questions[name]
        request = ChatRequest(
            model=self.model,
            messages=prompt.render(question, shown, new_fence()),
            max_tokens=most_tokens,
            json_schema=_TEXT,
        )
        outcome = await self.chat.complete(request, deadline=deadline)
        if not isinstance(outcome, ChatReply):
            return outcome
        try:
            return _Text.model_validate_json(outcome.text).text.strip()
        except ValidationError:
            return ""

    async def quote(self, shown: RedactedTicket, deadline: Deadline) -> str | ChatFailure:
        """The words that a model says back a claim, empty where it names none."""
        return await self._text(_QUOTE, shown, deadline, most_tokens=_QUOTE_TOKENS)


_QUOTE_TOKENS = 256
_DRAFT_TOKENS = 1024
_TEXT: Mapping[str, JsonValue] = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: str


class _Quoting:
    """A labeler that asks for the words that back a claim, and throws away words that do not."""

    id = f"check-{_QUOTE}"
    question = _QUOTE
    wave = 1

    def __init__(self, verifier: Verifier, clauses: Sequence[ClauseLike]) -> None:
        self.model = self.family = verifier.model
        self.clause: str | None = None
        self.quote: str | None = None
        self._verifier = verifier
        self._clauses = clauses

    async def vote(self, ticket: RedactedTicket, *, deadline: Deadline) -> Vote:
        """Cast only with a quote that stands in a clause that was shown."""
        try:
            text = await self._verifier.quote(ticket, deadline)
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
            prompt_hash=self._verifier.checks.prompts[_QUOTE].hash,
            why=why,
        )


def _shown(clauses: Sequence[ClauseLike], reply: str, claim: str) -> RedactedTicket:
    """What a verifier sees, as a conversation of three messages: clauses, draft, claim."""
    listed = "\n".join(f"[{clause.id}] {clause.text}" for clause in clauses)
    messages = (
        Message(role="customer", text=listed, at=_AT),
        Message(role="agent", text=reply, at=_AT),
        Message(role="customer", text=claim, at=_AT),
    )
    return RedactedTicket(id="draft", messages=messages, languages=("und",))
