"""How Alembic reaches the database: over the connection that `services/schema.py` opened."""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.migration import MigrationContext
from alembic.runtime.migration import MigrationInfo

from appliance.models import Base


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite cannot alter most things in place
        transaction_per_migration=True,
        on_version_apply=check_references,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def check_references(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """At the end of each migration, inside its transaction: foreign keys are off until then."""
    if ctx.connection is not None and ctx.dialect.name == "sqlite":
        broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration broke {len(broken)} foreign keys; it was not kept")


run()
