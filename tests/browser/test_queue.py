"""The review queue and a decision's page, as agents and leads use them."""

import httpx
import pytest
from playwright.sync_api import expect


@pytest.fixture
def lead(site, open_page):
    """Opens a page as a lead."""

    def opened(path, role="lead", name="lea", **more):
        more = {"width": 1280, "height": 900, **more}
        return open_page(f"{site.url}{path}", cookies=[site.cookie(name, role)], **more)

    return opened


def row(page, case):
    return page.locator(f'tr[data-conversation="{case}"]')


def test_the_riskiest_come_first(site, lead):
    site.decide("danger")
    site.decide("refund")
    page = lead("/queue")
    risks = page.locator(".rows .risk").all_inner_texts()
    order = ["money", "disclosure", "account", "closes", "reply", "none"]
    assert risks == sorted(risks, key=order.index)
    assert {"money", "none"} <= set(risks)


def test_an_item_is_found_opened_and_approved_by_keyboard_alone(site, lead):
    case = site.decide("refund")
    page = lead("/queue?risk=money")
    for _ in range(60):
        page.keyboard.press("j")
        at = page.evaluate("document.activeElement.closest('tr').dataset.conversation")
        if at == case:
            break
    page.keyboard.press("Enter")
    expect(page.locator(".panel h2")).to_have_text("Issue refund")
    page.keyboard.press("a")
    expect(page.locator(".panel .badge")).to_have_text("Resolved")
    expect(row(page, case)).to_have_count(0)
    assert site.review(case)["verdict_by"] == "lea"


def test_a_lead_hands_out_several_items_at_once(site, lead):
    cases = [site.decide("cancel"), site.decide("cancel")]
    page = lead("/queue")
    for case in cases:
        row(page, case).locator("input").check()
    page.get_by_label("Assign to").fill("noor")
    page.get_by_role("button", name="Assign").click()
    for case in cases:
        expect(row(page, case).locator("td").last).to_have_text("noor")
        assert site.review(case)["assignee"] == "noor"
    theirs = lead("/queue?who=me", role="agent", name="noor")
    expect(theirs.locator("tr[data-review]")).to_have_count(2)
    expect(theirs.get_by_label("Assign to")).to_have_count(0)


def test_filters_show_what_they_say(site, lead):
    case = site.decide("address")
    page = lead("/queue")
    page.get_by_label("Risk").select_option("account")
    expect(row(page, case)).to_be_visible()
    assert set(page.locator(".rows .risk").all_inner_texts()) == {"account"}
    page.get_by_label("Due").select_option("overdue")
    expect(page.get_by_text("Nothing fits these filters.")).to_be_visible()


def test_the_story_of_a_decision_is_whole_and_replays_the_same(site, lead):
    case = site.decide("refund")
    identity = site.review(case)["decision_id"]
    page = lead(f"/decisions/{identity}")
    for heading in ("Why", "What was read", "What the rules say", "Reply check", "Votes", "Facts"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    entry = site.service.desk.ledger.get(identity)
    expect(page.locator(".hash").first).to_have_text(entry.hash)
    expect(page.locator("main")).not_to_contain_text("⟦")
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("[data-replayed]")).to_contain_text("The same decision, in every part.")


def test_a_link_signs_in_once(site, open_page):
    link = site.link("rosa", "ops")
    page = open_page(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".who")).to_contain_text("rosa")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    again = open_page(link)
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("alert")).to_contain_text("used before")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{site.url}/queue")
    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible()


def test_ops_see_but_do_not_judge(site, lead):
    case = site.decide("refund")
    page = lead("/queue", role="ops", name="rosa")
    row(page, case).get_by_role("link").click()
    expect(page.locator(".panel h2")).to_have_text("Issue refund")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_a_proxy_is_believed_only_with_its_secret(site):
    told = {"X-User": "rosa", "X-Groups": "staff, desk-ops"}
    from_proxy = {**told, "X-Deskquorum-Proxy": "only-the-proxy-knows"}
    assert httpx.get(f"{site.url}/queue", headers=told).status_code == 401
    answer = httpx.get(f"{site.url}/queue", headers=from_proxy)
    assert answer.status_code == 200
    assert "rosa" in answer.text
    ended = {**from_proxy, "Cookie": "deskquorum=of-yesterday"}
    assert httpx.get(f"{site.url}/queue", headers=ended).status_code == 200
    nobody = {**from_proxy, "X-Groups": "staff"}
    assert httpx.get(f"{site.url}/queue", headers=nobody).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"X-Form-Token": "made-up"}])
def test_a_change_that_no_page_of_ours_sent_is_refused(site, headers):
    case = site.decide("refund")
    item = site.review(case)
    cookie = site.cookie()
    answer = httpx.post(
        f"{site.url}/pages/reviews/{item['id']}/verdict",
        json={"verdict": "approve", "args_hash": item["args_hash"]},
        headers={"Cookie": f"{cookie['name']}={cookie['value']}", **headers},
    )
    assert answer.status_code == 403
    assert site.review(case)["state"] == "open"


def test_queue_and_decision_are_accessible(site, lead, pictures, accessible, look):
    case = site.decide("refund")
    site.decide("danger")
    page = lead(f"/queue?lang={look.lang}", dark=look.dark, lang=look.lang)
    row(page, case).get_by_role("link").click()
    expect(page.locator(".panel")).to_be_visible()
    name = f"{look}.png"
    page.screenshot(path=pictures / f"queue-{name}")
    accessible(page)
    page.goto(f"{site.url}/decisions/{site.review(case)['decision_id']}?lang={look.lang}")
    page.screenshot(path=pictures / f"decision-{name}", full_page=True)
    accessible(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto(f"{site.url}/queue?lang={look.lang}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.screenshot(path=pictures / f"queue-320-{name}")
