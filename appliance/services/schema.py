"""Bringing the database to the newest schema with Alembic, imported only here: it costs 150 ms."""

from pathlib import Path

import sqlalchemy as sa

from appliance.config import Settings
from appliance.database import migration_engine, sqlite_path
from appliance.errors import ConfigError


def upgrade(settings: Settings) -> None:
    """Run every migration that is missing, each in a transaction. Raises ConfigError."""
    from alembic import command
    from alembic.config import Config

    _make_room(sqlite_path(settings.database_url))
    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = migration_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except sa.exc.OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigError(f"cannot open the database: {reason}") from None
    finally:
        engine.dispose()


def _make_room(path: Path | None) -> None:
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"cannot make {path.parent}: {error.strerror}") from None


def _migrations() -> Path:
    return Path(__file__).resolve().parent.parent / "migrations"
