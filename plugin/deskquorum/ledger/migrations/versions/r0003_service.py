"""The service: sealed values, tenants, accepted tickets, outbox, review queue, keys."""

import sqlalchemy as sa
from alembic import op

from deskquorum.ledger.growing import only_grows

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    for name in ("decisions", "switches"):
        tenant = sa.Column("tenant", sa.String, nullable=False, server_default="")
        op.add_column(name, tenant)
    _sealed_and_accepted()
    _acting()
    _reviewed()
    _told()
    _callers()
    for name in ("labels", "erasures"):
        only_grows(op.get_bind(), name)


def _sealed_and_accepted() -> None:
    op.create_table(
        "subject_keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("month", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("destroyed_at", sa.String),
    )
    op.create_index("subject_keys_by_subject", "subject_keys", ["tenant", "subject", "month"])
    op.create_table(
        "intake",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("idempotency_key", sa.String),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("conversation", sa.String, nullable=False),
        sa.Column("request", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.String),
        sa.Column("lease_until_us", sa.BigInteger),
        sa.Column("accepted_us", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.String),
        sa.Column("answer", sa.String),
        sa.UniqueConstraint("tenant", "idempotency_key"),
    )
    op.create_index("intake_open", "intake", ["state", "lease_until_us"])
    op.create_index("intake_by_decision", "intake", ["tenant", "decision"])


def _acting() -> None:
    op.create_table(
        "executions",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("conversation", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("args", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
        sa.Column("doubt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_owner", sa.String),
        sa.Column("lease_until_us", sa.BigInteger),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sa.Column("result", sa.String),
        sa.Column("error", sa.String),
        sa.Column("compensates", sa.String),
        sa.Column("handed_us", sa.BigInteger),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("changed_us", sa.BigInteger, nullable=False),
    )
    op.create_index("executions_due", "executions", ["state", "due_us"])
    op.create_index("executions_by_conversation", "executions", ["tenant", "conversation"])


def _reviewed() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("conversation", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("risk", sa.Integer, nullable=False),
        sa.Column("action", sa.String),
        sa.Column("reasons", sa.String, nullable=False),
        sa.Column("suggestion", sa.String),
        sa.Column("args_hash", sa.String),
        sa.Column("opened_us", sa.BigInteger, nullable=False),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sa.Column("overdue_told", sa.Integer, nullable=False),
        sa.Column("assignee", sa.String),
        sa.Column("lease_until_us", sa.BigInteger),
        sa.Column("verdict", sa.String),
        sa.Column("verdict_by", sa.String),
        sa.Column("verdict_us", sa.BigInteger),
        sa.Column("outcome", sa.String),
        sa.Column("newer", sa.String),
    )
    op.create_index("reviews_open", "reviews", ["tenant", "state", "risk", "due_us"])
    op.create_index("reviews_by_conversation", "reviews", ["tenant", "conversation"])
    op.create_table(
        "notices",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sa.Column("lease_until_us", sa.BigInteger),
    )
    op.create_index("notices_due", "notices", ["state", "due_us"])


def _told() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("conversation", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("ref", sa.String, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )
    op.create_index("events_by_conversation", "events", ["tenant", "conversation", "seq"])
    op.create_table(
        "labels",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )
    op.create_index("labels_by_decision", "labels", ["tenant", "decision"])
    op.create_table(
        "outcomes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("conversation", sa.String, nullable=False),
        sa.Column("decision", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )
    op.create_index("outcomes_by_conversation", "outcomes", ["tenant", "conversation"])


def _callers() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger),
        sa.Column("revoked_us", sa.BigInteger),
    )
    op.create_table(
        "deliveries",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("helpdesk", sa.String, primary_key=True),
        sa.Column("delivery", sa.String, primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "spend",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("nanos", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("subject", sa.String),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("keys", sa.Integer, nullable=False),
    )
