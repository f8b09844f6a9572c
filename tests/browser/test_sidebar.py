"""The sidebar beside a conversation, as an agent uses it."""

import os
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from deskquorum.ledger import reviews


def shown(page):
    expect(page.locator(".panel")).to_be_visible()
    return page


@pytest.fixture
def case(site):
    return site.decide()


def test_the_suggestion_is_shown_with_reply_reason_votes_facts_and_what_was_hidden(
    site, open_page, case
):
    page = shown(open_page(site.sidebar(case)))
    panel = page.locator(".panel")
    expect(panel.locator("h2")).to_have_text("Issue refund")
    expect(panel.locator(".args")).to_contain_text("$76.00")
    expect(panel.locator(".why")).to_contain_text("in mode suggest")
    expect(panel.locator(".letter")).to_contain_text("we have refunded you for order NW-120467")
    expect(panel.locator(".letter .claim-supported")).to_have_count(1)
    expect(panel.locator(".clauses")).to_contain_text("R1")
    expect(panel.locator(".votes").first).to_contain_text("2 of 2 agree")
    panel.locator("summary", has_text="Facts").click()
    facts = panel.locator("details", has=page.locator("summary", has_text="Facts"))
    expect(facts).to_contain_text("return_received")
    expect(facts.locator(".chip").first).to_have_text("Customer number 1")


def test_what_was_hidden_from_models_is_shown_as_chips(site, open_page):
    page = shown(open_page(site.sidebar(site.decide("address"))))
    expect(page.locator(".chips .chip")).to_have_text(["Address"])


def test_approving_takes_one_key(site, open_page, case):
    page = shown(open_page(site.sidebar(case)))
    page.keyboard.press("a")
    expect(page.locator(".badge")).to_have_text("Resolved")
    expect(page.locator(".note")).to_contain_text("mia approved this")
    review = site.review(case)
    assert (review["verdict"], review["verdict_by"]) == ("approve", "mia")
    assert review["final_action"] == review["action"]


def test_an_edit_is_weighed_again_and_what_is_sent_is_what_was_written(site, open_page, case):
    page = shown(open_page(site.sidebar(case)))
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Amount").fill("9000.00")
    page.get_by_role("button", name="Approve as edited").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert site.review(case)["state"] == "open"
    page.get_by_label("Amount").fill("70.00")
    page.get_by_role("button", name="Approve as edited").click()
    expect(page.locator(".badge")).to_have_text("Resolved")
    review = site.review(case)
    assert review["verdict"] == "edit"
    assert review["final_action"]["args"]["amount"] == "70.00"


def test_rejecting_sends_nothing(site, open_page, case):
    page = shown(open_page(site.sidebar(case)))
    page.get_by_role("button", name="Reject").click()
    page.get_by_label("Why?").fill("was refunded by hand")
    page.get_by_label("What was wrong?").last.select_option("needless-handoff")
    page.wait_for_timeout(400)
    # That one holds it oneself is no news.
    expect(page.locator("[data-line]")).to_be_hidden()
    page.get_by_role("button", name="Reject").click()
    expect(page.locator(".note")).to_contain_text("mia rejected this")
    expect(page.locator(".note")).to_contain_text("Needless handoff")
    review = site.review(case)
    assert review["failure_mode"] == "needless-handoff"
    assert (review["verdict"], review["final_action"], review["final_reply"]) == (
        "reject",
        None,
        None,
    )


def test_a_response_replaces_the_suggestion(site, open_page, case):
    page = shown(open_page(site.sidebar(case)))
    page.keyboard.press("r")
    page.get_by_label("Your reply").fill("Hello, we are looking into it.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".note")).to_contain_text("mia replied instead")
    review = site.review(case)
    assert (review["verdict"], review["final_reply"]) == (
        "respond",
        "Hello, we are looking into it.",
    )


def test_copying_takes_the_reply_without_its_citations(site, open_page, case):
    page = open_page(site.sidebar(case), permissions=["clipboard-read", "clipboard-write"])
    shown(page).keyboard.press("c")
    expect(page.locator("[data-line]")).to_have_text("Reply copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == site.review(case)["reply"]


def test_whoever_comes_second_sees_who_is_at_it_and_sends_nothing(site, open_page, case):
    first = shown(open_page(site.sidebar(case, agent="mia")))
    second = shown(open_page(site.sidebar(case, agent="noor")))
    first.get_by_role("button", name="Edit").click()
    expect(second.locator(".held")).to_have_text("mia is working on this.")
    expect(second.get_by_role("button", name="Approve")).to_be_disabled()
    first.get_by_role("button", name="Cancel").click()
    expect(second.get_by_role("button", name="Approve")).to_be_enabled()


def test_a_verdict_that_comes_too_late_is_told_and_loses_no_text(site, open_page, case):
    slow = shown(open_page(site.sidebar(case, agent="noor")))
    slow.keyboard.press("r")
    slow.get_by_label("Your reply").fill("My own words.")
    review = site.review(case)
    # The lease of the slow one runs out.
    with site.service.desk.ledger.database.transaction(writing=True) as tx:
        reviews.release(tx, review["id"], by="noor")
    headers = {"Authorization": f"Bearer {site.keys['agent']}"}
    body = {"verdict": "approve", "args_hash": review["args_hash"]}
    url = f"{site.url}/v1/reviews/{review['id']}/verdict"
    assert httpx.post(url, json=body, headers=headers).status_code == 200
    expect(slow.locator("[data-line]")).to_contain_text("Your text is kept")
    slow.get_by_role("button", name="Send reply").click()
    expect(slow.get_by_role("alert")).to_contain_text("Somebody was faster")
    expect(slow.get_by_label("Your reply")).to_have_value("My own words.")
    assert site.review(case)["verdict"] == "approve"


def test_a_new_decision_appears_by_itself(site, open_page):
    case = "c-appears-by-itself"
    page = open_page(site.sidebar(case))
    expect(page.get_by_text("No decision yet")).to_be_visible()
    site.decide(conversation=case)
    shown(page)


def test_without_network_nothing_is_sent_and_it_goes_on_when_it_is_back(site, open_page, case):
    page = shown(open_page(site.sidebar(case)))
    page.context.set_offline(True)
    expect(page.locator("[data-line]")).to_contain_text("No connection")
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    page.keyboard.press("a")
    page.context.set_offline(False)
    expect(page.locator("[data-line]")).to_contain_text("Connected again")
    assert site.review(case)["state"] == "open"
    page.keyboard.press("a")
    expect(page.locator(".badge")).to_have_text("Resolved")


def test_a_reload_keeps_the_session_and_what_is_being_written(site, open_page, case):
    page = shown(open_page(site.sidebar(case)))
    page.keyboard.press("r")
    page.get_by_label("Your reply").fill("Half a sentence")
    page.reload()
    expect(page.get_by_label("Your reply")).to_have_value("Half a sentence")


def test_an_expired_token_shows_nothing_of_the_conversation(site, open_page, case):
    now = datetime.now(UTC)
    key = site.keys["agent"].split("_")[1]
    token = site.service.tokens.make(
        agent="mia", conversation=case, key=key, now=now, lasts=timedelta(seconds=-1)
    )
    page = open_page(f"{site.url}/sidebar/{case}?in=helpdesk#{token}")
    expect(page.get_by_role("heading", name="Session expired")).to_be_visible()
    assert "NW-120467" not in page.content()


def test_a_token_of_another_conversation_opens_nothing(site, open_page, case):
    token = site.token("another")
    page = open_page(f"{site.url}/sidebar/{case}?in=helpdesk#{token}")
    expect(page.get_by_role("heading", name="Not for this conversation")).to_be_visible()


def test_only_the_helpdesk_that_ops_named_may_frame_it_and_a_fresh_token_is_all_it_can_give(
    site, open_page, case
):
    page = open_page(site.helpdesk)
    address = f"{site.url}/sidebar/{case}?in=helpdesk"
    page.evaluate(
        """(address) => new Promise((done) => {
          const frame = document.createElement('iframe');
          frame.src = address; frame.width = 360; frame.height = 700;
          window.asked = [];
          window.addEventListener('message', (event) => window.asked.push(event.data));
          frame.onload = done; document.body.append(frame);
        })""",
        address,
    )
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Session expired")).to_be_visible()
    assert page.evaluate("window.asked") == [{"type": "deskquorum:token-wanted"}]
    page.evaluate(
        "frames[0].postMessage({type: 'deskquorum:token', token: 'made up', agent: 'root'}, '*')"
    )
    expect(frame.get_by_role("heading", name="Session expired")).to_be_visible()
    fresh = site.token(case)
    page.evaluate("(token) => frames[0].postMessage({type: 'deskquorum:token', token}, '*')", fresh)
    expect(frame.locator(".panel h2")).to_have_text("Issue refund")


@pytest.mark.parametrize("named", ["", "?in=another"])
def test_no_other_page_may_frame_it(site, case, named):
    answer = httpx.get(f"{site.url}/sidebar/{case}{named}")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_no_script_or_style_stands_in_a_page_and_none_from_elsewhere_may_run(site, case):
    answer = httpx.get(f"{site.url}/sidebar/{case}?in=helpdesk")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'; style-src 'self'" in policy
    assert f"frame-ancestors {site.helpdesk}" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", answer.text)


def test_the_page_is_german_where_the_reader_is(site, open_page, case):
    page = shown(open_page(site.sidebar(case, lang="de"), lang="de"))
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Freigeben")).to_be_visible()
    expect(page.locator(".args")).to_contain_text("76,00")
    expect(page.locator(".why")).to_contain_text("daher sendet es ein Mensch")


def test_everything_can_be_done_by_keyboard_alone(site, open_page, case):
    page = shown(open_page(site.sidebar(case)))
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.do ?? ''"))
    assert {"copy", "approve", "edit", "respond", "reject"} <= reached
    page.keyboard.press("e")
    expect(page.get_by_label("Order id")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Edit")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.type("no")
    page.keyboard.press("Tab")
    expect(page.get_by_label("What was wrong?").last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".badge")).to_have_text("Resolved")
    assert site.review(case)["verdict"] == "reject"


@pytest.mark.parametrize("width", [320, 420, 1280])
def test_it_fits_and_is_accessible(site, open_page, pictures, accessible, look, width):  # noqa: PLR0917 - fixtures
    if width > 320 and "DESKQUORUM_PICTURES" not in os.environ:
        pytest.skip("looked at where DESKQUORUM_PICTURES names a folder")
    case = site.decide("address")
    address = site.sidebar(case, lang=look.lang)
    page = shown(open_page(address, width=width, dark=look.dark, lang=look.lang))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=pictures / f"sidebar-{width}-{look}.png", full_page=True)
    if width == 320:
        accessible(page)
        page.keyboard.press("e")
        page.screenshot(path=pictures / f"edit-{width}-{look}.png", full_page=True)
        accessible(page)
