"""The CSV files around `reconcile` and `certify`: what is read, and how faults are told."""

import csv
import gzip
import io
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskquorum.errors import ConfigError
from deskquorum.vote_files import (
    VoteFileError,
    read_families,
    read_gold,
    read_posterior,
    read_strata,
    read_votes,
    write_posterior,
)

VOTES = "item,labeler,label\n1,ann,yes\n1,bob,no\n2,ann,yes\n"
THREE = [("1", "ann", "yes"), ("1", "bob", "no"), ("2", "ann", "yes")]


@pytest.fixture
def file(tmp_path):
    """Write text or bytes to a file of that name."""

    def write(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def told(read, path):
    """What the reader complains of, without the folder."""
    with pytest.raises(VoteFileError) as caught:
        read(path)
    return [line.removeprefix(f"{path.parent}/") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(VOTES, "v.csv", id="plain"),
        pytest.param(VOTES.replace("\n", "\r\n"), "v.csv", id="windows-line-ends"),
        pytest.param(VOTES.replace("\n", "\r"), "v.csv", id="old-mac-line-ends"),
        pytest.param("\ufeff" + VOTES, "v.csv", id="byte-order-mark"),
        pytest.param(gzip.compress(VOTES.encode()), "v.csv.gz", id="gzip"),
        pytest.param(VOTES.rstrip(), "v.csv", id="no-last-line-end"),
        pytest.param("\n" + VOTES.replace("\n", "\n\n"), "v.csv", id="blank-lines"),
        pytest.param(
            "at,label,item,labeler\n9,yes,1,ann\n9,no,1,bob\n9,yes,2,ann\n",
            "v.csv",
            id="other-order-and-a-column-more",
        ),
        pytest.param(VOTES.replace("labeler", " labeler "), "v.csv", id="spaces-in-the-header"),
    ],
)
def test_votes_are_read_whatever_program_wrote_them(file, content, name):
    assert list(read_votes(file(content, name)).votes) == THREE


def test_items_come_in_the_order_of_first_appearance(file):
    path = file("item,labeler,label\nz,ann,yes\na,ann,no\nz,bob,yes\n")
    assert read_votes(path).items == ("z", "a")


def test_an_empty_label_is_an_abstention_and_keeps_its_item(file):
    read = read_votes(file("item,labeler,label\n1,ann,\n2,ann,yes\n2,bob,  \n"))
    assert read.items == ("1", "2")
    assert list(read.votes) == [("2", "ann", "yes")]


@pytest.mark.parametrize(
    ("rows", "votes"),
    [
        pytest.param("1,ann,yes\n", THREE, id="the-same-again"),
        pytest.param("1,bob,yes\n", [THREE[0], ("1", "bob", "yes"), THREE[2]], id="another-label"),
        pytest.param("1,bob,\n", [THREE[0], THREE[2]], id="taken-back"),
    ],
)
def test_a_labelers_last_vote_on_an_item_counts(file, rows, votes):
    read = read_votes(file(VOTES + rows))
    assert list(read.votes) == votes
    assert read.items == ("1", "2")
    assert list(read.repeats) == [5]


def test_quoted_cells_may_hold_commas_quotes_and_line_ends(file):
    path = file('item,labeler,label\n"a,""b""\nc",ann,"x,y"\n')
    assert list(read_votes(path).votes) == [('a,"b"\nc', "ann", "x,y")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "v.csv: empty file; start it with item,labeler,label", id="empty"),
        pytest.param(" \n\n", "v.csv: empty file; start it with item,labeler,label", id="blank"),
        pytest.param("item,labeler,label\n", "v.csv: no rows below the header", id="no-rows"),
        pytest.param(
            "item;labeler;label\n1;ann;yes\n",
            "v.csv:1: semicolons between the cells, where commas are expected; "
            "save the sheet as CSV with commas",
            id="semicolons",
        ),
        pytest.param(
            "item,worker,label\n1,ann,yes\n",
            "v.csv:1: no column 'labeler'; found 'item', 'worker', 'label'; "
            "start the file with item,labeler,label",
            id="other-name",
        ),
        pytest.param(
            "item,labeler,label,item\n1,ann,yes,1\n",
            "v.csv:1:1: column 'item' stands twice in the header",
            id="column-twice",
        ),
        pytest.param(VOTES + "3,ann\n", "v.csv:5: expected 3 cells, found 2", id="cell-missing"),
        pytest.param(VOTES + "3,a,b,c\n", "v.csv:5: expected 3 cells, found 4", id="cell-more"),
        pytest.param(VOTES + ",ann,yes\n", "v.csv:5:1: empty item", id="empty-item"),
        pytest.param(VOTES + "3, ,yes\n", "v.csv:5:3: empty labeler", id="blank-labeler"),
        pytest.param(
            VOTES + '"3\n3","",yes\n', "v.csv:6:4: empty labeler", id="place-in-a-record-of-2-lines"
        ),
        pytest.param(
            VOTES + '3,ann,"yes\n4,ann,no\n',
            "v.csv:5: not CSV: unexpected end of data; "
            "close every quote, and double the quotes inside a quoted cell",
            id="quote-left-open",
        ),
        pytest.param(
            b"item,labeler,label\n1,ann,caf\xe9\n",
            "v.csv:2:10: not UTF-8: byte 0xe9; save the file as UTF-8",
            id="latin-1",
        ),
        pytest.param(
            gzip.compress(VOTES.encode(), mtime=0),
            "v.csv:1:2: not UTF-8: byte 0x8b; name it .gz",
            id="gzip-without-its-name",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(file, content, said):
    assert told(read_votes, file(content, "v.csv")) == [said]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            VOTES.encode(), "not a gzip file; compress it, or take .gz off its name", id="plain"
        ),
        pytest.param(
            gzip.compress(VOTES.encode())[:-9], "the gzip file ends too early", id="cut-off"
        ),
        pytest.param(
            gzip.compress(VOTES.encode(), mtime=0)[:10] + b"\xff" * 30,
            "not a gzip file; compress it, or take .gz off its name",
            id="garbled",
        ),
    ],
)
def test_a_gzip_file_that_is_none_is_told(file, content, said):
    assert told(read_votes, file(content, "v.csv.gz")) == [f"v.csv.gz: {said}"]


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    assert told(read_votes, tmp_path / "none.csv") == ["none.csv: no such file or directory"]
    (tmp_path / "folder").mkdir()
    assert told(read_votes, tmp_path / "folder") == ["folder: is a directory"]


def test_all_faults_of_a_file_are_told_at_once(file):
    said = told(read_votes, file(VOTES + ",ann,yes\n4,ann\n5,,no\n,,\n"))
    assert [line.partition(": ")[0] for line in said] == [
        "file.csv:5:1",
        "file.csv:6",
        "file.csv:7:3",
        "file.csv:8:1",
        "file.csv:8:2",
    ]


def test_twenty_faults_are_shown_and_the_rest_counted(file):
    path = file("item,labeler,label\n" + "1,ann\n" * 27)
    said = told(read_votes, path)
    assert len(said) == 21
    assert said[-1] == "and 7 more"
    with pytest.raises(ConfigError) as caught:
        read_votes(path)
    assert len(caught.value.problems) == 27


def test_gold_may_repeat_itself_but_not_contradict_itself(file):
    assert read_gold(file("item,label\n1,yes\n1,yes\n")) == {"1": "yes"}
    said = told(read_gold, file("item,label\n1,yes\n1,no\n"))
    assert said == [
        "file.csv:3:3: item '1' has label 'no' here and 'yes' in line 2; keep one of them"
    ]


def test_a_gold_row_without_a_label_is_not_audited_yet(file):
    assert read_gold(file("item,label\n1,\n2,no\n")) == {"2": "no"}


def test_a_gold_file_with_nothing_but_a_header_is_no_gold(file):
    assert read_gold(file("item,label\n")) == {}


def test_a_family_or_stratum_has_to_be_filled_in(file):
    assert read_families(file("labeler,family\nann,x\n")) == {"ann": "x"}
    assert told(read_families, file("labeler,family\nann,\n")) == ["file.csv:2:5: empty family"]
    assert told(read_strata, file("item,stratum\n,s\n")) == ["file.csv:2:1: empty item"]


def test_a_posterior_without_an_answer_is_never_probable(file):
    read = read_posterior(file("item,label,probability\n1,yes,0.8\n2,,0.7\n"))
    assert read.items == ("1", "2")
    assert read.labels == ("yes", "")
    assert read.probabilities == (0.8, 0.0)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param("1,yes,nan,1,0", "2:7: 'nan' is not a probability; write 0 to 1", id="nan"),
        pytest.param("1,yes,1.2,1,0", "2:7: '1.2' is not a probability; write 0 to 1", id="over"),
        pytest.param("1,yes,0.9,1,-1", "2:13: '-1' is not a probability; write 0 to 1", id="under"),
        pytest.param("1,yes,high,1,0", "2:7: 'high' is not a number", id="word"),
        pytest.param("1,yes,,1,0", "2:7: '' is not a number", id="nothing"),
        pytest.param(
            "1,yes,0.9,0.9,0.2", "2: the columns p:LABEL sum to 1.1, expected 1", id="sum"
        ),
        pytest.param(
            "1,yes,1,1,0\n1,no,1,0,1", "3:1: item '1' stands in line 2 too", id="item-twice"
        ),
        pytest.param(",yes,1,1,0", "2:1: empty item", id="empty-item"),
    ],
)
def test_a_faulty_posterior_is_told_with_its_place(file, row, said):
    path = file(f"item,label,probability,p:yes,p:no\n{row}\n")
    assert told(read_posterior, path)[0] == f"file.csv:{said}"


def test_a_sum_within_a_thousandth_is_one(file):
    path = file("item,label,probability,p:a,p:b\n1,a,0.9,0.9,0.0991\n")
    assert read_posterior(path).probabilities == (0.9,)


def written(items, labels, posterior, voted):
    reconciled = SimpleNamespace(
        items=items, labels=labels, posterior=np.array(posterior, float), voted=np.array(voted)
    )
    text = io.StringIO(newline="")
    write_posterior(text, reconciled)
    return text.getvalue()


def test_the_posterior_has_a_column_a_class_and_six_digits():
    text = written(("1", "2"), ("no", "yes"), [[1 / 3, 2 / 3], [0.4, 0.6]], [True, False])
    assert text == (
        "item,label,probability,p:no,p:yes\n"
        "1,yes,0.666667,0.333333,0.666667\n"
        "2,,0.000000,0.400000,0.600000\n"
    )


cells = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(cells, min_size=1, max_size=5, unique=True),
    st.lists(cells, min_size=1, max_size=5, unique=True),
)
def test_what_is_written_reads_back(tmp_path, items, labels):
    posterior = np.full((len(items), len(labels)), 1 / len(labels))
    path = tmp_path / "posterior.csv"
    text = written(tuple(items), tuple(labels), posterior, [True] * len(items))
    path.write_text(text, encoding="utf-8", newline="")
    read = read_posterior(path)
    assert read.items == tuple(items)
    assert set(read.labels) == {labels[0]}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.tuples(cells, cells), cells, min_size=1, max_size=8))
def test_votes_written_by_the_csv_module_read_back(tmp_path, votes):
    path = tmp_path / "votes.csv"
    rows = [(*pair, label) for pair, label in votes.items()]
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("item", "labeler", "label"), *rows])
    assert list(read_votes(path).votes) == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200) | st.text('",\n\r\x00ab', max_size=60).map(str.encode))
def test_whatever_bytes_a_file_holds_it_is_read_or_its_faults_are_told(tmp_path, content):
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"item,labeler,label\n" + content)
    with suppress(VoteFileError):
        assert read_votes(path).items
