"""The reply check: every claim of a draft with its verdict, and what else is wrong in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from deskquorum.domain import ClaimAnswer, Facts, Finding, JsonValue, Verdict
from deskquorum.grounding.assessing import assess, clauses_near
from deskquorum.grounding.case_facts import Case, action_support, case_support, read_case
from deskquorum.grounding.claims import Claim, ClaimKind, extract_claims
from deskquorum.grounding.patterns import Pattern
from deskquorum.grounding.quotes import find_quotes
from deskquorum.grounding.retrieve import ClauseIndex, ClauseLike, ClauseSentence
from deskquorum.grounding.sentences import Span, sentences_of
from deskquorum.grounding.support import Support, in_reach, support_of
from deskquorum.grounding.surface import surface_findings
from deskquorum.grounding.verified import with_answer
from deskquorum.grounding.weights import load_weights
from deskquorum.grounding.words import language_of, words_of

__all__ = [
    "Draft",
    "OpenClaim",
    "Weighed",
    "check_draft",
    "check_reply",
    "open_claims",
    "read_draft",
    "risk_of",
    "weigh_draft",
]

LONGEST_REPLY = 10_000
"""Characters; a longer reply is one unknown claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A drafted reply held against the clauses and the facts of its case; see `read_draft`.

    All of it that no verifier's vote changes, so that asking them and checking read it once.
    """

    reply: str
    index: ClauseIndex
    """The clauses within this case."""
    facts: Facts
    claims: tuple[Claim, ...]
    """All but those that need no check: greetings, thanks, questions."""
    quotes: Mapping[Span, ClauseSentence]
    """Sentences that quote a clause."""
    told: Mapping[Claim, Support | None]
    """Claims that quote nothing, to what the facts settle; None leaves them to the clauses."""

    @property
    def unsettled(self) -> list[Claim]:
        """Claims that neither a quote nor the facts settle."""
        return [claim for claim, support in self.told.items() if support is None]


def read_draft(reply: str, *, index: ClauseIndex, facts: Facts) -> Draft:
    """Read a drafted reply; one that is too long makes no claims here.

    Args:
        reply: The reply as redacted, with vault placeholders.
        index: The desk's clauses, see `index_clauses`.
        facts: What the desk's systems say of this case.
    """
    index = index.within(facts)
    if len(reply) > LONGEST_REPLY:
        return Draft(reply=reply, index=index, facts=facts, claims=(), quotes={}, told={})
    claims = tuple(claim for claim in extract_claims(reply) if claim.kind is not ClaimKind.SOCIAL)
    quotes = find_quotes(reply, sentences_of(reply), index)
    case = read_case(facts)
    told = {claim: _by_facts(claim, case) for claim in claims if claim.sentence not in quotes}
    return Draft(reply=reply, index=index, facts=facts, claims=claims, quotes=quotes, told=told)


def check_reply(
    reply: str,
    *,
    index: ClauseIndex,
    facts: Facts,
    allowed_links: Sequence[str],
    answers: Mapping[Span, ClaimAnswer] | None = None,
) -> tuple[Finding, ...]:
    """Check a drafted reply against clauses and facts in one go.

    Args:
        reply: As `read_draft` takes it.
        index: As `read_draft` takes it.
        facts: As `read_draft` takes it.
        allowed_links: As `weigh_draft` takes it.
        answers: As `check_draft` takes it.
    """
    draft = read_draft(reply, index=index, facts=facts)
    return check_draft(weigh_draft(draft, allowed_links=allowed_links), answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A draft with all that is said of it before anybody is asked; see `weigh_draft`."""

    draft: Draft
    supports: Mapping[Claim, Support]
    """Every claim to what quotes, facts or voters say of it."""
    surface: tuple[Finding, ...]
    """What is wrong in it whatever it claims: links, secrets, personal data."""


def weigh_draft(draft: Draft, *, allowed_links: Sequence[str]) -> Weighed:
    """Hold a draft against clauses and facts; this takes long, and needs no verifier's vote.

    Args:
        draft: The reply.
        allowed_links: Hosts that a reply may link to.
    """
    if len(draft.reply) > LONGEST_REPLY:
        return Weighed(draft=draft, supports={}, surface=(_too_long(draft.reply),))
    known = frozenset(_texts(fact.value for fact in draft.facts.values.values()))
    surface = surface_findings(draft.reply, allowed_links=allowed_links, known=known)
    return Weighed(draft=draft, supports=dict(_supports(draft)), surface=tuple(surface))


def check_draft(
    weighed: Weighed, answers: Mapping[Span, ClaimAnswer] | None = None
) -> tuple[Finding, ...]:
    """What a check makes of a drafted reply, by place in the reply.

    Claims that need no check (greetings, thanks, questions) give no finding. Personal data is
    masked in a finding's text.

    Args:
        weighed: The reply.
        answers: What verifiers' votes came to, by the place of the claim.
    """
    findings = (*_claims(weighed, answers or {}), *weighed.surface)
    private = [finding for finding in weighed.surface if finding.check in {"privacy", "secret"}]
    return tuple(
        sorted((_masked(finding, private) for finding in findings), key=lambda f: (f.start, f.end))
    )


def risk_of(findings: Iterable[Finding]) -> float:
    """0..1: the risk of a reply, that of its riskiest claim; 0 when it claims nothing."""
    return max((f.risk for f in findings if f.risk is not None), default=0.0)


def _claims(weighed: Weighed, answers: Mapping[Span, ClaimAnswer]) -> Iterator[Finding]:
    draft = weighed.draft
    unsettled = set(draft.unsettled)
    for claim, support in weighed.supports.items():
        answer = answers.get((claim.start, claim.end)) if claim in unsettled else None
        told = support if answer is None else with_answer(support, answer, draft.index)
        yield _finding(claim, told)


def _supports(draft: Draft) -> Iterator[tuple[Claim, Support]]:
    index, weights = draft.index, load_weights()
    try:
        assessed = assess(draft.reply, draft.unsettled, index, weights, quoted=draft.quotes.keys())
    except _BREAKS:
        # INVARIANT: a voter that breaks vouches for nothing; its claims are unknown.
        assessed = None
    foreign = _is_foreign(draft.reply, index)
    for claim in draft.claims:
        if claim.sentence in draft.quotes:
            yield claim, _quoting(draft.quotes[claim.sentence], index)
        elif (support := draft.told[claim]) is not None:
            yield claim, support
        else:
            found = (
                _BROKEN
                if assessed is None
                else support_of(claim, assessed.get(claim), index, weights)
            )
            yield claim, _in_another_language(found) if foreign else found


_BREAKS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_BROKEN = Support(verdict=Verdict.UNKNOWN, why="a voter broke", risk=1.0)


def open_claims(draft: Draft) -> tuple[OpenClaim, ...]:
    """The claims of a draft that neither a quote nor the facts settle, with the clauses near them.

    These are what verifiers are asked about. They are not shown clauses of which nobody can tell
    whether they apply.
    """
    claims = draft.unsettled
    nearest = clauses_near(draft.reply, claims, draft.index.surely(), top=_SHOWN)
    return tuple(
        OpenClaim(claim=claim, clauses=clauses)
        for claim, clauses in zip(claims, nearest, strict=True)
        if clauses
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """A claim that somebody has to be asked about."""

    claim: Claim
    clauses: tuple[ClauseLike, ...]
    """Nearest first."""


_SHOWN = 3


def _quoting(sentence: ClauseSentence, index: ClauseIndex) -> Support:
    clause = sentence.clause.id
    risk = 0.5 if clause in index.reach.untold else 0.0
    why = "quotes the clause"
    support = Support(verdict=Verdict.SUPPORTED, why=why, sentence=sentence, risk=risk)
    return in_reach(support, clause, index)


def _by_facts(claim: Claim, case: Case) -> Support | None:
    """What the facts settle; None where they leave it to the clauses."""
    done = action_support(claim, case)
    if done is None and claim.kind is ClaimKind.CASE:
        done = case_support(claim, case)
    return None if done is None or done.verdict is Verdict.UNKNOWN else done


def _in_another_language(support: Support) -> Support:
    """Words can't be compared; the risk, which rests on numbers too, is told all the same."""
    return replace(
        support, verdict=Verdict.UNKNOWN, why="not in the language of the clauses", sentence=None
    )


_FEWEST_WORDS = 8
"""A shorter text may hold no stop word in any language."""


def _is_foreign(reply: str, index: ClauseIndex) -> bool:
    words = words_of(reply)
    language = language_of(words)
    return language != index.language and not (language is None and len(words) < _FEWEST_WORDS)


def _finding(claim: Claim, support: Support) -> Finding:
    sentence = support.sentence
    return Finding(
        check="claim",
        verdict=support.verdict,
        start=claim.start,
        end=claim.end,
        text=claim.text,
        clause=None if sentence is None else sentence.clause.id,
        clause_version=None if sentence is None else sentence.clause.version,
        quote=None if sentence is None else sentence.text,
        why=support.why,
        risk=support.risk,
    )


def _too_long(reply: str) -> Finding:
    why = f"longer than {LONGEST_REPLY} characters"
    return Finding(
        check="claim",
        verdict=Verdict.UNKNOWN,
        start=0,
        end=len(reply),
        text="",
        why=why,
        risk=0.5,
    )


def _masked(finding: Finding, private: Iterable[Finding]) -> Finding:
    """INVARIANT: no finding repeats personal data, since findings are recorded and shown."""
    text = list(finding.text)
    for secret in private:
        for place in range(max(secret.start, finding.start), min(secret.end, finding.end)):
            text[place - finding.start] = _MASKED.compiled.sub(
                "•", finding.text[place - finding.start]
            )
    return replace(finding, text="".join(text))


_MASKED = Pattern(r"[\p{L}\p{N}]")


def _texts(values: Iterable[JsonValue]) -> Iterator[str]:
    for value in values:
        match value:
            case str() | int():
                yield str(value)
            case list():
                yield from _texts(value)
            case dict():
                yield from _texts(value.values())
            case None:
                pass
