"""Labels and draws of audits stand in the chain; no hash of a suggestion is kept in clear."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from deskquorum.ledger.codec import chain_hash
from deskquorum.ledger.database import microseconds, wall_clock
from deskquorum.ledger.growing import only_grows
from deskquorum.ledger.proofs import rows_digest

revision = "0005"
down_revision = "0004"

_ROWS = {
    "labels": ("id", "tenant", "decision", "question", "label", "source", "by", "at_us"),
    "audits": (
        "decision",
        "tenant",
        "ticket",
        "batch",
        "stratum",
        "inclusion",
        "until_us",
        "drawn_us",
    ),
}


def upgrade() -> None:
    """Make the table, and a link for all rows of each table that are there already."""
    op.create_table(
        "proofs",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("covers", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("previous_hash", sa.String, nullable=False, unique=True),
        sa.Column("hash", sa.String, nullable=False, unique=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.UniqueConstraint("covers", "id"),
    )
    for name, columns in _ROWS.items():
        proof = sa.Column("proof", sa.String, nullable=False, server_default="")
        op.add_column(name, proof)
        op.create_index(f"{name}_by_proof", name, ["proof"])
        _prove(name, columns)
    only_grows(op.get_bind(), "proofs")
    # Overwritten before it is dropped: a column that is only dropped stays in old rows.
    op.execute(sa.update(sa.table("reviews", sa.column("args_hash"))).values(args_hash=None))
    op.drop_column("reviews", "args_hash")


def _prove(name: str, columns: Sequence[str]) -> None:
    rows = [tuple(row) for row in op.get_bind().execute(_table(name, columns).select())]
    if not rows:
        return
    previous_hash, seq = max(_newest(), key=lambda link: link[1], default=("0" * 64, 0))
    link = {
        "id": "",
        "covers": name,
        "digest": rows_digest(rows),
        "at_us": microseconds(wall_clock()),
    }
    told = ("proofs", str(seq + 1), *map(str, link.values()))
    row = {
        **link,
        "seq": seq + 1,
        "previous_hash": previous_hash,
        "hash": chain_hash(previous_hash, *told),
        "tenant": "",
    }
    op.bulk_insert(sa.table("proofs", *map(sa.column, row)), [row])


def _newest() -> Iterator[tuple[str, int]]:
    for name in ("decisions", "verdicts", "proofs"):
        links = _table(name, ("hash", "seq")).select().order_by(sa.column("seq").desc()).limit(1)
        for row in op.get_bind().execute(links):
            yield row.hash, row.seq


def _table(name: str, columns: Sequence[str]) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))
