"""Tickets to a folder of requests that a batch API answers later.

The live labelers write them: each is asked, and its model only keeps what it was asked.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio

from deskquorum.assembly import Parts
from deskquorum.backfill.batch_shapes import (
    MANIFEST,
    TICKETS,
    BatchManifest,
    LabelerShape,
    TicketShape,
    votes_to_json,
)
from deskquorum.backfill.chunks import Item, Source, Survey
from deskquorum.backfill.durable import discard, replacing, sync_folder
from deskquorum.backfill.identity import desk_identity
from deskquorum.backfill.manifest import InputShape
from deskquorum.backfill.relabeling import RelabelRules, asked_of, asking_labelers
from deskquorum.backfill.request_files import RequestFiles, request_line
from deskquorum.domain import Deadline, RedactedTicket, Vote
from deskquorum.errors import InputError
from deskquorum.labeling import AsksModel, Labeler, collect_votes
from deskquorum.llm import ChatFailure, ChatModel, ChatReply, ChatRequest, FailureKind
from deskquorum.policy import ModelSpec

__all__ = ["write_batch"]

_ENOUGH_S = 60.0
"""No labeler waits for anything here."""


def write_batch(
    folder: Path,
    *,
    source: Source,
    surveyed: Survey,
    parts: Parts,
    rules: RelabelRules,
    watch: Callable[[int], None] = lambda _: None,
) -> BatchManifest:
    """Write the requests of every ticket; the folder is there whole or not at all.

    Raises:
        InputError: The folder is not empty or can't be written, or the input changed.
    """
    beside = folder.with_name(f".{folder.name}.new")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise InputError(f"{folder} is not empty; name a new folder")
        discard(beside)
        beside.mkdir()
        write = partial(
            _written,
            beside,
            source=source,
            surveyed=surveyed,
            parts=parts,
            rules=rules,
            watch=watch,
        )
        manifest = anyio.run(write)
        for path in beside.iterdir():
            _sync(path)
        sync_folder(beside)
        beside.replace(folder)
        sync_folder(folder.parent)
    except OSError as exc:
        raise InputError(f"{exc.filename or folder}: {str(exc.strerror).lower()}") from exc
    finally:
        discard(beside)
    return manifest


class _Listener:
    """A chat model that keeps the first request of each turn and answers none."""

    def __init__(self) -> None:
        self.heard: ChatRequest | None = None

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """Keep the request."""
        del deadline
        self.heard = self.heard or request
        return ChatFailure(kind=FailureKind.BAD_REQUEST, detail="kept for a batch")

    @asynccontextmanager
    async def lend(self, model: ModelSpec) -> AsyncIterator[ChatModel]:
        """Stand in for every model of the desk."""
        del model
        yield self


async def _written(
    folder: Path,
    *,
    source: Source,
    surveyed: Survey,
    parts: Parts,
    rules: RelabelRules,
    watch: Callable[[int], None],
) -> BatchManifest:
    listener = _Listener()
    digest = hashlib.sha256()
    async with asking_labelers(parts, rules.questions, lend=listener.lend) as labelers:
        manifest = _manifest(parts, rules, surveyed, labelers)
        with RequestFiles(folder) as files, (folder / TICKETS).open("wb") as tickets:
            for number, item in enumerate(source.items(), start=1):
                asking = _Asking(
                    labelers=labelers,
                    listener=listener,
                    files=files,
                    manifest=manifest,
                    number=number,
                )
                line = (await asking.ticket(item, parts, rules)).model_dump_json().encode() + b"\n"
                digest.update(line)
                tickets.write(line)
                watch(1)
    whole = manifest.model_copy(
        update={"files": files.written, "tickets_sha256": digest.hexdigest()}
    )
    with replacing(folder / MANIFEST) as file:
        file.write(whole.model_dump_json(indent=1).encode() + b"\n")
    return whole


def _manifest(
    parts: Parts, rules: RelabelRules, surveyed: Survey, labelers: Sequence[Labeler]
) -> BatchManifest:
    desk = dict(desk_identity(parts))
    asking = {labeler.id for labeler in labelers}
    run = hashlib.sha256("\n".join([surveyed.digest, *desk.values(), *rules.questions]).encode())
    return BatchManifest(
        run=run.hexdigest()[:12],
        input=InputShape(items=surveyed.items, sha256=surveyed.digest, last=surveyed.last),
        desk=desk,
        questions=list(rules.questions),
        labelers=[
            LabelerShape(
                id=spec.id,
                question=spec.question,
                prompt=spec.prompt,
                prompt_hash=parts.prompts[spec.prompt].hash,
                model=spec.model,
            )
            for spec in parts.prompt_specs
            if spec.id in asking
        ],
        files=[],
        tickets_sha256="",
        started_at=rules.at,
    )


class _Asking:
    """One ticket's turn."""

    def __init__(
        self,
        *,
        labelers: Sequence[Labeler],
        listener: _Listener,
        files: RequestFiles,
        manifest: BatchManifest,
        number: int,
    ) -> None:
        self._labelers, self._listener, self._files = labelers, listener, files
        self._manifest, self._number = manifest, number

    async def ticket(self, item: Item, parts: Parts, rules: RelabelRules) -> TicketShape:
        """Ask everybody about it; what would go to a model goes into a file."""
        asked = asked_of(item, parts, at=rules.at)
        if asked.ticket is None:
            return TicketShape(whose=asked.whose, votes=[], requests={}, error=asked.why)
        votes: list[Vote] = []
        requests: dict[str, str] = {}
        for labeler in self._labelers:
            vote, request = await self._heard(labeler, asked.ticket)
            if request is None:
                votes.append(vote)
                continue
            place, asking = next(
                (n, a) for n, a in enumerate(self._manifest.labelers) if a.id == labeler.id
            )
            name = self._manifest.custom_id(self._number, place)
            requests[name] = labeler.id
            self._files.add(asking.model, request_line(name, request))
        return TicketShape(whose=asked.whose, votes=votes_to_json(votes), requests=requests)

    async def _heard(
        self, labeler: Labeler, ticket: RedactedTicket
    ) -> tuple[Vote, ChatRequest | None]:
        self._listener.heard = None
        deadline = Deadline.after(_ENOUGH_S)
        [vote] = (await collect_votes((labeler,), ticket, deadline=deadline)).votes
        return vote, self._listener.heard if isinstance(labeler, AsksModel) else None


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
