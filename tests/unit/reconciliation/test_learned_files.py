import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pytest

from deskquorum.domain import Question
from deskquorum.errors import ConfigError
from deskquorum.reconciliation import (
    Alarm,
    Certificate,
    Learned,
    QuestionModel,
    fit_from_votes,
    read_learned,
    vote_table,
    write_alarms,
    write_certificates,
    write_model,
)
from deskquorum.reconciliation.fitting import fit_label_model
from deskquorum.reconciliation.learned import item_posteriors

LABELS = ("shipping", "billing", "returns")
LABELERS = ("ann", "qwen/1", "qwen/2", "rule/billing")
SKILLS = dict(zip(LABELERS, (0.9, 0.7, 0.65, 0.8), strict=True))
QUESTION = Question(
    id="route", ask="Which team?", labels=dict.fromkeys(LABELS, "a team"), labelers=LABELERS
)
QUESTIONS = {"route": QUESTION}
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALARM = Alarm(
    kind="disagreement", question="route", noticed="they contradict each other", raised_at=AT
)


def learned(kind, *, seed=3):
    dice = np.random.default_rng(seed)
    truth = {f"t{n}": str(dice.choice(LABELS, p=[0.5, 0.3, 0.2])) for n in range(120)}
    votes = []
    for item, right in truth.items():
        for who, skill in SKILLS.items():
            told = right if dice.random() < skill else str(dice.choice(LABELS))
            if not who.startswith("rule") or told == "billing":
                votes.append((item, who, told))
    table = vote_table(votes, items=tuple(truth), labels=LABELS)
    gold = dict(list(truth.items())[:60])
    if kind == "audits-of-one-label":
        # One label only teaches no regression.
        gold = {item: label for item, label in truth.items() if label == "shipping"}
    model = fit_label_model(table).model if kind == "agreement" else fit_from_votes(table, gold)
    return QuestionModel(
        question="route",
        model=model,
        fitted_at=AT,
        items=120,
        data_hash="d" * 64,
        disagreement=0.123456,
        rights={"ann": (50, 60), "qwen/1": (40, 55)},
    )


KINDS = ("audits", "audits-of-one-label", "agreement")
BALLOTS = [
    {who: label for who, label in zip(LABELERS, row, strict=True) if label}
    for row in product([None, *LABELS], [None, *LABELS], [None, "billing"], [None, "billing"])
]

CERTIFICATE = Certificate(
    action="refund",
    questions=("route", "risk"),
    max_error=0.05,
    confidence=0.95,
    threshold=0.93,
    n=120,
    errors=1,
    upper_bound=0.0389,
    coverage=0.6,
    issued_at=AT,
    expires_at=AT + timedelta(days=90),
    models_hash="a" * 64,
    policy_hash="b" * 64,
    data_hash="c" * 64,
)


# What is written is what is read.


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_read_back_gives_the_same_posteriors(tmp_path, kind):
    before = learned(kind)
    write_model(tmp_path, before)
    after = read_learned(tmp_path, QUESTIONS).models["route"]
    expected, found = (item_posteriors(m.model, BALLOTS) for m in (before, after))
    order = [after.counts.labels.index(label) for label in before.counts.labels]
    assert found[:, order] == pytest.approx(expected, abs=1e-5)
    assert after.calibrated is before.calibrated
    assert after.tells_apart is before.tells_apart


@pytest.mark.parametrize("kind", KINDS)
def test_what_else_is_known_of_a_model_is_read_back_too(tmp_path, kind):
    before = learned(kind)
    write_model(tmp_path, before)
    after = read_learned(tmp_path, QUESTIONS).models["route"]
    for name in ("question", "fitted_at", "items", "data_hash", "disagreement", "rights"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.counts.labelers == LABELERS
    assert after.counts.families == ("ann", "qwen", "qwen", "rule")


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_handed_back_as_it_will_be_read(tmp_path, kind):
    written = write_model(tmp_path, learned(kind))
    read = read_learned(tmp_path, QUESTIONS).models["route"]
    assert written.hash == read.hash
    assert written.hash == hashlib.sha256((tmp_path / "route.model.json").read_bytes()).hexdigest()
    same = item_posteriors(written.model, BALLOTS) == item_posteriors(read.model, BALLOTS)
    assert same.all()


def test_the_same_model_is_written_the_same_and_another_is_not(tmp_path):
    first, second = (write_model(tmp_path, learned("audits")).hash for _ in range(2))
    assert first == second
    assert write_model(tmp_path, learned("audits", seed=4)).hash != first


def test_certificates_and_alarms_are_read_back(tmp_path):
    close = replace(CERTIFICATE, action="close", questions=())
    write_certificates(tmp_path, [CERTIFICATE, close])
    write_alarms(tmp_path, [ALARM])
    found = read_learned(tmp_path, QUESTIONS)
    assert found.certificates == {"refund": CERTIFICATE, "close": close}
    assert found.alarms == (ALARM,)


def test_writing_replaces_what_was_there(tmp_path):
    write_certificates(tmp_path, [CERTIFICATE])
    write_certificates(tmp_path, [])
    write_alarms(tmp_path, [ALARM])
    write_alarms(tmp_path, ())
    assert read_learned(tmp_path, QUESTIONS) == Learned()


def test_where_nothing_was_learned_nothing_is_known(tmp_path):
    assert read_learned(tmp_path / "not-there", QUESTIONS) == Learned()


def test_a_folder_is_made_and_nothing_but_the_file_is_left_in_it(tmp_path):
    folder = tmp_path / "new" / "learned"
    write_model(folder, learned("agreement"))
    assert [path.name for path in folder.iterdir()] == ["route.model.json"]


def test_a_write_that_fails_leaves_the_file_of_before(tmp_path):
    before = write_model(tmp_path, learned("audits")).hash
    # What is written beside it first can't be.
    (tmp_path / "route.model.new").mkdir()
    with pytest.raises(OSError, match=r"route\.model\.new"):
        write_model(tmp_path, learned("audits", seed=4))
    assert read_learned(tmp_path, QUESTIONS).models["route"].hash == before


def test_models_hash_tells_every_change_of_a_model_and_its_absence(tmp_path):
    model = write_model(tmp_path, learned("audits"))
    one = Learned(models={"route": model})
    other = Learned(models={"route": replace(model, hash="0" * 64)})
    hashes = {known.models_hash(("route", "risk")) for known in (one, other, Learned())}
    assert len(hashes) == 3
    assert one.models_hash(("route",)) != one.models_hash(("route", "risk"))


# Damage.


def told_of(folder, questions=None):
    """The problems that reading tells, each with its file."""
    with pytest.raises(ConfigError) as caught:
        read_learned(folder, questions or QUESTIONS)
    return caught.value.problems


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learned")
    write_model(folder, learned("audits"))
    return (folder / "route.model.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda text: text[: len(text) // 2].encode(), id="half-written"),
        pytest.param(lambda text: text.encode("utf-16"), id="another-encoding"),
        pytest.param(lambda text: text.encode() + b"\xff", id="stray-bytes"),
        pytest.param(lambda _: b"[]", id="no-object"),
        pytest.param(lambda text: text.replace("model 1", "model 9").encode(), id="later-format"),
    ],
)
def test_a_file_that_is_not_whole_is_named(tmp_path, whole, damaged):
    path = tmp_path / "route.model.json"
    path.write_bytes(damaged(whole))
    problems = told_of(tmp_path)
    assert {problem.path for problem in problems} == {str(path)}
    assert "`deskquorum calibrate`" in problems[0].hint


def counts_of(value):
    return value["agreement"]


def set_at(*place, to):
    def change(value):
        *way, last = place
        for step in way:
            value = value[step]
        value[last] = to

    return change


def drop(*place):
    def change(value):
        *way, last = place
        for step in way:
            value = value[step]
        del value[last]

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(drop("pool", "prior"), id="a-key-is-missing"),
        pytest.param(set_at("seen", to=1), id="a-key-too-many"),
        pytest.param(set_at("question", to="risk"), id="another-question"),
        pytest.param(set_at("fitted_at", to="2026-03-01"), id="a-time-without-zone"),
        pytest.param(set_at("disagreement", to=1.5), id="a-share-above-one"),
        pytest.param(set_at("agreement", "truth", "billing", to=-1.0), id="a-negative-count"),
        pytest.param(set_at("agreement", "truth", "praise", to=1.0), id="truth-of-no-label"),
        pytest.param(set_at("agreement", "truth", to={}), id="no-truth"),
        pytest.param(set_at("agreement", "rows", to=[]), id="no-rows"),
        pytest.param(set_at("agreement", "rows", 0, "labeler", to="zoe"), id="an-unlisted-labeler"),
        pytest.param(set_at("agreement", "rows", 0, "voted", to="praise"), id="an-unlisted-vote"),
        pytest.param(
            set_at("agreement", "rows", 0, "by_label", to={"billing": -1e6}), id="negative-votes"
        ),
        pytest.param(
            set_at("agreement", "rows", 0, "by_label", to={"praise": 1.0}), id="votes-of-no-label"
        ),
        pytest.param(set_at("agreement", "labels", to=["billing"]), id="labels-missing"),
        pytest.param(drop("agreement", "families", "ann"), id="a-labeler-missing"),
        pytest.param(
            set_at("agreement", "labels", to=["shipping", "returns", "billing"]),
            id="labels-in-two-orders",
        ),
        pytest.param(set_at("pool", "prior", to={}), id="no-prior"),
        pytest.param(set_at("pool", "exponents", "anchored", to=-1.0), id="a-negative-power"),
        pytest.param(set_at("pool", "exponents", "luck", to=1.0), id="an-unknown-opinion"),
        pytest.param(set_at("pool", "anchored", "truth", to={}), id="no-audited-truth"),
        pytest.param(set_at("pool", "anchored", "families", to={}), id="no-audited-labelers"),
        pytest.param(
            set_at("pool", "regression", "rows", 0, "labeler", to="zoe"),
            id="a-regression-on-nobody",
        ),
        pytest.param(
            set_at("pool", "regression", "rows", 0, "voted", to="praise"),
            id="a-regression-on-no-label",
        ),
        pytest.param(set_at("pool", "regression", "rows", to=[]), id="an-empty-regression"),
    ],
)
def test_a_file_changed_by_hand_into_nonsense_is_named(tmp_path, whole, change):
    value = json.loads(whole)
    assert value["agreement"]["labels"] == sorted(LABELS)
    change(value)
    path = tmp_path / "route.model.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert {problem.path for problem in told_of(tmp_path)} == {str(path)}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", '"1"x'])
def test_what_is_no_number_is_no_number(tmp_path, whole, number):
    path = tmp_path / "route.model.json"
    changed = whole.replace('"disagreement": 0.123456', f'"disagreement": {number}')
    assert changed != whole
    path.write_text(changed, encoding="utf-8")
    assert {problem.path for problem in told_of(tmp_path)} == {str(path)}


def test_labels_that_changed_in_the_desks_file_are_named_with_the_old_ones(tmp_path, whole):
    (tmp_path / "route.model.json").write_text(whole, encoding="utf-8")
    changed = replace(QUESTION, labels=dict.fromkeys(("billing", "parcels"), "a team"))
    # One cause, one problem: not each of the rows that name a label that is gone.
    (problem,) = told_of(tmp_path, {"route": changed})
    assert problem.path == str(tmp_path / "route.model.json")
    assert "was learned for the labels billing, returns, shipping" in problem.message
    assert "billing, parcels" in problem.message
    assert "`deskquorum calibrate`" in problem.hint


def test_labels_in_another_order_are_the_same_labels(tmp_path, whole):
    (tmp_path / "route.model.json").write_text(whole, encoding="utf-8")
    turned = replace(QUESTION, labels=dict.fromkeys(reversed(LABELS), "a team"))
    assert "route" in read_learned(tmp_path, {"route": turned}).models


@pytest.mark.parametrize("name", ["route.model", "certificates", "alarms"])
def test_a_folder_where_a_file_should_be_is_named(tmp_path, name):
    path = tmp_path / f"{name}.json"
    path.mkdir()
    (problem,) = told_of(tmp_path)
    assert problem.path == str(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threshold", 0.0),
        ("threshold", 1.5),
        ("max_error", 0.0),
        ("confidence", 1.0),
        ("upper_bound", -0.1),
        ("expires_at", "2026-05-30T12:00:00"),
        ("questions", "route"),
        ("signed", "me"),
    ],
)
def test_a_certificate_changed_by_hand_is_named(tmp_path, field, value):
    write_certificates(tmp_path, [CERTIFICATE])
    path = tmp_path / "certificates.json"
    held = json.loads(path.read_text(encoding="utf-8"))
    held["certificates"][0][field] = value
    path.write_text(json.dumps(held), encoding="utf-8")
    (problem,) = told_of(tmp_path)
    assert problem.path == str(path)
    assert field in problem.message


def test_the_problems_of_all_files_are_told_at_once(tmp_path):
    for name in ("route.model", "certificates", "alarms"):
        (tmp_path / f"{name}.json").write_text("{", encoding="utf-8")
    assert [problem.path.rpartition("/")[2] for problem in told_of(tmp_path)] == [
        "alarms.json",
        "certificates.json",
        "route.model.json",
    ]
