"""Run by Alembic, on the connection that `deskquorum.ledger.upgrading` hands over."""

from alembic import context

from deskquorum.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
