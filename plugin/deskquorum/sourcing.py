"""Which facts a ticket's decision may read, and reading them from the desk's own systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from deskquorum.domain import Deadline, Facts, Proposal, Ticket
from deskquorum.facts import FactRequest, FactSource, facts_from_ticket, fresh, gather_facts
from deskquorum.policy import TICKET, ArgSpec, DeskFile, PolicyBook
from deskquorum.policy.reads import fact_of
from deskquorum.proposal import Playbook, facts_of_slot

__all__ = ["FactReader", "facts_read"]


def facts_read(book: PolicyBook, playbook: Playbook) -> Mapping[str, frozenset[str]]:
    """Action to the declared facts that ruling on it can read, in the ticket's rules too."""
    return {
        action: frozenset(_named(_names(book, playbook, action), book.facts))
        for action in book.actions
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class FactReader:
    """Reads tickets' facts, as long as the desk's own systems are open."""

    book: PolicyBook
    desk: DeskFile
    facts_read: Mapping[str, frozenset[str]]
    """As `facts_read` gives it."""
    sources: tuple[FactSource, ...] = ()

    def known(self, ticket: Ticket, *, languages: Sequence[str], now: datetime) -> Facts:
        """What the ticket itself brought.

        Args:
            ticket: The ticket as its host sent it.
            languages: Those of its messages.
            now: Its moment.
        """
        return facts_from_ticket(
            ticket,
            declared=self.book.facts,
            told_elsewhere={fact for source in self.sources for fact in source.facts},
            languages=languages,
            served=self.desk.languages,
            now=now,
        )

    async def told(self, ticket: Ticket, *, known: Facts, deadline: Deadline) -> Facts:
        """What the ticket brought, with what the systems tell that is young enough to act on."""
        request = FactRequest(
            ticket=ticket.id,
            wanted=self._wanted(ticket.proposal),
            requester=ticket.requester.record,
            known=known,
        )
        facts = await gather_facts(self.sources, request, deadline)
        return fresh(facts, self.desk.max_age, datetime.now(UTC))

    def _wanted(self, proposal: Proposal | None) -> frozenset[str]:
        """The facts that rules on a proposed action read.

        Where a reply is proposed, or the playbook is to propose, any fact may be spoken of.
        """
        everything = frozenset(self.book.facts)
        if proposal is None or proposal.reply is not None or proposal.action is None:
            return everything
        return self.facts_read.get(proposal.action.name, everything)


def _names(book: PolicyBook, playbook: Playbook, action: str) -> Iterator[str]:
    """What rules on an action and on its ticket name, and what they need without naming it."""
    for target in (action, TICKET):
        for rule in book.by_action.get(target, ()):
            if (guarded := rule.conditions[target]) is not None:
                for name in guarded.condition.names:
                    yield from _read_by(name, playbook)
    spec = book.actions[action]
    yield from _currencies(spec.args.values())
    yield from (limit.per for limit in spec.limits)


def _read_by(name: str, playbook: Playbook) -> Iterator[str]:
    yield fact_of(name.removeprefix("known."))
    slot = playbook.slots.get(name.removeprefix("claimed."))
    if slot is not None:
        # What the text says is read with the desk's records beside it.
        yield from facts_of_slot(slot)


def _currencies(args: Iterable[ArgSpec]) -> Iterator[str]:
    return (arg.currency for arg in args if arg.currency is not None)


def _named(names: Iterable[str], facts: Iterable[str]) -> Iterator[str]:
    """The facts that the names are, stand above (`order`) or reach into (`order.items.price`)."""
    named = tuple(names)
    for fact in facts:
        if any(f"{n}.".startswith(f"{fact}.") or f"{fact}.".startswith(f"{n}.") for n in named):
            yield fact
