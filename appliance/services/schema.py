"""Bringing the database to the newest schema with Alembic, imported only here: it costs 150 ms."""

from pathlib import Path

import sqlalchemy as sa

from appliance.config import Settings
from appliance.database import cannot_use, check_not_newer, is_trouble
from appliance.engines import migration_engine, sqlite_path
from appliance.errors import ConfigError

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(settings: Settings, migrations: Path = MIGRATIONS) -> None:
    """Run every migration that is missing, each in a transaction: whole or not at all.

    Raises ConfigError, TryLater, and SchemaError for a database that a newer program made.
    """
    from alembic import command
    from alembic.config import Config

    check_not_newer(settings)
    _make_room(sqlite_path(settings.database_url))
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = migration_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except sa.exc.DatabaseError as error:
        if not is_trouble(error):
            raise
        raise cannot_use(settings.database_url, error) from None
    finally:
        engine.dispose()


def _make_room(path: Path | None) -> None:
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"cannot make {path.parent}: {error.strerror}") from None
