import pytest

from deskquorum.redaction import languages_of

GERMAN = "Guten Tag, die Stirnlampe geht nach zwei Tagen gar nicht mehr an, bitte um Erstattung."
ENGLISH = "Hello, the headlamp stopped working after two days and I would like my money back."


@pytest.mark.parametrize(
    ("declared", "text", "languages"),
    [
        pytest.param("es-en", "Qué onda, me mudé last week", ("es", "en"), id="a-mix"),
        pytest.param("pt-BR", "Oi, tudo bem?", ("pt",), id="a-region-is-no-language"),
        pytest.param("zh-Hant", "你好", ("zh",), id="a-script-is-no-language"),
        pytest.param("en-us", "hi", ("en",), id="a-region-in-small-letters"),
        pytest.param(None, GERMAN, ("de",), id="detected"),
        pytest.param("en", GERMAN, ("en", "de"), id="declared-and-another-detected"),
        pytest.param("en", ENGLISH, ("en",), id="declared-and-confirmed"),
        pytest.param(None, "ok?", ("und",), id="too-short-to-tell"),
        pytest.param(None, "", ("und",), id="nothing-at-all"),
        pytest.param("en", "Please cancel kar do bhaiya", ("en", "hi"), id="hindi-in-roman"),
        pytest.param("fr", "slt jvoudré anulé ma cmd NW-509177 dsl", ("fr",), id="slang"),
    ],
)
def test_languages_are_the_declared_ones_and_what_the_words_show(ticket, declared, text, languages):
    assert languages_of(ticket(text, language=declared)) == languages


def test_links_addresses_and_codes_say_nothing_about_the_language(ticket):
    text = f"{ENGLISH} https://example.com/ein-sehr-langer-deutscher-pfad-zu-einer-seite"
    assert languages_of(ticket(text)) == ("en",)
