"""Whatever is recorded can be read back exactly: a recorded decision replays bit for bit."""

from datetime import UTC, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import (
    Action,
    Answer,
    Decision,
    Evidence,
    Fact,
    Facts,
    Finding,
    Message,
    Mode,
    Proposal,
    Reason,
    RedactedTicket,
    Route,
    Ruling,
    Unread,
    Verdict,
    Vote,
    VoteStatus,
)
from deskquorum.domain import Effect as RulingEffect
from deskquorum.ledger import (
    decision_from_json,
    decision_to_json,
    evidence_from_json,
    evidence_to_json,
)

_offsets = st.integers(-23 * 3600, 23 * 3600).map(lambda s: timezone(timedelta(seconds=s)))
_text = st.text(max_size=20)
_maybe_text = st.none() | _text
_texts = st.lists(_text, max_size=3).map(tuple)
_moments = st.datetimes(timezones=st.just(UTC) | _offsets)
_chances = st.floats(0, 1)
_money = st.decimals(allow_nan=False, allow_infinity=False, places=4)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)


def _words(values):
    return st.dictionaries(_text, values, max_size=3)


def _tuples(values):
    return st.lists(values, max_size=3).map(tuple)


_reasons = st.builds(Reason, code=_text, params=_words(_text))
_actions = st.builds(Action, name=_text, args=_words(_json))
_proposals = st.builds(
    Proposal,
    source=st.sampled_from(["bot", "playbook"]),
    action=st.none() | _actions,
    reply=_maybe_text,
    play=_maybe_text,
    clauses=_texts,
)
_tickets = st.builds(
    RedactedTicket,
    id=_text,
    messages=_tuples(
        st.builds(Message, role=st.sampled_from(["customer", "agent"]), text=_text, at=_moments)
    ),
    languages=_texts,
    tags=_texts,
    redactions=_words(st.integers(0, 99)),
)
_votes = st.sampled_from(VoteStatus).flatmap(
    lambda status: st.builds(
        Vote,
        question=_text,
        labeler=_text,
        status=st.just(status),
        label=_text if status is VoteStatus.CAST else st.none(),
        distribution=_words(_chances),
        family=_text,
        model=_maybe_text,
        prompt_hash=_maybe_text,
        cost=_money,
        latency_ms=st.integers(0),
        why=_text,
    )
)
_facts = st.builds(
    Facts,
    values=_words(st.builds(Fact, value=_json, source=_text, read_at=_moments)),
    unread=_words(st.builds(Unread, source=_text, why=_text)),
)
_evidence = st.builds(
    Evidence,
    ticket=_tickets,
    facts=_facts,
    votes=_tuples(_votes),
    proposal=st.none() | _proposals,
    failures=_tuples(_reasons),
)
_answers = st.builds(
    Answer,
    question=_text,
    label=_maybe_text,
    probability=_chances,
    settled=st.booleans(),
    calibrated=st.booleans(),
    distribution=_words(_chances),
)
_rulings = st.builds(
    Ruling,
    action=_text,
    effect=st.sampled_from(RulingEffect),
    rules=_texts,
    clauses=_texts,
    reasons=_tuples(_reasons),
    mode=st.sampled_from(Mode),
    signed_off=_maybe_text,
    obligations=_texts,
    policy_hash=_text,
    trace=_words(_text),
)
_findings = st.builds(
    Finding,
    check=_text,
    verdict=st.sampled_from(Verdict),
    start=st.integers(0),
    end=st.integers(0),
    text=_text,
    clause=_maybe_text,
    clause_version=_maybe_text,
    quote=_maybe_text,
    why=_text,
)
_decisions = st.builds(
    Decision,
    id=_text,
    ticket=_text,
    route=st.sampled_from(Route),
    action=st.none() | _actions,
    reply=_maybe_text,
    reasons=_tuples(_reasons),
    answers=_words(_answers),
    rulings=_tuples(_rulings),
    findings=_tuples(_findings),
    play=_maybe_text,
    mode=st.sampled_from(Mode),
    cost=_money,
    saved_calls=st.integers(0),
    decided_at=_moments,
    policy_hash=_text,
    versions=_words(_text),
)


@given(_decisions)
def test_a_decision_is_read_back_exactly(decision):
    text = decision_to_json(decision)
    back = decision_from_json(text)
    assert back == decision
    assert decision_to_json(back) == text


@given(_evidence)
def test_evidence_is_read_back_exactly(evidence):
    text = evidence_to_json(evidence)
    back = evidence_from_json(text)
    assert back == evidence
    assert evidence_to_json(back) == text
