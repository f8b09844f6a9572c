import pytest

from deskquorum.domain import Question
from deskquorum.policy import NearestSpec, PromptSpec, RuleSpec, load_policies

DESK = """\
desk: shop
version: "1"
languages: [en, es]
deadline_s: 3
currency: EUR
links: [shop.example]
models:
  small: {model: tiny, base_url: local}
questions:
  intent:
    ask: What is wanted?
    labels: {refund: money back, thanks: nothing}
    labelers: [words, near, asked]
    settle_at: 0.7
labelers:
  words: {kind: rule, file: labelers/a.rules.yaml, accuracy: 0.8}
  near: {kind: nearest, examples: labelers/a.jsonl, accuracy: 0.7, family: embeddings}
  asked: {kind: prompt, prompt: intent, model: small, wave: 2, accuracy: 0.4}
"""


@pytest.fixture
def labelers(bench):
    folder = bench.folder.parent / "labelers"
    folder.mkdir()
    (folder / "a.rules.yaml").touch()
    (folder / "a.jsonl").touch()
    return folder


def test_a_desk_file_becomes_values(bench, labelers):
    bench.write(desk=DESK)
    desk = load_policies(bench.folder).desk
    assert desk.questions["intent"] == Question(
        id="intent",
        ask="What is wanted?",
        labels={"refund": "money back", "thanks": "nothing"},
        labelers=("words", "near", "asked"),
        settle_at=0.7,
    )
    words, near, asked = desk.labelers.values()
    assert isinstance(words, RuleSpec)
    assert (words.file, words.family, words.wave) == (labelers / "a.rules.yaml", "words", 1)
    assert isinstance(near, NearestSpec)
    assert (near.descriptions, near.text, near.family) == (True, "text", "embeddings")
    assert isinstance(asked, PromptSpec)
    assert (asked.model, asked.family, asked.question) == ("small", "small", "intent")
    assert (desk.models["small"].base_url, desk.models["small"].timeout_s) == ("local", 6.0)
    assert (desk.folder, desk.deadline_s, desk.currency) == (bench.folder.parent, 3.0, "EUR")


@pytest.mark.usefixtures("labelers")
def test_without_examples_a_nearest_labeler_reads_the_descriptions(bench):
    bench.write(desk=DESK.replace("examples: labelers/a.jsonl, ", ""))
    assert load_policies(bench.folder).desk.labelers["near"].descriptions


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param("[words, near, asked]", "[words, nearr, asked, near]",
                     "desk.yaml:13:23: unknown labeler 'nearr'; did you mean 'near'?",
                     id="unknown-labeler"),
        pytest.param("[words, near, asked]", "[words, near]",
                     "desk.yaml:18:3: labeler 'asked' answers no question; "
                     "add it to a question's labelers, or remove it",
                     id="labeler-of-no-question"),
        pytest.param("model: small", "model: smal",
                     "desk.yaml:18:48: unknown model 'smal'; did you mean 'small'?",
                     id="unknown-model"),
        pytest.param("a.rules", "b.rules",
                     "desk.yaml:16:29: no file 'labelers/b.rules.yaml'; "
                     "paths are relative to the desk folder, FOLDER",
                     id="missing-file"),
        pytest.param("currency: EUR", "currency: euro",
                     "desk.yaml:5:11: a currency is a three-letter code such as USD, got 'euro'",
                     id="no-currency"),
        pytest.param(", thanks: nothing", "",
                     "desk.yaml:12:13: expected at least 2 entries, got a mapping",
                     id="one-label-only"),
        pytest.param("thanks:", "unsettled:",
                     "desk.yaml:12:34: 'unsettled' is what rules read while there is no answer",
                     id="reserved-label"),
        pytest.param("accuracy: 0.8", "accuracy: 1.8",
                     "desk.yaml:16:62: expected less than 1.0, got 1.8",
                     id="impossible-accuracy"),
        pytest.param("kind: rule", "kind: rulez",
                     "desk.yaml:16:10: unknown kind 'rulez'; one of rule, nearest, prompt, student",
                     id="unknown-kind"),
        pytest.param("prompt: intent, ", "",
                     "desk.yaml:18:10: missing key 'prompt'",
                     id="prompt-labeler-without-prompt"),
        pytest.param("  intent:", "  in-tent:",
                     "desk.yaml:10:3: 'in-tent' is no name; use lower-case letters, digits and _",
                     id="name-that-no-rule-can-read"),
        pytest.param("[en, es]", "[english, es]",
                     "desk.yaml:3:13: 'english' is no language; write a code: en, de",
                     id="language-that-no-ticket-has"),
        pytest.param("base_url: local", "base_url: htp:/models",
                     "desk.yaml:8:34: no address of a model's server; write https://HOST/v1, or "
                     "local for the packaged model",
                     id="model-at-no-address"),
        pytest.param("base_url: local", "base_url: 'https://me:secret@models.example/v1'",
                     "desk.yaml:8:35: a password stands in this file; put the key into the "
                     "variable that api_key_env names",
                     id="password-in-a-model-s-address"),
        pytest.param("currency: EUR", "ledger: mysql://db/desk",
                     "desk.yaml:5:9: no database that can be used; write a file, or "
                     "postgresql://USER@HOST/NAME",
                     id="ledger-in-another-database"),
        pytest.param("currency: EUR", "ledger: labelers",
                     "desk.yaml:5:9: 'labelers' is a folder; name a file in it",
                     id="ledger-that-is-a-folder"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_desk_file_is_reported(bench, labelers, old, new, problem):
    assert old in DESK
    found = bench.problems(desk=DESK.replace(old, new, 1))
    assert found == [problem.replace("FOLDER", str(labelers.parent))]


@pytest.mark.usefixtures("labelers")
def test_a_labeler_answers_one_question_only(bench):
    second = "  mood:\n    ask: Mood?\n    labels: {a: x, b: y}\n    labelers: [words]\n"
    found = bench.problems(desk=DESK.replace("labelers:\n  words", f"{second}labelers:\n  words"))
    assert found == [
        (
            "desk.yaml:18:16: labeler 'words' already answers 'intent'; "
            "give each question labelers of its own"
        )
    ]
