"""Alembic's entry: migrate over the connection that hedgewatch.storage.migrate hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from hedgewatch.storage.tables import metadata
from hedgewatch.storage.views import create_views, drop_views

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=True)
# The views are no state: they are made anew over whatever the tables have become
drop_views(connection)
with context.begin_transaction():
    context.run_migrations()
create_views(connection)
