"""The ledger's tables, as the newest of `migrations/versions` leaves them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

__all__ = [
    "api_keys",
    "audits",
    "chosen_audits",
    "decisions",
    "deliveries",
    "erasures",
    "events",
    "executions",
    "intake",
    "labels",
    "metadata",
    "notices",
    "outcomes",
    "proofs",
    "reservations",
    "reviews",
    "secrets",
    "spend",
    "subject_keys",
    "switches",
    "verdicts",
]

metadata = MetaData()

decisions = Table(
    "decisions",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("ticket", String, nullable=False, index=True),
    Column("recorded_at", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("evidence", String, nullable=False),
    Column("previous_hash", String, nullable=False, unique=True),
    Column("hash", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False, server_default=""),
)
"""`decision` and `evidence` are sealed; the empty tenant is from before there were tenants."""

reservations = Table(
    "reservations",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("action", String, nullable=False),
    Column("limit_id", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("decision", String, nullable=False),
    UniqueConstraint("action", "limit_id"),
    Index("reservations_by_subject", "limit_id", "subject", "at_us"),
)
"""What automatic actions took from limits; `action` and `subject` are keyed hashes."""

switches = Table(
    "switches",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("action", String, nullable=False),
    Column("stopped", Integer, nullable=False),
    Column("set_by", String, nullable=False),
    Column("why", String, nullable=False),
    Column("at", String, nullable=False),
    Column("tenant", String, nullable=False, server_default=""),
)
"""Each time somebody stopped or resumed an action, or (with an empty name) everything."""

secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""Keys of hashes, made at random with the tables."""

subject_keys = Table(
    "subject_keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("month", String, nullable=False),
    Column("key", String, nullable=False),
    Column("destroyed_at", String),
    Index("subject_keys_by_subject", "tenant", "subject", "month"),
)
"""A key for each person and month (`subject` is a keyed hash); empty once it is destroyed."""

intake = Table(
    "intake",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("source", String, nullable=False),
    Column("idempotency_key", String),
    Column("fingerprint", String, nullable=False),
    Column("conversation", String, nullable=False),
    Column("request", String),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", String),
    Column("lease_until_us", BigInteger),
    Column("accepted_us", BigInteger, nullable=False),
    Column("decision", String),
    Column("answer", String),
    UniqueConstraint("tenant", "idempotency_key"),
    Index("intake_open", "state", "lease_until_us"),
    Index("intake_by_decision", "tenant", "decision"),
)
"""Every ticket that was accepted, before it is worked on; `request` and `answer` are sealed."""

executions = Table(
    "executions",
    metadata,
    Column("key", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("conversation", String, nullable=False),
    Column("action", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("args", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("looks", Integer, nullable=False, server_default="0"),
    Column("doubt", Integer, nullable=False, server_default="0"),
    Column("lease_owner", String),
    Column("lease_until_us", BigInteger),
    Column("due_us", BigInteger, nullable=False),
    Column("result", String),
    Column("error", String),
    Column("compensates", String),
    Column("handed_us", BigInteger),
    Column("created_us", BigInteger, nullable=False),
    Column("changed_us", BigInteger, nullable=False),
    Index("executions_due", "state", "due_us"),
    Index("executions_by_conversation", "tenant", "conversation"),
)
"""The outbox: each action once, by its idempotency key; `args` and `result` are sealed."""

reviews = Table(
    "reviews",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("conversation", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("state", String, nullable=False),
    Column("risk", Integer, nullable=False),
    Column("action", String),
    Column("reasons", String, nullable=False),
    Column("suggestion", String),
    Column("opened_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("overdue_told", Integer, nullable=False),
    Column("assignee", String),
    Column("lease_until_us", BigInteger),
    Column("newer", String),
    Index("reviews_open", "tenant", "state", "risk", "due_us"),
    Index("reviews_by_conversation", "tenant", "conversation"),
)
"""What waits for a person; `suggestion` is sealed, `reasons` hold no values."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("review", String, nullable=False, unique=True),
    Column("decision", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("outcome", String, nullable=False),
    Column("previous_hash", String, nullable=False, unique=True),
    Column("hash", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False),
)
"""The one verdict of each resolved review, in one chain with the decisions; `outcome` is sealed."""

notices = Table(
    "notices",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("about", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("lease_until_us", BigInteger),
    Index("notices_due", "state", "due_us"),
)
"""Webhook calls that are still to be made; they name ids only."""

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("conversation", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("events_by_conversation", "tenant", "conversation", "seq"),
)
"""What happened, in order, for those who follow a conversation; ids only."""

labels = Table(
    "labels",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("question", String, nullable=False),
    Column("label", String, nullable=False),
    Column("source", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("proof", String, nullable=False, server_default=""),
    Index("labels_by_decision", "tenant", "decision"),
    Index("labels_by_proof", "proof"),
)
"""Audited labels: what a person said that a decision's answer should have been."""

audits = Table(
    "audits",
    metadata,
    Column("decision", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("ticket", String, nullable=False),
    Column("batch", String, nullable=False),
    Column("stratum", String, nullable=False),
    Column("inclusion", Float, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("drawn_us", BigInteger, nullable=False),
    Column("proof", String, nullable=False, server_default=""),
    Index("audits_by_batch", "tenant", "batch"),
    Index("audits_by_proof", "proof"),
)
"""Decisions drawn to be audited; `until_us` ends the time that they were drawn from."""

proofs = Table(
    "proofs",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    Column("covers", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("previous_hash", String, nullable=False, unique=True),
    Column("hash", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False),
    UniqueConstraint("covers", "id"),
)
"""Links of the chain, each for rows of the table `covers` (labels, audits, chosen_audits) that name
it as `proof`; the empty id is that of rows from before there were such links."""

chosen_audits = Table(
    "chosen_audits",
    metadata,
    Column("decision", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("ticket", String, nullable=False),
    Column("batch", String, nullable=False),
    Column("chosen_us", BigInteger, nullable=False),
    Column("proof", String, nullable=False, server_default=""),
    Index("chosen_audits_by_batch", "tenant", "batch"),
    Index("chosen_audits_by_proof", "proof"),
)
"""Decisions chosen to be audited because they teach much; a draw looks at them all the same."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("conversation", String, nullable=False),
    Column("decision", String),
    Column("kind", String, nullable=False),
    Column("value", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("outcomes_by_conversation", "tenant", "conversation"),
)
"""What became of a conversation: resolved, reopened, a score."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("name", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger),
    Column("revoked_us", BigInteger),
)
"""Who may call the service; of a key only its hash is kept."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("helpdesk", String, primary_key=True),
    Column("delivery", String, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
)
"""Webhooks that were taken, so that none is taken twice."""

spend = Table(
    "spend",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("nanos", BigInteger, nullable=False),
)
"""What models have cost on a day (UTC), in billionths of the desk's currency."""

erasures = Table(
    "erasures",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("subject", String),
    Column("by", String, nullable=False),
    Column("why", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("keys", Integer, nullable=False),
)
"""Who had which person's keys destroyed (`subject` is a keyed hash); without one, by their age."""
