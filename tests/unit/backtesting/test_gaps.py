from dataclasses import replace

import pytest

from deskquorum.backtesting import redecide
from deskquorum.domain import Reason, Usage
from deskquorum.testing import make_vote

VIP = {"order.status": "string", "customer.tier": "string", "customer.vip": "bool"}
SHOP = {"order.status": "string", "customer.tier": "string", "shop.open": "bool"}


def rule(effect, when):
    return f"{{id: new, on: pay, effect: {effect}, when: '{when}', cite: [C1], reason: new}}"


def missing(redecided):
    return [(gap.kind, gap.name) for gap in redecided.gaps]


@pytest.mark.parametrize("effect", ["deny", "require_human"])
def test_a_restriction_on_a_fact_that_is_new_needs_it(entry, rulebook, effect):
    again = redecide(entry(), rulebook(rule(effect, "customer.vip"), facts=VIP))
    assert missing(again) == [("fact", "customer.vip")]
    assert not again.told


def test_a_fact_of_a_record_that_is_new_is_missing_too(entry, rulebook):
    again = redecide(entry(), rulebook(rule("deny", "!shop.open"), facts=SHOP))
    assert missing(again) == [("fact", "shop.open")]


def test_a_new_fact_that_the_host_sent_all_along_is_there(entry, rulebook):
    sent = entry(order_status="open", customer_tier="gold", customer_vip=False)
    again = redecide(sent, rulebook(rule("deny", "customer.vip"), facts=VIP))
    assert (again.gaps, again.differs) == ((), ())


def test_an_allowance_on_a_new_fact_cannot_change_what_is_allowed_anyway(entry, rulebook):
    again = redecide(entry(), rulebook(rule("allow", "customer.vip"), facts=VIP))
    assert (again.gaps, again.differs) == ((), ())


def test_a_denial_that_holds_needs_nothing_more(entry, rulebook):
    vip = rule("require_human", "customer.vip")
    firm = "{id: firm, on: pay, effect: deny, cite: [C1], reason: never}"
    again = redecide(entry(), rulebook(vip, firm, facts=VIP))
    assert again.gaps == ()
    assert "rules" in again.differs


def test_a_fact_that_was_missing_when_it_was_decided_is_no_gap(entry, rulebook):
    shut = rule("deny", 'order.status == "shut"')
    again = redecide(entry(customer_tier="gold"), rulebook(shut))
    assert again.gaps == ()


def test_a_fact_whose_source_failed_is_no_gap(entry, rulebook):
    failed = Reason(
        code="fact-source-failed",
        params={"source": "crm", "why": "late", "facts": "customer.tier, customer.vip"},
    )
    again = redecide(entry(failures=(failed,)), rulebook(rule("deny", "customer.vip"), facts=VIP))
    assert again.gaps == ()


def test_a_fact_that_the_old_files_asked_for_too_is_no_gap_between_both(entry, rulebook):
    old = rulebook(facts=VIP)
    new = rulebook(rule("deny", "customer.vip"), facts=VIP)
    assert redecide(entry(), new, against=old).gaps == ()


def test_a_limit_that_nobody_counted_is_missing_where_the_action_is_allowed(entry, rulebook):
    weekly = "[{id: weekly, per: desk, within: 7d, count: 3, reason: enough}]"
    assert missing(redecide(entry(), rulebook(limits=weekly))) == [("limit", "weekly")]
    firm = "{id: firm, on: pay, effect: deny, cite: [C1], reason: never}"
    assert redecide(entry(), rulebook(firm, limits=weekly)).gaps == ()


def test_a_limit_is_compared_with_what_was_taken_then(entry, rulebook):
    recorded = entry()
    used = replace(recorded.evidence, used={"weekly": Usage(count=2)})
    counted = replace(recorded, evidence=used)
    three, two = (
        rulebook(limits=f"[{{id: weekly, per: desk, within: 7d, count: {n}, reason: enough}}]")
        for n in (3, 2)
    )
    assert redecide(counted, three).differs == ()
    again = redecide(counted, two)
    assert (again.gaps, "effect" in again.differs) == ((), True)


def test_a_play_that_waits_for_a_new_fact_needs_it(entry, rulebook):
    plays = """\
playbook: shop
version: "1"
plays:
  - id: pay-vip
    when: customer.vip
    action: {name: pay, args: {amount: "1000"}}
"""
    again = redecide(entry(proposal=False), rulebook(facts=VIP, plays=plays))
    assert missing(again) == [("fact", "customer.vip")]


def test_a_play_that_does_not_fit_anyway_needs_nothing(entry, rulebook):
    plays = """\
playbook: shop
version: "1"
plays:
  - id: pay-vip
    when: answer.mood == "cross" && customer.vip
    action: {name: pay, args: {amount: "1000"}}
"""
    again = redecide(entry(proposal=False), rulebook(facts=VIP, plays=plays))
    assert again.gaps == ()


def test_a_labeler_that_named_a_label_which_is_gone_would_have_to_vote_again(entry, rulebook):
    cross = entry(votes=[make_vote("cross", labeler="words", question="mood")])
    again = redecide(cross, rulebook(labels=("calm", "angry")))
    assert missing(again) == [("vote", "words")]
    assert [str(vote) for vote in again.unused] == ["label cross of mood"]


def test_a_labeler_that_is_gone_does_not_count(entry, rulebook):
    votes = [
        make_vote("calm", labeler="words", question="mood"),
        make_vote("cross", labeler="other", question="mood"),
    ]
    both = rulebook(labelers=("words", "other"))
    again = redecide(entry(votes=votes, rules=both), rulebook())
    assert [vote.labeler for vote in again.votes] == ["words"]
    assert [str(vote) for vote in again.unused] == ["labeler other"]
    assert again.after.answers["mood"].label == "calm"


def test_the_votes_on_a_question_that_is_gone_do_not_count(entry, rulebook):
    votes = [
        make_vote("calm", labeler="words", question="mood"),
        make_vote("yes", labeler="old-words", question="old"),
    ]
    # Recorded under files that asked more.
    again = redecide(entry(votes=votes), rulebook())
    assert [str(vote) for vote in again.unused] == ["question old"]


@pytest.mark.parametrize("code", ["late", "stage-failed"])
def test_a_hand_off_stays_a_hand_off_and_needs_nothing(entry, rulebook, code):
    broken = Reason(code=code, params={"stage": "labeling"})
    again = redecide(entry(failures=(broken,)), rulebook(rule("deny", "customer.vip"), facts=VIP))
    assert (again.gaps, again.differs) == ((), ())
