import pytest

from deskquorum.domain import Action
from deskquorum.errors import RedactionError

RECORD = {"name": "Wendy Torres", "email": "wendy.t@example.com", "orders": ["#W123456"]}
RESULT = {
    "customer": {"full_name": "Ann Other", "email": "ann@example.org", "age": 41},
    "orders": [{"id": "W-1", "note": "ring 415-555-0199", "total_minor": 129900, "paid": True}],
    "product_name": "Paris lamp",
    "empty": None,
}


@pytest.fixture
def session(opened):
    return opened("hello", record=RECORD)


def test_a_tools_result_is_redacted_at_every_depth(session):
    hidden = session.redact_result(RESULT)
    assert "⟦PERSON_1" in hidden["customer"]["full_name"]
    assert "⟦EMAIL_ADDRESS_1" in hidden["customer"]["email"]
    assert "555-0199" not in hidden["orders"][0]["note"]
    assert hidden["orders"][0]["id"] == "W-1"
    assert hidden["orders"][0]["total_minor"] == 129900
    assert hidden["orders"][0]["paid"] is True
    assert hidden["product_name"] == "Paris lamp"


def test_restoring_a_result_gives_it_back(session):
    assert session.restore_value(session.redact_result(RESULT)) == RESULT


def test_a_card_that_comes_as_a_number_is_hidden_and_stays_a_number(session):
    hidden = session.redact_result({"card": 4111111111111111})
    assert "4111" not in str(hidden)
    assert session.restore_value(hidden) == {"card": 4111111111111111}


def test_the_same_digits_as_text_stay_text(session):
    hidden = session.redact_result({"a": 4111111111111111, "b": "4111111111111111"})
    assert session.restore_value(hidden) == {"a": 4111111111111111, "b": "4111111111111111"}


def test_nested_arguments_of_an_action_are_redacted_and_restored(session):
    args = {"to": [{"email": "wendy.t@example.com"}], "reason": "Wendy Torres asked", "n": 2}
    action = Action(name="send", args=args)
    hidden = session.redact_action(action)
    assert "wendy" not in str(hidden.args).lower()
    assert session.restore_action(hidden) == action


def test_an_unknown_placeholder_deep_inside_is_refused(session):
    with pytest.raises(RedactionError):
        session.restore_value({"a": [{"b": "⟦PERSON_9·zz⟧"}]})
