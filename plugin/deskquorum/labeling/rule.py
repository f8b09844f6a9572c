"""A labeler made of word lists and patterns."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Self

from deskquorum.domain import Deadline, Question, RedactedTicket, Vote, VoteStatus
from deskquorum.labeling.lexicon import Sentences
from deskquorum.labeling.rule_file import Matcher, Rule, RuleFile, load_rule_file
from deskquorum.policy import RuleSpec
from deskquorum.reading import concealed, readable

__all__ = ["RuleLabeler"]

_PATTERN_TIMEOUT_S = 0.2
_Hits = Mapping[int, set[int]]


class RuleLabeler:
    """Votes for the label whose rules weigh most; a tie abstains."""

    def __init__(
        self,
        labeler: str,
        question: Question,
        rules: RuleFile,
        *,
        wave: int = 1,
        family: str | None = None,
    ) -> None:
        """A labeler of loaded rules.

        Args:
            labeler: Its id.
            question: What it answers.
            rules: From `load_rule_file`.
            wave: When it is asked.
            family: Shared by labelers that err together; its own id by default.
        """
        self.id = labeler
        self.question = question.id
        self.wave = wave
        self.family = labeler if family is None else family
        self._rules = rules

    @classmethod
    def load(cls, spec: RuleSpec, question: Question) -> Self:
        """A labeler as `desk.yaml` names it.

        Raises:
            PolicyFileError: Everything that is wrong in its rule file.
        """
        rules = load_rule_file(spec.file, question)
        return cls(spec.id, question, rules, wave=spec.wave, family=spec.family)

    async def vote(self, ticket: RedactedTicket, *, deadline: Deadline) -> Vote:  # noqa: ARG002 - rules take no time
        """Apply every rule; a pattern that takes too long loses the vote."""
        started = time.perf_counter()
        try:
            label, why = self._decide(Sentences.of(self._text(ticket)))
            status = VoteStatus.ABSTAINED if label is None else VoteStatus.CAST
        except TimeoutError:
            # INVARIANT: rules that were not all applied have not said "otherwise".
            label, why, status = None, "pattern-timeout", VoteStatus.FAILED
        return Vote(
            question=self.question,
            labeler=self.id,
            status=status,
            label=label,
            family=self.family,
            latency_ms=round((time.perf_counter() - started) * 1000),
            why=why,
        )

    def _decide(self, sentences: Sentences) -> tuple[str | None, str]:
        """The label and the ids of the rules that fired for it."""
        hits = self._rules.lexicon.find(sentences)
        fired = [rule for rule in self._rules.rules if _fires(rule, sentences, hits)]
        weights: Counter[str] = Counter()
        for rule in fired:
            weights[rule.label] += rule.weight
        match weights.most_common(2):
            case []:
                return self._rules.otherwise, ""
            case [(_, first), (_, second)] if first == second:
                return None, "tie:" + ",".join(rule.id for rule in fired)
            case [(label, _), *_]:
                return label, ",".join(rule.id for rule in fired if rule.label == label)
            case _:
                return None, ""

    def _text(self, ticket: RedactedTicket) -> str:
        read = self._rules.read
        roles = {"all": {"customer", "agent"}, "agent": {"agent"}}.get(read, {"customer"})
        texts = [message.text for message in ticket.messages if message.role in roles]
        match read:
            case "last":
                return readable(texts[-1]) if texts else ""
            case "everything":
                # Tampering may stand in what a reader would skip, so the mail comes whole as well.
                return "\n\n".join(f"{text}\n\n{concealed(text)}" for text in texts)
            case _:
                return "\n\n".join(map(readable, texts))


def _fires(rule: Rule, sentences: Sentences, hits: _Hits) -> bool:
    found = _found(rule.match, sentences, hits)
    for condition, wanted in ((rule.needs, True), (rule.unless, False)):
        if found and condition is not None:
            also = _found(condition, sentences, hits)
            if condition.within == "sentence":
                found = found & also if wanted else found - also
            elif bool(also) is not wanted:
                found = set()
    return bool(found)


def _found(matcher: Matcher, sentences: Sentences, hits: _Hits) -> set[int]:
    """Numbers of the sentences in which the matcher matches.

    Raises:
        TimeoutError: A pattern took too long.
    """
    found = set(hits.get(matcher.number, ()))
    for pattern in matcher.patterns:
        for hit in pattern.finditer(sentences.folded, timeout=_PATTERN_TIMEOUT_S):
            found |= set(range(sentences.at(hit.start()), sentences.at(hit.end() - 1) + 1))
    for pattern in matcher.cased:
        for number, written in enumerate(sentences.written):
            if number not in found and pattern.search(written, timeout=_PATTERN_TIMEOUT_S):
                found.add(number)
    return found
