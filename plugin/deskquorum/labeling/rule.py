"""A labeler made of word lists and patterns."""

from __future__ import annotations

import time
from collections import Counter
from typing import Self

from deskquorum.domain import Deadline, Question, RedactedTicket, Vote, VoteStatus
from deskquorum.errors import LabelerError
from deskquorum.labeling.lexicon import tokens_of
from deskquorum.labeling.rule_file import Matcher, RuleFile, load_rule_file
from deskquorum.policy import RuleSpec
from deskquorum.reading import concealed, fold, readable

__all__ = ["RuleLabeler"]

_PATTERN_TIMEOUT_S = 0.2


class RuleLabeler:
    """Votes for the label whose rules weigh most; a tie abstains."""

    def __init__(self, labeler: str, question: Question, rules: RuleFile, *, wave: int = 1) -> None:
        self.id = labeler
        self.question = question.id
        self.wave = wave
        self.family = labeler
        self._rules = rules

    @classmethod
    def load(cls, spec: RuleSpec, question: Question) -> Self:
        """A labeler as `desk.yaml` names it.

        Raises:
            PolicyFileError: Everything that is wrong in its rule file.
        """
        return cls(spec.id, question, load_rule_file(spec.file, question), wave=spec.wave)

    async def vote(self, ticket: RedactedTicket, *, deadline: Deadline) -> Vote:  # noqa: ARG002 - rules take no time
        """Apply every rule.

        Raises:
            LabelerError: A pattern took too long, so that the rules were not all applied.
        """
        started = time.perf_counter()
        label, why = self._decide(fold(self._text(ticket)))
        return Vote(
            question=self.question,
            labeler=self.id,
            status=VoteStatus.ABSTAINED if label is None else VoteStatus.CAST,
            label=label,
            family=self.family,
            latency_ms=round((time.perf_counter() - started) * 1000),
            why=why,
        )

    def _decide(self, folded: str) -> tuple[str | None, str]:
        tokens = tokens_of(folded)
        fired = [
            rule
            for rule in self._rules.rules
            if _matches(rule.match, folded, tokens)
            and not (rule.unless and _matches(rule.unless, folded, tokens))
        ]
        weights: Counter[str] = Counter()
        for rule in fired:
            weights[rule.label] += rule.weight
        ranked = weights.most_common(2)
        match ranked:
            case []:
                return self._rules.otherwise, ""
            case [(_, first), (_, second)] if first == second:
                return None, "tie"
            case [(label, _), *_]:
                return label, ",".join(rule.id for rule in fired if rule.label == label)
            case _:
                return None, ""

    def _text(self, ticket: RedactedTicket) -> str:
        role = "agent" if self._rules.read == "agent" else "customer"
        texts = [message.text for message in ticket.messages if message.role == role]
        match self._rules.read:
            case "last":
                return readable(texts[-1]) if texts else ""
            case "everything":
                return "\n\n".join(f"{text}\n{concealed(text)}" for text in texts)
            case _:
                return "\n\n".join(map(readable, texts))


def _matches(matcher: Matcher, folded: str, tokens: list[str]) -> bool:
    if matcher.lexicon.found_in(tokens):
        return True
    try:
        return any(p.search(folded, timeout=_PATTERN_TIMEOUT_S) for p in matcher.patterns)
    except TimeoutError as exc:
        raise LabelerError("a pattern took too long") from exc
