"""`helpdesk` of `desk.yaml`: what is wrong is told at its place, with how to mend it."""

import shutil
from pathlib import Path

import pytest

from deskquorum import load_desk
from deskquorum.errors import ConfigError
from deskquorum.policy import load_desk_file

STARTER = Path(__file__).parents[3] / "policies"
ZENDESK = """helpdesk:
  zendesk:
    url: https://acme.zendesk.com/
    token_env: ZENDESK_TOKEN
    user: bot@acme.example
    team: "360"
"""
CHATWOOT = """helpdesk:
  chatwoot:
    url: https://chat.acme.example
    token_env: BOT_TOKEN
    user_token_env: USER_TOKEN
    account: "1"
"""
FRONT = """helpdesk:
  front:
    url: https://api2.frontapp.com
    token_env: FRONT_TOKEN
"""


@pytest.fixture
def described(tmp_path):
    shutil.copytree(STARTER, tmp_path / "policies")
    path = tmp_path / "policies" / "desk.yaml"
    before = path.read_text(encoding="utf-8")

    def write(section):
        path.write_text(f"{before}{section}", encoding="utf-8")
        return path

    return write


def problems_of(path):
    problems = []
    load_desk_file(path, problems)
    return problems


def test_an_account_is_read_with_what_it_leaves_out(described):
    problems = []
    [spec] = load_desk_file(described(ZENDESK), problems).helpdesk.values()
    assert problems == []
    assert (spec.name, spec.url, spec.user) == (
        "zendesk",
        "https://acme.zendesk.com",
        "bot@acme.example",
    )
    assert (spec.label, spec.per_minute) == ("needs-person", 200.0)
    assert spec.token.name == "ZENDESK_TOKEN"


@pytest.mark.parametrize(
    ("section", "line", "message"),
    [
        (ZENDESK.replace("zendesk:\n", "zendsk:\n"), "  zendsk:", "zendsk"),
        (ZENDESK.replace("    user: bot@acme.example\n", ""), "  zendesk:", "'user' is missing"),
        (ZENDESK.replace("https://acme", "http://acme"), "    url:", "anybody on the way"),
        (ZENDESK.replace("https://acme", "https://u:p@acme"), "    url:", "a password stands"),
        (ZENDESK.replace("https://acme", "acme"), "    url:", "is no address"),
        (ZENDESK.replace("ZENDESK_TOKEN", "s3cret value"), "    token_env:", "environment"),
        (ZENDESK.replace('"360"', '"Second Level"'), "    team:", "is no id of a team"),
        (ZENDESK.replace("    user:", "    usr: x\n    user:"), "    usr:", "usr"),
        (CHATWOOT.replace("    user_token_env: USER_TOKEN\n", ""), "  chatwoot:", "user_token_env"),
        (CHATWOOT.replace('    account: "1"\n', ""), "  chatwoot:", "'account' is missing"),
        (FRONT, "  front:", "a tag's id"),
        (f"{FRONT}    label: needs-person\n", "    label:", "a tag's id"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(described, section, line, message):
    path = described(section)
    [problem] = problems_of(path)
    assert message in f"{problem.message} {problem.hint}"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[problem.line - 1].startswith(line)
    assert problem.column
    assert "s3cret" not in str(problem)


def test_all_that_is_wrong_is_told_at_once(described):
    section = CHATWOOT.replace("https", "http").replace('    account: "1"\n', "")
    assert len(problems_of(described(section))) == 2


def test_a_token_that_is_not_set_is_told_where_it_is_named(described):
    folder = described(CHATWOOT).parents[1]
    with pytest.raises(ConfigError) as told:
        load_desk(folder, keys={"BOT_TOKEN": "x"})
    [problem] = told.value.problems
    assert "USER_TOKEN is not set" in problem.message
    assert problem.line
