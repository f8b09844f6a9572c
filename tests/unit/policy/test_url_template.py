from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.policy.url_template import UrlTemplate

WRITTEN = "https://shop.example/v1/orders/{order.id}/lines?user={requester.customer_id}&full=1"


@given(st.text(min_size=1).filter(lambda text: text.isprintable()), st.text(min_size=1))
def test_no_value_leaves_its_place(order, user):
    values = {"order.id": order, "requester.customer_id": user}
    try:
        url = UrlTemplate(WRITTEN).filled(values.get)
    except ValueError:
        assert order in {".", ".."} or any("\ud800" <= c <= "\udfff" for c in order + user)
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "shop.example", "")
    head, version, orders, own, lines = parts.path.split("/")
    assert (head, version, orders, lines) == ("", "v1", "orders", "lines")
    assert unquote(own) == order
    assert parts.query.split("&")[1:] == ["full=1"]


@pytest.mark.parametrize("value", [".", ".."])
def test_a_step_to_another_path_is_refused(value):
    with pytest.raises(ValueError, match="another path"):
        UrlTemplate("https://shop.example/a/{order.id}/b").filled({"order.id": value}.get)


@pytest.mark.parametrize("value", [None, ""])
def test_a_field_without_a_value_is_named(value):
    with pytest.raises(LookupError, match=r"order\.id"):
        UrlTemplate("https://shop.example/{order.id}").filled({"order.id": value}.get)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param("shop.example/{order.id}", "no address", id="no-scheme"),
        pytest.param("file:///etc/{order.id}", "no address", id="not-the-web"),
        pytest.param("https://{order.shop}.example/", "path and query only", id="host-of-a-field"),
        pytest.param("https://me:secret@shop.example/", "no password", id="password"),
        pytest.param("https://shop.example/#{order.id}", "path and query", id="fragment"),
        pytest.param("https://shop.example/{claimed.order_id}", "ticket's text", id="claimed"),
        pytest.param("https://shop.example/{answer.intent}", "ticket's text", id="answer"),
        pytest.param("https://shop.example/{order-id}", "no trusted field", id="no-name"),
        pytest.param("https://shop.example/{order.id", "not closed", id="open-brace"),
        pytest.param("https://shop.example/{{order.id}}", "not closed", id="two-braces"),
    ],
)
def test_a_template_that_could_lead_astray_is_refused(written, said):
    with pytest.raises(ValueError, match=said):
        UrlTemplate(written)
