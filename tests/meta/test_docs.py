"""What the documents show and name is there: code compiles, commands and links exist."""

import ast
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/**/*.md")])
MAIN = "import sys; sys.argv[0] = 'deskquorum'; from deskquorum.cli import main; main()"


def name_of(path):
    return path.relative_to(ROOT).as_posix()


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@each_page
def test_python_blocks_compile(page):
    blocks = re.findall(
        r"^ *```python\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    for block in blocks:
        compile(
            dedent(block), name_of(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )


@each_page
def test_links_inside_the_repository_lead_somewhere(page):
    targets = re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_command_is_named_in_the_documents():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    missing = [verb for verb in commands() if not re.search(rf"\b(deskquorum|dq) {verb}\b", text)]
    assert commands()
    assert missing == []


def test_every_command_named_in_the_readme_exists():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `deskquorum ([a-z-]+)", readme, re.MULTILINE)
    assert rows
    assert [verb for verb in rows if verb not in {c.split()[0] for c in commands()}] == []


@cache
def commands(group=()):
    """Every command that `--help` lists, with those of groups below them (`policy lint`)."""
    found = []
    for verb in listed(group):
        below = commands((*group, verb))
        found += [f"{verb} {command}" for command in below] or [verb]
    return tuple(found)


def listed(group):
    """Names in the command section of one help text."""
    environment = {**os.environ, "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    command = [sys.executable, "-c", MAIN, *group, "--help"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)  # noqa: S603 - ours
    _, _, section = ran.stdout.partition("Commands")
    return re.findall(r"^[ │]+([a-z][a-z-]*)(?= {2,}|$)", section, re.MULTILINE)
