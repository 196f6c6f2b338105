"""Run by Alembic with the connection that ``migrate`` opened."""

from __future__ import annotations

from alembic import context

from feedback_hub.adapters.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
