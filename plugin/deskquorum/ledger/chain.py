"""The chain of hashes: decisions, verdicts and proofs take turns, each bound to the link before.

A proof stands for rows of another table that were written together: audited labels, or a draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from secrets import token_hex
from typing import TYPE_CHECKING, TypedDict

from sqlalchemy import and_, exists, func, insert, select, union_all

from deskquorum.ledger.codec import chain_hash
from deskquorum.ledger.ledger import ChainReport
from deskquorum.ledger.proofs import digest_of, is_proved, unproved_rows
from deskquorum.ledger.tables import decisions, executions, proofs, reviews, verdicts

if TYPE_CHECKING:
    from sqlalchemy import Select, Table

    from deskquorum.ledger.database import Transaction

__all__ = ["Link", "add_link", "add_proved", "verify_chain"]

_GENESIS = "0" * 64
"""Stands where the first link's previous hash would."""

_HASHED: Mapping[str, Sequence[str]] = {
    "decisions": ("id", "ticket", "recorded_at", "decision", "evidence"),
    "verdicts": ("review", "decision", "kind", "by", "at_us", "outcome"),
    "proofs": ("id", "covers", "digest", "at_us"),
}
"""Columns that a link's hash covers, in this order, besides the hash before, `seq` and tenant."""

_LINKED = (decisions, verdicts, proofs)

_PAGE = 500

_Row = Mapping[str, object]


def _newest() -> Select[tuple[int, str]]:
    newest = (
        select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1).subquery()
        for table in _LINKED
    )
    every = union_all(*(select(one.c.seq, one.c.hash) for one in newest)).subquery()
    return select(every.c.seq, every.c.hash).order_by(every.c.seq.desc()).limit(1)


# Made once: to put a statement together costs more than to run it.
_NEWEST = _newest()
_NEW = {table.name: insert(table) for table in _LINKED}


class Link(TypedDict):
    """Where a row stands in the chain."""

    seq: int
    previous_hash: str
    hash: str


def add_link(tx: Transaction, table: Table, row: Mapping[str, object]) -> Link:
    """Write a row behind the newest link.

    Args:
        tx: Writing: writers take turns, so that nobody else stands behind the same link.
        table: `decisions`, `verdicts` or `proofs`.
        row: Its columns, besides the tenant and those of the link.
    """
    last = tx.connection.execute(_NEWEST).first()
    seq, previous = (1, _GENESIS) if last is None else (last.seq + 1, last.hash)
    parts = (row[name] for name in _HASHED[table.name])
    own = _hash(table.name, previous, seq, parts, tenant=tx.tenant)
    link: Link = {"seq": seq, "previous_hash": previous, "hash": own}
    tx.connection.execute(_NEW[table.name], {**row, **link, "tenant": tx.tenant})
    return link


def add_proved(tx: Transaction, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows that belong together, and one link that stands for them.

    Args:
        tx: Writing.
        table: `labels`, `audits` or `chosen_audits`.
        rows: All their columns, besides `proof`.
    """
    if not rows:
        return
    proof = f"p_{token_hex(16)}"
    link = {"id": proof, "covers": table.name, "digest": digest_of(table.name, rows)}
    add_link(tx, proofs, {**link, "at_us": tx.now_us})
    tx.connection.execute(insert(table), [{**row, "proof": proof} for row in rows])


def verify_chain(tx: Transaction) -> ChainReport:
    """Hash the whole chain, of all tenants, again and name the first link that does not hold."""
    previous, count = _GENESIS, 0
    # What is recorded meanwhile is left out of all tables alike.
    head = tx.connection.execute(_NEWEST).first()
    links = () if head is None else [_links(tx, table, head.seq) for table in _LINKED]
    for kind, row in merge(*links, key=_seq):
        count += 1
        parts = (row[name] for name in _HASHED[kind])
        expected = _hash(kind, previous, count, parts, tenant=str(row["tenant"]))
        fits = (row["seq"], row["previous_hash"], row["hash"]) == (count, previous, expected)
        if not fits or (kind == "proofs" and not is_proved(tx, row)):
            return ChainReport(entries=count, first_broken=_seq((kind, row)))
        previous = expected
    return ChainReport(
        entries=count,
        first_broken=None,
        unproved_reviews=_unproved(tx),
        unproved_labels=unproved_rows(tx),
    )


def _links(tx: Transaction, table: Table, head: int) -> Iterator[tuple[str, _Row]]:
    """The rows of one table up to the head, page by page: a ledger of any length fits."""
    names = ("seq", *_HASHED[table.name], "tenant", "previous_hash", "hash")
    rest = select(*(table.c[name] for name in names)).where(table.c.seq <= head)
    page = rest.order_by(table.c.seq).limit(_PAGE)
    while rows := tx.connection.execute(page).mappings().all():
        for row in rows:
            yield table.name, dict(row)
        page = rest.where(table.c.seq > rows[-1]["seq"]).order_by(table.c.seq).limit(_PAGE)


def _seq(link: tuple[str, _Row]) -> int:
    return int(str(link[1]["seq"]))


def _hash(kind: str, previous: str, seq: int, parts: Iterable[object], *, tenant: str) -> str:
    """Decisions from before there were verdicts, or tenants, are hashed without telling so."""
    # Text, whatever an editor of the file left there.
    told = (*([] if kind == "decisions" else [kind]), str(seq), *map(str, parts))
    return chain_hash(previous, *told, *([tenant] if tenant else []))


def _unproved(tx: Transaction) -> int:
    """How many reviews say of their verdict what the chain does not, or are settled by nothing."""
    same = and_(
        verdicts.c.review == reviews.c.id,
        verdicts.c.tenant == reviews.c.tenant,
        verdicts.c.decision == reviews.c.decision,
    )
    resolved, judged = reviews.c.state == "resolved", verdicts.c.seq.is_not(None)
    both = reviews.outerjoin(verdicts, same)
    settled = and_(reviews.c.state == "settled", ~judged)
    done = exists().where(
        executions.c.tenant == reviews.c.tenant,
        executions.c.conversation == reviews.c.conversation,
        executions.c.state == "done",
    )
    counts = (
        select(func.count()).select_from(both).where(resolved != judged),
        select(func.count()).select_from(both).where(settled, ~done),
        select(func.count()).select_from(verdicts).where(~exists().where(same)),
    )
    return sum(tx.connection.execute(count).scalar_one() for count in counts)
