"""A service of the example desk in a process of its own, and in this one."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from deskquorum.assembly import ledger_of
from deskquorum.host_key import HOST_KEY, new_host_key
from deskquorum.ledger.api_keys import Scope, create

NORTHWIND = Path(__file__).parents[2] / "examples" / "northwind"
SECRET = "s3cret-of-the-helpdesk"  # noqa: S105
UNLIMITED = "service:\n  rate_per_s: 100000\n  burst: 100000\n"
SERVE = "import sys; sys.argv[0] = 'deskquorum'; from deskquorum.cli import main; main()"


@dataclass(kw_only=True)
class Place:
    """A desk folder with its ledger and keys."""

    folder: Path
    ledger: str | None
    host_key: str
    log: Path

    @property
    def environment(self):
        return {
            **os.environ,
            HOST_KEY: self.host_key,
            "DESKQUORUM_WEBHOOK_GENERIC": SECRET,
            "DESKQUORUM_WEBHOOK_CHATWOOT": SECRET,
            "DESKQUORUM_WEBHOOK_FRONT": SECRET,
        }

    def key(self, *scopes, lasts=None, name="a test"):
        given = frozenset(Scope(scope) for scope in scopes)
        with (
            closing(self.opened()) as record,
            record.database.transaction(writing=True) as tx,
        ):
            made, text = create(tx, name=name, scopes=given, lasts=lasts)
        return made.id, text

    def opened(self):
        return ledger_of(self.folder, self.ledger, keys={HOST_KEY: self.host_key})

    def write(self, work):
        with closing(self.opened()) as record, record.database.transaction(writing=True) as tx:
            return work(tx)


@dataclass(kw_only=True)
class Running:
    """A service in a process of its own."""

    url: str
    process: subprocess.Popen
    place: Place
    keys: dict
    """Scope to a key that has only that one."""

    def client(self, scope=None, timeout=20):
        headers = {} if scope is None else {"Authorization": f"Bearer {self.keys[scope]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=timeout)

    def lines(self):
        text = self.place.log.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def place(tmp_path):
    """A desk on SQLite."""
    folder = tmp_path / "northwind"
    shutil.copytree(NORTHWIND, folder, ignore=shutil.ignore_patterns("state"))
    return Place(folder=folder, ledger=None, host_key=new_host_key(), log=tmp_path / "log")


@pytest.fixture(params=["sqlite", "postgres"])
def either_place(request, place):
    """A desk on each database."""
    if request.param == "postgres":
        place.ledger = request.getfixturevalue("postgres")
    return place


@pytest.fixture
def serve():
    """Starts services and ends them after the test."""
    running = []

    def start(place, *options):
        service = _started(place, *options)
        running.append(service)
        return service

    yield start
    for service in running:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One service on SQLite for a whole module."""
    base = tmp_path_factory.mktemp("shared")
    folder = base / "northwind"
    shutil.copytree(NORTHWIND, folder, ignore=shutil.ignore_patterns("state"))
    desk = folder / "policies" / "desk.yaml"
    desk.write_text(f"{desk.read_text(encoding='utf-8')}\n{UNLIMITED}", encoding="utf-8")
    place = Place(folder=folder, ledger=None, host_key=new_host_key(), log=base / "log")
    service = _started(place)
    yield service
    service.process.kill()
    service.process.wait()


def _started(place, *options):
    port = _free_port()
    keys = {scope: place.key(scope)[1] for scope in Scope}
    command = [sys.executable, "-c", SERVE, "serve", "--desk", str(place.folder)]
    command += ["--port", str(port), *options]
    if "--model-url" not in options:
        command.append("--no-model")
    if place.ledger:
        command += ["--ledger", place.ledger]
    with place.log.open("ab") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log, env=place.environment)  # noqa: S603 - ours
    url = f"http://127.0.0.1:{port}"
    running = Running(url=url, process=process, place=place, keys=keys)
    for _ in range(400):
        if process.poll() is not None:
            raise AssertionError(place.log.read_text(encoding="utf-8"))
        try:
            if httpx.get(f"{running.url}/readyz").status_code == 200:
                return running
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    process.kill()
    raise AssertionError("the service did not come up")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def tickets():
    """The example desk's tickets, as a bot would send them."""
    known = {"id", "messages", "requester", "facts", "proposal", "language", "tags"}
    text = (NORTHWIND / "tickets.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return [{name: value for name, value in row.items() if name in known} for row in rows]


@pytest.fixture
def ticket(tickets):
    return tickets[0]


ONE_DAY = timedelta(days=1)
