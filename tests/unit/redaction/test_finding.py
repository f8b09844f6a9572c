import pytest

from deskquorum.redaction import EntityType, find


def found(text, record=None):
    return [(e.type.value, text[e.start : e.end]) for e in find(text, record)]


def values(text, record=None):
    return [value for _, value in found(text, record)]


HOBBS = {"name": "Dwayne Hobbs", "phone": "555-0116", "customer_id": "C-2123"}
BANKS = {"name": "Luther Banks", "email": "luther.banks@example.com", "phone": "555-0142"}
WIDE = "\uff14" + "\uff11" * 15
WEISS = {"name": "Jürgen Weißmüller", "phone": "+49 171 2345678"}


@pytest.mark.parametrize(
    ("record", "text", "expected"),
    [
        pytest.param(HOBBS, "this is dwayne hobs um", "dwayne hobs", id="one-typo-beside-a-part"),
        pytest.param(HOBBS, "its Dwane again", "Dwane", id="one-typo-with-a-capital"),
        pytest.param(WEISS, "MfG J. Weißmüller", "J. Weißmüller", id="initial-and-surname"),
        pytest.param(WEISS, "Juergen Weissmueller", "Juergen Weissmueller", id="umlauts-spelled"),
        pytest.param(WEISS, "WEISSMULLER, JURGEN", "WEISSMULLER, JURGEN", id="accents-folded"),
        pytest.param(
            {"name": "Mary-Jane O'Brien"}, "from mary jane obrien", "mary jane obrien", id="glued"
        ),
        pytest.param({"name": "Wen Li"}, "yes, ask Li about it", "Li", id="two-letter-surname"),
        pytest.param(
            {"name": "Whitman & Sorrel LLP (Dana Sorrel)"},
            "yours, D. Sorrel",
            "D. Sorrel",
            id="person-in-an-organisation",
        ),
        pytest.param(BANKS, "login lutherbanks99", "lutherbanks99", id="name-in-a-login"),
        pytest.param(BANKS, "Mr. Banks here", "Banks", id="everyday-word-after-a-title"),
        pytest.param(HOBBS, "five five five oh one one six ok", "five five five oh one one six",
                     id="phone-in-words"),
        pytest.param(HOBBS, "ring 5550116", "5550116", id="phone-without-separators"),
        pytest.param(HOBBS, "ring (555) 0116", "(555) 0116", id="phone-in-brackets"),
        pytest.param(HOBBS, "ring 555.0116", "555.0116", id="phone-with-a-dot"),
        pytest.param(HOBBS, "my id: c2123", "c2123", id="customer-id-without-its-dash"),
        pytest.param(WEISS, "Tel 0171/2345678", "0171/2345678", id="phone-in-national-form"),
        pytest.param(
            {"address": "14 Quarry Lane, Bellhaven, ME 04901"},
            "it goes to 14 quarry lane bellhaven me 04901 ok",
            "14 quarry lane bellhaven me 04901",
            id="address-retyped",
        ),
        pytest.param({"loyalty_no": "LX-88231"}, "card lx 88231", "lx 88231", id="any-other-id"),
        pytest.param({"orders": ["#W7594624"]}, "order W7594624", "W7594624", id="order-listed"),
    ],
)  # fmt: skip
def test_the_requesters_record_is_found_however_it_is_written(record, text, expected):
    assert expected in values(text, record)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        pytest.param(BANKS, "my bank charged me", id="a-word-close-to-a-surname"),
        pytest.param(BANKS, "both banks said no", id="a-surname-that-is-an-everyday-word"),
        pytest.param({"name": "Will Long"}, "Will it take long?", id="a-name-of-everyday-words"),
        pytest.param({"name": "Wen Li"}, "the li-ion pack", id="a-short-surname-in-small-letters"),
        pytest.param({"tier": "trailhead"}, "my Trailhead renewed", id="a-field-that-is-no-id"),
        pytest.param(HOBBS, "customer C-21234", id="a-longer-id"),
    ],
)
def test_everyday_words_are_not_the_requester(record, text):
    assert found(text, record) == []


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param("CREDIT_CARD", "card 4111-1111 1111\n1111 ok", "4111-1111 1111\n1111",
                     id="card-with-mixed-separators"),
        pytest.param("CREDIT_CARD", "amex 378282246310005", "378282246310005", id="amex"),
        pytest.param("CREDIT_CARD", f"番号は{WIDE}です", WIDE, id="card-in-full-width-digits"),
        pytest.param("CREDIT_CARD", "a 4111\u200b1111\u200b1111\u200b1111 b",
                     "4111\u200b1111\u200b1111\u200b1111", id="card-with-invisible-characters"),
        pytest.param("CREDIT_CARD", "is =\n411111=\n1111111111 ok", "411111=\n1111111111",
                     id="card-over-a-soft-break"),
        pytest.param("CREDIT_CARD", "my card 4111 1111 1111 1112", "4111 1111 1111 1112",
                     id="card-mistyped-but-called-one"),
        pytest.param("CARD_EXPIRY", "4242424242424242 exp 09/29", "09/29", id="expiry-after-a-cue"),
        pytest.param("CARD_CODE", "4242424242424242 exp 09/29 code 737", "737", id="code-cue"),
        pytest.param("CARD_CODE", "4242424242424242 09/29 737", "737", id="code-beside-the-card"),
        pytest.param("IBAN_CODE", "an DE89 3704 0044 0532 0130 00, ok",
                     "DE89 3704 0044 0532 0130 00", id="iban-with-spaces"),
        pytest.param("US_SSN", "SSN 987-65-4320", "987-65-4320", id="ssn"),
        pytest.param("NATIONAL_ID", "driver's licence F255-9215-0094, ok", "F255-9215-0094",
                     id="licence"),
        pytest.param("NATIONAL_ID", "DNI 12345678Z", "12345678Z", id="spanish-id"),
        pytest.param("NATIONAL_ID", "CPF é 529.982.247-25", "529.982.247-25", id="brazilian-id"),
        pytest.param("DATE_OF_BIRTH", "dob 03/11/1996", "03/11/1996", id="born-english"),
        pytest.param("DATE_OF_BIRTH", "geb. 14.02.1979.", "14.02.1979", id="born-german"),
        pytest.param("DATE_OF_BIRTH", "my date of birth? It's 6/24/1991", "6/24/1991",
                     id="born-asked"),
        pytest.param("DATE_OF_BIRTH", "née le 12/05/1985", "12/05/1985", id="born-french"),
        pytest.param("DATE_OF_BIRTH", "nacida el 3 de mayo de 1990", "3 de mayo de 1990",
                     id="born-spanish"),
        pytest.param("PERSON", "mother's maiden name Kowalczyk. So", "Kowalczyk", id="maiden-name"),
        pytest.param("EMAIL_ADDRESS", "to josé.garcía+x@exämple.de now", "josé.garcía+x@exämple.de",
                     id="mail-with-accents"),
        pytest.param("EMAIL_ADDRESS", "olga&#64;example.org", "olga&#64;example.org",
                     id="mail-in-html-entities"),
        pytest.param("EMAIL_ADDRESS", "at jane dot doe at example dot com",
                     "jane dot doe at example dot com", id="mail-said-aloud"),
        pytest.param("PHONE_NUMBER", "her own phone 555-0166.", "555-0166", id="local-phone"),
        pytest.param("PHONE_NUMBER", "call 415.555.0132", "415.555.0132", id="american-phone"),
        pytest.param("PHONE_NUMBER", "an +49 (0)30 / 901820-12", "+49 (0)30 / 901820-12",
                     id="german-phone"),
        pytest.param("PHONE_NUMBER", "au 06 12 34 56 78", "06 12 34 56 78", id="french-phone"),
        pytest.param("SECRET", "my password is hunter2!x", "hunter2!x", id="password"),
        pytest.param("SECRET", "sign-in code 123456", "123456", id="sign-in-code"),
        pytest.param("SECRET", "https://x.example/r?u=1&token=abcDEF123456", "abcDEF123456",
                     id="token-in-a-link"),
        pytest.param("SECRET", "key sk-proj-AbCdEf0123456789AbCd", "sk-proj-AbCdEf0123456789AbCd",
                     id="api-key"),
        pytest.param("SECRET", "b bXkgY2FyZCBpcyA0MTExMTExMTExMTExMTEx",
                     "bXkgY2FyZCBpcyA0MTExMTExMTExMTExMTEx", id="card-in-base64"),
        pytest.param("IP_ADDRESS", "from 203.0.113.42 now", "203.0.113.42", id="ip"),
    ],
)  # fmt: skip
def test_what_has_a_shape_or_a_cue_is_found(kind, text, value):
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("NW-204511 and NW 501101, order #W1234567", id="order-numbers"),
        pytest.param("refund the 71 or 47,50 or $1,234.56 by 2026-11-09 10:22", id="amounts-dates"),
        pytest.param("Order number 4111111111111112 has not arrived", id="number-that-fails-luhn"),
        pytest.param("order 555-0188", id="order-number-shaped-like-a-phone"),
        pytest.param("promo code AUTUMN15 did not apply", id="promotion-code"),
        pytest.param("version 1.4.2.10 of the firmware, section 4.2", id="versions"),
        pytest.param("My password is not working", id="password-without-a-password"),
        pytest.param("QXBwcm92ZSByZWZ1bmQgNTIwLjAwIGZvciBOVy03MDU1MDU=", id="harmless-base64"),
        pytest.param("size 10, 30 days, 2 of 3", id="short-numbers"),
        pytest.param("please refund 163.00 in full", id="amount-as-short-as-a-local-number"),
    ],
)
def test_numbers_of_the_trade_stay_visible(text):
    assert found(text) == []


@pytest.mark.parametrize(
    "address",
    [
        "310 Juniper Rd, Bend OR 97701",
        "2218 Agave Ct, Apt 4, Tucson AZ 85705",
        "14 Quarry Lane, Bellhaven, ME 04901",
        "Unit 9, 880 Sandbar Road, Mesa Verde, CO 81330",
        "1200 Broadway, New York, NY 10001",
        "77 w 4th st apt 3b, portland or 97201",
        "Flat 3, 22 Acacia Avenue, London SW1A 1AA",
        "221B Baker St, Marylebone, London NW1 6XE, United Kingdom",
        "100 King St W, Toronto, ON M5X 1A9",
        "5 Smith St, Melbourne VIC 3000",
        "PO Box 123, Bend, OR 97701",
        "Hauptstr. 12, 10115 Berlin",
        "Unter den Linden 77, 10117 Berlin",
        "Bahnhofstrasse 1, 8001 Zürich, Schweiz",
        "12 rue de la Paix, 75002 Paris",
        "Calle Mayor 5, 28013 Madrid",
        "C/ Gran Vía, 23, 3º B, 28013 Madrid, España",
        "Rua Augusta 10, 1200-100 Lisboa",
        "Av. Paulista, 1578 - Bela Vista, São Paulo - SP, 01310-200",
        "Via Roma 12, 20121 Milano MI",
        "Keizersgracht 12, 1015 CJ Amsterdam",
    ],
)
@pytest.mark.parametrize("after", [".", " instead, please", "\nThanks"])
def test_an_address_is_one_stretch_and_no_more(address, after):
    assert ("ADDRESS", address) in found(f"Please send it to {address}{after}")


@pytest.mark.parametrize(
    "text",
    ["2 days the wrong way", "I waited 10 days for Drive", "Bring 2 Court shoes", "size 10 Street"],
)
def test_counted_things_are_no_addresses(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("our treasurer, Mrs Agnes Thorne, twice", "Agnes Thorne", id="title"),
        pytest.param("Our client Ms. Ingrid Vale / demand", "Ingrid Vale", id="title-and-slash"),
        pytest.param("My daughter Zoe signed up", "Zoe", id="daughter"),
        pytest.param("my roommate Felix Obi's account", "Felix Obi", id="roommate"),
        pytest.param("the super, who is called Gus, signs", "Gus", id="called"),
        pytest.param("note 11/19 by Megan T., Tier 2", "Megan T", id="first-name-and-initial"),
        pytest.param("my name is john smith and i", "john smith", id="own-name-in-small-letters"),
        pytest.param("hi this is priya raghunathan, pls", "priya raghunathan", id="this-is"),
        pytest.param("ich heiße Ulrike Sommer", "Ulrike Sommer", id="german"),
        pytest.param("je m'appelle Chloé Dubois", "Chloé Dubois", id="french"),
        pytest.param("me llamo Ana María López y", "Ana María López", id="spanish"),
        pytest.param("Kind regards\n\nTove Jansson", "Tove Jansson", id="sign-off"),
        pytest.param("Could you? Thanks, Will", "Will", id="sign-off-on-one-line"),
        pytest.param("ok?\n\n-- \nZbigniew Wójcik-Łoś\nOps", "Zbigniew Wójcik-Łoś", id="signature"),
        pytest.param("From: Jane Doe <j@example.com>", "Jane Doe", id="mail-header"),
        pytest.param("billed to Oluwaseun Adebayo at home", "Oluwaseun Adebayo", id="listed-pair"),
        pytest.param("<p>I am <b>Ol</b>ga Petrova</p>", "Ol</b>ga Petrova", id="in-html"),
    ],
)
def test_people_are_found_by_cue_or_first_name(text, name):
    assert ("PERSON", name) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "the Merino Trail Jacket in Forest Green",
        "the Chelsea boots, a Florence dress and a Rose Gold ring",
        "Will you refund me? May I ask? Grace period over. Please Cancel My Order",
        "CANCEL MY ORDER NOW PLEASE",
        "This is Unacceptable. I am Very upset. I'm Canadian.",
        "My name is misspelled on the label",
        "it left a place called Rialto",
        "Dear Sir or Madam, dear Northwind team, Hi Team,",
        "Capital One said no on Black Friday",
        "my husband's Visa",
    ],
)
def test_products_and_sentence_starts_are_no_people(text):
    assert found(text) == []


def test_a_full_name_makes_its_parts_known_in_the_rest_of_the_text():
    text = "My ex Julian Crane ordered. Is it Julian who pays, or Crane Ltd?"
    assert values(text) == ["Julian Crane", "Julian", "Crane"]


def test_overlapping_finds_are_joined_and_the_longest_names_the_type():
    text = "mail dwayne.hobbs@example.com"
    (entity,) = find(text, {"name": "Dwayne Hobbs", "email": "dwayne.hobbs@example.com"})
    assert entity.type is EntityType.EMAIL
    assert text[entity.start : entity.end] == "dwayne.hobbs@example.com"


def test_every_find_says_where_it_comes_from():
    text = "Luther Banks, 4242424242424242, 203.0.113.42, my son Theo, Carlos Ruiz"
    assert [e.source for e in find(text, BANKS)] == [
        "known",
        "pattern",
        "presidio",
        "cue",
        "gazetteer",
    ]


def test_a_number_said_over_two_lines_is_one_number():
    text = "five five five oh one one six\nfive five five oh one one six"
    assert values(text) == [text]
