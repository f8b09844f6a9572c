"""Policies, audit and figures, as leads and ops use them."""

import re
import shutil
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from deskquorum.server.pages import figures


@pytest.fixture
def ops(site, open_page):
    def opened(path, role="ops", name="rosa", **more):
        more = {"width": 1280, "height": 900, **more}
        return open_page(f"{site.url}{path}", cookies=[site.cookie(name, role)], **more)

    return opened


@pytest.fixture
def refunds(site):
    """The refund policies on disk, as they were before the test afterwards."""
    path = site.service.desk.parts.desk.path.parent / "refunds.yaml"
    kept = path.with_suffix(".kept")
    shutil.copy(path, kept)
    yield path
    kept.replace(path)


def edit(page, before, after):
    page.get_by_label("Text of refunds.yaml").last.evaluate(
        """(area, [before, after]) => {
          area.value = area.value.replace(before, after);
          area.dispatchEvent(new Event('input', { bubbles: true }));
        }""",
        [before, after],
    )


def test_a_change_is_tried_on_recorded_decisions_before_it_can_be_saved(site, ops, refunds):
    case = site.decide("refund")
    page = ops("/policies/refunds.yaml")
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    edit(page, "customer.refunds_90d < 3", "customer.refunds_90d < 1")
    page.get_by_role("button", name="Try it").click()
    tried = page.locator("[data-tried]")
    expect(tried).to_contain_text("would change")
    expect(tried.get_by_role("link", name=case)).to_be_visible()
    assert "refunds_90d < 3" in refunds.read_text(encoding="utf-8")
    expect(save).to_be_enabled()
    save.click()
    expect(tried).to_contain_text("Saved")
    assert "refunds_90d < 1" in refunds.read_text(encoding="utf-8")


def test_faults_are_told_with_their_line_and_nothing_can_be_saved(ops, refunds):
    page = ops("/policies/refunds.yaml")
    edit(page, "answer.intent ==", "answer.intnt ==")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("[data-tried] .alert")).to_contain_text("intnt")
    expect(page.locator("[data-tried] .alert")).to_contain_text("refunds.yaml:")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    assert "intnt" not in refunds.read_text(encoding="utf-8")


def test_what_was_not_tried_exactly_so_is_not_saved(site, refunds):
    cookie = site.cookie("rosa", "ops")
    person = site.service.sessions.read(cookie["value"], now=site.service.now())
    answer = httpx.post(
        f"{site.url}/pages/policies/refunds.yaml/save",
        json={"text": "policy: other", "base": "", "tried": "made up"},
        headers={
            "Cookie": f"deskquorum={cookie['value']}",
            "X-Form-Token": site.service.sessions.form_token(person),
        },
    )
    assert answer.status_code == 409
    assert "policy: other" not in refunds.read_text(encoding="utf-8")


def test_a_lead_may_try_but_not_save(ops):
    page = ops("/policies/refunds.yaml", role="lead")
    expect(page.get_by_role("button", name="Try it")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_the_kill_switch_stops_an_action_and_resumes_it(site, ops):
    page = ops("/policies")
    line = page.get_by_role("row").filter(has_text="Close ticket")
    line.get_by_label("Why?").fill("a test")
    line.get_by_role("button", name="Stop").click()
    expect(line).to_contain_text("Stopped by rosa: a test")
    assert [stop.action for stop in site.service.desk.ledger.stops()] == ["close_ticket"]
    line.get_by_role("button", name="Resume").click()
    expect(line.get_by_role("button", name="Stop")).to_be_visible()
    assert site.service.desk.ledger.stops() == ()


def test_the_weeks_sample_is_labelled_by_keys_without_seeing_the_answers(site, ops):
    site.decide("thanks")
    site.decide("refund")
    page = ops("/audit?question=intent")
    progress = page.locator("[data-progress]")
    before = int(progress.get_attribute("data-done"))
    first = page.locator(".sample:not([hidden])")
    decision = first.get_attribute("data-decision")
    label = first.locator("[data-key='3']").get_attribute("data-label")
    page.keyboard.press("3")
    expect(page.locator(f"[data-decision='{decision}']")).to_have_count(0)
    expect(progress).to_contain_text(f"{before + 1} of")
    from deskquorum.ledger.verdict_labels import audited_labels

    with site.service.desk.ledger.database.transaction() as tx:
        kept = [found for found in audited_labels(tx) if found.decision == decision]
    assert [(found.label, found.by) for found in kept] == [(label, "rosa")]
    page.reload()
    expect(page.locator(f"[data-decision='{decision}']")).to_have_count(0)


def test_what_a_reviewer_judged_is_audited_all_the_same(site, ops):
    from deskquorum.ledger.verdict_labels import note_labels

    ledger = site.service.desk.ledger
    decision = ledger.latest(site.decide("thanks")).decision.id
    with ledger.database.transaction(writing=True) as tx:
        note_labels(tx, decision, {"intent": "thanks"}, by="mia", source="verdict")
    page = ops("/audit?question=intent")
    expect(page.locator(f"[data-decision='{decision}']")).to_have_count(1)


def test_figures_count_what_was_decided(site, ops, monkeypatch):
    told = figures.last_week
    # Next Monday this week is the last whole one.
    later = {"now": datetime.now(UTC) + timedelta(days=7)}
    monkeypatch.setattr(figures, "last_week", lambda rows, **more: told(rows, **more | later))
    site.decide("thanks")
    page = ops("/figures")
    counted = site.service.desk.ledger.count()
    expect(page.locator(".tile dd").first).to_have_text(str(counted))
    expect(page.locator(".plot rect.auto").first).to_be_attached()
    week = page.locator("[data-week]")
    expect(week.get_by_role("rowheader", name="Confirmed resolutions")).to_be_visible()
    expect(week.locator("tbody tr")).to_have_count(16)
    done = week.locator("tbody tr").first
    expect(done).to_contain_text("Done by the desk")
    expect(done).to_contain_text(re.compile(r"\d+%.*\d+% . \d+%"))


@pytest.mark.parametrize("path", ["/policies", "/audit", "/figures"])
def test_agents_are_told_that_these_pages_are_not_for_them(ops, path):
    page = ops(path, role="agent")
    expect(page.get_by_role("heading", name="Not for your role")).to_be_visible()


@pytest.mark.parametrize("place", ["policies", "policies/refunds.yaml", "audit", "figures"])
def test_the_pages_are_accessible(site, ops, pictures, accessible, plain_look, place):  # noqa: PLR0917 - fixtures
    site.decide("thanks")
    site.decide("refund")
    page = ops(f"/{place}?lang={plain_look.lang}", dark=plain_look.dark, lang=plain_look.lang)
    if place.endswith("yaml"):
        area = page.locator("textarea")
        area.evaluate("(a) => { a.value = a.value.replace('refunds_90d < 3', 'refunds_90d < 1') }")
        page.locator("form.editor button.primary").click()
        expect(page.locator("[data-tried] h3")).to_be_visible()
    name = f"{place.replace('/', '-')}-{plain_look}.png"
    page.screenshot(path=pictures / name, full_page=True)
    accessible(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
