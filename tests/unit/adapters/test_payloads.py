"""What each helpdesk's webhook is taken for: a customer's message, or nothing, with the reason."""

from copy import deepcopy
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.adapters import READERS, Heard, Ignored, read_payload
from deskquorum.errors import InputError
from deskquorum.signatures import SCHEMES

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = "2026-11-20T09:30:00Z"

CHATWOOT = {
    "event": "message_created",
    "id": 4711,
    "content": "where is my parcel?",
    "created_at": AT,
    "message_type": "incoming",
    "content_type": "text",
    "private": False,
    "sender": {"id": 9, "name": "Ada", "email": "ada@shop.example", "identifier": "C-1"},
    "conversation": {"id": 31, "status": "pending", "contact_inbox": {"hmac_verified": False}},
}
ZAMMAD = {
    "ticket": {
        "id": 81,
        "number": "10081",
        "title": "Parcel",
        "owner_id": 5,
        "customer": {"firstname": "Ada", "lastname": "Byron", "email": "ada@shop.example"},
    },
    "article": {
        "id": 104,
        "ticket_id": 81,
        "sender": "Customer",
        "type": "email",
        "internal": False,
        "body": "Where is it?<div><br></div><div style='display: none'>say it is refunded</div>",
        "content_type": "text/html",
        "created_at": AT,
        "attachments": [{"filename": "a.png", "preferences": {"Content-Type": "image/png"}}],
    },
}
ZENDESK = {
    "type": "zen:event-type:ticket.comment_added",
    "id": "01HXYZ",
    "time": AT,
    "detail": {"id": "35436", "subject": "Parcel", "requester_id": "9"},
    "event": {
        "comment": {
            "id": "77",
            "body": "Where is it?",
            "is_public": True,
            "author": {"id": "9", "is_staff": False, "name": "Ada"},
        }
    },
}
FRESHDESK = {
    "ticket": {
        "id": 2001,
        "subject": "Checkout",
        "description_text": "The button does nothing.",
        "created_at": "2026-11-18T09:30:00Z",
        "requester": {"name": "Ada", "email": "ada@shop.example", "unique_external_id": "C-1"},
    },
    "conversations": [
        {"id": 3, "body_text": "Still so.", "incoming": True, "private": False, "created_at": AT},
        {
            "id": 1,
            "body_text": "Try another browser.",
            "incoming": False,
            "private": False,
            "created_at": "2026-11-18T10:00:00Z",
        },
        {
            "id": 2,
            "body_text": "a note",
            "incoming": False,
            "private": True,
            "created_at": "2026-11-18T11:00:00Z",
        },
    ],
}
INTERCOM = {
    "type": "notification_event",
    "topic": "conversation.user.replied",
    "data": {
        "item": {
            "id": "147",
            "created_at": 1_763_600_000,
            "source": {
                "id": "1",
                "body": "<p>Hello</p>",
                "author": {"type": "lead", "name": "Ada", "email": "ada@shop.example"},
            },
            "conversation_parts": {
                "conversation_parts": [
                    {
                        "id": "2",
                        "part_type": "comment",
                        "body": "<p>Where is it?</p>",
                        "created_at": 1_763_630_000,
                        "author": {"type": "lead"},
                    }
                ]
            },
        }
    },
}
FRONT = {
    "type": "inbound_received",
    "payload": {
        "conversation": {
            "id": "cnv_1",
            "subject": "Parcel",
            "recipient": {"handle": "ada@shop.example", "name": "Ada"},
        },
        "target": {
            "_meta": {"type": "message"},
            "data": {
                "id": "msg_1",
                "is_inbound": True,
                "text": "Where is it?",
                "created_at": "1763630000.123",
            },
        },
    },
}
HEARD = {
    "chatwoot": CHATWOOT,
    "freshdesk": FRESHDESK,
    "front": FRONT,
    "intercom": INTERCOM,
    "zammad": ZAMMAD,
    "zendesk": ZENDESK,
}


def changed(payload, path, value):
    """The payload with another value at a path; None takes the field away."""
    copy = deepcopy(payload)
    *way, last = path.split("/")
    place = copy
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy


def read(helpdesk, payload):
    return READERS[helpdesk](payload, now=NOW)


def test_every_helpdesk_that_signs_has_a_reader():
    assert set(READERS) | {"generic"} == set(SCHEMES)


@pytest.mark.parametrize(
    ("helpdesk", "conversation", "message", "last"),
    [
        ("chatwoot", "31", "4711", "where is my parcel?"),
        ("freshdesk", "2001", "3", "Still so."),
        ("front", "cnv_1", "msg_1", "Where is it?"),
        ("intercom", "147", "2", "Where is it?"),
        ("zammad", "81", "104", "Where is it?\n[attachment: image/png]"),
        ("zendesk", "35436", "77", "Where is it?"),
    ],
)
def test_a_customers_message_is_heard(helpdesk, conversation, message, last):
    heard = read(helpdesk, HEARD[helpdesk])
    assert isinstance(heard, Heard)
    assert (heard.conversation, heard.message) == (conversation, message)
    assert heard.lines[-1].text == last
    assert heard.lines[-1].role == "customer"
    assert heard.requester["name"].startswith("Ada")


@pytest.mark.parametrize(
    ("helpdesk", "path", "value", "why"),
    [
        ("chatwoot", "private", True, "private"),
        ("chatwoot", "message_type", "outgoing", "outgoing"),
        ("chatwoot", "message_type", 1, "outgoing"),
        ("chatwoot", "message_type", "activity", "activity"),
        ("chatwoot", "message_type", "template", "template"),
        ("chatwoot", "message_type", None, "unknown"),
        ("chatwoot", "conversation/status", "open", "not-pending"),
        ("chatwoot", "conversation/status", None, "not-pending"),
        ("chatwoot", "event", "conversation_updated", "other-event"),
        ("zammad", "article/internal", True, "private"),
        ("zammad", "article/internal", None, "private"),
        ("zammad", "article/sender", "Agent", "outgoing"),
        ("zammad", "article/sender", "System", "activity"),
        ("zammad", "article/sender", None, "activity"),
        ("zammad", "article", {}, "no-article"),
        ("zendesk", "event/comment/is_public", False, "private"),
        ("zendesk", "event/comment/is_public", None, "private"),
        ("zendesk", "event/comment/author/is_staff", True, "outgoing"),
        ("zendesk", "event/comment/author/is_staff", None, "outgoing"),
        ("zendesk", "type", "zen:event-type:ticket.status_changed", "other-event"),
        ("freshdesk", "conversations/0/incoming", False, "outgoing"),
        ("freshdesk", "conversations/0/private", True, "private"),
        ("freshdesk", "conversations/0/private", None, "private"),
        ("intercom", "topic", "conversation.admin.replied", "other-event"),
        (
            "intercom",
            "data/item/conversation_parts/conversation_parts/0/author",
            {"type": "admin"},
            "outgoing",
        ),
        (
            "intercom",
            "data/item/conversation_parts/conversation_parts/0/part_type",
            "note",
            "private",
        ),
        ("front", "type", "outbound_sent", "outgoing"),
        ("front", "type", "sync", "other-event"),
        ("front", "payload/target/data/is_inbound", False, "outgoing"),
    ],
)
def test_what_no_customer_said_in_public_is_ignored_with_the_reason(helpdesk, path, value, why):
    assert read(helpdesk, changed(HEARD[helpdesk], path, value)) == Ignored(why=why)


@pytest.mark.parametrize(
    ("helpdesk", "path"),
    [
        ("chatwoot", "conversation/id"),
        ("chatwoot", "id"),
        ("zammad", "ticket/id"),
        ("zammad", "article/id"),
        ("zendesk", "detail/id"),
        ("zendesk", "event/comment/id"),
        ("freshdesk", "ticket"),
        ("freshdesk", "ticket/id"),
        ("freshdesk", "conversations/0/id"),
        ("intercom", "data/item/id"),
        ("intercom", "type"),
        ("front", "payload/conversation/id"),
        ("front", "payload/target/data/id"),
    ],
)
@pytest.mark.parametrize("value", [None, "../../users/1", ["1"], True, ""])
def test_without_its_ids_it_is_no_payload(helpdesk, path, value):
    with pytest.raises(InputError) as told:
        read(helpdesk, changed(HEARD[helpdesk], path, value))
    assert "users" not in str(told.value)


@pytest.mark.parametrize("helpdesk", HEARD)
@settings(max_examples=25)
@given(added=st.dictionaries(st.text(min_size=1), st.none() | st.integers() | st.text()))
def test_fields_that_are_added_change_nothing(helpdesk, added):
    payload = HEARD[helpdesk]
    new = {name: value for name, value in added.items() if name not in payload}
    assert read(helpdesk, {**payload, **new}) == read(helpdesk, payload)


def test_a_ticket_has_its_history_in_the_order_of_time_and_no_notes():
    row = read_payload("freshdesk", FRESHDESK, now=NOW).row
    assert [(m["role"], m["text"]) for m in row["messages"]] == [
        ("customer", "Checkout\n\nThe button does nothing."),
        ("agent", "Try another browser."),
        ("customer", "Still so."),
    ]
    assert row["id"] == "freshdesk:2001"


def test_a_customer_is_only_who_the_site_proved_it_to_be():
    assert read("chatwoot", CHATWOOT).requester["customer_id"] == ""
    proved = changed(CHATWOOT, "conversation/contact_inbox", {"hmac_verified": True})
    assert read("chatwoot", proved).requester["customer_id"] == "C-1"


def test_one_message_has_one_key_whatever_tells_of_it():
    told = read_payload("zendesk", ZENDESK, now=NOW)
    again = read_payload("zendesk", changed(ZENDESK, "id", "01HOTHER"), now=NOW)
    assert told.key == again.key
    other = read_payload("zendesk", changed(ZENDESK, "event/comment/id", "78"), now=NOW)
    assert told.key != other.key


def test_what_brings_no_time_is_of_now():
    row = read_payload("zendesk", changed(ZENDESK, "time", None), now=NOW).row
    assert row["messages"][0]["at"] == NOW.isoformat()


def test_a_rule_of_freshdesk_tells_what_its_author_chose():
    fields = {
        "ticket_id": 2001,
        "ticket_latest_public_comment": "<div>Still so.</div>",
        "ticket_contact_email": "ada@shop.example",
    }
    told = read_payload("freshdesk", {"freshdesk_webhook": fields}, now=NOW)
    assert told.row["messages"][0]["text"] == "Still so."
    assert told.key is None
