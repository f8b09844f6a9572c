"""The files of a batch as they stand on the disk: what was asked, and what was known already."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from deskquorum.backfill.manifest import InputShape
from deskquorum.domain import JsonValue, Vote

__all__ = [
    "MANIFEST",
    "TICKETS",
    "BatchManifest",
    "LabelerShape",
    "RequestFile",
    "TicketShape",
    "votes_from_json",
    "votes_to_json",
]

MANIFEST = "manifest.json"
TICKETS = "tickets.jsonl"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelerShape(_Shape):
    """A prompt labeler whose requests are in the batch."""

    id: str
    question: str
    prompt: str
    prompt_hash: str
    model: str
    """Its name in `desk.yaml`."""


class RequestFile(_Shape):
    """A file to upload; each asks one model only, which the API demands."""

    name: str
    model: str
    requests: int
    sha256: str


class BatchManifest(_Shape):
    """What the batch asks, of whom, by which files."""

    format: Literal["deskquorum batch 1"] = "deskquorum batch 1"
    run: str
    """Stands in every `custom_id`, so that answers to another batch are told apart."""
    input: InputShape
    desk: dict[str, str]
    """As `desk_identity` tells it."""
    questions: list[str]
    labelers: list[LabelerShape]
    files: list[RequestFile]
    tickets_sha256: str
    started_at: AwareDatetime

    def custom_id(self, ticket: int, labeler: int) -> str:
        """The name of a request.

        Args:
            ticket: Line of the ticket in `tickets.jsonl`, from 1.
            labeler: Its place among `labelers`.
        """
        return f"dq-{self.run}-{ticket}-{labeler}"


class TicketShape(_Shape):
    """One line of `tickets.jsonl`; in the order of the input."""

    whose: dict[str, JsonValue]
    """The input's `id`."""
    votes: list[dict[str, object]]
    """Of labelers that ask no model, or whose prompt could not be filled in."""
    requests: dict[str, str]
    """Name of the request to the labeler that asks."""
    error: str | None = None
    """Why nobody can be asked about this ticket."""


def votes_to_json(votes: list[Vote]) -> list[dict[str, object]]:
    """Votes as JSON, without loss."""
    found: list[dict[str, object]] = _votes().dump_python(votes, mode="json")
    return found


def votes_from_json(votes: list[dict[str, object]]) -> list[Vote]:
    """Votes as they were written."""
    return _votes().validate_python(votes)


@cache
def _votes() -> TypeAdapter[list[Vote]]:
    return TypeAdapter(list[Vote])
