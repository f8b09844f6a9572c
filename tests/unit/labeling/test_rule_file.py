import pytest

from deskquorum.domain import Question
from deskquorum.errors import PolicyFileError
from deskquorum.labeling.rule_file import load_rule_file

QUESTION = Question(
    id="topic",
    ask="what is it about?",
    labels={"refund": "money back", "delivery": "parcels"},
    labelers=("words",),
)
BROKEN = """\
labeler: words
version: "1"
otherwise: refnd
rules:
  - {id: a, label: refund, words: [money]}
  - id: a
    label: shipping
    patterns: ['ok', 'bad(']
  - {id: c, label: refund}
  - id: d
    label: refund
    words: ["!!", fine]
    unless: {patterns: ['[a']}
"""
TOLD = """\
words.rules.yaml:3:12: question 'topic' has no label 'refnd'; did you mean 'refund'
words.rules.yaml:6:9: rule 'a' twice; rename one
words.rules.yaml:7:12: question 'topic' has no label 'shipping'; its labels are refund, delivery
words.rules.yaml:8:27: no regular expression: missing )
words.rules.yaml:9:5: nothing to look for; give it words, exact words or patterns
words.rules.yaml:12:14: '!!' holds no word
words.rules.yaml:13:28: no regular expression: unterminated character set"""
MISSHAPEN = """\
labeler: words
version: "1"
rules:
  - {id: a, label: refund, wordz: [money]}
  - {id: b, label: shipping, words: [parcel]}
  - {id: c, label: refund, words: [money], weight: 0}
"""


@pytest.fixture
def problems_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load(text):
        path = tmp_path / "words.rules.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(PolicyFileError) as caught:
            load_rule_file(path.relative_to(tmp_path), QUESTION)
        return caught.value

    return load


def test_every_problem_is_told_at_once_with_its_place(problems_of):
    assert str(problems_of(BROKEN)) == TOLD


def test_a_rule_of_the_wrong_shape_hides_no_problem_of_another(problems_of):
    lines = {problem.line for problem in problems_of(MISSHAPEN).problems}
    assert lines == {4, 5, 6}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        pytest.param("", "words.rules.yaml:1:1: the file is empty", id="empty"),
        pytest.param("rules: [", "words.rules.yaml:1:9: ", id="not-yaml"),
        pytest.param(
            'labeler: w\nversion: "1"\nrules: []', "words.rules.yaml:3:8: ", id="no-rules"
        ),
        pytest.param(
            'labeler: w\nversion: "1"\nread: nobody\nrules: [{id: a, label: refund, words: [x]}]',
            "words.rules.yaml:3:7: ",
            id="unknown-reading",
        ),
        pytest.param(
            'labeler: w\nversion: "1"\nrules:\n  - {id: a, label: refund, words: ["x|"]}',
            "words.rules.yaml:4:37: ",
            id="alternative-without-word",
        ),
    ],
)
def test_an_unusable_file_is_told_with_its_place(problems_of, text, start):
    assert str(problems_of(text)).startswith(start)


def test_a_missing_file_is_a_problem_not_a_crash(tmp_path):
    with pytest.raises(PolicyFileError, match="can't be read"):
        load_rule_file(tmp_path / "none.yaml", QUESTION)


def test_a_sound_file_keeps_order_and_weights(tmp_path):
    path = tmp_path / "words.rules.yaml"
    path.write_text(
        'labeler: w\nversion: "1"\nrules:\n'
        "  - {id: a, label: refund, words: [money]}\n"
        "  - {id: b, label: delivery, patterns: [parcel], weight: 4}\n",
        encoding="utf-8",
    )
    rules = load_rule_file(path, QUESTION).rules
    assert [(rule.id, rule.label, rule.weight) for rule in rules] == [
        ("a", "refund", 1),
        ("b", "delivery", 4),
    ]
