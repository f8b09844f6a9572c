import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from deskquorum.pack import starter_pack

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugin" / "deskquorum"
KINDS = {
    "policies": "policies",
    "prompts": "prompts",
    "northwind": "examples/northwind",
    "stress": "bench/stress",
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def installed(site, kind):
    """What a package that lies in that folder answers, in a process of its own."""
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        f"from deskquorum.pack import starter_pack; print(starter_pack({kind!r}))"
    )
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    return ran.stdout.strip() or ran.stderr


@pytest.fixture
def copied(tmp_path):
    """The package as an installer lays it down, without the repository around it."""
    site = tmp_path / "lib" / "site-packages"
    shutil.copytree(PACKAGE, site / "deskquorum", ignore=shutil.ignore_patterns("__pycache__"))
    return site


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)  # noqa: S603 - ours
    return next(folder.glob("*.whl"))


@each_kind
def test_a_checkout_reads_the_repository(kind):
    assert starter_pack(kind) == ROOT / KINDS[kind]


@each_kind
def test_an_installed_package_reads_what_it_carries(copied, kind):
    carried = copied / "deskquorum" / "_pack" / kind
    carried.mkdir(parents=True)
    assert installed(copied, kind) == str(carried)


@each_kind
def test_a_package_that_carries_nothing_says_so(copied, kind):
    assert f"this installation of deskquorum carries no {kind}" in installed(copied, kind)


def test_the_wheel_is_told_to_carry_every_kind():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert carried == {place: f"deskquorum/_pack/{kind}" for kind, place in KINDS.items()}


@each_kind
def test_a_real_wheel_carries_the_same_files_as_the_repository(wheel, tmp_path, kind):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    folder = Path(installed(tmp_path, kind))
    assert folder == tmp_path / "deskquorum" / "_pack" / kind
    assert _files(folder) == _files(ROOT / KINDS[kind])


def test_a_real_wheel_carries_every_file_of_the_package(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix("deskquorum/") for name in archive.namelist()}
    assert _files(PACKAGE) <= packed


def _files(folder):
    """Files below a folder; a desk that was used in a checkout has a state folder besides."""
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and not {"__pycache__", "state"} & set(file.relative_to(folder).parts)
    }
