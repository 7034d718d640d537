"""Upgrading: what is in the way is said in a line. What migrations do: tests/test_migrations.py."""

import dataclasses
import stat

import pytest
from sqlalchemy import text

from appliance.database import SCHEMA, schema_version
from appliance.errors import ConfigError, SchemaError
from appliance.services import schema


@pytest.mark.sqlite("makes a file")
def test_a_database_is_made_with_its_folder(settings):
    settings.data.rmdir()
    schema.upgrade(settings)
    assert schema_version(settings.database_url) == SCHEMA
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700


def test_a_home_with_a_percent_sign(settings, tmp_path):
    home = tmp_path / "100%s (home)"
    schema.upgrade(dataclasses.replace(settings, database_url=f"sqlite:///{home}/database.db"))
    assert (home / "database.db").exists()


@pytest.mark.sqlite("opens a file")
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.write_bytes(b"garbage" * 1000), "not a database"),
        (lambda path: path.mkdir(), ""),
    ],
)
def test_what_cannot_be_opened(settings, make, told):
    make(settings.data / "database.db")
    with pytest.raises(ConfigError, match=f"cannot use the database .*database.db: .*{told}.*; "):
        schema.upgrade(settings)


@pytest.mark.sqlite("opens a file")
def test_a_folder_that_cannot_be_made(settings):
    settings.data.rmdir()
    settings.data.write_text("a file")
    with pytest.raises(ConfigError, match=r"cannot (make|use) "):
        schema.upgrade(settings)


def test_a_newer_database_is_left_alone(settings, database):
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(SchemaError, match="at schema 0999, this program knows only"):
        schema.upgrade(settings)
