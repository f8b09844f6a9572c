"""What was taken from limits, and the kill switch."""

import sqlalchemy as sa
from alembic import op

from deskquorum.ledger.growing import only_grows

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reservations",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("limit_id", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.UniqueConstraint("action", "limit_id"),
    )
    op.create_index("reservations_by_subject", "reservations", ["limit_id", "subject", "at_us"])
    op.create_table(
        "switches",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("stopped", sa.Integer, nullable=False),
        sa.Column("set_by", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    for table in ("reservations", "switches"):
        only_grows(op.get_bind(), table)
