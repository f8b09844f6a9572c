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


def checks_in(reply):
    found = surface_findings(reply, allowed_links=(), known=frozenset())
    return {finding.check for finding in found}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("Use sk-abcdefghij0123456789abcd for it.", id="api-key"),
        pytest.param("The password is hunter22.", id="password"),
        pytest.param("-----BEGIN RSA PRIVATE KEY-----", id="private-key"),
    ],
)
def test_a_secret_is_found(reply):
    assert "secret" in checks_in(reply)


@pytest.mark.parametrize(
    "reply",
    ["You can reset your password in the app.", "Your password is safe with us.", "sk-2 is a bus."],
)
def test_speaking_of_passwords_is_no_secret(reply):
    assert "secret" not in checks_in(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "That's your own fault.",
        "As I already told you, no.",
        "Das ist Ihre eigene Schuld.",
        "What do you want???",
        "YOU HAVE TO READ THE TERMS.",
    ],
)
def test_a_tone_that_no_desk_takes_is_found(reply):
    assert "tone" in checks_in(reply)


def test_a_firm_and_friendly_refusal_has_no_bad_tone():
    reply = "I'm sorry, we can't refund the USB-C cable (USD 12.00, EU VAT incl.) any more."
    assert "tone" not in checks_in(reply)
