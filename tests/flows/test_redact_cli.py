"""`deskquorum redact`: a file in, a file out, whatever a row holds."""

import json

import pytest
from typer.testing import CliRunner

from deskquorum.cli.app import app

ROWS = [
    '{"id": "a", "text": "I am Priya Nair, mail p.nair@example.in", "record": {"plan": "x"}}',
    "not json",
    '{"text": 5}',
    '{"id": 7, "text": "nothing here"}',
    '{"id": "r", "text": "ok", "record": []}',
    '{"id": "s", "text": "lone \\ud800 and \\u0000 null, card 4111\\u00001111 1111 1111"}',
]


@pytest.fixture
def ran(tmp_path):
    def run(lines, *options):
        path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
        result = CliRunner().invoke(app, ["redact", str(path), "--out", str(out), *options])
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        return result, rows

    return run


def test_rows_keep_their_order_and_a_malformed_one_its_line(ran):
    result, rows = ran(ROWS)
    assert result.exit_code == 1
    assert [row["id"] for row in rows] == ["a", None, None, 7, "r", "s"]
    assert [row.get("line") for row in rows] == [None, 2, 3, None, 5, None]
    assert "redacted" not in rows[1]


def test_offsets_are_those_of_the_input(ran):
    _, rows = ran(ROWS[:1])
    text = json.loads(ROWS[0])["text"]
    found = {(e["type"], text[e["start"] : e["end"]], e["source"]) for e in rows[0]["entities"]}
    assert found == {
        ("PERSON", "Priya Nair", "cue"),
        ("EMAIL_ADDRESS", "p.nair@example.in", "pattern"),
    }
    assert "Priya" not in rows[0]["redacted"]
    assert "p.nair" not in rows[0]["redacted"]


def test_surrogates_and_null_bytes_are_redacted_like_any_text(ran):
    result, rows = ran(ROWS[5:])
    assert result.exit_code == 0
    assert "1111 1111" not in rows[0]["redacted"]
    assert "\x00 null" in rows[0]["redacted"]


def test_bytes_that_are_not_utf_8_are_refused_with_their_place(ran):
    result, rows = ran([b'{"text": "caf\xe9 4111 1111 1111 1111"}', ROWS[3]])
    assert result.exit_code == 1
    assert rows[0]["error"] == "line 1: not UTF-8 at byte 14; save the file as UTF-8"
    assert "4111" not in json.dumps(rows)


def test_the_summary_counts_by_type(ran):
    result, _ = ran([ROWS[0], ROWS[3]], "--json")
    assert result.exit_code == 0
    told = json.loads(result.output)
    assert told == {"rows": 2, "entities": {"PERSON": 1, "EMAIL_ADDRESS": 1}, "errors": 0}


def test_regions_choose_whose_phone_numbers_are_known(ran):
    lines = ['{"text": "number in file 612345678 ok"}', '{"text": "code 612345678 ok"}']
    assert ran(lines, "--regions", "ES")[1][1]["entities"]
    assert not ran(lines, "--regions", "US")[1][1]["entities"]


def test_a_missing_file_is_bad_input(tmp_path):
    result = CliRunner().invoke(app, ["redact", str(tmp_path / "none.jsonl")])
    assert result.exit_code != 0


def test_a_country_that_is_none_is_refused_before_its_numbers_are_left_in(tmp_path):
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"text": "call 020 7946 0958"}', encoding="utf-8")
    done = CliRunner().invoke(app, ["redact", str(path), "--out", str(out), "--regions", "UK,US"])
    assert str(done.exception) == "'UK' is no country's code; write ISO 3166: US, GB, DE"
    assert not out.exists()
