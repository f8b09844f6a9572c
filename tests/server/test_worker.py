"""Shared jobs on procrastinate: a worker decides what the service only accepts."""

import subprocess
import sys
import time

from deskquorum.ledger.intake import pending

MAIN = "import sys; sys.argv[0] = 'deskquorum'; from deskquorum.cli import main; main()"


def test_a_worker_decides_what_a_service_accepts(place, serve, tickets, postgres, tmp_path):
    place.ledger = postgres
    service = serve(place, "--jobs", "procrastinate")
    with service.client("bot") as client:
        places = [
            client.post("/v1/decisions", json=ticket, params={"wait": 0}).headers["location"]
            for ticket in tickets[:5]
        ]
        time.sleep(2)
        assert place.write(pending) == 5
        workers = [_worker(place, tmp_path / f"worker-{n}") for n in range(2)]
        try:
            for _ in range(300):
                states = [client.get(where).json() for where in places]
                if all(state["state"] == "decided" for state in states):
                    break
                time.sleep(0.2)
        finally:
            for worker in workers:
                worker.terminate()
        assert {worker.wait(20) for worker in workers} <= {0, -15}
    assert [state["decision"]["id"] for state in states] == [t["id"] for t in tickets[:5]]


def test_a_worker_needs_postgresql(place, tmp_path):
    worker = _worker(place, tmp_path / "worker")
    assert worker.wait(60) == 2
    assert "needs PostgreSQL" in (tmp_path / "worker").read_text(encoding="utf-8")


def _worker(place, log):
    command = [sys.executable, "-c", MAIN, "worker", "--desk", str(place.folder), "--no-model"]
    if place.ledger:
        command += ["--ledger", place.ledger]
    with log.open("wb") as file:
        return subprocess.Popen(command, stderr=file, stdout=file, env=place.environment)  # noqa: S603 - ours
