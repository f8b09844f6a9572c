"""What keeps a reply from going out, whatever it claims."""

import pytest

from deskquorum.grounding.surface import surface_findings


def checks(reply, known=()):
    found = surface_findings(reply, allowed_links=["northwind.example"], known=frozenset(known))
    return [(finding.check, finding.text) for finding in found]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("joe@example.com", ("privacy", "joe@example.com"), id="mail"),
        pytest.param("4111 1111 1111 1111", ("privacy", "4111 1111 1111 1111"), id="card"),
        pytest.param("+1 (555) 123-4567", ("privacy", "+1 (555) 123-4567"), id="phone"),
        pytest.param(
            "GB82 WEST 1234 5698 7654 32", ("privacy", "GB82 WEST 1234 5698 7654 32"), id="iban"
        ),
        pytest.param("https://evil.example/a.", ("link", "https://evil.example/a"), id="host"),
        pytest.param("evil-shop.com/pay", ("link", "evil-shop.com/pay"), id="bare-host"),
        pytest.param("www.evil.de", ("link", "www.evil.de"), id="www"),
        pytest.param("javascript:alert(1)", ("link", "javascript:alert(1"), id="script"),
        pytest.param(
            "http://northwind.example/a", None, id="an-allowed-host-by-plain-http-is-fine"
        ),
        pytest.param(
            "https://evil.example\\@northwind.example",
            ("link", "https://evil.example\\@northwind.example"),
            id="backslash-trick",
        ),
        pytest.param(
            "https://northwind.example.evil.com",
            ("link", "https://northwind.example.evil.com"),
            id="allowed-name-as-a-prefix",
        ),
        pytest.param(
            "https://shop.northwind.example",
            ("link", "https://shop.northwind.example"),
            id="another-host-of-the-domain",
        ),
        pytest.param("Dear {{ name }},", ("placeholder", "{{ name }}"), id="braces"),
        pytest.param("Dear [NAME],", ("placeholder", "[NAME]"), id="brackets"),
        pytest.param("Dear [your name],", ("placeholder", "[your name]"), id="note-to-the-writer"),
        pytest.param("Dear <name>,", ("placeholder", "<name>"), id="angles"),
        pytest.param("by XXX days", ("placeholder", "XXX"), id="crosses"),
        pytest.param("for ⟦PERSON_1", ("placeholder", "⟦"), id="a-broken-vault-placeholder"),
        pytest.param("You idiot.", ("abuse", "idiot"), id="insult"),
        pytest.param(
            "As an AI language model I", ("leakage", "As an AI language model"), id="model-talk"
        ),
        pytest.param("my system prompt", ("leakage", "my system prompt"), id="prompt"),
    ],
)
def test_this_is_found(reply, expected):
    assert checks(reply) == ([expected] if expected else [])


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("Dear ⟦PERSON_1·k7⟧,", id="vault-placeholder"),
        pytest.param("See https://www.northwind.example/returns.", id="allowed-host"),
        pytest.param("See northwind.example/returns", id="allowed-host-bare"),
        pytest.param("[our page](https://northwind.example)", id="markdown-link"),
        pytest.param("Write to help@northwind.example", id="the-desk's-own-mail"),
        pytest.param("<b>Bold</b><br>", id="html"),
        pytest.param("on 2026-11-03 10:00", id="time"),
        pytest.param("1,299,000.00 EUR", id="amount"),
        pytest.param("e.g.this is fine. Next", id="no-link"),
        pytest.param("order W596774011", id="order-number"),
    ],
)
def test_this_is_fine(reply):
    assert checks(reply) == []


def test_a_number_that_the_facts_hold_is_no_phone_number():
    assert checks("parcel 123456789012", known={"123456789012"}) == []
