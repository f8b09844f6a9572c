"""A labeler that asks a chat model by a prompt file."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

from deskquorum.domain import Deadline, Question, RedactedTicket, Vote, VoteStatus
from deskquorum.errors import LabelerError, Problem, PromptFileError
from deskquorum.llm import (
    ABSTAIN,
    MAX_LABELS,
    ChatFailure,
    ChatModel,
    ChatReply,
    Prompt,
    Reading,
    ask_for_label,
    new_fence,
    read_label,
)

__all__ = ["PromptLabeler", "prompt_misfits"]


class PromptLabeler:
    """Votes what a model answers; a model's fault is a failed vote, never a guess."""

    def __init__(
        self,
        id: str,  # noqa: A002 - the word that desk.yaml uses
        *,
        question: Question,
        prompt: Prompt,
        chat: ChatModel,
        model: str | None = None,
        wave: int = 1,
        family: str | None = None,
        fence: Callable[[], str] = new_fence,
    ) -> None:
        """Join a prompt, a question and a model.

        Args:
            id: The labeler's name in `desk.yaml`.
            question: What is asked.
            prompt: How it is asked.
            chat: Who is asked.
            model: Name of the model at its endpoint; None takes the prompt's own.
            wave: When it is asked.
            family: Shared by labelers that err together; None means the model's name.
            fence: Gives a fresh mark for each request, to quote the ticket between.

        Raises:
            PromptFileError: The prompt does not fit the question or names no model.
        """
        asked = model or prompt.model
        problems = prompt_misfits(prompt, question, asked)
        if problems or asked is None:
            raise PromptFileError(problems)
        self.id = id
        self.question = question.id
        self.wave = wave
        self.model = asked
        self.family = family or asked
        self.prompt_hash = prompt.hash
        self._question = question
        self._prompt = prompt
        self._chat = chat
        self._fence = fence

    async def vote(self, ticket: RedactedTicket, *, deadline: Deadline) -> Vote:
        """Ask the model, once its prompt is filled in, and read its answer."""
        started = time.monotonic()
        read = self._prompt.read
        labels = list(self._question.labels)
        try:
            messages = self._prompt.render(self._question, ticket, self._fence())
        except LabelerError:
            return self._vote(_failed("prompt"), started)
        request = ask_for_label(messages, labels, read=read, model=self.model)
        outcome = await self._chat.complete(request, deadline=deadline)
        if isinstance(outcome, ChatFailure):
            return self._vote(_failed(outcome.kind), started, outcome)
        return self._vote(read_label(outcome, labels, read=read), started, outcome)

    def _vote(
        self, reading: Reading, started: float, outcome: ChatReply | ChatFailure | None = None
    ) -> Vote:
        reply = outcome if isinstance(outcome, ChatReply) else None
        stand_in = None if reply is None else reply.stand_in
        return Vote(
            question=self.question,
            labeler=self.id,
            status=reading.status,
            label=reading.label,
            distribution=reading.distribution,
            # A stand-in errs together with whoever else asks it, not with this labeler's own.
            family=stand_in or self.family,
            model=self.model if reply is None else reply.model,
            stand_in=stand_in,
            prompt_hash=self.prompt_hash,
            cost=Decimal(0) if outcome is None else outcome.cost,
            latency_ms=round((time.monotonic() - started) * 1000),
            why=reading.why,
        )


def _failed(why: str) -> Reading:
    return Reading(status=VoteStatus.FAILED, why=str(why))


def prompt_misfits(prompt: Prompt, question: Question, model: str | None) -> list[Problem]:
    """Why that prompt can't ask that question of that model; empty when it can."""
    most = MAX_LABELS[prompt.read]
    found = []
    if prompt.question not in (None, question.id):
        found.append(f"prompt {prompt.id!r} asks {prompt.question!r}, not {question.id!r}")
    if len(question.labels) > most:
        count = len(question.labels)
        found.append(f"{question.id!r} has {count} labels, read by {prompt.read} {most} at most")
    if prompt.read == "schema" and ABSTAIN in question.labels:
        found.append(f"{question.id!r} has a label {ABSTAIN!r}, which models answer when unsure")
    if model is None:
        found.append(f"prompt {prompt.id!r} names no model and neither does its labeler")
    return [Problem(path=prompt.path, message=message) for message in found]
