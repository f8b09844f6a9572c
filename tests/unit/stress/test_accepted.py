"""The accepted run as a file: it reads back as it was, or it is refused."""

from datetime import UTC, datetime

import pytest

from deskquorum.errors import ConfigError
from deskquorum.stress import Check, Run, read_accepted, write_accepted

AT = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)


@pytest.fixture
def run(outcome):
    return Run(at=AT, basis={"policies": "1f"}, outcomes=[outcome("a", failed=[Check.TEAM])])


def test_no_file_is_no_accepted_run(tmp_path):
    assert read_accepted(tmp_path / "learned") is None


def test_a_run_reads_back_as_it_was_written(tmp_path, run):
    write_accepted(tmp_path / "learned", run)
    assert read_accepted(tmp_path / "learned") == run
    assert [path.name for path in (tmp_path / "learned").iterdir()] == ["stress.json"]


@pytest.mark.parametrize("spoilt", ["{", '{"version": 2}', "[]"])
def test_a_file_that_is_none_of_ours_is_refused_and_says_how_to_mend_it(tmp_path, spoilt):
    (tmp_path / "stress.json").write_text(spoilt, encoding="utf-8")
    with pytest.raises(ConfigError, match="stress --accept"):
        read_accepted(tmp_path)


def test_what_a_run_rested_on_is_compared_by_name(run):
    other = run.model_copy(update={"basis": {"policies": "2e", "prompt.route": "0c"}})
    assert other.differs_from(run) == ["policies", "prompt.route"]
