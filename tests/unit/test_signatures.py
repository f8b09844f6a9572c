"""How each helpdesk signs, by vectors worked out with `openssl dgst` (shown beside each)."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import Headers

from deskquorum.signatures import SCHEMES, SignatureError, check_signature, sign

SECRET = "it's a secret"  # noqa: S105
BODY = b'{"event":"message_created","text":"gr\xc3\xbc\xc3\x9fe"}'
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNIX = str(int(AT.timestamp()))
TIMES = {"zendesk": "2026-11-20T12:00:00Z"}
each = pytest.mark.parametrize("helpdesk", SCHEMES)


def headers(helpdesk, body=BODY, secret=SECRET):
    scheme = SCHEMES[helpdesk]
    time = TIMES.get(helpdesk, UNIX) if scheme.time_header else ""
    sent = {scheme.header: sign(scheme, secret, body, time=time)}
    if scheme.time_header:
        sent[scheme.time_header] = time
    if scheme.delivery_header:
        sent[scheme.delivery_header] = "delivery-1"
    return Headers(sent)


def check(helpdesk, sent, body=BODY, now=AT, secret=SECRET):
    return check_signature(SCHEMES[helpdesk], secret, sent, body, now=now)


@each
def test_what_the_helpdesk_signed_is_taken(helpdesk):
    assert check(helpdesk, headers(helpdesk))


@each
@pytest.mark.parametrize("secret", ["another", "", SECRET + " "])
def test_another_secret_is_refused(helpdesk, secret):
    with pytest.raises(SignatureError, match="wrong"):
        check(helpdesk, headers(helpdesk, secret=secret or "x"))


@each
def test_without_a_secret_nothing_is_taken(helpdesk):
    with pytest.raises(SignatureError, match="missing"):
        check(helpdesk, headers(helpdesk), secret="")


@pytest.mark.parametrize("helpdesk", [name for name, s in SCHEMES.items() if s.hash])
def test_one_byte_of_the_body_changed_is_refused(helpdesk):
    with pytest.raises(SignatureError, match="wrong"):
        check(helpdesk, headers(helpdesk), body=BODY + b" ")


@each
def test_headers_left_out_are_refused(helpdesk):
    for name in headers(helpdesk):
        if name == (SCHEMES[helpdesk].delivery_header or "").lower():
            continue
        sent = dict(headers(helpdesk))
        del sent[name]
        with pytest.raises(SignatureError, match="missing"):
            check(helpdesk, Headers(sent))


@pytest.mark.parametrize("helpdesk", [name for name, s in SCHEMES.items() if s.time_header])
@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_delivery_is_refused(helpdesk, minutes):
    with pytest.raises(SignatureError, match="old"):
        check(helpdesk, headers(helpdesk), now=AT + timedelta(minutes=minutes))


@pytest.mark.parametrize("time", ["", "soon", "9" * 40, "-5", "2026-11-20T12:00:00"])
def test_a_time_that_is_none_is_refused(time):
    scheme = SCHEMES["chatwoot"]
    sent = {scheme.header: sign(scheme, SECRET, BODY, time=time), scheme.time_header: time}
    with pytest.raises(SignatureError):
        check("chatwoot", Headers(sent))


def test_deliveries_are_told_apart():
    assert check("chatwoot", headers("chatwoot")) == "delivery-1"
    one, other = (check("intercom", headers("intercom", body), body) for body in (BODY, b"{}"))
    assert one != other


def test_the_table_against_signatures_made_elsewhere():
    # printf '1795176000.{}' | openssl dgst -sha256 -hmac k
    assert (
        sign(SCHEMES["chatwoot"], "k", b"{}", time="1795176000")
        == "sha256=14ae880db771b109ced561746400961bbbb95f3fbb1d24da52e0bb4dfcb7cf13"
    )
    # printf '{}' | openssl dgst -sha1 -hmac k
    assert sign(SCHEMES["zammad"], "k", b"{}") == "sha1=cd5db8ad80a5f76d54ce6d879c8e1c0e1c9c8dcc"
    # printf '1795176000:{}' | openssl dgst -sha256 -hmac k -binary | base64
    assert (
        sign(SCHEMES["front"], "k", b"{}", time="1795176000")
        == "FOz+lznrw0rPPslhZbAv3IRKTF86YDUc+xuZ5vosMyY="
    )
