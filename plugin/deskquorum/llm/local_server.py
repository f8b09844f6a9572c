"""The child process of `local_model`: serves one GGUF file until its parent is gone.

Run as `python -m deskquorum.llm.local_server WEIGHTS ALIAS`. Prints one JSON line with its URL;
ends when its standard input closes or another process becomes its parent.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from importlib import import_module
from typing import Protocol

__all__ = ["main"]

_SLOTS = 2
_CONTEXT = 4 * 2048
"""Tokens of context that the slots share."""
_WATCH_S = 0.5


def main(weights: str, alias: str) -> None:
    """Serve until the parent is gone."""
    parent = os.getppid()
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as report:
        _silence()
        threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
        server = _serve(weights, alias)
        report.write(json.dumps({"url": server.listening_address}) + "\n")
    while os.read(sys.stdin.fileno(), 1):
        pass
    # The server's own threads would outlive a plain return.
    os._exit(0)


class _Server(Protocol):
    listening_address: str


def _silence() -> None:
    """llama.cpp writes past Python, so the descriptors themselves are turned away."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _serve(weights: str, alias: str) -> _Server:
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = weights
    params.model_alias = {alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = _CONTEXT
    params.n_parallel = _SLOTS
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = max(1, _cpus() - 1)
        # Threads that wait by spinning slow each other down many times over on a busy machine.
        cpu.poll = 0
    params.verbosity = -1
    # Nothing but answers: no web page, and no page that shows what others asked.
    params.ui = params.endpoint_slots = params.endpoint_props = False
    server: _Server = xllamacpp.Server(params)
    return server


def _cpus() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
