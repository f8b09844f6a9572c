"""Texts that try to get personal data past us, and texts that only look like it."""

# ruff: noqa: RUF001, E501 - look-alike letters are what is tested; a case is a line

import base64
import re
import unicodedata

import pytest

from deskquorum.redaction import find

ZERO = "\u200b"
WIDE = str.maketrans("0123456789", "".join(chr(0xFF10 + i) for i in range(10)))
ARABIC = str.maketrans("0123456789", "".join(chr(0x660 + i) for i in range(10)))
CARD = "4242424242424242"
VISA = "4012888888881881"
JOINED = "\u200c".join(VISA)
HIDDEN_CARD = base64.b64encode(f"pay with {CARD} please".encode()).decode()
HIDDEN_MAIL = base64.b64encode(b"write to anna.bell@example.org").decode()


def redacted(text, record=None):
    shown, done = "", 0
    for entity in find(text, record):
        shown += text[done : entity.start] + f"<{entity.type}>"
        done = entity.end
    return shown + text[done:]


def plain(text):
    return re.sub("[\\s\u200b-\u200f\u2060\ufeff\x00]", "", unicodedata.normalize("NFKC", text))


def case(text, gone, kept, name, record=None):
    return pytest.param(text, gone, kept, record, id=name)


@pytest.mark.parametrize(
    ("text", "gone", "kept", "record"),
    [
        case("pay 4242/4242/4242/4242 now", ["4242/4242"], ["pay", "now"], "card-slashes"),
        case("pay 4242 - 4242_4242.4242 ok", ["4242_4242"], ["pay", "ok"], "card-mixed-marks"),
        case(f"n° {CARD.translate(WIDE)}!", [CARD], ["!"], "card-full-width"),
        case(f"no {CARD.translate(ARABIC)} ok", [CARD], ["no", "ok"], "card-arabic-digits"),
        case(f"it is {JOINED} yes", [VISA], ["it is", "yes"], "card-zero-width-joiners"),
        case(f"c: {VISA[:8]}\x00{VISA[8:]} yes", [VISA], ["yes"], "card-with-a-null-byte"),
        case(f"<b>{VISA[:4]}</b><i>{VISA[4:]}</i> is mine", [VISA[4:]], ["is mine"], "card-in-tags"),
        case("<p>40&#49;2 8888 8888 1881</p> fails", ["8888 8888"], ["fails"], "card-in-entities"),
        case("number: four oh one two, double eight double eight, double eight double eight, one "
             "double eight one. thanks", ["double eight double"], ["thanks"], "card-spoken-double"),
        case(f"it is in {HIDDEN_CARD} I think", [HIDDEN_CARD], ["I think"], "card-in-base64"),
        case(f"log: {HIDDEN_MAIL} end", [HIDDEN_MAIL], ["log:", "end"], "mail-in-base64"),
        case("see https://x.example/u?card=4242424242424242&x=1 pls", [CARD], ["see", "pls"],
             "card-in-a-link"),
        case("mail anna (at) bell (dot) org today", ["anna (at) bell"], ["today"], "mail-brackets"),
        case("it is anna underscore bell at example dot org ok", ["underscore bell at example"],
             ["ok"], "mail-spoken-underscore"),
        case("write to аnna.bell@exаmple.org please", ["аnna.bell"], ["please"], "mail-cyrillic"),
        case(f"anna{ZERO}.bell@{ZERO}example.org?", ["anna.bell@example.org"], ["?"],
             "mail-zero-width"),
        case("ANNA.BELL@EXAMPLE.ORG IS WRONG", ["ANNA.BELL"], ["IS WRONG"], "mail-shouted"),
        case("&lt;anna.bell&commat;example.org&gt; bounced", ["anna.bell"], ["bounced"],
             "mail-named-entity"),
        case("<img src='x?e=anna.bell%40example.org'> broken", ["anna.bell"], ["broken"],
             "mail-in-an-attribute"),
        case("ring me: (four one five) five five five, oh one three two, bye", ["five five five"],
             ["bye"], "phone-spoken-in-groups"),
        case("+44 (0) 20 7946 0018 after six", ["7946"], ["after six"], "phone-trunk-zero"),
        case("00 33 1 42 68 53 00 s'il vous plaît", ["42 68 53"], ["vous"], "phone-double-zero"),
        case("tel:+1-415-555-0199;ext=4 is wrong", ["415-555-0199"], ["is wrong"], "phone-link"),
        case("new number 4 1 5 5 5 5 0 1 9 9 from today", ["5 5 5 5"], ["from today"],
             "phone-digit-by-digit"),
        case("> From: Ewa Lis <ewa.lis@example.pl>\n> PESEL 44051401359\nok?", ["Ewa Lis",
             "ewa.lis", "44051401359"], ["ok?"], "thread-with-a-national-id"),
        case("Em 3 de maio, João Prado <jp@example.br> escreveu:\n> CPF 529.982.247-25\noi",
             ["João Prado", "jp@example.br", "529.982"], ["oi"], "thread-portuguese"),
        case("aadhaar 2345 6789 0124 is mine", ["6789 0124"], ["is mine"], "id-india"),
        case("my sin: 046-454-286, ok", ["046-454-286"], ["ok"], "id-canada"),
        case("TFN 123 456 782 for the form", ["456 782"], ["for the form"], "id-australia"),
        case("NHS number 943 476 5919 here", ["476 5919"], ["here"], "id-england"),
        case("codice RSSMRA85T10A562S grazie", ["RSSMRA85T10A562S"], ["grazie"], "id-italy"),
        case("AHV 756.9217.0769.85 danke", ["9217.0769"], ["danke"], "id-switzerland"),
        case("NIF 12345678-Z gracias", ["12345678-Z"], ["gracias"], "id-spain"),
        case("n° sécu 1 84 12 76 451 089 46 merci", ["451 089"], ["merci"], "id-france"),
        case("ITIN 912-80-1234 on the form", ["912-80-1234"], ["on the form"], "id-us-taxpayer"),
        case("token ghp_16C7e42F292c6912E7710c838347Ae178B4a leaked", ["16C7e42F292c"],
             ["leaked"], "secret-github"),
        case("use Bearer eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0 now", ["eyJhbGciOiJI"], ["now"],
             "secret-bearer"),
        case("pwd = Tr0ub4dor&3 and nothing works", ["Tr0ub4dor"], ["nothing works"], "secret-pwd"),
        case("https://shop.example/magic/Zk3x9QwLmN8vB2rT5yHd fails", ["Zk3x9QwLmN8vB2rT5yHd"],
             ["fails"], "secret-in-a-path"),
        case("⟦PERSON_1·k7⟧ says Maria Olsen paid", ["Maria Olsen"], ["paid"], "placeholder-in-text"),
        case("<!-- hi --><td>Nadia&nbsp;Karimova</td> called", ["Karimova"], ["called"],
             "name-with-a-hard-space"),
        case("MAIN CONTACT: PETER HOLLOWAY, ok", ["PETER HOLLOWAY"], ["MAIN CONTACT"],
             "name-shouted"),
        case("it's me, jörg müller-lüdenscheidt!", ["lüdenscheidt"], ["it's me"], "name-known",
             {"name": "Jörg Müller-Lüdenscheidt"}),
        case("signed, j. mueller luedenscheidt", ["luedenscheidt"], ["signed"], "name-known-umlauts",
             {"name": "Jörg Müller-Lüdenscheidt"}),
        case("my login is WENDY_TORRES_88", ["WENDY_TORRES"], ["my login is"], "name-in-a-login",
             {"name": "Wendy Torres"}),
        case("the code you sent me is 739201, right?", ["739201"], ["right?"], "code-that-was-sent"),
        case("password\nhunter22!\nand now?", ["hunter22"], ["and now?"], "password-on-its-own-line"),
        case("user jdoe88 / pass: Xk9#mm2 fails", ["Xk9#mm2"], ["fails"], "password-short-cue"),
        case("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY----- ok",
             ["MIIEpAIB"], ["ok"], "secret-private-key"),
        case("Authorization: Basic amFuZTpzZWNyZXQxMjM= sent", ["amFuZTpz"], ["sent"], "secret-basic"),
        case("sort code 20-00-00, account 55779911 ok", ["55779911"], ["ok"], "bank-account-bare"),
        case("wife: Li Na, both of us", ["Li Na"], ["both of us"], "name-after-a-relation"),
        case("DOB 7 Apr 81 for the form", ["7 Apr 81"], ["for the form"], "birth-short-year"),
        case("vin 1HGCM82633A004352 is the car", ["1HGCM"], ["is the car"], "id-of-a-car"),
        case("\u0664\u0661\u0665 \u0665\u0665\u0665 \u0660\u0661\u0663\u0662 is mine", ["\u0665\u0665\u0665"],
             ["is mine"], "phone-arabic-digits"),
        case("order w-99 12 34 5, thanks", ["12 34 5"], ["thanks"], "order-id-respaced",
             {"orders": ["W9912345"]}),
    ],
)  # fmt: skip
def test_nothing_gets_past(text, gone, kept, record):
    shown = redacted(text, record)
    assert [value for value in gone if value in shown or plain(value) in plain(shown)] == []
    assert [value for value in kept if value not in shown] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Refund $1,299.00 within 14 days, see section 7.3 of v2.10.4", id="policy"),
        pytest.param("Order 2024-11-03-000417 and tracking 1Z999AA10123456784", id="references"),
        pytest.param("Your May invoice will be sent; grace ends in August. Mark it as paid.",
                     id="everyday-words-that-are-names"),
        pytest.param("The Paris Rain Jacket in Olive, size 10, 2 x 250 ml", id="a-product"),
        pytest.param("Print {{first_name}} or %(email)s or <PERSON> literally", id="templates"),
        pytest.param("10.5 kg, 1 000 000 points, 12/24 months, 3:45 pm, 50 %", id="quantities"),
        pytest.param("SKU 4006381333931 and model X1000-22B are out of stock", id="bar-code"),
        pytest.param("I got error code: 50213 and my promo code is 2024 on the page", id="codes"),
        pytest.param("Does Black Friday apply? Can I use Apple Pay or Google Pay?", id="brands"),
    ],
)  # fmt: skip
def test_what_only_looks_personal_stays(text):
    assert redacted(text) == text
