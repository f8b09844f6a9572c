"""How a reviewer's action is set beside a record that holds placeholders."""

import pytest

from deskquorum.domain import Action
from deskquorum.weighing import in_placeholders

VALUES = {
    "⟦EMAIL_1·k7⟧": "mia@example.com",
    "⟦ID_1·k7⟧": "1",
    "⟦CARD_1·k7⟧": 4111111111111111,
    "⟦EMAIL_2·k7⟧": "mia@example.com",
}


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        pytest.param("mia@example.com", "⟦EMAIL_1·k7⟧", id="the-first-of-two"),
        pytest.param("bo@example.com", "bo@example.com", id="of-somebody-else"),
        pytest.param("to mia@example.com", "to mia@example.com", id="within-a-text"),
        pytest.param(4111111111111111, "⟦CARD_1·k7⟧", id="a-number"),
        pytest.param("4111111111111111", "4111111111111111", id="a-number-as-text"),
        pytest.param(1, 1, id="a-text-as-number"),
        pytest.param(True, True, id="a-truth-is-no-number"),
        pytest.param([{"mia@example.com": ["1"]}], [{"⟦EMAIL_1·k7⟧": ["⟦ID_1·k7⟧"]}], id="nested"),
    ],
)
def test_what_is_hidden_in_the_record_is_hidden_in_the_action(value, hidden):
    action = Action(name="send", args={"to": value})
    assert in_placeholders(action, VALUES) == Action(name="send", args={"to": hidden})
