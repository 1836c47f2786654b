"""Run by Alembic: applies the versions on the connection that `upgrade()` opened."""

from alembic import context

from registry.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
