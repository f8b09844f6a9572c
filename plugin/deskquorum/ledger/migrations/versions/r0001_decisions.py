"""The chain of decisions."""

import sqlalchemy as sa
from alembic import op

from deskquorum.ledger.growing import only_grows

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table; ledgers older than these steps have it."""
    if sa.inspect(op.get_bind()).has_table("decisions"):
        return
    op.create_table(
        "decisions",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("ticket", sa.String, nullable=False, index=True),
        sa.Column("recorded_at", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("evidence", sa.String, nullable=False),
        sa.Column("previous_hash", sa.String, nullable=False, unique=True),
        sa.Column("hash", sa.String, nullable=False, unique=True),
    )
    only_grows(op.get_bind(), "decisions")
