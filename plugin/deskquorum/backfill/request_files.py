"""Files of requests in the format of the OpenAI Batch API, each within the API's limits."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO, Self

from deskquorum.backfill.batch_shapes import RequestFile
from deskquorum.backfill.rows import to_lines
from deskquorum.llm import ChatRequest, request_body

__all__ = ["MOST_BYTES", "MOST_REQUESTS", "RequestFiles", "request_line"]

MOST_REQUESTS = 50_000
MOST_BYTES = 200 * 1000 * 1000
"""What the API takes in one file."""

_URL = "/v1/chat/completions"


def request_line(custom_id: str, request: ChatRequest) -> bytes:
    """One request, with the body that would go to the endpoint itself."""
    body = dict(request_body(request))
    line = {"custom_id": custom_id, "method": "POST", "url": _URL, "body": body}
    return to_lines([line]).encode()


class RequestFiles:
    """Writes requests to as few files as the limits allow; a context manager."""

    def __init__(
        self, folder: Path, *, most_requests: int = MOST_REQUESTS, most_bytes: int = MOST_BYTES
    ) -> None:
        self._folder = folder
        self._most_requests, self._most_bytes = most_requests, most_bytes
        self._open: dict[str, _Open] = {}
        self._closed: list[RequestFile] = []

    @property
    def written(self) -> list[RequestFile]:
        """Every file, complete once the context has ended."""
        return sorted(self._closed, key=lambda file: file.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for model in list(self._open):
            self._close(model)

    def add(self, model: str, line: bytes) -> None:
        """Write a request to that model."""
        current = self._open.get(model)
        if current is not None and (
            current.requests >= self._most_requests or current.size + len(line) > self._most_bytes
        ):
            self._close(model)
            current = None
        if current is None:
            count = sum(file.model == model for file in self._closed) + 1
            current = self._open[model] = _Open(self._folder / f"requests-{model}-{count:04}.jsonl")
        current.write(line)

    def _close(self, model: str) -> None:
        current = self._open.pop(model)
        current.file.close()
        self._closed.append(
            RequestFile(
                name=current.path.name,
                model=model,
                requests=current.requests,
                sha256=current.digest.hexdigest(),
            )
        )


class _Open:
    """A file that is being written, and what is known of it so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = path.open("wb")
        self.requests = self.size = 0
        self.digest = hashlib.sha256()

    def write(self, line: bytes) -> None:
        self.file.write(line)
        self.digest.update(line)
        self.requests += 1
        self.size += len(line)
