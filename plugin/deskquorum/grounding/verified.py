"""What verifiers' answers make of a claim, beside what the rules made of it."""

from __future__ import annotations

from dataclasses import replace

from deskquorum.domain import ClaimAnswer, Verdict
from deskquorum.grounding.retrieve import ClauseIndex, ClauseSentence
from deskquorum.grounding.support import Support, in_reach

__all__ = ["is_verbatim", "with_answer"]

_SHORTEST_QUOTE = 4
"""Words; fewer back nothing."""
_REFUSED = 0.25
"""Posterior of entailed up to which the claim is refused, whichever way."""
_OF_MODEL = 0.7
"""Share of the risk that the verifiers tell; the rest is what the rules tell."""


def with_answer(support: Support, answer: ClaimAnswer, index: ClauseIndex) -> Support:
    """The rules' word on a claim and the verifiers' together; where they differ, nobody knows."""
    if answer.label is None:
        return support
    risk = round(_OF_MODEL * (1 - answer.entailed) + (1 - _OF_MODEL) * support.risk, 4)
    told = replace(support, risk=risk)
    if not answer.settled and answer.entailed > _REFUSED:
        return _unknown(told, "the verifiers differ")
    match answer.label:
        case "entailed":
            return _entailed(told, answer, index)
        case "contradicted":
            return replace(
                told, verdict=Verdict.CONTRADICTED, why="verifiers: a clause says otherwise"
            )
        case _:
            return replace(
                told, verdict=Verdict.UNSUPPORTED, why="verifiers: no clause says all of it"
            )


def _entailed(support: Support, answer: ClaimAnswer, index: ClauseIndex) -> Support:
    # INVARIANT: without words of a clause that stand there nothing is supported.
    sentence = _quoted(answer, index)
    if sentence is None:
        return _unknown(support, "verifiers: entailed, but they quote no clause")
    if support.verdict in {Verdict.CONTRADICTED, Verdict.UNSUPPORTED}:
        return _unknown(support, f"verifiers: entailed, rules: {support.why}")
    why = f"verifiers: entailed by clause {sentence.clause.id}"
    found = Support(verdict=Verdict.SUPPORTED, why=why, sentence=sentence, risk=support.risk)
    return in_reach(found, sentence.clause.id, index)


def _quoted(answer: ClaimAnswer, index: ClauseIndex) -> ClauseSentence | None:
    """The clause's sentence that the quote stands in, checked once more."""
    if answer.clause is None or answer.quote is None:
        return None
    clause = next((c for c in index.clauses if c.id == answer.clause), None)
    if clause is None or clause.id in index.reach.outside:
        return None
    if not is_verbatim(answer.quote, clause.text):
        return None
    sentences = index.sentences[clause.id]
    plain = _plain(answer.quote)
    holding = [one for one in sentences if plain in _plain(one.text)]
    first = (holding or list(sentences))[0]
    return replace(first, text=answer.quote)


def is_verbatim(quote: str, text: str) -> bool:
    """Whether a quote stands in a text letter by letter, blanks aside, and is long enough."""
    plain = _plain(quote)
    return len(plain.split()) >= _SHORTEST_QUOTE and plain in _plain(text)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _unknown(support: Support, why: str) -> Support:
    return replace(support, verdict=Verdict.UNKNOWN, why=why)
