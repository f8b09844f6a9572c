"""Decisions that were chosen to be looked at, beside those that were drawn."""

import sqlalchemy as sa
from alembic import op

from deskquorum.ledger.growing import only_grows

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "chosen_audits",
        sa.Column("decision", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("ticket", sa.String, nullable=False),
        sa.Column("batch", sa.String, nullable=False),
        sa.Column("chosen_us", sa.BigInteger, nullable=False),
        sa.Column("proof", sa.String, nullable=False, server_default=""),
    )
    op.create_index("chosen_audits_by_proof", "chosen_audits", ["proof"])
    op.create_index("chosen_audits_by_batch", "chosen_audits", ["tenant", "batch"])
    only_grows(op.get_bind(), "chosen_audits")
