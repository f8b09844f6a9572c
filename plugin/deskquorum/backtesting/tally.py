"""What a ledger's decisions come to under other files; it stays small however long that is."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from deskquorum.backtesting.gaps import Gap
from deskquorum.backtesting.redeciding import Redecided
from deskquorum.domain import Route

__all__ = ["Tally"]


class Tally:
    """Counts decisions decided again, and keeps the gravest changes.

    Args:
        keep: Most changes that are kept.
        labelers: Every labeler of the new files.
        prompts: Labeler to the hash of the prompt by which the new files ask it.
        learned: Hash of what the new files have learned.
    """

    def __init__(
        self,
        *,
        keep: int,
        labelers: frozenset[str],
        prompts: Mapping[str, str],
        learned: str,
    ) -> None:
        self._keep, self._prompts, self._learned = keep, prompts, learned
        self._kept: list[Redecided] = []
        self._silent = set(labelers)
        self._other_files = False
        self.decisions = 0
        self.changed = 0
        self.untold = 0
        """Decisions of which can't be told what the new files decide."""
        self.untold_changes = 0
        """Those among them that come out otherwise on the evidence as it is."""
        self.turns: Counter[tuple[Route, Route]] = Counter()
        """Old and new route to its decisions, those that do not change too."""
        self.stakes: dict[tuple[Route, Route], dict[str, Decimal]] = {}
        """Old and new route to the sums, by currency, of its decisions that change."""
        self.gaps: Counter[Gap] = Counter()
        self.unused: Counter[str] = Counter()
        """What is gone, in words, to the decisions in which it had voted."""
        self.other_prompts: Counter[str] = Counter()
        """Labeler to its votes by another prompt than today's."""
        self.other_learned = 0
        """Decisions that rested on another learned state."""

    def add(self, redecided: Redecided) -> None:
        """Take in one decision."""
        self.decisions += 1
        self.gaps.update(redecided.gaps)
        if redecided.told:
            self._count(redecided)
        else:
            self.untold += 1
            self.untold_changes += bool(redecided.differs)
        if redecided.differs:
            insort(self._kept, redecided, key=lambda found: (found.gravity, found.seq))
            del self._kept[self._keep :]
        self._look_at_basis(redecided)

    @property
    def kept(self) -> tuple[Redecided, ...]:
        """The gravest changes first; those that can't be told last."""
        return tuple(self._kept)

    @property
    def silent(self) -> tuple[str, ...]:
        """Labelers of the new files of which no vote is recorded, where other files decided."""
        return tuple(sorted(self._silent)) if self._other_files else ()

    def _count(self, redecided: Redecided) -> None:
        turn = (redecided.before.route, redecided.after.route)
        self.turns[turn] += 1
        if not redecided.differs:
            return
        self.changed += 1
        sums = self.stakes.setdefault(turn, {})
        for currency, amount in redecided.stake.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount

    def _look_at_basis(self, redecided: Redecided) -> None:
        """Note where the votes are others than the new files would get."""
        self._other_files |= redecided.recorded.policy_hash != redecided.after.policy_hash
        self._silent.difference_update(vote.labeler for vote in redecided.votes)
        self.unused.update({str(vote) for vote in redecided.unused})
        self.other_prompts.update(
            vote.labeler
            for vote in redecided.votes
            if vote.prompt_hash and self._prompts.get(vote.labeler) != vote.prompt_hash
        )
        learned = redecided.recorded.versions.get("learned", self._learned)
        self.other_learned += learned != self._learned
