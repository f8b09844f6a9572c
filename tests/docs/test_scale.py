"""The commands of the page on bulk work have the options that they show, and do what they say."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from deskquorum.backfill.request_files import MOST_BYTES, MOST_REQUESTS
from deskquorum.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^deskquorum .*", PAGE, re.MULTILINE)


def parsed(line):
    """The command that a shell would run, with its options read and nothing done."""
    command, words = typer.main.get_command(app), shlex.split(line)[1:]
    context = None
    while hasattr(command, "commands"):
        context = command.make_context(words[0], words[:1], parent=context, resilient_parsing=True)
        command, words = command.commands[words[0]], words[1:]
    return command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_understood_as_it_stands(line):
    context = parsed(line)
    assert context.params["desk"]
    assert context.params["out"]


def test_the_page_shows_commands():
    assert len(COMMANDS) == 9


def test_the_numbers_are_those_of_the_program():
    params = parsed(COMMANDS[0]).params
    assert f"`--chunk-rows` rows ({params['chunk_rows']})" in PAGE
    assert f"at most {MOST_REQUESTS:,} of them and\n  {MOST_BYTES // 1000**2} MB" in PAGE


def test_the_default_engine_is_the_one_that_needs_no_other_package():
    assert "`--engine local`, the default" in PAGE
    assert parsed(COMMANDS[0]).params["engine"] == "local"
