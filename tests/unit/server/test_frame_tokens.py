import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.server.frame_tokens import FrameTokens

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
tokens = FrameTokens(b"k" * 32, tenant="north")


def made(**changes):
    says = {"agent": "mia", "conversation": "t-1", "key": "abc", "now": NOON}
    return tokens.make(**(says | {"lasts": timedelta(minutes=15)} | changes))


def test_a_token_says_who_may_follow_what_until_when():
    read = tokens.read(made(), now=NOON)
    assert (read.agent, read.conversation, read.key) == ("mia", "t-1", "abc")
    assert read.expires_at == int(NOON.timestamp()) + 900


def test_a_token_ends():
    assert tokens.read(made(), now=NOON + timedelta(minutes=15)) is None


@pytest.mark.parametrize(
    "other",
    [FrameTokens(b"j" * 32, tenant="north"), FrameTokens(b"k" * 32, tenant="south")],
    ids=["another-host", "another-desk"],
)
def test_a_token_of_somebody_else_is_not_valid(other):
    assert other.read(made(), now=NOON) is None


@pytest.mark.parametrize("algorithm", ["none", "HS512", "hs256"])
def test_no_other_algorithm_is_spoken(algorithm):
    header, body, signature = made().split(".")
    head = json.dumps({"alg": algorithm, "typ": "JWT"}).encode()
    header = urlsafe_b64encode(head).rstrip(b"=").decode()
    assert tokens.read(f"{header}.{body}.{signature}", now=NOON) is None
    assert tokens.read(f"{header}.{body}.", now=NOON) is None


@given(st.text(), st.integers(0, 200))
def test_whatever_is_changed_makes_it_invalid(text, at):
    token = made()
    spoilt = token[:at] + text + token[at + 1 :]
    if spoilt != token:
        assert tokens.read(spoilt, now=NOON) is None
