"""What is wrong with a request is refused and logged, and the answer gives nothing away."""

import json
import socket
import time
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from deskquorum.host_key import HOST_KEY, read_host_key
from deskquorum.ledger import open_ledger
from deskquorum.ledger.api_keys import Scope, create, revoke
from deskquorum.signatures import SCHEMES, sign

SECRET = "s3cret-of-the-helpdesk"  # noqa: S105
CANARY = "canary-value-4711"
NO_REVIEW = f"/v1/reviews/r_{32 * '0'}"


def raw(service, text, body=b""):
    """Bytes as no client would send them; the status and all of the answer."""
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode("latin-1") + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return int(answer.split(b" ", 2)[1]), answer.decode("latin-1")


@pytest.fixture(scope="module")
def expired(shared):
    return shared.place.key("bot", lasts=timedelta(seconds=-1))[1]


@pytest.fixture(scope="module")
def foreign(shared):
    """A key of another desk that keeps its rows in the same database."""
    where = shared.place.folder / "state" / "ledger.sqlite"
    host_key = read_host_key({HOST_KEY: shared.place.host_key})
    opened = open_ledger(where, tenant="south", host_key=host_key)
    with closing(opened) as record, record.database.transaction(writing=True) as tx:
        _, text = create(tx, name="x", scopes=frozenset(Scope), lasts=None)
    time.sleep(1.5)
    return text


def test_whatever_is_wrong_with_a_key_the_answer_is_the_same(shared, expired, foreign, ticket):
    texts = [None, "dq_0123456789ab_" + "A" * 43, expired, foreign, "dq__", "Bearer"]
    answers = []
    for text in texts:
        headers = {} if text is None else {"Authorization": f"Bearer {text}"}
        answers.append(httpx.post(f"{shared.url}/v1/decisions", json=ticket, headers=headers))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {tuple(sorted(set(a.headers) - {"date"})) for a in answers}.__len__() == 1


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("agent", "POST", "/v1/decisions"),
        ("ops", "POST", "/v1/decisions"),
        ("ops", "POST", "/v1/replies/check"),
        ("bot", "POST", "/v1/frame-tokens"),
        ("bot", "GET", "/v1/assist/t-1"),
        ("bot", "GET", "/v1/reviews"),
        ("bot", "GET", NO_REVIEW),
        ("bot", "POST", f"{NO_REVIEW}/claim"),
        ("ops", "POST", f"{NO_REVIEW}/claim"),
        ("ops", "POST", f"{NO_REVIEW}/release"),
        ("ops", "POST", f"{NO_REVIEW}/verdict"),
        ("bot", "GET", "/metrics"),
        ("agent", "GET", "/metrics"),
    ],
)
def test_a_narrower_key_may_not(shared, scope, method, path):
    with shared.client(scope) as client:
        answer = client.request(method, path, json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_revoked_key_stops_within_two_seconds(shared):
    identity, text = shared.place.key("ops")
    headers = {"Authorization": f"Bearer {text}"}
    time.sleep(1.6)
    assert httpx.get(f"{shared.url}/metrics", headers=headers).status_code == 200
    shared.place.write(lambda tx: revoke(tx, identity))
    time.sleep(2)
    assert httpx.get(f"{shared.url}/metrics", headers=headers).status_code == 401


def test_what_is_wrong_is_told_all_at_once_and_without_values(shared):
    body = {
        "id": CANARY * 20,
        "messages": [{"role": CANARY, "text": 5, "at": CANARY}],
        "requester": CANARY,
        "proposl": {"action": CANARY},
        f"{CANARY} or": 1,
    }
    with shared.client("bot") as client:
        answer = client.post("/v1/decisions", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    pointers = {fault["pointer"] for fault in answer.json()["errors"]}
    assert pointers == {
        "/id",
        "/messages/0/role",
        "/messages/0/text",
        "/messages/0/at",
        "/requester",
        "/proposl",
        "/*",
    }
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"{", 400, id="cut-off"),
        pytest.param(b'{"id": NaN}', 400, id="not-a-number"),
        pytest.param(b'{"id": "1", "id": "2"}', 400, id="a-name-twice"),
        pytest.param(b"[" * 5000, 400, id="nested-without-end"),
        pytest.param(b'{"a":' * 40 + b"1" + b"}" * 40, 400, id="nested-deep"),
        pytest.param(b"\xff\xfe", 400, id="not-utf-8"),
        pytest.param(b'{"id": ' + b"9" * 5000 + b"}", 400, id="endless-number"),
        pytest.param(b"[]", 422, id="no-object"),
        pytest.param(b'{"id": "\\ud800"}', 422, id="half-a-character"),
        pytest.param(b'{"id": "\\u0000"}', 422, id="a-null"),
    ],
)
def test_bodies_that_are_none(shared, content, status):
    with shared.client("bot") as client:
        answer = client.post(
            "/v1/decisions", content=content, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == status


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "application/jsonx"])
def test_only_json_is_read(shared, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    with shared.client("bot") as client:
        assert client.post("/v1/decisions", content=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_body_that_is_too_long_is_not_read(shared, chunked):
    def pieces():
        for _ in range(40):
            yield b"x" * 50_000

    content = pieces() if chunked else b"x" * 2_000_000
    with shared.client("bot") as client:
        headers = {"Content-Type": "application/json"}
        try:
            answer = client.post("/v1/decisions", content=content, headers=headers)
        except httpx.TransportError:
            # It hung up while the rest was being sent.
            return
    assert answer.status_code == 413


def head(service, *lines, body=b""):
    place = urlsplit(service.url)
    return "\n".join(
        [
            "POST /v1/decisions HTTP/1.1",
            f"Host: {place.netloc}",
            "Connection: close",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *lines,
            "",
            "",
        ]
    )


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "Content-Type", "Host"])
def test_a_header_that_may_stand_once_is_refused_twice(shared, name):
    lines = [f"{name}: first", f"{name}: second"]
    status, answer = raw(shared, head(shared, *lines))
    assert status == 400
    assert "second" not in answer


def test_lengths_that_contradict_each_other_are_refused(shared):
    lines = ["Transfer-Encoding: chunked", f"Authorization: Bearer {shared.keys['bot']}"]
    status, _ = raw(shared, head(shared, *lines, body=b"{}"), b"0\r\n\r\n")
    assert status == 400
    status, _ = raw(shared, head(shared, "Content-Length: 7"))
    assert status == 400


def test_endless_headers_are_refused(shared):
    status, _ = raw(shared, head(shared, *(f"X-{n}: {'y' * 1000}" for n in range(60))))
    assert status in {400, 431}


def test_a_head_cannot_be_split_by_what_is_sent_back(shared):
    with shared.client("bot") as client:
        answer = client.get("/healthz", headers={"X-Request-Id": "abcdefgh%0d%0aSet-Cookie: a=b"})
    assert "set-cookie" not in answer.headers
    assert answer.headers["x-request-id"] != "abcdefgh%0d%0aSet-Cookie: a=b"


def test_only_hosts_of_the_list_are_answered(place, serve):
    service = serve(place, "--allow-host", "127.0.0.1", "--allow-host", "desk.example")
    assert httpx.get(f"{service.url}/healthz").status_code == 200
    for host, status in [("desk.example:8080", 200), ("evil.example", 421), ("", 421)]:
        answer = httpx.get(f"{service.url}/healthz", headers={"Host": host})
        assert answer.status_code == status


def test_answers_say_nothing_of_the_server_and_may_not_be_framed_or_kept(shared):
    for path in ("/healthz", "/nope", "/v1/decisions"):
        headers = httpx.get(f"{shared.url}{path}", headers={"Origin": "https://x.example"}).headers
        assert "server" not in headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


def webhook(
    service, body, *, helpdesk="generic", at=None, secret=SECRET, delivery="d-1", more=None
):
    scheme = SCHEMES[helpdesk]
    time_sent = str(int(time.time() if at is None else at))
    headers = {
        "Content-Type": "application/json",
        scheme.header: sign(scheme, secret, body, time=time_sent),
        scheme.time_header: time_sent,
        **({} if scheme.delivery_header is None else {scheme.delivery_header: delivery}),
        **(more or {}),
    }
    return httpx.post(f"{service.url}/v1/webhooks/{helpdesk}", content=body, headers=headers)


def test_a_webhook_is_taken_once(shared, ticket):
    body = json.dumps(ticket).encode()
    taken = webhook(shared, body)
    assert (taken.status_code, taken.json()["state"]) == (202, "accepted")
    again = webhook(shared, body)
    assert (again.status_code, again.json()["state"]) == (200, "known")
    with shared.client("ops") as client:
        for _ in range(100):
            state = client.get(f"/v1/decisions/{taken.json()['id']}").json()
            if state["state"] == "decided":
                break
            time.sleep(0.1)
    assert state["decision"]["id"] == ticket["id"]


def test_a_webhook_that_is_not_proved_is_refused(shared, ticket):
    body = json.dumps(ticket).encode()
    assert webhook(shared, body, secret="guessed").status_code == 401  # noqa: S106
    assert webhook(shared, body, at=time.time() - 3600).status_code == 401
    assert httpx.post(f"{shared.url}/v1/webhooks/generic", json=ticket).status_code == 401


@pytest.mark.parametrize("challenge", ["4f1c9a", '"><script>'])
def test_fronts_challenge_is_repeated_once_it_is_proved_who_asks(shared, challenge):
    """As dev.frontapp.com tells it: signed as every delivery is, and sent when it is set up."""
    body = b'{"type":"sync","authorization":{"id":"cmp_abc"}}'
    more = {"X-Front-Challenge": challenge}
    answer = webhook(shared, body, helpdesk="front", more=more)
    assert (answer.status_code, answer.json()) == (200, {"challenge": challenge})
    assert answer.headers["content-type"] == "application/json"
    forged = webhook(shared, body, helpdesk="front", more=more, secret="guessed")  # noqa: S106
    late = webhook(shared, body, helpdesk="front", more=more, at=time.time() - 3600)
    for refused in (forged, late):
        assert refused.status_code == 401
        assert "challenge" not in refused.text


def test_no_other_helpdesk_is_answered_with_what_it_sent(shared):
    answer = webhook(shared, b"{}", helpdesk="chatwoot", more={"X-Front-Challenge": CANARY})
    assert answer.status_code == 422
    assert CANARY not in answer.text


def test_a_helpdesk_without_a_secret_is_unknown_and_what_is_not_its_payload_is_refused(shared):
    assert httpx.post(f"{shared.url}/v1/webhooks/zendesk", json={}).status_code == 404
    assert httpx.post(f"{shared.url}/v1/webhooks/nobody", json={}).status_code == 404
    assert webhook(shared, b"{}", helpdesk="chatwoot").status_code == 422
    note = b'{"event": "message_created", "private": true}'
    said = webhook(shared, note, helpdesk="chatwoot", delivery="d-2")
    assert said.json() == {"state": "ignored", "id": None, "why": "private"}


def test_guessing_keys_is_slowed_down_and_right_keys_behind_the_address_are_not(place, serve):
    service = serve(place)
    wrong = {"Authorization": "Bearer dq_0123456789ab_guess"}
    with httpx.Client(headers=wrong) as guesser:
        answers = [guesser.get(f"{service.url}/metrics") for _ in range(40)]
    assert answers[0].status_code == 401
    assert 429 in {answer.status_code for answer in answers}
    with service.client("ops") as client:
        assert client.get("/metrics").status_code == 200


def test_without_a_host_key_nothing_is_served(place, serve):
    place.host_key = ""
    with pytest.raises(AssertionError, match="deskquorum keys host"):
        serve(place)


def test_logs_hold_ids_and_nothing_of_tickets_or_keys(shared, tickets):
    """After all that the tests above sent."""
    for ticket in tickets[:5]:
        with shared.client("bot") as client:
            client.post("/v1/decisions", json=ticket, headers={"Idempotency-Key": CANARY})
            client.post(f"/v1/decisions/{CANARY}?q={CANARY}", json={"id": CANARY})
    logged = shared.place.log.read_text(encoding="utf-8")
    secrets = [
        CANARY,
        SECRET,
        shared.place.host_key,
        *(k.split("_", 2)[2] for k in shared.keys.values()),
    ]
    secrets += [message["text"] for ticket in tickets for message in ticket["messages"]]
    secrets += [t["requester"]["email"] for t in tickets if t.get("requester", {}).get("email")]
    secrets += [t["requester"]["name"] for t in tickets if t.get("requester", {}).get("name")]
    assert [secret for secret in secrets if secret in logged] == []
    answered = [line for line in shared.lines() if line["event"] == "answered"]
    assert all({"request", "tenant", "path", "status", "took_ms"} <= set(line) for line in answered)
    assert any("decision" in line and "key" in line for line in answered)
