"""What a batch API answered, read by the live labelers into the rows of a backfill."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deskquorum.assembly import Parts
from deskquorum.backfill.batch_shapes import (
    MANIFEST,
    TICKETS,
    BatchManifest,
    TicketShape,
    votes_from_json,
)
from deskquorum.backfill.identity import demand_identity
from deskquorum.backfill.relabeling import asking_labelers
from deskquorum.backfill.rows import label_rows, lost_rows
from deskquorum.domain import Deadline, Message, RedactedTicket, Vote, VoteStatus
from deskquorum.errors import InputError, Problem
from deskquorum.labeling import Labeler, collect_votes
from deskquorum.llm import ChatFailure, ChatModel, ChatReply, ChatRequest, FailureKind
from deskquorum.llm.completions import failure_of_status, read_completion
from deskquorum.policy import ModelSpec, PromptSpec

__all__ = ["BatchAnswers", "batch_rows", "open_batch", "read_answers", "tickets_of"]

_ENOUGH_S = 60.0
_OK = 200
_CODE = re.compile(r"[\w.\-]{1,64}")
_LATE = frozenset({"batch_expired", "batch_cancelled"})
"""Codes of requests that the API did not get to."""

_READ_FROM = ("desk.yaml", "prompts")
"""What answers can't be read without being the same; policies may change while a batch runs."""

_SOME = RedactedTicket(
    id="",
    messages=(Message(role="customer", text="-", at=datetime.fromtimestamp(0, UTC)),),
    languages=("und",),
)
"""The ticket is part of the question only; reading the answer needs none."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Error(_Shape):
    code: str | None = None


class _Response(_Shape):
    status_code: int
    body: object = None


class _Result(_Shape):
    custom_id: str
    response: _Response | None = None
    error: _Error | None = None


def open_batch(folder: Path, parts: Parts) -> BatchManifest:
    """The manifest of a folder that `write_batch` made.

    Raises:
        InputError: It can't be read, or the desk asks otherwise by now.
    """
    path = folder / MANIFEST
    try:
        manifest = BatchManifest.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc
    except ValidationError as exc:
        raise InputError(f"{path}: no manifest of this version; write the batch again") from exc
    demand_identity(parts, {kind: manifest.desk.get(kind, "") for kind in _READ_FROM})
    return manifest


@dataclass(kw_only=True)
class BatchAnswers:
    """The answers to a batch, and whatever was wrong with their files."""

    requests: int
    """How many were made."""
    votes: dict[str, Vote] = field(default_factory=dict)
    """Name of the request to the vote that its answer amounts to."""
    errors: dict[str, str] = field(default_factory=dict)
    """Name of a request that was not answered to why."""
    problems: list[Problem] = field(default_factory=list)
    """Lines that can't be used."""
    repeated: int = 0
    """Lines about a request that an earlier line was about."""
    conflicts: set[str] = field(default_factory=set)
    """Requests with answers that say different things."""

    @property
    def missing(self) -> int:
        """Requests of which no line tells."""
        return self.requests - len(self.votes)

    @property
    def whole(self) -> bool:
        """Whether every request was answered, once, and nothing else was there."""
        return not (self.missing or self.errors or self.problems or self.conflicts)


async def read_answers(
    paths: Sequence[Path], folder: Path, manifest: BatchManifest, parts: Parts
) -> BatchAnswers:
    """Read output and error files of the API, in any order.

    A request that was asked twice counts once: an answer beats an error, and answers that differ
    are none.

    Raises:
        InputError: A file can't be read, or the folder was changed.
    """
    known = {
        name: by for ticket in tickets_of(folder, manifest) for name, by in ticket.requests.items()
    }
    answers = BatchAnswers(requests=len(known))
    player = _Player()
    async with asking_labelers(parts, manifest.questions, lend=player.lend) as labelers:
        by_id = {labeler.id: labeler for labeler in labelers}
        for path in paths:
            for number, raw in _lines(path):
                result = _result(raw)
                flaw = result if isinstance(result, str) else _strange(result, known)
                if flaw is not None or isinstance(result, str):
                    problem = Problem(path=str(path), line=number, message=str(flaw))
                    answers.problems.append(problem)
                    continue
                name = result.custom_id
                vote = await player.vote(by_id[known[name]], result)
                _take(answers, name, vote, _error_of(result))
    return answers


def batch_rows(
    folder: Path, manifest: BatchManifest, parts: Parts, answers: BatchAnswers
) -> Iterator[tuple[dict[str, object], tuple[Vote, ...]]]:
    """Each ticket's row for each question, in the order of the input, with its votes.

    Raises:
        InputError: The folder was changed.
    """
    asking = {spec.id: spec for spec in parts.prompt_specs}
    order = {name: n for n, name in enumerate([*(x.id for x in parts.labelers), *asking])}
    for ticket in tickets_of(folder, manifest):
        if ticket.error is not None:
            yield from (
                (row, ()) for row in lost_rows(ticket.whose, manifest.questions, ticket.error)
            )
            continue
        votes = votes_from_json(ticket.votes)
        for name, by in ticket.requests.items():
            votes.append(answers.votes.get(name) or _unanswered(asking[by]))
        votes.sort(key=lambda vote: order[vote.labeler])
        for row in label_rows(ticket.whose, votes, manifest.questions, parts.rules):
            yield row, tuple(vote for vote in votes if vote.question == row["question"])


def tickets_of(folder: Path, manifest: BatchManifest) -> Iterator[TicketShape]:
    """The tickets of a batch, in order.

    Raises:
        InputError: They are not those that were written.
    """
    path, digest = folder / TICKETS, hashlib.sha256()
    try:
        for _, raw in _lines(path):
            digest.update(raw)
            yield TicketShape.model_validate_json(raw)
    except ValidationError as exc:
        raise InputError(f"{path}: a line is broken; write the batch again") from exc
    if digest.hexdigest() != manifest.tickets_sha256:
        raise InputError(f"{path} was changed; write the batch again")


class _Player:
    """A chat model that gives the answer at hand, read as an endpoint's own is."""

    def __init__(self) -> None:
        self._result: _Result | None = None

    async def vote(self, labeler: Labeler, result: _Result) -> Vote:
        """What a live labeler makes of that answer."""
        self._result = result
        deadline = Deadline.after(_ENOUGH_S)
        [vote] = (await collect_votes((labeler,), _SOME, deadline=deadline)).votes
        return vote

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """The answer at hand."""
        del deadline
        result = self._result
        if result is None or result.response is None:
            code = None if result is None or result.error is None else result.error.code
            kind = FailureKind.TIMEOUT if code in _LATE else FailureKind.SERVER_ERROR
            return ChatFailure(kind=kind)
        response = result.response
        if response.status_code != _OK:
            code = _code_in(response.body)
            return failure_of_status(response.status_code, code=code, headers={}, latency_ms=0)
        return read_completion(json.dumps(response.body).encode(), request, latency_ms=0)

    @asynccontextmanager
    async def lend(self, model: ModelSpec) -> AsyncIterator[ChatModel]:
        """Stand in for every model of the desk."""
        del model
        yield self


def _take(answers: BatchAnswers, name: str, vote: Vote, error: str | None) -> None:
    """Whatever the order of lines is, the same remains of them."""
    before = answers.votes.get(name)
    if before is None:
        answers.votes[name] = vote
        if error is not None:
            answers.errors[name] = error
        return
    answers.repeated += 1
    old = _worth(before, error=name in answers.errors)
    new = _worth(vote, error=error is not None)
    if error is None:
        answers.errors.pop(name, None)
    elif name in answers.errors:
        answers.errors[name] = min(answers.errors[name], error)
    if name in answers.conflicts:
        return
    if old != new:
        answers.votes[name] = before if old > new else vote
    elif before.label != vote.label or before.status is not vote.status:
        answers.conflicts.add(name)
        answers.votes[name] = _no_vote(before, "answers-differ")
    else:
        answers.votes[name] = min(before, vote, key=_order)


def _worth(vote: Vote, *, error: bool) -> int:
    """No answer is less than an answer that is no vote, and that is less than a vote."""
    return 0 if error else 1 if vote.status is VoteStatus.FAILED else 2


def _order(vote: Vote) -> tuple[str, list[tuple[str, float]]]:
    return vote.why, sorted(vote.distribution.items())


def _no_vote(vote: Vote, why: str) -> Vote:
    return replace(vote, status=VoteStatus.FAILED, label=None, distribution={}, why=why)


def _unanswered(spec: PromptSpec) -> Vote:
    return Vote(
        question=spec.question,
        labeler=spec.id,
        status=VoteStatus.FAILED,
        family=spec.family,
        why="no-answer",
    )


def _result(raw: bytes) -> _Result | str:
    """A line, or what is wrong with it; its words may be a model's, so they are not told."""
    try:
        return _Result.model_validate(json.loads(raw))
    except (ValueError, RecursionError):
        return "not a result of the Batch API: expected an object with custom_id and response"


def _strange(result: _Result, known: Mapping[str, str]) -> str | None:
    if result.custom_id in known:
        return None
    return "answers a request that is not in this batch"


def _error_of(result: _Result) -> str | None:
    """Why a request was not answered; None where it was, whatever the answer is worth."""
    if result.response is None:
        return "no response" if result.error is None else _plain(result.error.code)
    status = result.response.status_code
    if status == _OK:
        return None
    return f"status {status} {_plain(_code_in(result.response.body), '')}".rstrip()


def _code_in(body: object) -> str | None:
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None


def _plain(code: str | None, otherwise: str = "no code") -> str:
    """A code when it is one; free text may quote the prompt."""
    return code if code is not None and _CODE.fullmatch(code) else otherwise


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if raw.strip():
                    yield number, raw
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc
