"""Audits: which decisions were drawn to be looked at, and how probable that was."""

import sqlalchemy as sa
from alembic import op

from deskquorum.ledger.growing import only_grows

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "audits",
        sa.Column("decision", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("ticket", sa.String, nullable=False),
        sa.Column("batch", sa.String, nullable=False),
        sa.Column("stratum", sa.String, nullable=False),
        sa.Column("inclusion", sa.Float, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("drawn_us", sa.BigInteger, nullable=False),
    )
    op.create_index("audits_by_batch", "audits", ["tenant", "batch"])
    only_grows(op.get_bind(), "audits")
