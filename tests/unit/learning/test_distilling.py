"""A student is taught what labelers agree on, and what audits say of texts that read alike."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from deskquorum.domain import Evidence, Facts, Question
from deskquorum.errors import ConfigError
from deskquorum.labeling import StudentLabeler, load_embedder, read_student, write_student
from deskquorum.learning import (
    Audited,
    agreement,
    fine_tuning_lines,
    halves,
    material,
    next_audits,
    recovery,
    teach,
    unseen,
)
from deskquorum.learning.grouping import grouped, likeness_of
from deskquorum.learning.spreading import spread
from deskquorum.reconciliation import vote_table
from deskquorum.testing import make_redacted_ticket, make_vote

ASKED = Question(
    id="topic",
    ask="What is it about?",
    labels={"refund": "money back", "parcel": "where it is", "login": "getting in"},
    labelers=("a", "b", "c"),
)
LABELS = sorted(ASKED.labels)
SAYINGS = {
    "refund": ["I want my money back", "please refund the order", "when is the refund paid"],
    "parcel": ["where is my parcel", "the courier never came", "tracking shows no delivery"],
    "login": ["I cannot log in", "my password does not work", "the reset link is dead"],
}
ENDS = ["thanks", "please help", "it is urgent", "as I wrote", "for the second time", "hello"]
MISREAD = "the courier never came"
"""What every labeler takes for a refund."""


def texts_of(count, seed):
    draw = random.Random(seed)  # noqa: S311 - made-up tickets
    rows = []
    for _ in range(count):
        label = draw.choice(LABELS)
        said = draw.choice(SAYINGS[label])
        rows.append((label, said, f"{draw.choice(ENDS)}: {said}, {draw.choice(ENDS)}"))
    return rows


def voted(rows, seed=1, wrong=0.3):
    draw = random.Random(seed)  # noqa: S311 - made-up tickets
    votes = []
    for number, (label, said, _) in enumerate(rows):
        seen = "refund" if said == MISREAD else label
        for labeler in ASKED.labelers:
            cast = draw.choice(LABELS) if draw.random() < wrong else seen
            votes.append((f"t{number}", labeler, cast))
    return vote_table(votes, items=[f"t{n}" for n in range(len(rows))], labels=LABELS)


@pytest.fixture(scope="module")
def embedder():
    return load_embedder()


@pytest.fixture(scope="module")
def rows():
    return texts_of(240, seed=3)


@pytest.fixture(scope="module")
def taught_on(rows, embedder):
    return material([text for _, _, text in rows], embedder)


def right_of(student, rows, embedder):
    shares = student.probabilities([text for _, _, text in rows], embedder)
    said = [student.labels[place] for place in shares.argmax(axis=1)]
    return sum(label == found for (label, _, _), found in zip(rows, said, strict=True)) / len(rows)


def audits(rows, count):
    return {f"t{n}": rows[n][0] for n in range(count)}


@pytest.fixture(scope="module")
def taught(rows, taught_on):
    return teach("topic", taught_on, voted(rows), audits(rows, 40))


def test_the_student_is_right_more_often_than_any_of_its_teachers(taught, embedder):
    new = texts_of(200, seed=4)
    table = voted(new, seed=5)
    truth = np.array([LABELS.index(label) for label, _, _ in new])
    best = max(
        float((table.label[table.labeler == place] == truth).mean())
        for place in range(len(table.labelers))
    )
    assert right_of(taught.student, new, embedder) > best + 0.1


def test_audits_mend_what_all_labelers_get_wrong(rows, taught_on, taught, embedder):
    misread = [row for row in texts_of(300, seed=6) if row[1] == MISREAD]
    without = teach("topic", taught_on, voted(rows), {}).student
    assert right_of(without, misread, embedder) < 0.1
    assert right_of(taught.student, misread, embedder) > 0.9


def test_teaching_again_teaches_the_same(rows, taught_on, taught):
    again = teach("topic", taught_on, voted(rows), audits(rows, 40))
    assert np.array_equal(again.student.coefficients, taught.student.coefficients)
    assert again.student.temperature == taught.student.temperature


def test_without_audits_it_says_that_it_is_not_calibrated(rows, taught_on):
    assert not teach("topic", taught_on, voted(rows), audits(rows, 5)).calibrated


def test_few_texts_are_not_taught(embedder):
    with pytest.raises(ValueError, match="too few"):
        material(["where is my parcel"] * 3, embedder)


def test_the_file_reads_back_to_the_same_votes(tmp_path, taught, embedder):
    write_student(tmp_path / "topic.student.json", taught.student)
    back = read_student(tmp_path / "topic.student.json", ASKED)
    texts = [text for _, _, text in texts_of(50, seed=7)]
    before, after = (s.probabilities(texts, embedder) for s in (taught.student, back))
    assert np.abs(before - after).max() < 0.01
    assert back.was_taught("t0")
    assert back.was_taught("t239")
    assert not back.was_taught("t240")


def test_the_file_names_no_word_of_a_ticket(tmp_path, taught):
    write_student(tmp_path / "topic.student.json", taught.student)
    written = (tmp_path / "topic.student.json").read_text(encoding="utf-8")
    assert not any(word in written for word in ("courier", "password", "money back"))


def test_where_nothing_was_taught_there_is_no_student(tmp_path):
    assert read_student(tmp_path / "topic.student.json", ASKED) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"refund"', '"refunds"', "was taught for the labels"),
        ('"topic"', '"route"', "holds the question 'route'"),
        ('"intercept": "', '"intercept": "AAAA', "numbers are damaged"),
        ('"temperature": ', '"temperature": -', "temperature"),
        ("{", "[", "the file"),
    ],
)
def test_a_file_that_can_not_be_used_is_told_with_its_reason(tmp_path, taught, old, new, said):
    path = tmp_path / "topic.student.json"
    write_student(path, taught.student)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_student(path, ASKED)


@pytest.mark.anyio
async def test_it_votes_where_it_is_sure_and_abstains_elsewhere(taught, embedder):
    labeler = StudentLabeler("s", taught.student, embedder=embedder)
    clear = make_redacted_ticket("where is my parcel, please help")
    sure = await labeler.vote(clear, deadline=None)
    assert sure.label == "parcel"
    assert sum(sure.distribution.values()) == pytest.approx(1, abs=1e-4)
    unlike = await labeler.vote(make_redacted_ticket("quarterly zebra xylophone"), deadline=None)
    nothing = await labeler.vote(make_redacted_ticket(""), deadline=None)
    assert unlike.label is None
    assert nothing.label is None


def test_nothing_is_measured_on_what_taught_the_student(taught, embedder):
    student = StudentLabeler("s", taught.student, embedder=embedder)
    tickets = [
        Audited(
            evidence=Evidence(
                ticket=make_redacted_ticket("hello", id=f"t{n + 200}"),
                facts=Facts(),
                votes=tuple(
                    make_vote("refund", labeler=who, question="topic") for who in ("s", "a")
                ),
            ),
            truth={"topic": "refund"},
        )
        for n in range(80)
    ]
    cut = unseen(tickets, [student])
    assert [len(ticket.evidence.votes) for ticket in cut] == [1] * 40 + [2] * 40
    fitting, held = halves(cut, [student])
    assert len(fitting) + len(held) == 80
    assert not any(taught.student.was_taught(ticket.evidence.ticket.id) for ticket in held)


shares = st.lists(st.floats(0.01, 1), min_size=3, max_size=3)


@settings(deadline=None)
@given(st.lists(shares, min_size=2, max_size=8), st.data())
def test_spreading_keeps_what_is_known_and_sums_to_one(held, data):
    size = len(held)
    held = np.array(held) / np.sum(held, axis=1, keepdims=True)
    links = np.array([[data.draw(st.floats(0, 1)) for _ in range(size)] for _ in range(size)])
    graph = csr_matrix(np.triu(links, 1) + np.triu(links, 1).T)
    known = np.array(sorted(data.draw(st.sets(st.integers(0, size - 1)))), dtype=np.int64)
    found = spread(held, known, graph)
    assert np.allclose(found.sum(axis=1), 1)
    assert np.allclose(found[known], held[known])


def test_audits_are_asked_for_once_and_where_doubt_is(rows, taught_on):
    table = voted(rows)
    nobody = np.array([], dtype=np.int64)
    _, agreed = agreement(taught_on, table, {})
    first = next_audits(taught_on.points, agreed, nobody, 20)
    assert len(set(first.tolist())) == len(first) <= 20
    truth = {f"t{n}": rows[n][0] for n in first}
    _, agreed = agreement(taught_on, table, truth)
    more = next_audits(taught_on.points, agreed, first, 10)
    assert len(set(more.tolist()) | set(first.tolist())) == len(first) + 10
    doubt = 1 - np.ptp(np.sort(agreed, axis=1)[:, -2:], axis=1)
    assert doubt[more].mean() > doubt.mean()


def test_what_is_sure_is_taught_to_a_hosted_model_more_often():
    agreed = np.array([[0.98, 0.01, 0.01], [0.75, 0.15, 0.1], [0.34, 0.33, 0.33]])
    lines = list(fine_tuning_lines(ASKED, ["one", "two", "three"], LABELS, agreed))
    said = [f'"content": "{text}"' for text in ("one", "two", "three")]
    counts = [sum(text in line for line in lines) for text in said]
    assert counts == [4, 2, 0]
    assert all(f'"assistant", "content": "{LABELS[0]}"' in line for line in lines)


def test_sampled_weights_teach_each_text_once_at_most_and_what_is_sure_more_likely():
    sure, unsure, chance = [0.9, 0.06, 0.04], [0.6, 0.2, 0.2], [1 / 3] * 3
    agreed = np.array([sure] * 400 + [unsure] * 400 + [chance] * 400)
    texts = [f"text {n}" for n in range(len(agreed))]
    lines = list(fine_tuning_lines(ASKED, texts, LABELS, agreed, weights="sampled"))
    taught = [json.loads(line)["messages"][1]["content"] for line in lines]
    counts = [sum(text in set(texts[n : n + 400]) for text in taught) for n in (0, 400, 800)]
    assert len(set(taught)) == len(taught)
    assert counts == [pytest.approx(400 * 0.7225, abs=40), pytest.approx(64, abs=30), 0]
    assert lines == list(fine_tuning_lines(ASKED, texts, LABELS, agreed, weights="sampled"))


def test_what_is_recovered_lies_between_the_best_labeler_and_the_ceiling(embedder):
    rows = texts_of(330, seed=8)
    of, table, truth = material([t for _, _, t in rows], embedder), voted(rows), audits(rows, 300)
    found = recovery(of, table, truth, teach("topic", of, table, truth), seeds=2)
    assert found.weak.mean < found.student.mean <= 1
    assert found.ceiling.low <= found.ceiling.mean <= found.ceiling.high
    wanted = (found.student.mean - found.weak.mean) / (found.ceiling.mean - found.weak.mean)
    assert found.recovered.mean == pytest.approx(wanted)
    assert found.recovered.low <= wanted <= found.recovered.high
    assert found.seeds == 2


def test_with_few_audits_there_is_no_ceiling(rows, taught_on, taught):
    found = recovery(taught_on, voted(rows), audits(rows, 40), taught)
    assert (found.ceiling, found.recovered, found.seeds) == (None, None, 1)
    assert found.student.mean > found.weak.mean


def test_no_group_stands_for_fewer_than_five_different_texts():
    draw = np.random.default_rng(0)
    crowd = draw.normal(size=(60, 8)) * 0.05 + np.eye(8)[0]
    # Said fifty times by one customer, and by nobody else.
    alone = np.tile(np.eye(8)[5], (50, 1))
    meaning = np.concatenate([crowd, alone]).astype(np.float32)
    groups = grouped(meaning)
    assert set(groups[60:].tolist()) == {-1}
    for group in set(groups.tolist()) - {-1}:
        assert len(np.unique(meaning[groups == group], axis=0)) >= 5


def test_a_text_unlike_all_groups_is_held_for_anything():
    meaning = np.eye(4, dtype=np.float32)[[0] * 6 + [1] * 6]
    agreed = np.eye(3)[[0] * 6 + [1] * 6]
    groups = np.array([0] * 6 + [1] * 6)
    like = likeness_of(meaning, groups, agreed, np.ones(12, dtype=bool))
    near, far = like.probabilities(np.eye(4, dtype=np.float32)[[0, 3]])
    assert near[0] > 0.9
    assert far == pytest.approx([1 / 3] * 3, abs=0.01)


@settings(deadline=None)
@given(st.lists(shares, min_size=2, max_size=6), st.integers(0, 100))
def test_shares_of_groups_sum_to_one_and_hang_on_what_was_taught_alone(held, seed):
    agreed = np.array(held) / np.sum(held, axis=1, keepdims=True)
    draw = np.random.default_rng(seed)
    groups, taught = draw.integers(0, 2, len(agreed)), draw.random(len(agreed)) < 0.5
    meaning = draw.normal(size=(len(agreed), 5)).astype(np.float32)
    like = likeness_of(meaning, groups, agreed, taught)
    assert np.allclose(like.shares.sum(axis=1), 1, atol=1e-4)
    other = np.where(taught[:, None], agreed, agreed[::-1])
    assert np.array_equal(likeness_of(meaning, groups, other, taught).shares, like.shares)
