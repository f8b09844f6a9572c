"""Several processes behind one port are one service."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx


def ask(service, ticket, number):
    # A connection each, so that the processes share them.
    return httpx.post(
        f"{service.url}/v1/decisions",
        json=ticket,
        headers={
            "Authorization": f"Bearer {service.keys['bot']}",
            "Idempotency-Key": f"k-{number}",
        },
        timeout=30,
    )


def test_two_processes_decide_and_are_counted_together(place, serve, tickets):
    service = serve(place, "--workers", "2")
    time.sleep(3)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: ask(service, tickets[n], n), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    with service.client("ops") as client:
        text = client.get("/metrics").text
    counted = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith("deskquorum_decisions_total")
    ]
    assert sum(counted) == 16
    # What stands in the database is told once, not once a process.
    assert [line for line in text.splitlines() if line.startswith("deskquorum_reviews_open")]
    assert "pid=" not in text
    os.kill(service.process.pid, signal.SIGTERM)
    assert service.process.wait(30) in {0, -15}
