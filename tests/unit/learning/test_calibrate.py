"""Audited tickets to models and certificates; the votes are written down, nobody is asked."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.assembly import load_parts
from deskquorum.domain import Action, Evidence, Facts, Proposal
from deskquorum.learning import Audited, certify_actions, fit_models, fit_question, halves
from deskquorum.reconciliation import Learned
from deskquorum.testing import make_redacted_ticket, make_vote

NOW = datetime(2026, 11, 2, tzinfo=UTC)
DESK = """\
desk: d
version: "1"
languages: [en]
questions:
  intent:
    ask: What is wanted?
    labels: {thanks: "nothing is asked", request: "something is asked"}
    labelers: [ann, bob, cyd]
  danger:
    ask: Is anybody in danger?
    labels: {none: "nobody", some: "somebody"}
    labelers: [dan]
  mood:
    ask: Which mood?
    labels: {good: "good", bad: "bad"}
    labelers: [eve]
labelers:
  ann: {kind: rule, file: w.yaml, accuracy: 0.8}
  bob: {kind: rule, file: w.yaml, accuracy: 0.8}
  cyd: {kind: rule, file: w.yaml, accuracy: 0.8, wave: 2}
  dan: {kind: rule, file: d.yaml, accuracy: 0.8}
  eve: {kind: rule, file: e.yaml, accuracy: 0.8}
"""
POLICY = """\
policy: p
version: "1"
actions:
  note: {risk: none, mode: auto, autonomy: {max_error: 0.05, confidence: 0.95}}
  ping: {risk: none, mode: auto, autonomy: {max_error: 0.05, confidence: 0.95}}
rules:
  - {id: note-thanks, on: note, effect: allow, when: answer.intent == "thanks", reason: r}
  - {id: ping-always, on: ping, effect: allow, reason: r}
  - {id: safe, on: ticket, effect: require_human, when: answer.danger != "none", reason: r}
"""
PLAYS = """\
playbook: p
version: "1"
plays:
  - {id: p, when: answer.intent == "thanks", action: {name: note}}
"""
WORDS = """\
labeler: {0}
version: "1"
rules: [{{id: r, label: {1}, words: [hello]}}]
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    (folder / "policies").mkdir()
    files = {
        "policies/desk.yaml": DESK,
        "policies/p.yaml": POLICY,
        "policies/playbook.yaml": PLAYS,
        "w.yaml": WORDS.format("w", "thanks"),
        "d.yaml": WORDS.format("d", "none"),
        "e.yaml": WORDS.format("e", "good"),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_parts(folder).rules


QUESTION = {"ann": "intent", "bob": "intent", "cyd": "intent", "dan": "danger", "eve": "mood"}


def audited(name, truth, **said):
    """A ticket; whoever is not in `said` votes what is true, or the calm label."""
    calm = {"intent": "thanks", "danger": "none", "mood": "good"}
    votes = [
        make_vote(said.get(who, (calm | truth)[question]), labeler=who, question=question)
        for who, question in QUESTION.items()
    ]
    ticket = make_redacted_ticket(id=name)
    return Audited(evidence=Evidence(ticket=ticket, facts=Facts(), votes=tuple(votes)), truth=truth)


def thanks(name, **said):
    return audited(name, {"intent": "thanks", "danger": "none"}, **said)


def request(name, **said):
    return audited(name, {"intent": "request", "danger": "none"}, **said)


def danger(name):
    return audited(name, {"intent": "thanks", "danger": "some"})


@pytest.fixture(scope="module")
def measured(rules):
    """The rules with models of labelers that err now and then."""
    tickets = [
        *(thanks(f"t{n}", **({"bob": "request"} if n % 8 == 0 else {})) for n in range(40)),
        *(request(f"r{n}", **({"cyd": "thanks"} if n % 8 == 1 else {})) for n in range(30)),
        *(danger(f"d{n}") for n in range(10)),
    ]
    models = {
        name: fit_question(question, tickets, fitted_at=NOW)
        for name, question in rules.questions.items()
        if name != "mood"
    }
    return replace(rules, learned=Learned(models=models))


def certificate(measured, tickets, action="note"):
    return certify_actions(tickets, measured, issued_at=NOW)[action]


@pytest.mark.parametrize("size", [0, 1, 2, 7, 100])
def test_every_ticket_is_in_one_half_and_the_halves_are_equal(size):
    tickets = [thanks(f"t{n}") for n in range(size)]
    fitting, held = halves(tickets)
    ids = Counter(t.evidence.ticket.id for t in (*fitting, *held))
    assert ids == Counter(f"t{n}" for n in range(size))
    assert len(fitting) - len(held) in {0, 1}


def test_halves_hang_on_ids_alone():
    tickets = [thanks(f"t{n}") for n in range(30)]
    others = [request(f"t{n}", ann="thanks") for n in reversed(range(30))]
    for one, other in zip(halves(tickets), halves(others), strict=True):
        assert [t.evidence.ticket.id for t in one] == [t.evidence.ticket.id for t in other]


def test_nineteen_audited_tickets_are_too_few_to_measure_a_question(rules):
    tickets = [thanks(f"t{n}") for n in range(10)] + [request(f"r{n}") for n in range(10)]
    question = rules.questions["intent"]
    assert fit_question(question, tickets[1:], fitted_at=NOW) is None
    assert fit_question(question, tickets, fitted_at=NOW) is not None


def test_what_is_measured_is_counted_right(rules):
    """Of 24 tickets 20 are audited; ann errs on 3 of those, bob abstains on 5."""
    tickets = [
        *(thanks(f"a{n}", ann="request") for n in range(3)),
        *(request(f"b{n}", bob=None) for n in range(5)),
        *(thanks(f"c{n}") for n in range(6)),
        *(request(f"d{n}") for n in range(6)),
        *(audited(f"e{n}", {}, cyd="request") for n in range(4)),
    ]
    found = fit_question(rules.questions["intent"], tickets, fitted_at=NOW)
    assert found.rights == {"ann": (17, 20), "bob": (15, 15), "cyd": (20, 20)}
    assert found.items == 24
    assert found.disagreement == 7 / 24
    assert found.calibrated


def test_the_mix_of_labels_is_known_by_tickets_that_stand_for_all_alone(rules):
    fitting = [thanks(f"t{n}") for n in range(12)] + [request(f"r{n}") for n in range(12)]
    drawn = [ticket.evidence for ticket in (thanks("t0"), thanks("t1"), request("r0"))]
    found = fit_models(fitting, rules, fitted_at=NOW, drawn=drawn)["intent"]
    assert found.named == {"thanks": 2, "request": 1}
    assert fit_models(fitting, rules, fitted_at=NOW)["intent"].named == {}


def test_votes_of_fallback_models_measure_no_labeler(rules):
    def by_a_fallback(ticket):
        evidence = ticket.evidence
        votes = [replace(v, stand_in="b") if v.labeler == "ann" else v for v in evidence.votes]
        return replace(ticket, evidence=replace(evidence, votes=tuple(votes)))

    own = [thanks(f"a{n}") for n in range(12)] + [request(f"b{n}") for n in range(12)]
    others = [by_a_fallback(thanks(f"c{n}", ann="request")) for n in range(6)]
    found = fit_question(rules.questions["intent"], [*own, *others], fitted_at=NOW)
    assert found.rights == {"ann": (24, 24), "bob": (30, 30), "cyd": (30, 30)}
    assert found.disagreement == 0


def test_the_hash_of_the_data_ignores_order_and_notices_a_changed_label(rules):
    tickets = [thanks(f"t{n}") for n in range(10)] + [request(f"r{n}") for n in range(10)]
    changed = [*tickets[:-1], request("r9", ann="thanks")]
    first, turned, other = (
        fit_question(rules.questions["intent"], rows, fitted_at=NOW).data_hash
        for rows in (tickets, tickets[::-1], changed)
    )
    assert first == turned != other


def test_sixty_right_decisions_certify_five_percent_and_58_do_not(measured):
    """0 of 59 wrong bound the error at 1 - 0.05 ** (1 / 59) = 4.95%."""
    found, issued = certificate(measured, [thanks(f"x{n}") for n in range(60)])
    assert (found.n, found.errors, found.audited) == (60, 0, 60)
    assert issued.questions == ("intent", "danger")
    assert issued.expires_at - issued.issued_at == timedelta(days=90)
    assert issued.models_hash == measured.learned.models_hash(("intent", "danger"))
    assert issued.policy_hash == measured.book.hash
    found, issued = certificate(measured, [thanks(f"x{n}") for n in range(58)])
    assert (found.threshold, issued) == (None, None)


def misread(name):
    """Everybody says thanks and nothing of danger; one of both is wrong."""
    everybody = {"ann": "thanks", "bob": "thanks", "cyd": "thanks"}
    return audited(name, {"intent": "request", "danger": "none"}, **everybody)


def missed_danger(name):
    return audited(name, {"intent": "thanks", "danger": "some"}, dan="none")


def wrong_mood(name):
    return audited(name, {"intent": "thanks", "danger": "none", "mood": "good"}, eve="bad")


@pytest.mark.parametrize(
    ("spoilt", "errors"),
    [
        pytest.param(misread, 1, id="what-the-action-reads"),
        pytest.param(missed_danger, 1, id="what-the-ticket-rule-reads"),
        pytest.param(wrong_mood, 0, id="what-nothing-reads"),
    ],
)
def test_a_decision_is_wrong_when_any_answer_that_it_relies_on_is(measured, spoilt, errors):
    found, _ = certificate(measured, [*(thanks(f"x{n}") for n in range(150)), spoilt("y")])
    assert (found.n, found.errors) == (151, errors)


def unaudited_danger(name):
    return audited(name, {"intent": "thanks"})


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(request, id="the-action-is-not-allowed"),
        pytest.param(danger, id="a-ticket-rule-asks-for-a-person"),
        pytest.param(unaudited_danger, id="one-of-the-questions-was-not-audited"),
    ],
)
def test_only_decisions_that_would_go_out_and_were_audited_count(measured, other):
    tickets = [thanks(f"x{n}") for n in range(60)] + [other(f"y{n}") for n in range(40)]
    found, _ = certificate(measured, tickets)
    assert (found.n, found.audited) == (60, 60)


def test_an_action_that_only_a_bot_proposes_is_certified_on_the_bots_proposals(measured):
    tickets = [thanks(f"x{n}") for n in range(60)]
    assert certificate(measured, tickets, action="ping")[0].audited == 0
    wish = Proposal(source="bot", action=Action(name="ping"))
    proposed = [replace(t, evidence=replace(t.evidence, proposal=wish)) for t in tickets]
    found, issued = certificate(measured, proposed, action="ping")
    assert (found.n, issued.questions) == (60, ("danger",))


def test_votes_that_the_desk_would_not_have_asked_for_do_not_count(measured):
    """`cyd` is asked last, and not at all where `ann` and `bob` agree."""
    agreed = [thanks(f"x{n}") for n in range(60)]
    contradicted = [thanks(f"x{n}", cyd="request") for n in range(60)]
    found, other = (certificate(measured, tickets)[0] for tickets in (agreed, contradicted))
    assert found == other


def test_without_audits_nothing_is_certified(measured):
    found, issued = certificate(measured, [])
    assert (found.audited, issued) == (0, None)
