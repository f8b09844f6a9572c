"""Typed quantities, as a support lead would read them."""

from decimal import Decimal

import pytest

from deskquorum.grounding.quantities import (
    Bound,
    CalendarDay,
    QuantityKind,
    find_quantities,
)


def read(text):
    return [(q.kind.value, q.value, q.unit) for q in find_quantities(text)]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        pytest.param("a fee of $40", 40, "USD", id="sign-before"),
        pytest.param("une remise de 40 €", 40, "EUR", id="sign-after"),
        pytest.param("it is 40 GBP in all", 40, "GBP", id="code"),
        pytest.param("1,299.00 EUR", 1299, "EUR", id="english-groups"),
        pytest.param("1.299,00 EUR", 1299, "EUR", id="continental-groups"),
        pytest.param("1.299 EUR", 1299, "EUR", id="money-has-no-three-decimals"),
        pytest.param("0.20 EUR per MB", Decimal("0.20"), "EUR", id="less-than-one"),
        pytest.param("five dollars", 5, "USD", id="in-words"),
        pytest.param("at most 150.00 a ticket", 150, "", id="no-currency-named"),
    ],
)
def test_money_is_read_with_its_currency(text, amount, currency):
    assert read(text) == [("money", Decimal(amount), currency)]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        pytest.param("within 30 days of delivery", 30, "day", id="days"),
        pytest.param("a 30-day trial", 30, "day", id="hyphen"),
        pytest.param("within two weeks", 14, "day", id="weeks-are-days"),
        pytest.param("you have a fortnight", 14, "day", id="fortnight"),
        pytest.param("for 2 years", 24, "month", id="years-are-months"),
        pytest.param("within 24 hours", 24, "hour", id="hours-are-no-day"),
        pytest.param("five business days", 5, "business-day", id="business-days"),
        pytest.param("within a month", 1, "month", id="article-after-within"),
        pytest.param("dentro de dos semanas", 14, "day", id="spanish"),
        pytest.param("sous 5 jours ouvrés", 5, "business-day", id="french"),
        pytest.param("innerhalb von drei Monaten", 3, "month", id="german"),
        pytest.param("binnen 3 Werktagen", 3, "business-day", id="german-business-days"),
        pytest.param("em até 7 dias úteis", 7, "business-day", id="portuguese"),
    ],
)
def test_windows_are_read_in_one_unit_for_each_family(text, value, unit):
    assert read(text) == [("window", Decimal(value), unit)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("12 EUR a month", [("money", Decimal(12), "EUR")], id="a-rate-is-no-window"),
        pytest.param("10% off", [("percent", Decimal(10), "%")], id="percent"),
        pytest.param("99,9 Prozent", [("percent", Decimal("99.9"), "%")], id="percent-in-words"),
        pytest.param("12 photos", [("count", Decimal(12), "photo")], id="count"),
        pytest.param("order NW-1.2 and W59", [], id="ids-are-no-quantities"),
        pytest.param("one of them", [], id="one-is-mostly-no-count"),
        pytest.param("seven hundred fifty dollars", [], id="long-numbers-in-words-are-left-out"),
        pytest.param(
            "5 to 7 days",
            [("window", Decimal(5), "day"), ("window", Decimal(7), "day")],
            id="range-gives-both-ends",
        ),
        pytest.param("on 03/04/2026", [], id="a-date-of-two-readings-is-left-out"),
    ],
)
def test_a_text_gives_these_quantities(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("on 2026-11-03", id="iso"),
        pytest.param("on 3 November 2026", id="day-first"),
        pytest.param("on November 3rd, 2026", id="month-first"),
        pytest.param("el 3 de noviembre de 2026", id="spanish"),
        pytest.param("am 3. November 2026", id="german"),
        pytest.param("le 3 novembre 2026", id="french"),
        pytest.param("am 3.11.2026", id="dotted"),
    ],
)
def test_dates_are_read_in_many_spellings(text):
    found = find_quantities(text)
    assert [q.value for q in found] == [CalendarDay(year=2026, month=11, day=3)]


def test_the_modal_verb_may_is_no_month():
    assert all(q.kind is not QuantityKind.DATE for q in find_quantities("you may 3 times"))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        pytest.param("within 30 days", Bound.AT_MOST, id="within"),
        pytest.param("up to 30 days", Bound.AT_MOST, id="up-to"),
        pytest.param("30 days or less", Bound.AT_MOST, id="or-less"),
        pytest.param("more than 30 days", Bound.AT_LEAST, id="more-than"),
        pytest.param("30 days or more", Bound.AT_LEAST, id="or-more"),
        pytest.param("it takes 30 days", Bound.EXACT, id="plain"),
    ],
)
def test_a_bound_is_heard(text, bound):
    assert find_quantities(text)[0].bound is bound


def test_sixty_days_lie_inside_within_ninety_days():
    (ninety,) = find_quantities("within 90 days")
    (sixty,) = find_quantities("you asked on day 60 days in")[-1:]
    assert ninety.allows(sixty)
    assert not sixty.allows(ninety)


def test_the_role_of_a_quantity_is_what_stands_around_it():
    fee, limit = find_quantities(
        "The restocking fee is 5.00 EUR and the insured limit is 90.00 EUR"
    )
    assert "fee" in fee.role
    assert "limit" in limit.role
