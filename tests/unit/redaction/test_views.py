import pytest

from deskquorum.redaction.views import folded, views_of


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        pytest.param("\uff14\uff11\uff11\uff11", "4111", id="full-width"),
        pytest.param("41\u200b11", "4111", id="zero-width"),
        pytest.param("a&#64;b &amp; c", "a@b & c", id="html-entities"),
        pytest.param("dir=3D1 still =\ncancel =F0=9F=98=85", "dir=1 still cancel 😅", id="mail"),
        pytest.param("?a=20&b=3", "?a=20&b=3", id="a-link-is-not-quoted-printable"),
        pytest.param("\ud800x", "\ufffdx", id="lone-surrogate"),
    ],
)
def test_a_view_reads_as_a_person_would(text, reading):
    assert views_of(text)[0].text == reading


def test_tags_vanish_inside_words_and_part_paragraphs():
    assert views_of("<p><b>Ol</b>ga</p><p>x")[-1].text == "\nOlga\n\nx"


def test_what_is_no_html_tag_stays():
    assert len(views_of("<PERSON_1> <anna@example.com> 1 < 2 > 0")) == 1


def test_a_span_leads_back_to_the_original():
    text = "x 41\u200b11&#49;"
    view = views_of(text)[0]
    start, end = view.span(2, len(view.text))
    assert text[start:end] == "41\u200b11&#49;"


def test_folding_spells_out_what_has_no_accent_to_lose():
    assert folded(views_of("Weißmüller Łoś Øre")[0]).text == "weissmuller los ore"


def test_figures_of_every_script_read_alike():
    (view,) = views_of("\u0664\u0661 \u096a\uff11")
    assert view.text == "41 41"
