"""What pages are made of: catalogues, numbers of a language, marked texts, cleaned HTML."""

import re
import string
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deskquorum.server.pages
from deskquorum.decision import SENTENCES, sentence
from deskquorum.domain import Finding, Reason, Verdict
from deskquorum.server.pages.decision_page import harmless
from deskquorum.server.pages.marked_text import chipped, cited
from deskquorum.server.pages.wording import language_for, wording

TEMPLATES = Path(deskquorum.server.pages.__file__).parent / "templates"
EN, DE = wording("en"), wording("de")
KEPT = "Dear ⟦PERSON_1·k7⟧, we refund 24.00. Bye"
RAW = "Dear Mia <b>, we refund 24.00. Bye"


def fields(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_both_languages_say_the_same_things_with_the_same_values():
    texts = {key: text for key, text in DE.texts.items() if not key.startswith("reason.")}
    assert texts.keys() == EN.texts.keys()
    for key, text in texts.items():
        assert fields(text) == fields(EN.texts[key]), key


def test_every_reason_is_told_in_german_with_values_that_it_has():
    told = {key.removeprefix("reason."): t for key, t in DE.texts.items() if "reason." in key}
    assert told.keys() == SENTENCES.keys()
    for code, text in told.items():
        assert fields(text) <= fields(SENTENCES[code]), code


def test_every_text_that_a_template_names_is_there():
    named = set()
    for path in TEMPLATES.glob("*.html"):
        named |= set(re.findall(r'\bt\("([^"]+)"[,)]', path.read_text(encoding="utf-8")))
    assert named
    assert named - EN.texts.keys() == set()


def test_no_template_holds_a_script_a_style_or_unescaped_text():
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|\|\s*safe", text), path


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en", "de", "en"),
        ("", "fr,*;q=0.5", "en"),
        ("xx<script>", "", "en"),
        ("", "", "en"),
    ],
)
def test_the_language_is_the_wanted_one_else_the_browsers_else_english(wanted, accepted, language):
    assert language_for(wanted, accepted) == language


def test_money_numbers_and_dates_are_written_as_the_language_does():
    assert EN.money(Decimal("1234.50"), "EUR") == "€1,234.50"
    assert DE.money(Decimal("1234.50"), "EUR") == "1.234,50\N{NO-BREAK SPACE}€"
    assert EN.percent(0.999) == "over 99%"
    assert DE.count("queue.waiting", 1) == "1 wartet"
    assert DE.moment(datetime(2026, 11, 30, 9, 0, tzinfo=UTC)).startswith("30.11.2026")


def test_a_reason_that_a_catalogue_lacks_is_told_in_english():
    reason = Reason(code="not-in-any-catalogue")
    assert DE.reason(reason) == sentence(reason)


def test_a_reply_is_cut_at_its_claims_and_the_values_behind_placeholders():
    claim = KEPT.index("we refund")
    finding = Finding(
        check="claim", verdict=Verdict.SUPPORTED, start=claim, end=claim + 16, text="", clause="R3"
    )
    pieces = cited(RAW, KEPT, [finding])
    assert "".join(piece.text for piece in pieces) == RAW
    assert [(p.text, p.kind) for p in pieces if p.kind] == [("Mia <b>", "PERSON")]
    assert [p.text for p in pieces if p.finding == 0] == ["we refund 24.00."]


@given(raw=st.text(max_size=60), cut=st.integers(0, 60))
def test_what_is_shown_is_always_exactly_what_an_approval_is_bound_to(raw, cut):
    kept = f"{raw[:cut]}⟦PERSON_1·k7⟧{raw[cut:]}"
    shown = cited(raw, kept, ())
    assert "".join(piece.text for piece in shown) == raw


def test_without_its_value_a_placeholder_is_a_chip():
    assert [(p.kind, p.number, p.hidden) for p in chipped("a ⟦ORDER_ID_2·k7⟧")] == [
        ("", "", False),
        ("ORDER_ID", "2", True),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<p onclick=alert(1)>Hi<script>alert(1)</script></p>",
        '<p>Hi<img src=x onerror="alert(1)"></p>',
        '<p style="position:fixed">Hi<a href="javascript:alert(1)"></a></p>',
        "<p>Hi<svg><style><img src=x onerror=alert(1)></style></svg></p>",
    ],
)
def test_of_html_mail_only_paragraphs_and_emphasis_are_left(text):
    assert str(harmless(text)) == "<p>Hi</p>"


def test_plain_text_is_not_taken_for_html():
    assert harmless("is 3 < 4 & 5 > 2?") is None
