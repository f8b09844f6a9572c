"""Numbers of a text as terms: dimension, base unit, bound, rate."""

import pytest

from deskquorum.grounding.quantities import Bound
from deskquorum.grounding.terms import terms_of


def only(text, *, case=False):
    (term,) = terms_of(text, case=case)
    return term


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        pytest.param("up to 10 kg", "mass", 10_000, id="kilograms"),
        pytest.param("up to 10 lb", "mass", 4536, id="pounds-of-weight"),
        pytest.param("eighty metres", "length", 80_000, id="in-words"),
        pytest.param("30 MB", "data", 30_000, id="data"),
        pytest.param("2 cubic metres", "volume", 2_000_000, id="cubic"),
        pytest.param("half of the price", "percent", 50, id="half"),
        pytest.param("a tenth of the fee", "percent", 10, id="tenth"),
        pytest.param("eight cents", "money", 0.08, id="cents"),
        pytest.param("50p", "money", 0.5, id="pence"),
        pytest.param("twenty-five euros", "money", 25, id="compound-number"),
        pytest.param("within two weeks", "time", 14, id="weeks-in-days"),
        pytest.param("after the third day", "time", 3, id="ordinal-day"),
        pytest.param("the fifth wrong PIN", "count", 5, id="ordinal"),
        pytest.param("zweimal", "count", 2, id="times"),
    ],
)
def test_a_number_is_read_in_its_base_unit(text, dimension, value):
    term = only(text)
    assert (term.dimension, float(term.value)) == (dimension, value)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        pytest.param("up to four guests", Bound.AT_MOST, id="up-to"),
        pytest.param("fewer than 5 guests", Bound.AT_MOST, id="fewer-than"),
        pytest.param("orders of 50 EUR or more", Bound.AT_LEAST, id="or-more"),
        pytest.param("weights from 5 grams upwards", Bound.AT_LEAST, id="upwards"),
        pytest.param("The minimum order is 10 GBP", Bound.AT_LEAST, id="minimum"),
        pytest.param("flown up to a height of 100 metres", Bound.AT_MOST, id="a-height-of"),
        pytest.param("es gratis a partir de 40 euros", Bound.AT_LEAST, id="spanish"),
        pytest.param("it costs 5 EUR", Bound.EXACT, id="plain"),
    ],
)
def test_a_bound_is_heard(text, bound):
    assert only(text).bound is bound


def test_between_gives_both_ends():
    low, high = terms_of("between two and six players", case=False)
    assert (low.bound, high.bound) == (Bound.AT_LEAST, Bound.AT_MOST)


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        pytest.param("12 EUR a month", [("time", "month")], id="a-month"),
        pytest.param(
            "12 EUR par utilisateur et par mois",
            [("count", "utilisateur"), ("time", "month")],
            id="two",
        ),
        pytest.param("0.20 EUR per 100 KB", [("data", "kb")], id="per-so-many"),
        pytest.param("15 GBP for each half hour", [("time", "hour")], id="half-hour"),
        pytest.param("4 EUR, a lost book", [], id="a-comma-ends-it"),
    ],
)
def test_what_an_amount_is_for_is_read(text, rates):
    term = next(t for t in terms_of(text, case=False) if t.dimension == "money")
    assert [(dimension, unit) for _, dimension, unit in term.rates] == rates


def test_a_span_of_the_case_is_told_by_a_reply_alone():
    assert only("It came three days ago.", case=True).told
    assert not only("It came three days ago.", case=False).told
