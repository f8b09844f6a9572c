"""A sheet survives spreadsheets, runs nothing in them, and is taken whole or not at all."""

import csv
import io

import pytest

from deskquorum.auditing.sheet import read_audit_sheet, write_audit_sheet
from deskquorum.domain import Question
from deskquorum.errors import ConfigError
from deskquorum.ledger.audits import ChosenAudit, DrawnAudit

INTENT = Question(id="intent", ask="What?", labels={"refund": "", "cancel": ""}, labelers=())


def drawn(name, inclusion):
    return DrawnAudit(decision=name, ticket=name, batch="w", stratum="{}", inclusion=inclusion)


DRAWN = {"d1": drawn("d1", 1 / 3), "d2": drawn("d2", 0.0123456789)}


@pytest.fixture
def read(tmp_path):
    def taken(content):
        path = tmp_path / "sheet.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [
            (given.decision, given.by, dict(given.answers))
            for given in read_audit_sheet(
                path,
                drawn=DRAWN,
                chosen={"d3"},
                questions={"intent": INTENT},
                modes=["abuse"],
                by="me",
            )
        ]

    return taken


@pytest.fixture
def faults(read, tmp_path):
    def told(content):
        with pytest.raises(ConfigError) as failed:
            read(content)
        return [str(p).removeprefix(f"{tmp_path / 'sheet.csv'}:") for p in failed.value.problems]

    return told


ROWS = (
    "decision,inclusion,label:intent,failure_mode,by\nd1,0.333333,refund,,ada\nd3,chosen,,abuse,\n"
)
READ = [("d1", "ada", {"intent": "refund"}), ("d3", "me", {"@failure_mode": "abuse"})]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(ROWS, id="as-written"),
        pytest.param(b"\xef\xbb\xbf" + ROWS.encode(), id="with-a-byte-order-mark"),
        pytest.param(ROWS.replace("\n", "\r\n"), id="with-the-line-ends-of-windows"),
        pytest.param(ROWS.replace(",", ";").replace("0.3", "0,3"), id="from-a-german-spreadsheet"),
        pytest.param(ROWS.replace(",", "\t"), id="with-tabs"),
        pytest.param(ROWS.replace("refund", " refund "), id="with-blanks-around-a-label"),
        pytest.param(ROWS.replace("d1,", "d1 ,"), id="with-blanks-around-an-id"),
        pytest.param(ROWS.replace("label:intent", " label:intent "), id="around-a-name"),
        pytest.param(ROWS.replace("ada", '"ada"'), id="with-quotes"),
        pytest.param(f"{ROWS}\n\n", id="with-blank-lines"),
        pytest.param(f"{ROWS}d2,0.012346,,,\n", id="with-a-row-that-nobody-filled-in"),
        pytest.param(
            ROWS.replace("by\n", "by,notes\n")
            .replace("ada\n", "ada,=1+1\n")
            .replace("e,\n", "e,,\n"),
            id="with-notes",
        ),
    ],
)
def test_a_sheet_is_read_whatever_a_spreadsheet_made_of_it(read, content):
    assert read(content) == READ


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(
            ROWS.replace("label:intent", "Label intent"),
            ["1:20: column 'Label intent' would not be read; name it label:intent"],
            id="a-column-of-labels-that-would-be-left-out",
        ),
        pytest.param(
            ROWS.replace(",by", ""),
            [("1: no column 'by'; found 'decision', 'inclusion', 'label:intent', 'failure_mode'; "
              "start the file with decision,inclusion,failure_mode,by")],
            id="a-column-is-missing",
        ),
        pytest.param(
            f"{ROWS}d1,0.333333,cancel,,ada\n",
            ["4:1: decision 'd1' by 'ada' stands in line 2 too"],
            id="a-row-twice",
        ),
        pytest.param(
            ROWS.replace("0.333333", "0.5").replace("abuse", "rude").replace("d3", "d9"),
            ["2:4: '0.5' is not the probability that it was drawn with; write 0.333333333",
             "3:1: 'd9' was not drawn at this desk; rows come from: deskquorum audit sample",
             "3:12: 'rude' is no failure mode; failure modes: abuse, none"],
            id="all-at-once",
        ),
        pytest.param(
            ROWS.replace(",", ";").replace("refund", "refnd"),
            ["2:13: 'refnd' is no label of intent; did you mean 'refund'?"],
            id="in-a-sheet-with-semicolons",
        ),
        pytest.param(
            ROWS.replace("chosen", "0.5"),
            ["3:4: '0.5', but the decision was chosen, not drawn; write chosen"],
            id="a-chosen-one-passed-off-as-drawn",
        ),
        pytest.param(
            ROWS.replace("refund,", '"refund,'),
            [("2: not CSV: unexpected end of data; "
              "close every quote, and double the quotes inside a quoted cell")],
            id="an-open-quote",
        ),
        pytest.param(
            ROWS.encode().replace(b"ada", "Zoë".encode("cp1252")),
            ["2:23: not UTF-8: byte 0xeb; save the file as UTF-8"],
            id="not-utf-8",
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_told_in_its_place(faults, content, told):
    assert faults(content) == told


@pytest.fixture
def written(entry):
    def cell(text):
        file = io.StringIO(newline="")
        chosen = ChosenAudit(decision="d3", ticket="=cmd", batch="w")
        write_audit_sheet(file, [(chosen, entry(text))], ["intent"])
        return file.getvalue()

    return cell


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=1+1", id="at-the-start"),
        pytest.param("hello;=HYPERLINK(A1);bye", id="behind-a-semicolon"),
        pytest.param("hello\n=1+1;2", id="on-a-line-of-its-own"),
        pytest.param("hello\r\n  @SUM(1)\t+1", id="behind-blanks-and-tabs"),
        pytest.param('"\n=1+1\n"', id="behind-a-line-of-quotes"),
        pytest.param('hello;"=1+1";bye', id="in-quotes"),
    ],
)
def test_no_spreadsheet_finds_a_formula_in_what_a_customer_wrote(written, text, delimiter):
    cells = csv.reader(io.StringIO(written(text), newline=""), delimiter=delimiter)
    found = [cell.lstrip(' "') for row in cells for cell in row]
    assert [cell for cell in found if cell.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("line\rline\x00\x07", id="control-characters"),
        pytest.param("long " * 10_000, id="longer-than-a-cell"),
    ],
)
def test_no_text_breaks_its_row(written, text):
    header, row = csv.reader(io.StringIO(written(text), newline=""))
    assert len(header) == len(row)
    assert max(map(len, row)) < 32_767
