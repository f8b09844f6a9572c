"""Events of a conversation as they happen, and from where a follower left off."""

import json
import time

import httpx

from deskquorum.ledger.events import emit as note
from deskquorum.ledger.events import newest_event


def emit(place, conversation, kind="decided", ref="d_1"):
    def write(tx):
        note(tx, kind, conversation, ref)
        return newest_event(tx)

    return place.write(write)


def read(lines, count):
    """So many events: (id, kind, data)."""
    found, fields = [], {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name in {"id", "event", "data"}:
            fields[name] = value
        if not line and "event" in fields:
            found.append((int(fields.get("id", 0)), fields["event"], json.loads(fields["data"])))
            fields = {}
            if len(found) == count:
                return found
    return found


def follow(service, conversation, headers=None, scope="agent"):
    headers = {"Authorization": f"Bearer {service.keys[scope]}", **(headers or {})}
    return httpx.stream(
        "GET", f"{service.url}/v1/assist/{conversation}", headers=headers, timeout=20
    )


def test_events_arrive_as_they_happen_and_those_missed_are_sent_again(shared):
    with follow(shared, "c-1") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        ((_, kind, _),) = read(lines, 1)
        assert kind == "ready"
        first = emit(shared.place, "c-1")
        emit(shared.place, "another")
        second = emit(shared.place, "c-1", kind="review-opened", ref="r_1")
        seen = read(lines, 2)
    assert [(seq, kind) for seq, kind, _ in seen] == [(first, "decided"), (second, "review-opened")]
    assert seen[1][2]["ref"] == "r_1"
    third = emit(shared.place, "c-1")
    with follow(shared, "c-1", {"Last-Event-ID": str(first)}) as answer:
        again = read(answer.iter_lines(), 3)
    assert [seq for seq, _, _ in again[1:]] == [second, third]


def test_whoever_follows_a_conversation_hears_of_its_decision(shared, ticket):
    with follow(shared, ticket["id"]) as answer:
        lines = answer.iter_lines()
        read(lines, 1)
        with shared.client("bot") as client:
            decision = client.post("/v1/decisions", json=ticket).json()["decision_id"]
        ((_, kind, told),) = read(lines, 1)
    assert (kind, told["ref"]) == ("decided", decision)


def test_a_frame_token_follows_its_own_conversation_only(shared):
    with shared.client("agent") as client:
        made = client.post("/v1/frame-tokens", json={"conversation": "c-2", "agent": "mia"})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    assert made.status_code == 201
    with follow(shared, "c-2", headers) as answer:
        assert answer.status_code == 200
        assert read(answer.iter_lines(), 1)[0][1] == "ready"
    with follow(shared, "c-3", headers) as answer:
        assert answer.status_code == 403
    spoilt = {"Authorization": headers["Authorization"] + "x"}
    with follow(shared, "c-2", spoilt) as answer:
        assert answer.status_code == 401


def test_no_more_follow_than_one_process_serves_and_all_are_told_when_it_ends(place, serve):
    desk = place.folder / "policies" / "desk.yaml"
    text = desk.read_text(encoding="utf-8")
    desk.write_text(f"{text}\nservice:\n  streams: 1\n", encoding="utf-8")
    service = serve(place)
    with follow(service, "c-1") as answer:
        lines = answer.iter_lines()
        read(lines, 1)
        with follow(service, "c-1") as refused:
            assert refused.status_code == 503
        began = time.monotonic()
        service.process.terminate()
        ((_, kind, _),) = read(lines, 1)
        assert kind == "closing"
    assert service.process.wait(10) in {0, -15}
    assert time.monotonic() - began < 8
