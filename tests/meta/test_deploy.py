"""What `deploy/` says fits the program: commands, options, ports, paths and variables."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from deskquorum.cli.app import app

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
# Read by PostgreSQL's own programs, or named by the desk's own file.
OTHERS = {"POSTGRES_PASSWORD", "PGPASSWORD", "OPENAI_API_KEY"}


class Unit(configparser.RawConfigParser):
    optionxform = staticmethod(str)


@cache
def unit():
    parsed = Unit(strict=False)
    parsed.read(DEPLOY / "deskquorum.service", encoding="utf-8")
    return parsed


def commands():
    (made,) = re.findall(r"^CMD \[(.*)\]$", DOCKERFILE, re.MULTILINE)
    yield pytest.param(shlex.split(made.replace(",", " ")), id="Dockerfile")
    yield pytest.param(SERVICES["service"]["command"], id="compose.yaml")
    yield pytest.param(shlex.split(unit()["Service"]["ExecStart"])[1:], id="deskquorum.service")


each_command = pytest.mark.parametrize("command", list(commands()))


def option(command, name):
    """The value of an option, written with a blank or with `=`."""
    text = " ".join(command)
    return re.search(rf"{name}[= ](\S+)", text)[1]


@each_command
def test_the_command_and_each_of_its_options_exist(command):
    verb, *rest = command
    environment = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    shown = CliRunner().invoke(app, [verb, "--help"], env=environment)
    assert shown.exit_code == 0
    named = re.findall(r"--[a-z-]+", " ".join(rest))
    assert named
    assert [name for name in named if not re.search(rf"{name}\b", shown.stdout)] == []


@each_command
def test_every_file_serves_on_the_same_port(command):
    assert option(command, "--port") == "8080"


def test_the_image_exposes_and_looks_at_the_port_that_it_serves_on():
    assert "EXPOSE 8080" in DOCKERFILE
    assert "http://127.0.0.1:8080/healthz" in DOCKERFILE
    assert "http://127.0.0.1:8080/readyz" in SERVICES["service"]["healthcheck"]["test"][-1]
    (published,) = SERVICES["service"]["ports"]
    assert published.endswith(":8080")


def test_there_is_a_port_of_this_machine_alone_for_every_replica():
    (published,) = SERVICES["service"]["ports"]
    first, last = re.fullmatch(r"127\.0\.0\.1:(\d+)-(\d+):8080", published).groups()
    assert int(last) - int(first) + 1 == SERVICES["service"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_paths_that_are_looked_at_are_served(path):
    source = (ROOT / "plugin/deskquorum/server/health.py").read_text(encoding="utf-8")
    assert f'"{path}"' in source


@pytest.mark.parametrize("example", sorted(DEPLOY.glob("*.env.example")), ids=lambda p: p.name)
def test_every_variable_is_read_by_somebody_and_none_has_a_value(example):
    text = example.read_text(encoding="utf-8")
    values = dict(re.findall(r"^#? ?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    sources = [p.read_text(encoding="utf-8") for p in (ROOT / "plugin").rglob("*.py")]
    ours = [name.replace("WEBHOOK_CHATWOOT", "WEBHOOK_") for name in values if name not in OTHERS]
    assert [name for name in ours if not any(f'"{name}"' in source for source in sources)] == []
    assert set(values.values()) == {""}


def test_every_file_of_variables_has_an_example():
    named = [name for service in SERVICES.values() for name in service["env_file"]]
    assert named
    assert [name for name in named if not (DEPLOY / f"{name}.example").is_file()] == []


def test_the_database_is_open_to_nobody_outside():
    assert "ports" not in SERVICES["db"]
    assert SERVICES["db"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_the_service_may_change_nothing_and_become_nobody_else():
    service = SERVICES["service"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["user"] == "10001:10001"
    assert "USER 10001:10001" in DOCKERFILE
    assert all(mount.endswith(":ro") for mount in service["volumes"])


@each_command
def test_whoever_ends_the_service_waits_longer_than_it_takes(command):
    grace = float(option(command, "--grace-s")) if "--grace-s" in " ".join(command) else 20
    waits = [
        SERVICES["service"]["stop_grace_period"].rstrip("s"),
        unit()["Service"]["TimeoutStopSec"],
    ]
    assert all(float(wait) >= grace + 5 for wait in waits)


def test_the_unit_keeps_its_ledger_where_it_may_write():
    service = unit()["Service"]
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert service["ProtectSystem"] == "strict"


def test_everything_that_the_image_copies_is_there():
    copied = [
        line.split()[1:-1] for line in re.findall(r"^COPY (?!--).*$", DOCKERFILE, re.MULTILINE)
    ]
    missing = [name for names in copied for name in names if not (ROOT / name).exists()]
    assert copied
    assert missing == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_fills_no_disk_and_writes_only_where_it_must(name):
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["logging"]["options"].keys() == {"max-size", "max-file"}
    assert SERVICES[name]["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory"}


def test_nothing_is_compiled_for_the_image_and_its_last_stage_installs_nothing():
    _, build, last = DOCKERFILE.split("\nFROM ")
    assert "--only-binary=:all:" in build
    assert not re.search(r"\b(pip|apt-get)\b", last)


def test_what_the_image_is_built_from_is_there_and_nothing_else_is_sent():
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    (named,) = re.findall(r"COPY (pyproject.*) \./", DOCKERFILE)
    copied = [*named.split(), *re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.MULTILINE)]
    copied = [name for name in copied if not name.startswith("-")]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert kept[0] == "*"
    assert {name.removeprefix("!") for name in kept if name.startswith("!")} == set(copied)


def test_the_image_is_given_all_that_the_wheel_is_made_of():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.MULTILINE)
    needed = [*(name.partition("/")[0] for name in wheel["packages"]), *wheel["force-include"]]
    assert [name for name in needed if name not in copied] == []


def test_the_image_installs_extras_that_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (named,) = re.findall(r"deskquorum\[([a-z,]+)\]", DOCKERFILE)
    assert [name for name in named.split(",") if name not in project["optional-dependencies"]] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_to_say_about_the_unit(tmp_path):
    text = (DEPLOY / "deskquorum.service").read_text(encoding="utf-8")
    # The program is not installed here, and systemd looks whether it is there.
    copy = tmp_path / "deskquorum.service"
    copy.write_text(text.replace("/opt/deskquorum/bin/deskquorum", sys.executable))
    command = ["systemd-analyze", "verify", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)
