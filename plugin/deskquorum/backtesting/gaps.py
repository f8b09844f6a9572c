"""What recorded evidence lacks for being decided by other files than those it was taken under."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from deskquorum.domain import Decision, Effect, Evidence, Ruling, Vote
from deskquorum.judgement import Rulebook
from deskquorum.policy import Missing, NoValue, Rule, bind
from deskquorum.proposal import Play
from deskquorum.reading import customer_text

__all__ = ["Gap", "Unused", "fitting", "gaps"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Gap:
    """Something that the other files go by and that was never recorded."""

    kind: Literal["fact", "limit", "question", "vote"]
    name: str

    def __str__(self) -> str:
        match self.kind:
            case "fact":
                return f"the fact {self.name}, which was not recorded"
            case "limit":
                return f"what had been taken from the limit {self.name}, which was not counted"
            case "question":
                return f"an answer to {self.name}, which was not asked"
            case "vote":
                return f"another vote of {self.name}, whose label is gone"
            case _:
                assert_never(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A recorded vote that the other files would not have taken, by what of theirs is gone."""

    gone: Literal["question", "labeler", "label"]
    name: str
    labeler: str

    def __str__(self) -> str:
        return f"{self.gone} {self.name}"


def fitting(evidence: Evidence, rules: Rulebook) -> tuple[Evidence, tuple[Unused, ...]]:
    """The evidence with the votes that these files would have taken, and the other votes."""
    votes: list[Vote] = []
    unused: list[Unused] = []
    for vote in evidence.votes:
        found = _unused(vote, rules)
        if found is None:
            votes.append(vote)
        else:
            unused.append(found)
    return replace(evidence, votes=tuple(votes)), tuple(unused)


def _unused(vote: Vote, rules: Rulebook) -> Unused | None:
    question = rules.questions.get(vote.question)
    if question is None:
        return Unused(gone="question", name=vote.question, labeler=vote.labeler)
    if vote.labeler not in question.labelers:
        return Unused(gone="labeler", name=vote.labeler, labeler=vote.labeler)
    if vote.label is not None and vote.label not in question.labels:
        name = f"{vote.label} of {vote.question}"
        return Unused(gone="label", name=name, labeler=vote.labeler)
    return None


def gaps(
    recorded: Decision,
    evidence: Evidence,
    after: Decision,
    rules: Rulebook,
    *,
    unused: Iterable[Unused],
) -> list[Gap]:
    """Whatever was not recorded and might have made the new decision another one.

    Args:
        recorded: The decision as it was made, under files that may be unknown by now.
        evidence: What was recorded for it, without the votes that are not used.
        after: What `rules` decide on that evidence.
        rules: The other files.
        unused: The votes that are not used.
    """
    if recorded.policy_hash == after.policy_hash or not after.answers:
        return []
    names = set(_facts_missed(evidence, after, rules))
    found = [
        *(Gap(kind="fact", name=name) for name in names if _never_read(name, recorded, evidence)),
        *(Gap(kind="limit", name=name) for name in _uncounted(evidence, after, rules)),
        *(Gap(kind="question", name=name) for name in _unasked(recorded, evidence, after)),
        *(Gap(kind="vote", name=vote.labeler) for vote in unused if vote.gone == "label"),
    ]
    return sorted(found)


def _facts_missed(evidence: Evidence, after: Decision, rules: Rulebook) -> Iterator[str]:
    """Declared facts that are not there and might have changed a ruling or the proposal."""
    absent = rules.book.facts.keys() - evidence.facts.values.keys()
    for ruling in after.rulings if absent else ():
        for rule in _in_doubt(ruling, rules.book.by_action.get(ruling.action, ())):
            guarded = rule.conditions[ruling.action]
            yield from absent & set(() if guarded is None else guarded.needs)
    if absent and evidence.proposal is None:
        yield from _missed_by_plays(evidence, after, rules, absent)


def _in_doubt(ruling: Ruling, rules: Iterable[Rule]) -> list[Rule]:
    """Rules that could not be evaluated and that would beat what the ruling rests on."""
    errors = [rule for rule in rules if ruling.trace.get(rule.id) == "error"]
    if ruling.effect is not Effect.HUMAN:
        return []
    if ruling.rules:
        return [rule for rule in errors if rule.effect is Effect.DENY]
    return errors


def _missed_by_plays(
    evidence: Evidence, after: Decision, rules: Rulebook, absent: AbstractSet[str]
) -> Iterator[str]:
    """Facts for want of which a play did not fit, or could not fill an argument."""
    plays = list(_up_to(after.play, rules.playbook.plays))
    conditions = [play.when for play in plays]
    if plays and plays[-1].id == after.play and after.action is None:
        conditions += plays[-1].args.values()
    conditions = [c for c in conditions if absent & c.names]
    if not conditions:
        return
    bindings = bind(
        rules.book,
        facts=evidence.facts,
        answers=after.answers,
        claimed=rules.playbook.claimed(customer_text(evidence.ticket), evidence.facts),
        args={},
        now=after.decided_at,
    )
    for condition in conditions:
        if isinstance(condition.evaluate(bindings), Missing | NoValue):
            yield from absent & condition.names


def _up_to(chosen: str | None, plays: Iterable[Play]) -> Iterator[Play]:
    for play in plays:
        yield play
        if play.id == chosen:
            return


def _never_read(name: str, recorded: Decision, evidence: Evidence) -> bool:
    """Whether nobody tried to read the fact; one that could not be read was missing then too."""
    failed = [
        reason.params.get(key, "") for reason in evidence.failures for key in ("fact", "facts")
    ]
    if name in ", ".join(failed).split(", "):
        return False
    record = _record(name)
    if any(_record(read) == record for read in evidence.facts.values):
        return True
    reasons = [*recorded.reasons, *(r for ruling in recorded.rulings for r in ruling.reasons)]
    missed = {_record(r.params["fact"]) for r in reasons if r.code == "missing-fact"}
    return record not in missed


def _record(name: str) -> str:
    return name.rpartition(".")[0]


def _uncounted(evidence: Evidence, after: Decision, rules: Rulebook) -> Iterator[str]:
    """Limits that an allowed action would have taken from and that nobody counted."""
    for ruling in after.rulings:
        spec = rules.book.actions.get(ruling.action)
        if spec is not None and ruling.effect is Effect.ALLOW:
            yield from (limit.id for limit in spec.limits if limit.id not in evidence.used)


def _unasked(recorded: Decision, evidence: Evidence, after: Decision) -> Iterator[str]:
    """Questions that did not exist yet and for want of whose answer a person decides."""
    voted = {vote.question for vote in evidence.votes}
    for reason in after.reasons:
        question = reason.params.get("question", "")
        if reason.code == "no-quorum" and question not in recorded.answers.keys() | voted:
            yield question
