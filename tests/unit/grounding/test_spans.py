"""What a reply tells of this case's time."""

from decimal import Decimal

import pytest

from deskquorum.grounding.spans import find_spans


def told(text):
    return [(float(round(span.days, 2)), span.direction.value) for span in find_spans(text)]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        pytest.param("It came two months ago.", 60.8, id="months"),
        pytest.param("It came a week ago.", 7, id="article"),
        pytest.param("You bought it a year and a half ago.", 547.5, id="and-a-half"),
        pytest.param("hace tres semanas", 21, id="spanish"),
        pytest.param("il y a dix jours", 10, id="french"),
        pytest.param("vor drei Wochen", 21, id="german"),
        pytest.param("há 5 dias", 5, id="portuguese"),
        pytest.param("You signed up on the 2nd and today's the 20th.", 18, id="day-of-month"),
        pytest.param("It came on 28 May. It is 4 June now.", 7, id="across-months"),
        pytest.param(
            "It broke at nine and it's now half past three in the afternoon.", 0.27, id="clock"
        ),
    ],
)
def test_how_long_ago_is_read_in_days(text, days):
    assert told(text)[0] == (days, "ago")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        pytest.param("You arrive in four days from now.", 4, id="in-days"),
        pytest.param("It leaves tomorrow evening.", 1, id="tomorrow"),
        pytest.param(
            "It leaves tomorrow at 20:00 and it's now four in the afternoon.", 1.17, id="clock"
        ),
    ],
)
def test_how_soon_is_read_in_days(text, days):
    assert (days, "ahead") in told(text)


@pytest.mark.parametrize(
    ("text", "days", "business_days"),
    [
        pytest.param("It left on Thursday and comes by Tuesday.", 5, 3, id="over-a-weekend"),
        pytest.param("It left on Monday and comes by Thursday.", 3, 3, id="inside-a-week"),
        pytest.param("It left on Thursday, until the following Thursday.", 7, 5, id="following"),
    ],
)
def test_two_weekdays_are_apart_by_days_and_business_days(text, days, business_days):
    (span,) = find_spans(text)
    assert (span.days, span.business_days) == (Decimal(days), business_days)


def test_a_rule_without_a_case_has_no_span():
    assert told("Returns are accepted within 30 days.") == []
