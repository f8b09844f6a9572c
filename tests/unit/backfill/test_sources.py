import gzip
import json
from datetime import UTC, datetime

import pytest

from deskquorum.backfill import RecordedDecisions, TicketFile
from deskquorum.backfill.chunks import Line, cut
from deskquorum.errors import ConfigError, InputError

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
GOOD = [json.dumps({"id": f"t{n}", "text": "Where is it?"}) for n in range(3)]
BAD = ["{not json", json.dumps({"id": "t9", "messages": []}), "[1]"]


@pytest.fixture
def write(tmp_path):
    def write(rows, name="tickets.jsonl"):
        path = tmp_path / name
        data = "\n".join(rows).encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


def source(path, **how):
    return TicketFile(path, at=AT, **how)


@pytest.mark.parametrize("name", ["tickets.jsonl", "tickets.jsonl.gz"])
def test_rows_keep_their_line_numbers_and_blank_lines_are_none(write, name):
    file = source(write([GOOD[0], "", GOOD[1], "  ", GOOD[2]], name))
    surveyed = file.survey()
    assert (surveyed.items, surveyed.last) == (3, 5)
    assert list(file.items()) == [
        Line(number=number, text=text) for number, text in zip((1, 3, 5), GOOD, strict=True)
    ]


def test_gzip_is_no_other_input(write):
    plain, packed = source(write(GOOD)), source(write(GOOD, "tickets.jsonl.gz"))
    assert plain.survey() == packed.survey()


def test_a_byte_order_mark_is_no_part_of_the_first_row(write):
    file = source(write(["\ufeff" + GOOD[0]]))
    assert file.survey().items == 1
    assert [line.text for line in file.items()] == [GOOD[0]]


def test_every_bad_row_is_refused_at_once_with_its_line(write):
    path = write([BAD[0], GOOD[0], *BAD[1:]])
    with pytest.raises(ConfigError) as refused:
        source(path).survey()
    assert [problem.line for problem in refused.value.problems] == [1, 3, 4]
    assert all(problem.path == str(path) for problem in refused.value.problems)


def test_skipped_rows_are_kept_apart_with_their_reasons_and_no_other_is_lost(write):
    file = source(write([BAD[0], GOOD[0], *BAD[1:], *GOOD[1:]]), skip_bad=True)
    assert file.survey().items == 3
    assert [(row.line, row.id) for row in file.rejected] == [(1, None), (3, "t9"), (4, None)]
    assert "field 'messages'" in file.rejected[1].why
    assert [line.text for line in file.items()] == GOOD


def test_a_file_that_changes_after_its_survey_is_noticed(write):
    file = source(write(GOOD))
    file.survey()
    write([*GOOD, GOOD[0]])
    with pytest.raises(InputError, match="was changed while it was read"):
        list(file.items())


def test_a_file_without_a_row_is_refused(write):
    with pytest.raises(InputError, match="no rows"):
        source(write(["", " "])).survey()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda data: data[: len(data) // 2], "ends early", id="cut-off"),
        pytest.param(lambda data: b"no gzip" + data, "broken gzip data", id="not-gzip"),
    ],
)
def test_broken_gzip_is_told_without_a_trace(write, spoil, said):
    path = write(GOOD * 50, "tickets.jsonl.gz")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(InputError, match=said):
        source(path).survey()


def test_chunks_hold_what_they_should_and_the_last_what_is_left():
    items = [Line(number=n, text="") for n in range(1, 8)]
    chunks = list(cut(items, 3))
    assert [chunk.place for chunk in chunks] == ["lines 1-3", "lines 4-6", "lines 7-7"]
    assert [item for chunk in chunks for item in chunk.items] == items


class Growing:
    """A ledger in which something is recorded between two readings."""

    def __init__(self, *entries):
        self.recorded = list(entries)

    def entries(self, *, since=None, until=None):
        del since, until
        yield from self.recorded


class Recorded:
    def __init__(self, seq):
        self.seq, self.hash = seq, f"hash-{seq}"


def test_what_is_recorded_after_the_survey_is_not_part_of_the_work():
    ledger = Growing(Recorded(1), Recorded(2))
    source = RecordedDecisions(ledger)
    surveyed = source.survey()
    ledger.recorded.append(Recorded(3))
    assert [entry.seq for entry in source.items()] == [1, 2]
    again = RecordedDecisions(ledger, last=surveyed.last)
    assert again.survey() == surveyed


def test_a_ledger_that_was_rewritten_is_noticed():
    ledger = Growing(Recorded(1), Recorded(2))
    source = RecordedDecisions(ledger)
    source.survey()
    ledger.recorded[0].hash = "another"
    with pytest.raises(InputError, match="verify it"):
        list(source.items())
