"""What a ledger's decisions come to under other files; it stays small however long that is."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from deskquorum.backtesting.gaps import Gap
from deskquorum.backtesting.redeciding import Redecided
from deskquorum.domain import Route
from deskquorum.llm import Prompt
from deskquorum.policy import DeskFile, PromptSpec

__all__ = ["Counted", "Tally", "tally_for"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turned(_Shape):
    """The decisions whose route went from one to another."""

    old: Route
    new: Route
    decisions: int
    stakes: dict[str, Decimal]


class Counted(_Shape):
    """A tally's counts as JSON, so that those of several processes can be added up."""

    decisions: int
    changed: int
    untold: int
    untold_changes: int
    turns: list[Turned]
    gaps: list[tuple[Gap, int]]
    unused: dict[str, int]
    other_prompts: dict[str, int]
    other_learned: int
    other_files: bool
    silent: list[str]
    """Labelers of which no vote is recorded."""


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

    def counted(self) -> Counted:
        """The counts so far; the changes that were kept are not among them."""
        turns = [
            Turned(old=old, new=new, decisions=count, stakes=self.stakes.get((old, new), {}))
            for (old, new), count in self.turns.items()
        ]
        return Counted(
            decisions=self.decisions,
            changed=self.changed,
            untold=self.untold,
            untold_changes=self.untold_changes,
            turns=turns,
            gaps=sorted(self.gaps.items()),
            unused=self.unused,
            other_prompts=self.other_prompts,
            other_learned=self.other_learned,
            other_files=self._other_files,
            silent=sorted(self._silent),
        )

    def take_in(self, counted: Counted) -> None:
        """Add the counts of a tally under the same files of other decisions."""
        self.decisions += counted.decisions
        self.changed += counted.changed
        self.untold += counted.untold
        self.untold_changes += counted.untold_changes
        for turn in counted.turns:
            self.turns[turn.old, turn.new] += turn.decisions
            self._stake((turn.old, turn.new), turn.stakes)
        self.gaps.update(dict(counted.gaps))
        self.unused.update(counted.unused)
        self.other_prompts.update(counted.other_prompts)
        self.other_learned += counted.other_learned
        self._other_files |= counted.other_files
        self._silent &= set(counted.silent)

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
        self._stake(turn, redecided.stake)

    def _stake(self, turn: tuple[Route, Route], amounts: Mapping[str, Decimal]) -> None:
        for currency, amount in amounts.items():
            sums = self.stakes.setdefault(turn, {})
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


def tally_for(desk: DeskFile, prompts: Mapping[str, Prompt], *, learned: str, keep: int) -> Tally:
    """An empty tally under a desk's files.

    Args:
        desk: The new files.
        prompts: Their prompts.
        learned: Hash of what they have learned.
        keep: Most changes that are kept.
    """
    specs = desk.labelers.values()
    return Tally(
        keep=keep,
        labelers=frozenset(desk.labelers),
        prompts={s.id: prompts[s.prompt].hash for s in specs if isinstance(s, PromptSpec)},
        learned=learned,
    )
