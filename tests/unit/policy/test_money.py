import pytest

from deskquorum.policy import decimal_text, exponent_of, minor_of


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        pytest.param("24.00", "USD", 2400, id="cents"),
        pytest.param("24", "USD", 2400, id="whole-dollars"),
        pytest.param("24.5", "EUR", 2450, id="one-digit"),
        pytest.param("0.01", "EUR", 1, id="one-cent"),
        pytest.param("2400", "JPY", 2400, id="yen-have-no-cents"),
        pytest.param("1.250", "KWD", 1250, id="dinars-have-thousandths"),
        pytest.param("-3.10", "USD", -310, id="negative"),
    ],
)
def test_amounts_become_minor_units(text, currency, minor):
    assert minor_of(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        pytest.param("24.000", "USD", id="could-be-thousands"),
        pytest.param("24.5", "JPY", id="half-a-yen"),
        pytest.param("24,00", "EUR", id="comma"),
        pytest.param("1e3", "USD", id="exponent"),
        pytest.param("NaN", "USD", id="not-a-number"),
        pytest.param(" 24", "USD", id="space"),
        pytest.param("٢٤", "USD", id="other-digits"),
        pytest.param("1_000", "USD", id="underscore"),
        pytest.param("9" * 16, "USD", id="absurdly-large"),
        pytest.param("", "USD", id="empty"),
        pytest.param("24.00", "usd", id="lower-case-currency"),
        pytest.param("24.00", "dollars", id="no-currency-code"),
    ],
)
def test_an_ambiguous_amount_is_refused(text, currency):
    with pytest.raises(ValueError, match="got"):
        minor_of(text, currency)


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD", "CLF"])
def test_writing_and_reading_an_amount_gives_it_back(currency):
    assert minor_of(decimal_text(123456, currency), currency) == 123456


def test_decimal_text_keeps_the_zeros():
    assert decimal_text(2400, "USD") == "24.00"


def test_an_unlisted_currency_has_two_digits():
    assert exponent_of("SEK") == 2
