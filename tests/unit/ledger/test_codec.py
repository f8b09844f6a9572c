import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest

from deskquorum.domain import Action, Answer
from deskquorum.errors import LedgerError
from deskquorum.ledger import decision_from_json, decision_to_json, evidence_from_json
from deskquorum.ledger.codec import chain_hash

EAST = timezone(timedelta(hours=5, minutes=30))


def written(decision):
    return json.loads(decision_to_json(decision))


def test_keys_are_sorted_and_nothing_is_padded(decide):
    text = decision_to_json(decide("d-1"))
    assert text == json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def test_the_same_decision_is_always_written_the_same(decide):
    one = decide("d-1", cost=Decimal("0.10"))
    other = replace(one, answers=dict(reversed(one.answers.items())))
    assert decision_to_json(one) == decision_to_json(other)


def test_a_mapping_of_any_kind_is_written(decide):
    action = Action(name="refund", args=MappingProxyType({"order_id": "NW-1"}))
    assert decision_from_json(decision_to_json(decide("d-1", action=action))).action == action


def test_evidence_of_before_facts_said_why_they_are_missing_is_read():
    at = "2026-11-20T12:00:00+00:00"
    fact = {"value": "shipped", "source": "shop", "read_at": at}
    evidence = evidence_from_json(
        json.dumps(
            {
                "ticket": {"id": "t", "messages": [], "languages": ["en"]},
                "facts": {"values": {"order.status": fact}},
                "votes": [],
            }
        )
    )
    assert (evidence.facts.get("order.status"), evidence.facts.unread) == ("shipped", {})


def test_money_is_written_as_text(decide):
    assert written(decide("d-1", cost=Decimal("0.10")))["cost"] == "0.10"


def test_times_are_written_in_utc(decide):
    at = datetime(2026, 11, 20, 17, 30, tzinfo=EAST)
    assert written(decide("d-1", decided_at=at))["decided_at"] == "2026-11-20T12:00:00+00:00"


def test_routes_are_written_by_value(decide):
    assert written(decide("d-1"))["route"] == "human"


def test_probabilities_keep_every_digit(decide):
    answer = Answer(question="q", label="a", probability=0.1 + 0.2, settled=True, calibrated=False)
    back = decision_from_json(decision_to_json(decide("d-1", answers={"q": answer})))
    assert back.answers["q"].probability == 0.1 + 0.2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"cost": Decimal("NaN")}, id="cost-is-no-number"),
        pytest.param({"cost": Decimal("Infinity")}, id="endless-cost"),
        pytest.param({"reply": "\udc00"}, id="half-a-character"),
        pytest.param({"reply": b"bytes"}, id="bytes-for-text"),
        pytest.param({"reasons": ["rule"]}, id="text-for-a-reason"),
        pytest.param({"saved_calls": "3"}, id="text-for-a-number"),
        pytest.param({"action": Action(name="refund", args={"amount": 1.5})}, id="float-for-money"),
        pytest.param(
            {"action": Action(name="refund", args={"lines": [{"amount": 1.5}]})},
            id="float-deep-in-an-argument",
        ),
        pytest.param({"decided_at": datetime(2026, 1, 1)}, id="no-zone"),  # noqa: DTZ001
        pytest.param(
            {
                "answers": {
                    "q": Answer(
                        question="q",
                        label="a",
                        probability=float("nan"),
                        settled=False,
                        calibrated=False,
                    )
                }
            },
            id="probability-is-no-number",
        ),
    ],
)
def test_what_could_not_be_read_back_is_not_written(decide, change):
    with pytest.raises(LedgerError, match="can't be written down"):
        decision_to_json(decide("d-1", **change))


@pytest.mark.parametrize("read", [decision_from_json, evidence_from_json])
@pytest.mark.parametrize("text", ["", "null", "{}", '{"id": "a private word"}', "[" * 10_000])
def test_a_record_that_makes_no_sense_is_a_ledger_error_that_tells_no_content(read, text):
    with pytest.raises(LedgerError) as told:
        read(text)
    assert "private" not in str(told.value)
    assert told.value.__cause__ is None


def test_the_hash_is_sha256_over_lengths_and_bytes():
    # "né" is three bytes in UTF-8.
    by_hand = hashlib.sha256(b"0000" + b"\n1\n1" + b"\n3\nn\xc3\xa9").hexdigest()
    assert chain_hash("0000", "1", "né") == by_hand


def test_moving_text_from_one_part_to_the_next_changes_the_hash():
    assert chain_hash("", "ab", "c") != chain_hash("", "a", "bc")


def test_a_decision_recorded_before_versions_were_is_still_read(decide):
    older = written(decide("d-1"))
    del older["versions"]
    assert decision_from_json(json.dumps(older)) == decide("d-1")
