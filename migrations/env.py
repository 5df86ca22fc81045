"""Alembic's entry: runs the migrations on the connection that ``scaicontrol_adapters.sql.migrate`` opened."""

from alembic import context

from scaicontrol_adapters.sql.migrate import configure

configure(context)
with context.begin_transaction():
    context.run_migrations()
