"""What wrong means at a desk is read with all its mistakes told, and remarked on where it lacks."""

from pathlib import Path

import pytest

from deskquorum.errors import PolicyFileError
from deskquorum.pack import starter_pack
from deskquorum.policy.failure_modes import lint_failure_modes, load_failure_modes
from deskquorum.stress import suite_names

WHOLE = """\
failure_modes:
  - id: wrong-action
    what: Something is done that nobody asked for.
    severity: critical
    detector: gate
    owner: operations
    stress: [injection]
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "failure_modes.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_mode_is_read_with_its_place(written):
    (mode,) = load_failure_modes(written(WHOLE))
    assert (mode.id, mode.severity, mode.detector) == ("wrong-action", "critical", "gate")
    assert (mode.owner, [suite.name for suite in mode.stress]) == ("operations", ["injection"])
    assert (mode.line, mode.column) == (2, 5)


def test_every_mistake_of_the_file_is_told_at_once_at_its_place(written):
    text = WHOLE.replace("gate", "hope").replace("critical", "dire") + "    owned: x\n"
    path = written(text)
    with pytest.raises(PolicyFileError) as failed:
        load_failure_modes(path)
    assert str(failed.value).splitlines() == [
        f"{path}:4:15: expected critical, high, medium or low, got 'dire'",
        f"{path}:5:15: expected reply_check, gate, redaction, audit, outcome or review, got 'hope'",
        f"{path}:8:5: unknown key 'owned'; did you mean 'owner'?",
    ]


def test_an_id_stands_once(written):
    path = written(WHOLE + WHOLE.partition("\n")[2])
    with pytest.raises(PolicyFileError, match=r":8:9: failure mode 'wrong-action' twice; .*line 2"):
        load_failure_modes(path)


def remarks(path, suites=("injection", "plain")):
    modes = load_failure_modes(path)
    return list(lint_failure_modes(modes, suites=suites, folder=Path("ops/stress")))


@pytest.mark.parametrize(
    ("suite", "hint"),
    [
        pytest.param("injektion", "did you mean 'injection'?", id="misspelt"),
        pytest.param(
            "floods", "put tickets into ops/stress/floods/*.jsonl, or take it out", id="not-there"
        ),
    ],
)
def test_a_suite_that_is_not_there_is_remarked_on_where_it_is_named(written, suite, hint):
    path = written(WHOLE.replace("[injection]", f"[plain, {suite}]"))
    (remark,) = remarks(path)
    assert str(remark) == f"{path}:7:21: no stress suite '{suite}' in ops/stress; {hint}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("    detector: gate\n", "has no detector", id="nothing-would-notice-it"),
        pytest.param("    stress: [injection]\n", "has no stress suite", id="never-provoked"),
    ],
)
def test_a_mode_without_a_guard_is_remarked_on(written, line, said):
    (remark,) = remarks(written(WHOLE.replace(line, "")))
    assert remark.message == f"failure mode 'wrong-action' {said}"
    assert remark.line == 2


def test_every_starter_mode_has_a_detector_and_a_stress_suite():
    modes = load_failure_modes(starter_pack("policies") / "failure_modes.yaml")
    assert len(modes) > 5
    folder = starter_pack("stress")
    assert list(lint_failure_modes(modes, suites=suite_names(folder), folder=folder)) == []
