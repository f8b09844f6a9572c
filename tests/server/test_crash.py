"""Processes are killed at any moment: every ticket that was sent is decided once, or waits."""

import random
import threading
import time
from contextlib import closing, suppress

import httpx
import pytest

KILLS = 4


@pytest.mark.parametrize("seed", [1])
def test_no_ticket_is_lost_and_none_is_decided_twice(either_place, serve, tickets, seed):
    chance = random.Random(seed)  # noqa: S311 - which process is killed when
    services = [serve(either_place), serve(either_place)]
    key, answers, sent = services[0].keys["bot"], {}, [f"k-{n}" for n in range(60)]
    done = threading.Event()

    def ask(share):
        """As a bot does: until there is an answer, at whichever replica answers."""
        for number in share:
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": sent[number]}
            ticket = {**tickets[number % 20], "id": f"t-{number}", "deadline_s": 3}
            while sent[number] not in answers and not done.is_set():
                url = chance.choice(services).url
                with suppress(httpx.TransportError):
                    answer = httpx.post(
                        f"{url}/v1/decisions", json=ticket, headers=headers, timeout=8
                    )
                    if answer.status_code == 200:
                        answers[sent[number]] = answer.json()
                        break
                time.sleep(0.2)

    bots = [threading.Thread(target=ask, args=(range(n, 60, 6),)) for n in range(6)]
    for bot in bots:
        bot.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 1.5))
        victim = chance.randrange(2)
        services[victim].process.kill()
        services[victim].process.wait()
        services[victim] = serve(either_place)
    for bot in bots:
        bot.join(120)
    done.set()
    assert set(answers) == set(sent)
    for service in services:
        service.stop()
    with closing(either_place.opened()) as record:
        assert record.verify().first_broken is None
        entries = [entry.decision for entry in record.entries()]
    # One record each: what a crash left half done was rolled back, and taken up under its key.
    assert sorted(decision.ticket for decision in entries) == sorted(f"t-{n}" for n in range(60))
    kept = {decision.id for decision in entries}
    assert {answer["decision_id"] for answer in answers.values()} == kept
