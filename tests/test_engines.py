"""What an address means, and SQLite's settings."""

import subprocess
import sys
import threading

import pytest
from sqlalchemy import event, text

from appliance.database import Database
from appliance.engines import (
    BUSY_TIMEOUT_MS,
    TURN_TIMEOUT_MS,
    TURNS,
    make_engine,
    parse_url,
    sqlite_path,
)
from appliance.errors import ConfigError
from appliance.write_queue import FairLock


def pragma(database, name):
    with database.reading() as session:
        return session.execute(text(f"PRAGMA {name}")).scalar()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL: a commit survives a power cut
        ("foreign_keys", 1),
        ("busy_timeout", 10_000),
    ],
)
def test_sqlite_is_set_up(database, name, value):
    assert pragma(database, name) == value


def test_waiting_for_a_turn_and_for_the_lock_has_one_bound(database):
    """What a thread has waited for its turn is not given to SQLite once more."""
    turns, taken, over = FairLock(0.3), threading.Event(), threading.Event()
    database.engine.update_execution_options(**{TURNS: turns})
    began = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(connection, cursor, statement, *_):
        began.append(statement)

    def keep_the_turn():
        with turns:
            taken.set()
            over.wait(10)

    other = threading.Thread(target=keep_the_turn)
    other.start()
    taken.wait(10)
    with database.writing():  # after 0.3 s without a turn
        before, begin, after = began
    over.set()
    other.join(10)
    assert int(before.removeprefix("PRAGMA busy_timeout=")) <= BUSY_TIMEOUT_MS - 300
    assert (begin, after) == ("BEGIN IMMEDIATE", f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def test_who_did_not_wait_leaves_sqlite_all_of_it(database):
    began = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: began.append(given[2]))
    with database.writing():
        assert began == ["BEGIN IMMEDIATE"]


def test_a_turn_is_shorter_than_the_bound(database):
    assert 0 < TURN_TIMEOUT_MS < BUSY_TIMEOUT_MS


def test_a_relative_file_is_in_the_working_directory(tmp_path, monkeypatch):
    """Also for Flask-SQLAlchemy, which would look in the application's instance folder."""
    monkeypatch.chdir(tmp_path)
    assert parse_url("sqlite:///x/y.db").database == f"{tmp_path}/x/y.db"
    assert parse_url("sqlite://").database is None


@pytest.mark.parametrize(
    ("url", "driver", "host"),
    [
        ("sqlite:////var/x.db", "sqlite", None),
        ("postgresql://u:p@db.example/n", "postgresql+psycopg", "db.example"),
        ("postgresql+psycopg://u@h/n", "postgresql+psycopg", "h"),
        ("postgresql+psycopg2://u@h/n", "postgresql+psycopg", "h"),
        ("postgresql://u@/n?host=/run/postgresql", "postgresql+psycopg", None),
    ],
)
def test_an_address_is_understood(url, driver, host):
    parsed = parse_url(url)
    assert (parsed.drivername, parsed.host) == (driver, host)


@pytest.mark.parametrize(
    "url",
    ["", "hunter2", "mysql://u:hunter2@h/n", "postgresql://u:hunter2@h:port/n", "x+y://hunter2"],
)
def test_an_address_nobody_understands_is_not_shown(url):
    """It may hold a password."""
    with pytest.raises(ConfigError, match="DATABASE_URL") as caught:
        make_engine(url)
    assert "hunter2" not in str(caught.value)


def test_what_is_no_file():
    assert sqlite_path("postgresql://h/n") is None
    assert sqlite_path("sqlite://") is None
    assert sqlite_path("sqlite:////a/b c.db").name == "b c.db"


@pytest.mark.parametrize(("asked", "prepares"), [("", True), ("3", True), ("0", False)])
def test_statements_are_prepared_unless_the_address_says_never(make_postgresql, asked, prepares):
    """A pooler that gives each transaction another session breaks on them."""
    database = Database(make_postgresql() + (asked and f"&prepare_threshold={asked}"))
    with database.reading() as session:
        for _ in range(7):
            session.execute(text("SELECT 1"))
        prepared = session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
    database.dispose()
    assert (prepared > 0) == prepares


@pytest.mark.parametrize("asked", ["never", "-1", "1&prepare_threshold=2", "9" * 10])
def test_what_is_no_threshold_is_refused(asked):
    with pytest.raises(ConfigError, match="prepare_threshold") as caught:
        make_engine(f"postgresql://u:hunter2@h/n?prepare_threshold={asked}")
    assert "hunter2" not in str(caught.value)


WITHOUT_DRIVER = """
import sys
from pathlib import Path
sys.modules["psycopg"] = None
from appliance.config import Settings
from appliance.database import Database
from appliance.errors import ConfigError
from appliance.web import create_app
url = "postgresql://u:hunter2@h/n"
for make in (Database, lambda url: create_app(Settings(Path("/nowhere"), "k" * 32, url))):
    try:
        make(url)
    except ConfigError as error:
        print(error)
"""


@pytest.mark.slow
def test_postgresql_without_its_driver_says_what_to_install():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("appliance[postgresql]") == 2
    assert "hunter2" not in done.stdout
