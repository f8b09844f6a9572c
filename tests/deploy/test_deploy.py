"""What stands in `deploy/` names what is there, and leaves no door open."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from deskquorum.cli.app import app

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
HEALTH = re.compile(r"http://127\.0\.0\.1:(\d+)(/[a-z]+)")


@pytest.fixture(scope="module")
def services():
    return compose()["services"]


@pytest.fixture(scope="module")
def unit():
    parser = ConfigParser(strict=False, interpolation=None, delimiters="=")
    parser.optionxform = str
    parser.read(DEPLOY / "deskquorum.service", encoding="utf-8")
    return parser["Service"]


@pytest.fixture(scope="module")
def dockerfile():
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def served(words):
    """The options of a `deskquorum serve` command, read by the program's own parser."""
    assert Path(words[0]).name == "deskquorum"
    assert words[1] == "serve"
    command = get_command(app).commands["serve"]
    return command.make_context("serve", list(words[2:])).params


def last(dockerfile, instruction):
    return next(line for line in reversed(dockerfile) if line.startswith(instruction))


def command_of(line):
    return yaml.safe_load(line[line.index("[") :])


def test_all_three_ways_to_start_are_commands_that_the_program_takes(services, unit, dockerfile):
    composed = served(services["service"]["command"])
    for options in (composed, served(unit["ExecStart"].split()), served(_cmd(dockerfile))):
        assert options["port"] == 8080
        assert options["grace_s"] == 20
    assert composed["ledger"] == "postgresql://deskquorum@database/deskquorum"


def _cmd(dockerfile):
    return command_of(next(line for line in dockerfile if line.startswith("CMD")))


def test_whatever_is_started_has_longer_to_end_than_it_takes(services, unit):
    assert int(services["service"]["stop_grace_period"].rstrip("s")) > 20 + 5
    assert int(unit["TimeoutStopSec"]) > 20 + 5


def test_health_is_asked_where_the_service_answers(services, dockerfile):
    from deskquorum.server.health import health_routes

    paths = {route.path for route in health_routes.routes}
    probes = [services["service"]["healthcheck"]["test"][-1], last(dockerfile, "HEALTHCHECK")]
    for probe in probes:
        port, path = HEALTH.search(probe).groups()
        assert port == "8080"
        assert path in paths


def test_no_port_of_the_database_is_published_and_the_service_stays_on_this_machine(services):
    assert "ports" not in services["database"]
    assert services["database"]["networks"] == ["inside"]
    assert compose()["networks"]["inside"] == {"internal": True}
    assert all(port.startswith("127.0.0.1:") for port in services["service"]["ports"])


def test_each_replica_has_a_port_of_its_own(services):
    low, high = re.search(r":(\d+)-(\d+):", services["service"]["ports"][0]).groups()
    assert int(high) - int(low) + 1 == services["service"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", ["database", "service"])
def test_a_container_writes_nowhere_but_into_its_volumes_and_is_bounded(services, name):
    service = services[name]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    assert {"max-size", "max-file"} == service["logging"]["options"].keys()
    assert service["healthcheck"]["test"]


def test_the_service_is_nobody_in_particular(services, dockerfile, unit):
    user = last(dockerfile, "USER").split()[1]
    assert user == services["service"]["user"]
    assert user.split(":")[0] not in {"0", "root"}
    assert services["service"]["cap_drop"] == ["ALL"]
    assert unit["DynamicUser"] == "yes"
    assert unit["ProtectSystem"] == "strict"
    assert unit["CapabilityBoundingSet"] == ""


def test_no_secret_stands_in_a_file_that_is_shared():
    text = "".join(path.read_text(encoding="utf-8") for path in DEPLOY.iterdir() if path.is_file())
    assert not re.search(r"(?im)^[^#\n]*(password|key|secret)\w*\s*[:=]\s*[\"']?\w{12,}$", text)
    for name, secret in compose()["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    ignored = (DEPLOY / ".gitignore").read_text(encoding="utf-8").split()
    assert {"/secrets/", "/service.env"} <= set(ignored)


def test_every_secret_is_a_variable_that_somebody_reads(services):
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugin").rglob("*.py"))
    for name in services["service"]["secrets"]:
        assert name in source
    assert services["database"]["environment"]["POSTGRES_PASSWORD_FILE"].endswith("/PGPASSWORD")


def test_the_start_gives_secrets_to_the_program_and_ends_with_it(tmp_path):
    (tmp_path / "DESKQUORUM_KEY").write_text("a b'c$d\n", encoding="utf-8")
    program = ["/bin/sh", "-c", 'printf %s "$DESKQUORUM_KEY"; exit 3']
    ran = subprocess.run(  # noqa: S603 - ours
        [str(DEPLOY / "start.sh"), *program],
        check=False,
        capture_output=True,
        text=True,
        env={"SECRETS": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert (ran.stdout, ran.returncode) == ("a b'c$d", 3)


def test_the_last_stage_holds_no_build_tools_and_only_wheels_are_installed(dockerfile):
    start = max(i for i, line in enumerate(dockerfile) if line.startswith("FROM"))
    assert not any("pip " in line or "apt-get" in line for line in dockerfile[start:])
    assert any("--only-binary=:all:" in line for line in dockerfile[:start])


def test_what_the_image_copies_is_there_and_not_kept_out(dockerfile):
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    copied = [line.split()[1:-1] for line in dockerfile if line.startswith("COPY")]
    for name in [name for names in copied for name in names if not name.startswith(("-", "/"))]:
        assert (ROOT / name).exists()
        assert f"!{name}\n" in kept


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    text = (DEPLOY / "deskquorum.service").read_text(encoding="utf-8")
    unit = tmp_path / "deskquorum.service"
    # The program is not installed where the unit says.
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    ran = subprocess.run(  # noqa: S603 - ours
        ["systemd-analyze", "verify", str(unit)],  # noqa: S607 - wherever it is
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
