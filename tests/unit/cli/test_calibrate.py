"""What `deskquorum calibrate` refuses before it asks anybody anything."""

import json
import shutil
from pathlib import Path

import pytest

from deskquorum.cli.calibrate import calibrate_desk
from deskquorum.errors import ConfigError, InputError

STARTER = Path(__file__).parents[3] / "policies"
GOOD = {"id": "1", "text": "Thank you, all is well.", "intent": "thanks", "risk": "none"}


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(STARTER, tmp_path / "desk" / "policies")
    return tmp_path / "desk"


def calibrate(folder, lines):
    path = folder / "audited.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return calibrate_desk(
        path, folder=folder, model_url=None, models=False, jobs=1, dry_run=False, as_json=True
    )


def said(problem):
    return f"{problem.line}: {problem.message}"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param("{", "2: not JSON at column 2; write one object a line", id="half-a-line"),
        pytest.param("[1]", "2: not a JSON object; write one object a line", id="no-object"),
        pytest.param('{"id": "2"}', "2: field 'text' or 'messages' is missing", id="no-text"),
        pytest.param(
            json.dumps(GOOD), "2: id '1' stands in an earlier row too", id="the-same-ticket-twice"
        ),
        pytest.param(
            json.dumps(GOOD | {"id": "2", "intent": "Thanks"}),
            "2: intent: 'Thanks' is no label of this question",
            id="label-in-capitals",
        ),
        pytest.param(
            json.dumps(GOOD | {"id": "2", "risk": ["none"]}),
            "2: risk: ['none'] is no label of this question",
            id="a-list-of-labels",
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_nothing_is_written(folder, row, message):
    with pytest.raises(ConfigError) as caught:
        calibrate(folder, [json.dumps(GOOD), row])
    assert [said(problem) for problem in caught.value.problems] == [message]
    assert not (folder / "learned").exists()


def test_the_line_of_a_bad_row_counts_blank_lines(folder):
    with pytest.raises(ConfigError) as caught:
        calibrate(folder, [json.dumps(GOOD), "", "", "{"])
    assert [problem.line for problem in caught.value.problems] == [4]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param([], "no rows; expected audited tickets", id="empty-file"),
        pytest.param(
            ['{"id": "1", "text": "hello"}', '{"id": "2", "text": "hello", "intent": null}'],
            "no row names the right label of any question (intent, risk, injection_attempt)",
            id="nobody-looked-at-anything",
        ),
    ],
)
def test_a_file_without_audits_is_refused(folder, lines, message):
    with pytest.raises(ConfigError) as caught:
        calibrate(folder, lines)
    assert [problem.message for problem in caught.value.problems] == [message]


def test_a_file_that_is_not_there_is_named(folder):
    with pytest.raises(InputError, match=r"nowhere\.jsonl: no such file"):
        calibrate_desk(
            folder / "nowhere.jsonl",
            folder=folder,
            model_url=None,
            models=False,
            jobs=1,
            dry_run=False,
            as_json=True,
        )


def test_few_audits_measure_nothing_and_certify_nothing(folder, capsys):
    rows = [json.dumps(GOOD | {"id": str(n)}) for n in range(6)]
    assert calibrate(folder, rows) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["questions"]["intent"]["audited"] == 6
    assert not found["questions"]["intent"]["calibrated"]
    assert not any(c["certified"] for c in found["certificates"].values())
    assert not (folder / "learned" / "intent.model.json").exists()
