from datetime import timedelta

import pytest

from deskquorum.policy.durations import read_duration


@pytest.mark.parametrize(
    ("written", "length"),
    [
        pytest.param("90s", timedelta(seconds=90), id="seconds"),
        pytest.param("15m", timedelta(minutes=15), id="minutes"),
        pytest.param("24h", timedelta(hours=24), id="hours"),
        pytest.param("90d", timedelta(days=90), id="days"),
        pytest.param("99999d", timedelta(days=99_999), id="the-longest"),
        pytest.param("100000d", None, id="before-the-year-1"),
        pytest.param("0d", None, id="nothing"),
        pytest.param("1.5h", None, id="a-point"),
        pytest.param("2w", None, id="weeks"),
        pytest.param(" 2d", None, id="a-space"),
    ],
)
def test_a_length_of_time_is_a_whole_number_of_one_unit(written, length):
    assert read_duration(written) == length
