import gzip
import math
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from deskquorum.domain import Deadline
from deskquorum.facts import FactField, FactSourceError, HttpFacts
from deskquorum.pauses import Pauses, asked_pause_s

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIELDS = {
    "order.status": FactField(at="order.status"),
    "order.total_minor": FactField(at="order.total", currency="order.currency"),
}
RECORD = {"order": {"status": "shipped", "total": 24.1, "currency": "EUR"}}


def source_at(url, **more):
    settings = {"fields": FIELDS, "first_pause_s": 0.01, "clock": lambda: NOON, **more}
    return HttpFacts("shop", url=f"{url}/orders/{{requester.customer_id}}", **settings)


async def why_not(source, request, deadline):
    with pytest.raises(FactSourceError) as caught:
        await source.read(request, deadline=deadline)
    return caught.value.why


async def test_a_record_becomes_facts_with_source_and_time(shop, request_for, soon):
    async with shop({"record": RECORD}) as running:
        facts = await source_at(running.url).read(request_for(*FIELDS), deadline=soon)
    assert {name: fact.value for name, fact in facts.values.items()} == {
        "order.status": "shipped",
        "order.total_minor": 2410,
    }
    assert {(fact.source, fact.read_at) for fact in facts.values.values()} == {("shop", NOON)}


async def test_only_wanted_facts_are_given_and_without_any_nobody_is_asked(shop, request_for, soon):
    async with shop({"record": RECORD}) as running:
        source = source_at(running.url)
        one = await source.read(request_for("order.status"), deadline=soon)
        none = await source.read(request_for("customer.tier"), deadline=soon)
    assert list(one.values) == ["order.status"]
    assert none.values == {}
    assert len(running.paths) == 1


async def test_a_value_that_looks_like_a_path_stays_one_segment(shop, request_for, soon):
    request = request_for(*FIELDS, requester={"customer_id": "../admin?x=1#é%2e"})
    async with shop({"record": RECORD}) as running:
        await source_at(running.url).read(request, deadline=soon)
    assert running.paths == ["/orders/..%2Fadmin%3Fx%3D1%23%C3%A9%252e"]


@pytest.mark.parametrize(
    ("requester", "why"),
    [
        pytest.param({}, "needs-requester.customer_id", id="nothing-to-ask-with"),
        pytest.param({"customer_id": ".."}, "unfit-field", id="a-step-upwards"),
        pytest.param({"customer_id": "\ud800"}, "unfit-field", id="no-text"),
    ],
)
async def test_nobody_is_asked_when_the_address_cannot_be_filled(
    shop, request_for, soon, requester, why
):
    async with shop() as running:
        request = request_for(*FIELDS, requester=requester)
        assert await why_not(source_at(running.url), request, soon) == why
    assert running.paths == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 500}, id="500"),
        pytest.param({"status": 503}, id="503"),
        pytest.param({"status": 429}, id="429"),
        pytest.param({"drops": True}, id="dropped"),
        pytest.param({"delay_s": math.inf}, id="silent"),
    ],
)
async def test_a_passing_fault_is_tried_again(shop, request_for, soon, fault):
    async with shop(fault, {"record": RECORD}) as running:
        facts = await source_at(running.url, try_s=0.3).read(request_for(*FIELDS), deadline=soon)
    assert facts.get("order.status") == "shipped"
    assert len(running.paths) == 2


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        pytest.param({"status": 404}, "status-404", id="not-found"),
        pytest.param({"status": 401}, "status-401", id="no-key"),
        pytest.param({"status": 204, "body": b""}, "status-204", id="nothing-said"),
        pytest.param({"body": b"<html>Sign in</html>"}, "not-json", id="a-page"),
        pytest.param({"body": b'{"order": {"status"'}, "not-json", id="cut-off"),
        pytest.param({"body": b" " * 2000}, "too-long", id="too-long"),
        pytest.param(
            {"body": gzip.compress(b"{}"), "headers": {"Content-Encoding": "gzip"}},
            "packed",
            id="packed-though-asked-not-to",
        ),
    ],
)
async def test_a_lasting_fault_is_asked_once(shop, request_for, soon, turn, why):
    async with shop(turn) as running:
        source = source_at(running.url, most_bytes=1000)
        assert await why_not(source, request_for(*FIELDS), soon) == why
    assert len(running.paths) == 1


async def test_the_tries_are_counted(shop, request_for, soon):
    async with shop(*[{"status": 503}] * 3) as running:
        assert await why_not(source_at(running.url), request_for(*FIELDS), soon) == "status-503"
    assert len(running.paths) == 3


async def test_a_system_is_left_alone_as_long_as_it_asks(shop, request_for, soon):
    async with shop({"status": 429, "headers": {"Retry-After": "0.4"}}, {"record": RECORD}) as up:
        started = time.monotonic()
        await source_at(up.url).read(request_for(*FIELDS), deadline=soon)
    assert time.monotonic() - started >= 0.4


async def test_no_pause_is_begun_that_would_outlast_the_deadline(shop, request_for):
    async with shop({"status": 503, "headers": {"Retry-After": "3600"}}) as running:
        started = time.monotonic()
        why = await why_not(source_at(running.url), request_for(*FIELDS), Deadline.after(30))
    assert why == "status-503"
    assert time.monotonic() - started < 5


async def test_a_silent_system_is_late_at_the_deadline(shop, request_for):
    async with shop({"delay_s": math.inf}) as running:
        started = time.monotonic()
        source = source_at(running.url, try_s=60)
        assert await why_not(source, request_for(*FIELDS), Deadline.after(0.3)) == "late"
        assert time.monotonic() - started < 2


async def test_a_system_that_is_not_there_is_unreachable(shop, request_for, soon):
    async with shop() as running:
        url = running.url
    source = source_at(url, tries=2)
    assert await why_not(source, request_for(*FIELDS), soon) == "unreachable"


async def test_a_redirect_on_the_same_host_is_followed(shop, request_for, soon):
    moved = {"status": 302, "headers": {"Location": "/v2/orders"}}
    async with shop(moved, {"record": RECORD}) as running:
        facts = await source_at(running.url).read(request_for(*FIELDS), deadline=soon)
    assert facts.get("order.status") == "shipped"
    assert running.paths == ["/orders/C-1", "/v2/orders"]


async def test_a_redirect_to_another_host_is_not_followed(shop, request_for, soon):
    async with shop({"record": RECORD}) as thief:
        moved = {"status": 302, "headers": {"Location": f"{thief.url}/orders"}}
        async with shop(moved) as running, httpx.AsyncClient(follow_redirects=True) as client:
            source = source_at(running.url, client=client, headers={"X-Key": "s"})
            assert await why_not(source, request_for(*FIELDS), soon) == "redirected"
    assert thief.paths == []


async def test_redirects_end(shop, request_for, soon):
    moved = {"status": 307, "headers": {"Location": "/again"}}
    async with shop(*[moved] * 9) as running:
        assert await why_not(source_at(running.url), request_for(*FIELDS), soon) == "redirected"
    assert len(running.paths) == 4


async def test_keys_are_sent_by_the_client_that_was_given(shop, request_for, soon):
    async with (
        shop({"record": RECORD}) as running,
        httpx.AsyncClient(headers={"X-Client": "ours"}) as client,
    ):
        source = source_at(running.url, client=client, headers={"X-Key": "k"})
        await source.read(request_for(*FIELDS), deadline=soon)
        assert not client.is_closed
    sent = running.headers[0]
    assert (sent["X-Client"], sent["X-Key"], sent["Accept"]) == ("ours", "k", "application/json")


async def test_a_proxy_of_the_environment_is_not_asked(shop, request_for, soon, monkeypatch):
    async with shop({"record": RECORD}) as proxy, shop({"record": RECORD}) as running:
        for name in ("http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        await source_at(running.url).read(request_for(*FIELDS), deadline=soon)
    assert (len(proxy.paths), len(running.paths)) == (0, 1)


@pytest.mark.parametrize(
    ("said", "read_at"),
    [
        pytest.param("2026-11-20T09:00:00Z", NOON - timedelta(hours=3), id="older"),
        pytest.param("2026-11-20T13:00:00+02:00", NOON - timedelta(hours=1), id="another-zone"),
        pytest.param("2027-01-01T00:00:00Z", NOON, id="from-the-future"),
    ],
)
async def test_a_record_is_as_old_as_it_says(shop, request_for, soon, said, read_at):
    async with shop({"record": {**RECORD, "at": said}}) as running:
        source = source_at(running.url, as_of="at")
        facts = await source.read(request_for(*FIELDS), deadline=soon)
    assert facts.values["order.status"].read_at == read_at


@pytest.mark.parametrize("said", [None, "2026-11-20T09:00:00", "today"])
async def test_a_record_that_hides_its_age_is_not_read(shop, request_for, soon, said):
    async with shop({"record": {**RECORD, "at": said}}) as running:
        source = source_at(running.url, as_of="at")
        assert await why_not(source, request_for(*FIELDS), soon) == "no-as-of"


async def test_errors_show_no_word_of_request_or_answer(shop, request_for, soon):
    async with shop({"body": b"secret-answer"}) as running:
        request = request_for(*FIELDS, requester={"customer_id": "secret-id"})
        with pytest.raises(FactSourceError) as caught:
            await source_at(running.url).read(request, deadline=soon)
    assert str(caught.value) == "the fact source shop could not be read (not-json)"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(None, 0, id="absent"),
        pytest.param("7", 7, id="seconds"),
        pytest.param("-7", 0, id="negative"),
        pytest.param("inf", 0, id="infinite"),
        pytest.param(format_datetime(NOON + timedelta(seconds=90), usegmt=True), 90, id="date"),
        pytest.param(format_datetime(NOON - timedelta(days=1), usegmt=True), 0, id="past-date"),
        pytest.param("soon", 0, id="a-word"),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(header, expected):
    assert asked_pause_s(header, now=NOON) == expected


@pytest.mark.parametrize(
    ("tries", "jitter", "asked_s", "pause_s"),
    [
        pytest.param(1, 1.0, 0.0, 0.2, id="first"),
        pytest.param(2, 1.0, 0.0, 0.4, id="doubled"),
        pytest.param(2000, 1.0, 0.0, 0.5, id="capped-after-very-many"),
        pytest.param(1, 0.0, 0.0, 0.1, id="half-at-least"),
        pytest.param(1, 0.0, 3.0, 3.0, id="longer-because-asked"),
    ],
)
def test_pauses_double_up_to_a_limit(tries, jitter, asked_s, pause_s):
    pauses = Pauses(first_s=0.2, longest_s=0.5, jitter=lambda: jitter)
    assert pauses.after(tries, asked_s) == pytest.approx(pause_s)
