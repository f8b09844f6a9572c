import numpy as np
import pytest

from deskquorum.reconciliation import family_of, vote_table

VOTES = [("t2", "b", "refund"), ("t1", "b", "bug"), ("t1", "a", "refund")]


def test_votes_are_coded_by_item_then_labeler():
    table = vote_table(VOTES)
    coded = zip(table.item, table.labeler, table.label, strict=True)
    named = [(table.items[i], table.labelers[j], table.labels[k]) for i, j, k in coded]
    assert named == [("t2", "b", "refund"), ("t1", "a", "refund"), ("t1", "b", "bug")]


def test_labelers_and_labels_are_sorted_and_items_stay_as_they_came():
    table = vote_table(VOTES)
    assert (table.labelers, table.labels, table.items) == (
        ("a", "b"),
        ("bug", "refund"),
        ("t2", "t1"),
    )


def test_the_items_wanted_come_first_and_may_have_no_votes():
    table = vote_table(VOTES, items=["t9", "t1"])
    assert table.items == ("t9", "t1", "t2")
    assert 0 not in table.item


def test_labels_that_no_vote_names_are_kept():
    assert vote_table(VOTES, labels=["praise"]).labels == ("bug", "praise", "refund")


def test_without_votes_the_arrays_are_empty_and_still_arrays():
    table = vote_table([], items=["t1"], labels=["bug"])
    assert (table.items, table.labelers, table.labels) == (("t1",), (), ("bug",))
    assert all(len(codes) == 0 for codes in (table.item, table.labeler, table.label))
    assert table.item.dtype == np.int64


@pytest.mark.parametrize(
    ("labeler", "family"),
    [
        pytest.param("qwen/terse", "qwen", id="before-the-slash"),
        pytest.param("qwen/terse/v2", "qwen", id="before-the-first-slash"),
        pytest.param("alice", "alice", id="alone"),
    ],
)
def test_an_undeclared_family_is_what_stands_before_the_slash(labeler, family):
    assert family_of(labeler) == family
    assert vote_table([("t1", labeler, "bug")]).families == (family,)


def test_a_declared_family_wins_and_an_empty_one_is_none():
    families = {"qwen/terse": "gguf", "alice": ""}
    table = vote_table([("t1", "alice", "bug"), ("t1", "qwen/terse", "bug")], families=families)
    assert table.families == ("alice", "gguf")
