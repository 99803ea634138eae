"""How Alembic meets our database: on a connection, and in a transaction, that `canary.store.schema` has opened."""

from alembic import context
from sqlalchemy import Connection

from canary.store.models import metadata


def run(connection: Connection) -> None:
    """Run whatever Alembic was asked for."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite alters a table by copying it.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
