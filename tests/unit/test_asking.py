"""Who is asked next, on a desk of word lists whose votes are handed in."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import product

import numpy as np
import pytest

from deskquorum.asking import as_asked, labelers_to_ask
from deskquorum.domain import Deadline, Evidence, Facts
from deskquorum.grounding import index_clauses
from deskquorum.judgement import Rulebook
from deskquorum.labeling import collect_votes
from deskquorum.policy import load_policies
from deskquorum.proposal import load_playbook
from deskquorum.reconciliation import (
    Learned,
    QuestionModel,
    fit_from_votes,
    reconcile,
    vote_table,
)
from deskquorum.testing import make_redacted_ticket, make_vote

pytestmark = pytest.mark.anyio

DESK = """\
desk: workshop
version: "1"
languages: [en]
deadline_s: 20
questions:
  intent:
    ask: What does the customer want?
    labels: {thanks: praise, request: something is asked}
    labelers: [subject, opening, small, large]
  mood:
    ask: How does the customer feel?
    labels: {calm: calm, angry: angry}
    labelers: [words, emoji]
labelers:
  subject: {kind: rule, file: labelers/subject.yaml, accuracy: 0.8}
  opening: {kind: rule, file: labelers/opening.yaml, accuracy: 0.7}
  small: {kind: rule, file: labelers/small.yaml, accuracy: 0.8, wave: 2, price: 1}
  large: {kind: rule, file: labelers/large.yaml, accuracy: 0.9, wave: 2, price: 4}
  words: {kind: rule, file: labelers/words.yaml, accuracy: 0.9}
  emoji: {kind: rule, file: labelers/emoji.yaml, accuracy: 0.6, wave: 2}
"""
POLICY = """\
policy: closing
version: "1"
clauses:
  - {id: T1, text: "A ticket of thanks is closed."}
actions:
  close_ticket:
    risk: close
    mode: auto
    autonomy: {max_error: 0.05, confidence: 0.95}
rules:
  - id: thanks-closed
    on: close_ticket
    effect: allow
    when: answer.intent == "thanks" && ticket.served_language
    cite: [T1]
    reason: nothing is asked
"""
PLAYS = """\
playbook: closing
version: "1"
plays:
  - {id: close-thanks, when: answer.intent == "thanks", action: {name: close_ticket}}
"""

SKILLS = {"subject": 0.85, "opening": 0.75, "small": 0.85, "large": 0.95}
EVERYBODY = tuple(SKILLS.items())


@dataclass(frozen=True)
class _Left:
    id: str
    question: str = "intent"
    wave: int = 1
    family: str = ""


@pytest.fixture(scope="module")
def assumed(tmp_path_factory):
    """The rules of the desk before anything is learned."""
    folder = tmp_path_factory.mktemp("desk") / "policies"
    folder.mkdir()
    (folder.parent / "labelers").mkdir()
    for name in ("subject", "opening", "small", "large", "words", "emoji"):
        (folder.parent / "labelers" / f"{name}.yaml").touch()
    for name, text in {"desk": DESK, "closing": POLICY, "playbook": PLAYS}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    book = load_policies(folder)
    playbook = load_playbook(folder / "playbook.yaml", book=book, reply_folders=())
    return Rulebook(
        book=book,
        playbook=playbook,
        clauses=index_clauses(book.clauses.values(), None),
        questions=book.desk.questions,
        accuracies={name: spec.accuracy for name, spec in book.desk.labelers.items()},
        prices={name: spec.price for name, spec in book.desk.labelers.items()},
        relied_on={"close_ticket": ("intent",)},
    )


@cache
def measured(skills=EVERYBODY):
    labels = ("thanks", "request")
    dice = np.random.default_rng(4)
    truth = {f"t{n}": str(dice.choice(labels)) for n in range(300)}
    other = dict(zip(labels, labels[::-1], strict=True))
    votes = [
        (item, who, right if dice.random() < skill else other[right])
        for item, right in truth.items()
        for who, skill in skills
    ]
    table = vote_table(votes, items=tuple(truth), labels=labels)
    return QuestionModel(
        question="intent",
        model=fit_from_votes(table, truth),
        fitted_at=datetime(2026, 1, 1, tzinfo=UTC),
        items=300,
        data_hash="",
        disagreement=0.2,
    )


@pytest.fixture
def learned(assumed):
    return replace(assumed, learned=Learned(models={"intent": measured()}))


def ballot(question="intent", **votes):
    return [make_vote(told, labeler=who, question=question) for who, told in votes.items()]


def asked(rules, votes=(), *, without=()):
    """Who is asked next, of all the desk's labelers that are left."""
    gone = {vote.labeler for vote in votes} | set(without)
    left = [spec for name, spec in rules.book.desk.labelers.items() if name not in gone]
    return sorted(labelers_to_ask(rules, votes, left))


MOOD = ("words", "emoji")


def answer_of(rules, votes):
    model = rules.learned.models.get("intent")
    return reconcile(rules.questions["intent"], votes, rules.accuracies, model)


# Waves.


def test_the_first_wave_of_every_question_is_asked_first(assumed):
    assert asked(assumed) == ["opening", "subject", "words"]


def test_a_question_that_nobody_answers_asks_nobody(assumed):
    assert asked(assumed, without=assumed.book.desk.labelers) == []


def test_questions_are_settled_apart(assumed):
    votes = [*ballot(subject="thanks", opening="request"), *ballot("mood", words="calm")]
    # `emoji` alone is weaker than `words`, so the mood is known.
    assert asked(assumed, votes) == ["large", "small"]
    assert asked(assumed, [*votes[:2], *ballot("mood", words=None)]) == [
        "emoji",
        "large",
        "small",
    ]


def test_votes_on_other_questions_settle_nothing(assumed):
    votes = ballot("mood", subject="calm", opening="calm")
    assert asked(assumed, votes, without=MOOD) == ["large", "small"]


# Nobody whose vote could change nothing.


def outcome(answer):
    return answer.label, answer.settled, answer.quorum_met


@pytest.mark.parametrize("state", ["assumed", "learned"])
@pytest.mark.parametrize("quorum", [1, 2, 3])
def test_whoever_is_left_unasked_would_have_changed_nothing(request, state, quorum):
    rules = request.getfixturevalue(state)
    question = replace(rules.questions["intent"], quorum=quorum)
    # No action rests on it, so that a sure answer alone ends nothing.
    rules = replace(rules, questions={"intent": question}, relied_on={})
    ended = 0
    for labels in product(["thanks", "request", None], repeat=4):
        votes = ballot(**dict(zip(SKILLS, labels, strict=True)))
        for so_far in (votes[:2], votes[:3]):
            if asked(rules, so_far) == []:
                ended += 1
                assert outcome(answer_of(rules, votes)) == outcome(answer_of(rules, so_far))
    assert ended > 0


def test_a_labeler_too_weak_to_change_anything_is_not_asked(assumed):
    # `small` and `large` may outvote the two lists together; `opening` alone can't outvote all.
    votes = ballot(subject="thanks", small="thanks", large="thanks")
    assert asked(assumed, votes, without=MOOD) == []
    assert asked(assumed, ballot(subject="thanks", opening="thanks"), without=MOOD) != []


def test_a_quorum_that_may_still_come_together_is_waited_for(assumed):
    votes = ballot(subject="thanks", small="thanks", large="thanks")
    question = replace(assumed.questions["intent"], quorum=4)
    rules = replace(assumed, questions={"intent": question})
    assert asked(rules, votes) == ["opening"]


def test_a_quorum_out_of_reach_is_not_waited_for(assumed):
    question = replace(assumed.questions["intent"], quorum=9)
    rules = replace(assumed, questions={"intent": question})
    votes = ballot(subject="thanks", small="thanks", large="thanks")
    assert asked(rules, votes) == []


def test_too_many_labelers_to_try_every_way_are_asked(assumed):
    left = [_Left(id=f"more-{n}", family=f"f{n}") for n in range(7)]
    rules = replace(
        assumed, accuracies=assumed.accuracies | dict.fromkeys([who.id for who in left], 0.51)
    )
    votes = ballot(subject="thanks", opening="thanks", small="thanks", large="thanks")
    assert len(labelers_to_ask(rules, votes, left)) == 7


# Labelers that are measured.


def test_measured_labelers_that_cost_money_are_asked_one_at_a_time(learned):
    votes = ballot(subject="thanks", opening="request")
    (first,) = asked(learned, votes, without=MOOD)
    assert first in {"small", "large"}


def test_the_cheaper_of_two_alike_is_asked_first(learned):
    alike = {"subject": 0.85, "opening": 0.75, "small": 0.9, "large": 0.9}
    rules = replace(learned, learned=Learned(models={"intent": measured(tuple(alike.items()))}))
    votes = ballot(subject="thanks", opening="request")
    for cheap in ("small", "large"):
        prices = {"small": Decimal(3), "large": Decimal(3), cheap: Decimal(1)}
        assert asked(replace(rules, prices=prices), votes, without=MOOD) == [cheap]


def test_free_labelers_are_asked_before_those_that_cost_money(learned):
    rules = replace(learned, prices={"large": Decimal(4)})
    votes = ballot(subject="thanks", opening="request")
    assert asked(rules, votes, without=MOOD) == ["small"]


def test_of_the_first_wave_the_free_ones_come_first_too(learned):
    rules = replace(learned, prices={"opening": Decimal(1)})
    assert asked(rules, without=MOOD) == ["subject"]


def test_a_sure_answer_that_an_action_rests_on_ends_the_asking(learned):
    votes = ballot(subject="thanks", opening="thanks", small="thanks")
    sure = answer_of(learned, votes).probability
    assert 0.9 < sure < 0.999
    for max_error, left in ((1 - sure + 1e-6, []), (1 - sure - 1e-6, ["large"])):
        action = learned.book.actions["close_ticket"]
        asks = replace(action, autonomy=replace(action.autonomy, max_error=max_error))
        book = replace(learned.book, actions={"close_ticket": asks})
        # `large` may still bring it below what settles.
        question = replace(learned.questions["intent"], settle_at=sure - 0.01)
        rules = replace(learned, book=book, questions={"intent": question})
        assert asked(rules, votes) == left


def test_a_sure_answer_that_no_action_rests_on_is_asked_on_while_it_may_change(learned):
    votes = ballot(subject="thanks", opening="thanks", small="thanks")
    sure = answer_of(learned, votes).probability
    question = replace(learned.questions["intent"], settle_at=sure - 0.01)
    rules = replace(learned, questions={"intent": question})
    assert asked(rules, votes) == []
    assert asked(replace(rules, relied_on={}), votes) == ["large"]


def test_a_sure_answer_without_its_quorum_is_asked_on(learned):
    question = replace(learned.questions["intent"], quorum=4)
    rules = replace(learned, questions={"intent": question})
    assert asked(rules, ballot(subject="thanks", opening="thanks", small="thanks")) == ["large"]


# Asking live and from votes that are all there.


class _Labeler:
    def __init__(self, spec, vote):
        self.id, self.question = spec.id, spec.question
        self.wave, self.family = spec.wave, spec.family
        self._vote = vote

    async def vote(self, ticket, *, deadline):  # noqa: ARG002
        return self._vote


def random_votes(rules, dice):
    """A vote of every labeler of the desk: some abstain, some fail."""
    votes = []
    for name, spec in rules.book.desk.labelers.items():
        labels = [*rules.questions[spec.question].labels, None]
        told = labels[dice.integers(len(labels))]
        failed = "timeout" if dice.random() < 0.1 else ""
        votes.append(
            make_vote(told, labeler=name, question=spec.question, family=spec.family, failed=failed)
        )
    return tuple(votes)


@pytest.mark.parametrize("state", ["assumed", "learned"])
async def test_replaying_all_votes_asks_whom_the_desk_asks_live(request, state):
    rules = request.getfixturevalue(state)
    dice = np.random.default_rng(8)
    fewer = 0

    async def choose(votes, left):
        return labelers_to_ask(rules, votes, left)

    for _ in range(30):
        votes = random_votes(rules, dice)
        by_name = {vote.labeler: vote for vote in votes}
        specs = rules.book.desk.labelers.values()
        live = await collect_votes(
            [_Labeler(spec, by_name[spec.id]) for spec in specs],
            make_redacted_ticket(),
            deadline=Deadline.after(10),
            choose=choose,
        )
        evidence = Evidence(ticket=make_redacted_ticket(), facts=Facts(), votes=votes)
        replayed = as_asked(rules, evidence)
        assert set(_names(replayed.votes)) == set(_names(live.votes))
        assert len(_names(replayed.votes)) == len(live.votes)
        assert replace(replayed, votes=votes) == evidence
        fewer += len(live.votes) < len(votes)
    assert 0 < fewer < 30


def _names(votes):
    return [vote.labeler for vote in votes]


def test_replaying_asks_nobody_whose_vote_is_not_there(assumed):
    votes = tuple(ballot(subject="thanks", opening="thanks"))
    evidence = Evidence(ticket=make_redacted_ticket(), facts=Facts(), votes=votes)
    assert sorted(_names(as_asked(assumed, evidence).votes)) == ["opening", "subject"]
