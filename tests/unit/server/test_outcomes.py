"""What may be told of a conversation."""

import pytest
from pydantic import ValidationError

from deskquorum.server.outcomes import OutcomeBody


@pytest.mark.parametrize("value", ["24.00", "0.5", "1200", "3.125"])
def test_a_refund_loss_is_an_amount(value):
    assert OutcomeBody(conversation="t-1", kind="refund-loss", value=value).value == value


@pytest.mark.parametrize("value", ["", "24.00 EUR", "-1", "1e3", "NaN", "24,00", "1\n"])
def test_anything_else_is_no_refund_loss(value):
    with pytest.raises(ValidationError, match=r"an amount, like 24\.00"):
        OutcomeBody(conversation="t-1", kind="refund-loss", value=value)
