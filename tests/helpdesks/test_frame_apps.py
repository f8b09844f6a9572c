"""The frame apps hold what their helpdesk asks for, and believe no more than they must."""

import json
import re
import struct
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
ZENDESK, CHATWOOT = DEPLOY / "zendesk-app", DEPLOY / "chatwoot-dashboard-app"


def test_the_zendesk_app_is_whole():
    manifest = json.loads((ZENDESK / "manifest.json").read_text(encoding="utf-8"))
    sidebar = manifest["location"]["support"]["ticket_sidebar"]
    assert manifest["frameworkVersion"] == "2.0"
    assert (ZENDESK / sidebar["url"]).is_file()
    words = json.loads((ZENDESK / "translations" / "en.json").read_text(encoding="utf-8"))
    named = {parameter["name"] for parameter in manifest["parameters"]}
    assert set(words["app"]["parameters"]) == named


def test_the_api_key_is_a_secure_setting_that_no_browser_sees():
    manifest = json.loads((ZENDESK / "manifest.json").read_text(encoding="utf-8"))
    [key] = [p for p in manifest["parameters"] if p["name"] == "api_key"]
    assert key["secure"] is True
    script = (ZENDESK / "assets" / "app.js").read_text(encoding="utf-8")
    assert "{{setting.api_key}}" in script
    assert "secure: true" in script
    assert "settings.api_key" not in script


@pytest.mark.parametrize(("name", "size"), [("logo.png", 320), ("logo-small.png", 128)])
def test_logos_have_the_size_that_zendesk_asks_for(name, size):
    data = (ZENDESK / "assets" / name).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (size, size)


@pytest.mark.parametrize("page", [ZENDESK / "assets" / "iframe.html", CHATWOOT / "index.html"])
def test_pages_hold_no_script_of_their_own_and_name_files_that_are_there(page):
    html = page.read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>\s*[^<\s]", html) == []
    assert re.findall(r"\son[a-z]+=", html) == []
    named = re.findall(r'(?:src|href)="(?!https:)([^"]+)"', html)
    assert named
    assert [name for name in named if not (page.parent / name).is_file()] == []


def test_the_dashboard_page_takes_a_number_from_one_origin_and_nothing_else():
    script = (CHATWOOT / "app.js").read_text(encoding="utf-8")
    assert "event.origin !== new URL(chatwoot).origin" in script
    assert "isSafeInteger" in script
    assert "currentAgent" not in script
