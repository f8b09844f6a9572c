from datetime import UTC, datetime

import pytest

from deskquorum.domain import Action, Fact, Facts, Unread
from deskquorum.errors import RedactionError
from deskquorum.redaction import Redactor

RECORD = {
    "name": "Alma Richter",
    "email": "alma.richter@example.com",
    "phone": "555-0115",
    "customer_id": "C-2061",
}


def texts(session):
    return [message.text for message in session.ticket.messages]


def test_a_placeholder_has_a_type_a_number_and_the_sessions_nonce(opened):
    session = opened("Thanks, Alma", record=RECORD)
    assert texts(session) == ["Thanks, ⟦PERSON_1·k1⟧"]


def test_the_same_characters_get_the_same_placeholder_in_every_message(opened):
    session = opened("Thanks, Alma", ("agent", "Hi Alma, alma"), record=RECORD)
    assert texts(session)[1] == "Hi ⟦PERSON_1·k1⟧, ⟦PERSON_2·k1⟧"


def test_a_restored_text_is_the_original(opened):
    session = opened("Alma, ALMA and C-2061\r\n71.00", record=RECORD)
    assert session.restore(texts(session)[0]) == "Alma, ALMA and C-2061\r\n71.00"


def test_half_a_character_leaves_a_text_that_can_be_recorded(opened):
    session = opened("my friend Adam \ud83d, \N{GRINNING FACE} yes")
    assert texts(session) == [
        "my friend ⟦PERSON_1·k1⟧ \N{REPLACEMENT CHARACTER}, \N{GRINNING FACE} yes"
    ]


def test_the_tenth_person_is_not_mixed_up_with_the_first(opened):
    names = ("Adam", "Ada", "Boris", "Clara", "Doris", "Erik", "Fiona", "Greta", "Helga", "Igor")
    session = opened("; ".join(f"my friend {name}, yes" for name in names))
    assert "⟦PERSON_10·k1⟧" in texts(session)[0]
    assert session.restore("⟦PERSON_10·k1⟧/⟦PERSON_1·k1⟧") == f"{_tenth(session)}/Adam"


def _tenth(session):
    return session.restore("⟦PERSON_10·k1⟧")


def test_a_name_given_away_in_one_message_is_hidden_in_the_others(opened):
    session = opened(
        "Can I send it back?",
        ("agent", "Hi Enzo, until 20 November. Safe travels! Lou, Northwind"),
        "Lou said until the 20th",
        record={"name": "Enzo Marchand"},
    )
    assert "Lou" not in "".join(texts(session))
    assert "Northwind" in texts(session)[1]


def test_brackets_that_look_like_a_placeholder_are_not_restored_to_a_value(opened):
    session = opened("Alma says ⟦PERSON_1·k1⟧", record=RECORD)
    redacted = texts(session)[0]
    assert redacted.count("⟦PERSON_1·k1⟧") == 1
    assert session.restore(redacted) == "Alma says ⟦PERSON_1·k1⟧"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Dear ⟦PERSON_9·k1⟧", id="never-made"),
        pytest.param("Dear ⟦PERSON_1·k2⟧", id="of-another-conversation"),
        pytest.param("Dear ⟦PERSON_1⟧", id="without-its-nonce"),
        pytest.param("Dear ⟦PERSON_1·k1", id="never-closed"),
        pytest.param("Dear ⟦person_1·k1⟧", id="in-small-letters"),
    ],
)
def test_a_placeholder_that_is_not_the_sessions_own_is_refused(opened, text):
    session = opened("Thanks, Alma", record=RECORD)
    with pytest.raises(RedactionError, match="broken or not of this conversation"):
        session.restore(text)


def test_a_restored_value_is_not_restored_again(opened):
    session = opened("my password is ⟦PERSON_1·k1⟧x9", record=RECORD)
    assert session.restore(texts(session)[0]) == "my password is ⟦PERSON_1·k1⟧x9"


def test_an_address_in_an_action_is_the_placeholder_of_the_ticket(opened):
    address = "310 Juniper Rd, Bend OR 97701"
    session = opened(f"Please send NW-905005 to {address}. Thanks")
    action = Action(name="change_address", args={"order_id": "NW-905005", "address": address})
    hidden = session.redact_action(action)
    assert hidden.args == {"order_id": "NW-905005", "address": "⟦ADDRESS_1·k1⟧"}
    assert "⟦ADDRESS_1·k1⟧." in texts(session)[0]
    assert session.restore_action(hidden) == action


def test_an_address_argument_is_hidden_even_when_it_looks_like_none(opened):
    hidden = opened("Hello").redact_action(Action(name="a", args={"address": "the blue barn"}))
    assert hidden.args == {"address": "⟦ADDRESS_1·k1⟧"}


def test_ids_and_amounts_in_an_action_stay_comparable(opened):
    action = Action(name="a", args={"item_id": "9844888101", "amount": "24.00", "count": 2})
    assert opened("Hello").redact_action(action) == action


def test_nested_arguments_are_hidden_and_restored_at_every_depth(opened):
    session = opened("Thanks, Alma", record=RECORD)
    action = Action(
        name="rebook",
        args={
            "item_ids": ["9844888101", "C-2061"],
            "passengers": [{"first_name": "Boris", "seat": "12A", "bags": 2, "infant": False}],
            "ship_to": {"address": {"street": "12 Pine St", "country": "US", "state": "OR"}},
            "notes": {"C-2061": ["call Alma", None]},
        },
    )
    hidden = session.redact_action(action)
    assert hidden.args["item_ids"][0] == "9844888101"
    (passenger,) = hidden.args["passengers"]
    assert passenger["first_name"].startswith("⟦PERSON")
    assert (passenger["seat"], passenger["bags"], passenger["infant"]) == ("12A", 2, False)
    address = hidden.args["ship_to"]["address"]
    assert address["street"].startswith("⟦ADDRESS")
    assert (address["country"], address["state"]) == ("US", "OR")
    for personal in ("C-2061", "Alma", "Boris", "Pine"):
        assert personal not in str(hidden.args)
    assert session.restore_action(hidden) == action


def test_a_strange_placeholder_deep_in_an_argument_is_refused(opened):
    action = Action(name="a", args={"lines": [{"note": ["⟦PERSON_9·k1⟧"]}]})
    with pytest.raises(RedactionError, match="broken or not of this conversation"):
        opened("Hello").restore_action(action)


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        pytest.param("customer.email", "b@x.example", True, id="an-email"),
        pytest.param("order.delivery_address", "the blue barn", True, id="an-address"),
        pytest.param("order.contact_phone", "call me", True, id="a-phone"),
        pytest.param("customer.name", "Boris Blum", True, id="a-customers-name"),
        pytest.param("order.items", [{"name": "Boris mug"}], False, id="an-articles-name"),
        pytest.param("order.address", {"country": "US"}, False, id="a-country-of-an-address"),
        pytest.param("order.address", {"line1": "1 A St"}, True, id="a-line-of-an-address"),
        pytest.param("order.note", "left with bob@x.example at 10", True, id="in-a-note"),
        pytest.param("order.items", [{"note": "call 415-555-0132"}], True, id="in-an-items-note"),
        pytest.param("order.note", "fragile", False, id="a-harmless-note"),
        pytest.param("order.status", "shipped", False, id="a-status"),
        pytest.param("ticket.languages", ["en"], False, id="languages"),
    ],
)
def test_facts_that_are_personal_by_their_name_are_hidden(opened, name, value, hidden):
    fact = Fact(value=value, source="oms", read_at=datetime(2026, 11, 20, tzinfo=UTC))
    session = opened("Hello")
    told = session.redact_facts(Facts(values={name: fact})).get(name)
    assert (told != value) is hidden
    assert session.restore(str(told)) == str(value)


def test_a_mapping_is_still_looked_up_by_what_is_hidden(opened):
    values = {"cards": {"C-2061": {"balance": "5.00"}}, "requester.customer_id": "C-2061"}
    at = datetime(2026, 11, 20, tzinfo=UTC)
    facts = Facts(values={n: Fact(value=v, source="s", read_at=at) for n, v in values.items()})
    hidden = opened("Hello", record=RECORD).redact_facts(facts)
    assert list(hidden.get("cards")) == [hidden.get("requester.customer_id")]
    assert "C-2061" not in str(hidden.values)


def test_why_a_fact_was_not_read_is_kept(opened):
    unread = {"order.status": Unread(source="shop", why="timeout")}
    assert opened("Hello").redact_facts(Facts(unread=unread)).unread == unread


def test_facts_still_agree_about_whose_order_it_is(opened):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    values = {
        "order.user_id": "C-2061",
        "requester.customer_id": "C-2061",
        "order.note": "left with Alma Richter",
        "order.items": [{"name": "Alma dress", "owner": "C-2061", "price_minor": 7100}],
        "order.order_id": "NW-601001",
    }
    facts = Facts(values={k: Fact(value=v, source="oms", read_at=now) for k, v in values.items()})
    hidden = opened("Hello", record=RECORD).redact_facts(facts)
    assert hidden.get("order.user_id") == hidden.get("requester.customer_id") != "C-2061"
    assert "Richter" not in str(hidden.get("order.note"))
    assert hidden.get("order.order_id") == "NW-601001"
    (item,) = hidden.get("order.items")
    assert item == {
        "name": "Alma dress",
        "owner": hidden.get("order.user_id"),
        "price_minor": 7100,
    }


@pytest.mark.parametrize(
    ("reply", "types"),
    [
        pytest.param("Hi Alma, your 71.00 are on the way. Your Northwind team", (), id="own-name"),
        pytest.param("We wrote to alma.richter@example.com", (), id="own-mail"),
        pytest.param("We moved it to 310 Juniper Rd, Bend OR 97701.", (), id="address-they-gave"),
        pytest.param("It went to Julian Crane, 555-0199", ("PERSON", "PHONE_NUMBER"), id="others"),
        pytest.param("Refunded to 4111 1111 1111 1111", ("CREDIT_CARD",), id="card-echoed"),
        pytest.param("Refunded to ⟦CREDIT_CARD_1·k1⟧", ("CREDIT_CARD",), id="card-placeholder"),
        pytest.param("Dear ⟦PERSON_1·k1⟧, done.", (), id="placeholder-of-the-name"),
    ],
)
def test_a_reply_leaks_what_is_not_the_requesters_to_read(opened, reply, types):
    session = opened(
        "Alma here. Card 4111 1111 1111 1111, move to 310 Juniper Rd, Bend OR 97701",
        record=RECORD,
    )
    assert session.leaks(reply) == types


def test_a_ticket_counts_distinct_values_by_type(opened):
    session = opened("Alma, Alma, alma.richter@example.com", record=RECORD)
    assert session.ticket.redactions == {"PERSON": 1, "EMAIL_ADDRESS": 1}


def test_tags_lose_the_requesters_values(opened):
    session = opened("Hello", record=RECORD, tags=("vip", "alma richter"))
    assert session.ticket.tags == ("vip", "⟦PERSON_1·k1⟧")


def test_a_value_of_the_record_that_would_remain_stops_the_redaction(opened, monkeypatch):
    monkeypatch.setattr("deskquorum.redaction.finding.known_entities", lambda *_: ())
    with pytest.raises(RedactionError, match="would remain"):
        opened("my id is C-2061", record=RECORD)


def test_errors_never_quote_the_text(opened, monkeypatch):
    monkeypatch.setattr("deskquorum.redaction.finding.known_entities", lambda *_: ())
    with pytest.raises(RedactionError) as caught:
        opened("my id is C-2061", record=RECORD)
    assert "2061" not in str(caught.value)


def test_two_sessions_of_one_redactor_have_different_nonces(ticket):
    redactor = Redactor(served_languages=("en",))
    marks = {texts(redactor.open(ticket("ask 555-0199")))[0] for _ in range(50)}
    assert len(marks) == 50


def test_a_session_does_not_show_its_values(opened):
    session = opened("Thanks, Alma", record=RECORD)
    assert "Alma" not in repr(session) + repr(vars(session)["_vault"])


def test_the_desks_own_mail_address_is_nobodys_personal_data(ticket):
    redactor = Redactor(keep=("Northwind", "help@northwind.example"), nonce=lambda: "k1")
    session = redactor.open(ticket("Hello Northwind, I wrote to help@northwind.example"))
    assert texts(session) == ["Hello Northwind, I wrote to help@northwind.example"]
    assert session.leaks("Write to help@northwind.example. Northwind, Northwind") == ()


def test_warming_up_changes_nothing(ticket):
    redactor = Redactor(nonce=lambda: "k1")
    redactor.warm_up()
    assert texts(redactor.open(ticket("ask 555-0199"))) == ["ask ⟦PHONE_NUMBER_1·k1⟧"]


def test_the_tenth_person_is_not_the_first_one_with_a_nought(opened):
    firsts = ("Anna", "Bruno", "Clara", "David", "Edith", "Felix", "Greta", "Hugo", "Ida", "Jonas")
    names = [f"{first} Holloway" for first in (*firsts, "Klaus")]
    session = opened("; ".join(names))
    hidden = session.ticket.messages[0].text
    assert [f"PERSON_{number}·" in hidden for number in (1, 10, 11)] == [True, True, True]
    assert session.restore(hidden) == "; ".join(names)
    first = next(part for part in hidden.split("; ") if "PERSON_1·" in part)
    assert session.restore(f"{first}0") == f"{names[0]}0"


def test_two_conversations_never_share_a_placeholder(opened):
    first, second = opened("I am Anna Holloway"), opened("I am Anna Holloway")
    with pytest.raises(RedactionError):
        second.restore(first.ticket.messages[0].text)
