import os

import pytest

from deskquorum.assembly import load_parts
from deskquorum.desk_files import DeskFiles, Loaded
from deskquorum.pack import starter_pack


@pytest.fixture
def folder(tmp_path):
    for path in sorted(starter_pack("policies").rglob("*")):
        target = tmp_path / "policies" / path.relative_to(starter_pack("policies"))
        if path.is_file() and not path.name.startswith("."):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path


@pytest.fixture
def files(folder):
    return DeskFiles(folder=folder, load=lambda: load_parts(folder, models=False))


def refunds(folder):
    return folder / "policies" / "refunds.yaml"


def test_files_that_hold_still_are_read_once(folder):
    reads = []

    def load():
        reads.append(1)
        return load_parts(folder, models=False)

    assert isinstance(DeskFiles(folder=folder, load=load).read(), Loaded)
    assert len(reads) == 1


def test_what_is_read_while_somebody_writes_is_read_again(folder):
    versions = []

    def load():
        parts = load_parts(folder, models=False)
        versions.append(parts.rules.book.versions["refunds"])
        if len(versions) == 1:
            text = refunds(folder).read_text().replace('version: "1"', 'version: "2"')
            refunds(folder).write_text(text)
        return parts

    read = DeskFiles(folder=folder, load=load).read()
    assert versions == ["1", "2"]
    assert read.parts.rules.book.versions["refunds"] == "2"


def test_half_a_file_that_is_whole_the_next_moment_is_not_refused(folder):
    whole = refunds(folder).read_text()
    refunds(folder).write_text(whole[: len(whole) // 2] + "\n  - {")
    reads = []

    def load():
        reads.append(1)
        try:
            return load_parts(folder, models=False)
        finally:
            if len(reads) == 1:
                refunds(folder).write_text(whole)

    assert isinstance(DeskFiles(folder=folder, load=load).read(), Loaded)
    assert len(reads) == 2


def test_files_that_never_hold_still_are_refused(folder):
    def load():
        refunds(folder).write_text(refunds(folder).read_text() + "\n")
        return load_parts(folder, models=False)

    read = DeskFiles(folder=folder, load=load).read()
    assert "change while they are read" in str(read.error)


def test_a_file_that_goes_away_while_it_is_read_is_a_problem_of_its_own(folder):
    def load():
        (folder / "gone.yaml").read_text()

    read = DeskFiles(folder=folder, load=load).read()
    assert str(read.error).endswith("gone.yaml: no such file or directory")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda f: refunds(f).write_text("x"), id="another-text"),
        pytest.param(lambda f: refunds(f).unlink(), id="removed"),
        pytest.param(lambda f: (f / "policies" / "new.yaml").touch(), id="added"),
        pytest.param(lambda f: os.utime(refunds(f), (1, 1)), id="another-time"),
        pytest.param(lambda f: refunds(f).rename(f / "policies" / "r.yaml"), id="renamed"),
    ],
)
def test_a_change_is_seen(files, folder, change):
    loaded = files.read()
    assert files.fingerprint(loaded.parts) == loaded.seen
    change(folder)
    assert files.fingerprint(loaded.parts) != loaded.seen


@pytest.mark.parametrize("name", [".refunds.yaml.swp", "refunds.yaml~", ".git/index"])
def test_an_editors_own_files_are_no_change(files, folder, name):
    loaded = files.read()
    (folder / "policies" / name).parent.mkdir(exist_ok=True)
    (folder / "policies" / name).touch()
    assert files.fingerprint(loaded.parts) == loaded.seen


def test_what_was_learned_belongs_to_the_files(files):
    loaded = files.read()
    loaded.parts.learned_path.mkdir(parents=True)
    (loaded.parts.learned_path / "alarms.json").write_text("{}")
    assert files.fingerprint(loaded.parts) != loaded.seen


def test_the_ledger_is_no_file_of_the_desk(files, folder):
    loaded = files.read()
    (folder / "state").mkdir(exist_ok=True)
    (folder / "state" / "ledger.sqlite").touch()
    assert files.fingerprint(loaded.parts) == loaded.seen
