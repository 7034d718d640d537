"""The migrations: they agree with the models, are whole or not at all, and go both ways."""

import dataclasses
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from appliance import database
from appliance.config import Settings
from appliance.crud.settings import get_setting, put_setting
from appliance.database import Database, schema_version
from appliance.engines import migration_engine, parse_url
from appliance.models import Base, Broadcast, Delivery
from appliance.services import schema

MIGRATIONS = Path(database.__file__).parent / "migrations"
HEAD = database.SCHEMA


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.sqlite("the other one is PostgreSQL")),
        pytest.param("postgresql", marks=pytest.mark.slow),
    ]
)
def fresh(request, settings):
    """Settings with a database that holds nothing yet."""
    if request.param == "sqlite":
        return settings
    make_postgresql = request.getfixturevalue("make_postgresql")
    return dataclasses.replace(settings, database_url=make_postgresql())


@pytest.fixture
def migrations(tmp_path):
    """A copy of the migrations, to add to."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def add_migration(folder: Path, body: str, revision: str = "9998", down: str = HEAD) -> None:
    indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
    (folder / "versions" / f"{revision}_test.py").write_text(
        f"""\"\"\"A migration of the tests\"\"\"
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{revision}", "{down}"


def upgrade():
{indented}


def downgrade():
    pass
""",
        encoding="utf-8",
    )


@pytest.fixture
def tables(fresh):
    engine = sa.create_engine(parse_url(fresh.database_url))
    yield lambda: set(sa.inspect(engine).get_table_names())
    engine.dispose()


def test_the_program_needs_the_newest():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_models_and_migrations_agree(fresh):
    schema.upgrade(fresh)
    engine = migration_engine(fresh.database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_migrations_make_what_the_models_would(settings, tmp_path):
    """Word for word in SQLite: also what compare_metadata does not look at."""
    schema.upgrade(settings)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/models.db")
    Base.metadata.create_all(engine)
    engine.dispose()
    paths = (settings.data / "database.db", tmp_path / "models.db")
    migrated, made = (_definitions(path) for path in paths)
    del migrated["alembic_version"]
    assert {name for name in migrated if not name.startswith("sqlite_")} == {
        name for name in made if not name.startswith("sqlite_")
    }
    for name in ("ix_messages_outbox", "ix_messages_thread", "ix_updates_waiting", "deliveries"):
        assert migrated[name] == made[name]


def _definitions(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
    connection.close()
    return {name: "".join((sql or "").split()) for name, sql in rows}


@pytest.mark.slow
def test_a_ledger_on_postgresql_has_room_for_its_outcomes(settings, make_postgresql):
    """In models and migrations: a line is updated twice, and in its own page without its key."""
    of_models, migrated = make_postgresql(), make_postgresql()
    engine = sa.create_engine(parse_url(of_models))
    Base.metadata.create_all(engine)
    engine.dispose()
    schema.upgrade(dataclasses.replace(settings, database_url=migrated))
    asked = "SELECT reloptions FROM pg_class WHERE relname = 'deliveries'"
    for url in (of_models, migrated):
        engine = sa.create_engine(parse_url(url))
        with engine.connect() as connection:
            assert connection.scalar(sa.text(asked)) == ["fillfactor=45"]
        engine.dispose()


def test_upgrading_twice_changes_nothing(fresh):
    schema.upgrade(fresh)
    _store(fresh)
    schema.upgrade(fresh)
    assert schema_version(fresh.database_url) == HEAD
    assert _stored(fresh) == {"kept": True}


def test_a_migration_that_fails_leaves_nothing_half_done(fresh, migrations, tables):
    schema.upgrade(fresh)
    _store(fresh)
    before = tables()
    add_migration(
        migrations,
        """
op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
op.execute("UPDATE settings SET name = 'other'")
with op.batch_alter_table("settings") as batch:
    batch.add_column(sa.Column("more", sa.Integer()))
raise RuntimeError("on purpose")
""",
    )
    with pytest.raises(RuntimeError, match="on purpose"):
        schema.upgrade(fresh, migrations)
    assert schema_version(fresh.database_url) == HEAD
    assert tables() == before
    assert _stored(fresh) == {"kept": True}


def test_what_went_well_before_it_stays(fresh, migrations, tables):
    add_migration(migrations, "op.create_table('whole', sa.Column('id', sa.Integer()))")
    add_migration(migrations, "raise RuntimeError('on purpose')", "9999", "9998")
    with pytest.raises(RuntimeError, match="on purpose"):
        schema.upgrade(fresh, migrations)
    assert schema_version(fresh.database_url) == "9998"
    assert "whole" in tables()


def test_a_migration_that_breaks_references_is_not_kept(settings, migrations):
    """SQLite does not check them meanwhile, so they are checked at the end of each."""
    schema.upgrade(settings)
    add_migration(
        migrations,
        'op.execute("INSERT INTO deliveries VALUES (77, 1, 0, 0, NULL, 0, NULL)")',
    )
    with pytest.raises(RuntimeError, match="broke 1 foreign key"):
        schema.upgrade(settings, migrations)
    assert schema_version(settings.database_url) == HEAD
    database = Database(settings.database_url)
    with database.reading() as session:
        assert session.query(Delivery).count() == 0
    database.dispose()


def test_a_table_that_is_made_anew_keeps_its_children(fresh, migrations):
    """A batch alter copies, drops and renames: with foreign keys on, the drop would cascade."""
    schema.upgrade(fresh)
    _store(fresh)
    add_migration(
        migrations,
        """
recreate = "always" if op.get_bind().dialect.name == "sqlite" else "auto"
with op.batch_alter_table("broadcasts", recreate=recreate) as batch:
    batch.add_column(sa.Column("more", sa.Integer()))
""",
    )
    schema.upgrade(fresh, migrations)
    store = Database(fresh.database_url)
    with store.reading() as session:
        assert session.query(Delivery).count() == 1
    store.dispose()


def test_down_to_nothing_and_up_again(fresh, tables):
    schema.upgrade(fresh)
    made = tables()
    engine = migration_engine(fresh.database_url)
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    assert tables() == {"alembic_version"}
    schema.upgrade(fresh)
    assert tables() == made
    _store(fresh)


def _store(settings: Settings) -> None:
    store = Database(settings.database_url)
    with store.writing() as session:
        put_setting(session, "test", {"kept": True})
        broadcast = Broadcast(text="hello", audience={})
        session.add(broadcast)
        session.flush()
        session.add(Delivery(broadcast_id=broadcast.id, chat_id=1, updated_at=0))
    store.dispose()


def _stored(settings: Settings) -> object:
    store = Database(settings.database_url)
    with store.reading() as session:
        value = get_setting(session, "test")
    store.dispose()
    return value
