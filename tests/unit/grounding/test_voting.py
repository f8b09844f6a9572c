"""One claim against one clause: what each voter says."""

import json
from pathlib import Path

import pytest

from deskquorum.domain import Facts
from deskquorum.grounding import check_reply, index_clauses, risk_of
from deskquorum.grounding.alignment import WordVectors, nearness
from deskquorum.grounding.passages import read_passage
from deskquorum.grounding.voting import FEATURES, ballot_of
from deskquorum.grounding.weights import WEIGHTS_FILE, load_weights
from deskquorum.labeling import load_embedder

SETS = Path(__file__).parents[2] / "claim_sets"


def ballot(reply, clause):
    said, written = read_passage(reply), read_passage(clause)
    return ballot_of(said, written, nearness(said.marks, written, WordVectors(None)))


def features(reply, clause):
    return ballot(reply, clause).features


def kinds(reply, clause):
    votes = ballot(reply, clause).numbers
    return {vote.kind for vote in votes if vote.score < 0}, {
        vote.kind for vote in votes if vote.score > 0
    }


@pytest.mark.parametrize(
    ("right", "wrong", "reply"),
    [
        pytest.param(
            "Jackets can be returned within 90 days.",
            "Jackets can be returned within 45 days.",
            "The jacket came two months ago, so you can still return it.",
            id="inside-a-window",
        ),
        pytest.param(
            "Jackets can be returned within 45 days.",
            "Jackets can be returned within 90 days.",
            "The jacket came two months ago, so it's too late to return it.",
            id="beyond-a-window",
        ),
        pytest.param(
            "A visit costs 25 GBP.",
            "A visit costs 40 GBP.",
            "For both visits it's £50.",
            id="twice",
        ),
        pytest.param(
            "Dental work is paid at 80%.",
            "Dental work is paid at 60%.",
            "For the €500 crown we pay you €400.",
            id="a-share",
        ),
        pytest.param(
            "Books earn 8% and toys 12%.",
            "Books earn 12% and toys 8%.",
            "Your books at $50 earn $4.",
            id="which-of-two",
        ),
        pytest.param(
            "The excess is 150 GBP.",
            "The excess is 250 GBP.",
            "The repair was £400, so after the excess you'd get £250.",
            id="taken-off",
        ),
        pytest.param(
            "A room sleeps up to five guests.",
            "A room sleeps up to four guests.",
            "Two adults plus three kids will fit in the room.",
            id="a-sum",
        ),
        pytest.param(
            "Each member may take two books.",
            "Each member may take three books.",
            "Three books is one over what a member may take.",
            id="too-many-by",
        ),
        pytest.param(
            "Orders over 30 EUR ship free, otherwise shipping is 4 EUR.",
            "Orders over 60 EUR ship free, otherwise shipping is 4 EUR.",
            "At 45 euros your shipping is free.",
            id="a-threshold",
        ),
        pytest.param(
            "Sellers are paid seven days after delivery.",
            "Sellers are paid three days after delivery.",
            "It was delivered on the 10th, so you are paid on the 17th.",
            id="a-date",
        ),
        pytest.param(
            "Bags may weigh up to 10 kg.",
            "Bags may weigh up to 10 lb.",
            "Your bag of eight kilos is no problem.",
            id="units",
        ),
        pytest.param(
            "Calls are limited to 600 a minute.",
            "Calls are limited to 100 a minute.",
            "Your 5 calls a second are within what is allowed.",
            id="a-rate",
        ),
    ],
)
def test_numbers_speak_for_the_clause_that_they_follow_from(right, wrong, reply):
    weights = load_weights()
    assert weights.risk(features(reply, right)) + 0.2 < weights.risk(features(reply, wrong))


@pytest.mark.parametrize(
    ("voter", "right", "wrong", "reply"),
    [
        pytest.param(
            "sign",
            "Points are earned on stays. Points are not earned on meals.",
            "Points are not earned on stays. Points are earned on meals.",
            "You earn points on the stay, but not on the meals.",
            id="negation-swapped",
        ),
        pytest.param(
            "firmness",
            "Helmets must be worn.",
            "Helmets are recommended.",
            "You have to wear helmets.",
            id="duty-or-advice",
        ),
        pytest.param(
            "party",
            "Duties are paid by the buyer.",
            "Duties are paid by the seller.",
            "The duties are for you to pay.",
            id="who-pays",
        ),
        pytest.param(
            "scope",
            "The pool is for all members. The sauna is for gold members only.",
            "The sauna is for all members. The pool is for gold members only.",
            "With your blue card you can use the pool, but the sauna isn't open to you.",
            id="for-whom",
        ),
        pytest.param(
            "breadth",
            "It applies to all pets, indoor cats included.",
            "It applies to pets only if they live outdoors.",
            "It makes no difference where the pet lives.",
            id="all-or-some",
        ),
        pytest.param(
            "currency",
            "Fees are billed in dollars.",
            "Fees are billed in euros.",
            "Your fee is billed in dollars.",
            id="currency",
        ),
    ],
)
def test_a_voter_tells_the_right_clause_from_the_wrong_one(voter, right, wrong, reply):
    def lean(clause):
        found = features(reply, clause)
        return found[f"{voter}-against"] + found[f"{voter}-for"]

    assert lean(right) < lean(wrong)


def test_a_restated_limit_that_differs_is_another_number():
    against, _ = kinds("Returns are taken within 60 days.", "Returns are taken within 30 days.")
    assert against == {"other"}


def test_a_clause_without_numbers_gives_no_number_vote():
    assert kinds("It takes 5 days.", "Returns are welcome.") == (set(), set())


def test_the_shipped_weights_know_every_feature_and_say_where_they_come_from():
    read = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    assert set(read["features"]) == set(FEATURES)
    assert min(read["features"].values()) >= 0
    assert {"made_by", "made_on", "fitted_on", "items"} <= set(read)


def checked(policy, reply):
    embedder = load_embedder()
    index = index_clauses([Policy(policy)], None if embedder is None else embedder.embed)
    return check_reply(reply, index=index, facts=Facts(), allowed_links=())


class Policy:
    id, version = "policy", ""

    def __init__(self, text):
        self.text = text
        self.scope = {}


def test_of_two_policies_the_one_that_backs_the_reply_mostly_has_the_lower_risk():
    better, all_pairs = 0.0, 0
    for path in SETS.glob("counterfactual*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            for mine, other in ((0, 1), (1, 0)):
                reply = item["replies"][mine]
                right = risk_of(checked(item["policies"][mine], reply))
                wrong = risk_of(checked(item["policies"][other], reply))
                better += (right < wrong) + 0.5 * (right == wrong)
                all_pairs += 1
    assert all_pairs > 250
    assert better / all_pairs > 0.85


def test_few_faithful_replies_that_fool_rules_are_called_wrong():
    rows = [json.loads(line) for line in (SETS / "faithful.jsonl").read_text().splitlines()]
    flagged = [
        row["id"]
        for row in rows
        if {f.verdict.value for f in checked(row["policy_text"], row["reply"])}
        & {"contradicted", "unsupported"}
    ]
    assert len(rows) == 60
    assert len(flagged) <= 6
