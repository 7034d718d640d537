"""Transactions on both databases, SQLite's settings, and the check of the schema."""

import dataclasses
import logging
import os
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from appliance import database as module
from appliance.crud.settings import get_setting, put_setting
from appliance.database import (
    Database,
    check_schema,
    data_version,
    db,
    schema_version,
    writing,
    writing_if_free,
)
from appliance.errors import ConfigError, SchemaError, TryLater
from appliance.models import Base, Chat, Message, User, utcnow
from appliance.write_queue import FairLock


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store(request):
    name = "database" if request.param == "sqlite" else "postgresql_database"
    return request.getfixturevalue(name)


# Transactions


def test_writing_commits_at_the_end(store):
    with store.writing() as session:
        put_setting(session, "a", {"n": 1})
    with store.reading() as session:
        assert get_setting(session, "a") == {"n": 1}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_writing_that_raises_changes_nothing(store, error):
    with pytest.raises(error), store.writing() as session:
        put_setting(session, "a", {"n": 1})
        raise error
    with store.reading() as session:
        assert get_setting(session, "a") is None


def test_writing_if_free_is_writing_where_nobody_writes(store):
    with store.reading() as session:
        with writing_if_free(session):
            put_setting(session, "a", {"n": 1})
        with pytest.raises(ValueError), writing_if_free(session):
            put_setting(session, "a", {"n": 2})
            raise ValueError
    with store.reading() as session:
        assert get_setting(session, "a") == {"n": 1}


def test_writing_if_free_does_not_wait(database):
    with database.reading() as reader, database.writing() as writer:
        put_setting(writer, "a", {"n": 1})
        for _ in range(2):
            with pytest.raises(TryLater), writing_if_free(reader):
                pytest.fail("somebody else writes")
        assert get_setting(reader, "a") is None
        timeout = reader.execute(text("PRAGMA busy_timeout")).scalar()
    assert timeout == 10_000  # the connection waits again, for whoever uses it next
    with database.reading() as reader, writing_if_free(reader):
        assert get_setting(reader, "a") == {"n": 1}


def test_writing_if_free_asks_for_no_turn(database):
    """Nor does it come in between while others of this process wait for theirs."""
    refused = []

    def ask():
        try:
            with database.reading() as session, writing_if_free(session):
                pass
        except TryLater as error:
            refused.append(error)

    with database.writing():
        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(10)
    assert len(refused) == 1


def turns_of(database):
    options = database.engine.get_execution_options().values()
    (turns,) = (option for option in options if isinstance(option, FairLock))
    return turns


def test_sessions_write_in_the_order_they_asked(database, wait_until):
    order, threads = [], []

    def write(number):
        with database.reading() as session, writing(session):
            order.append(number)

    with database.writing():
        for number in range(3):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            queue = f"<FairLock taken, {number + 1} waiting>"
            wait_until(lambda queue=queue: repr(turns_of(database)) == queue)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2]


def test_reading_changes_nothing(store):
    with store.reading() as session:
        put_setting(session, "a", {"n": 1})
    with store.reading() as session:
        assert get_setting(session, "a") is None


def test_reading_sees_one_moment(store):
    with store.writing() as session:
        put_setting(session, "a", {"n": 1})
    with store.reading() as reader:
        assert get_setting(reader, "a") == {"n": 1}
        with store.writing() as session:
            put_setting(session, "a", {"n": 2})
        reader.expire_all()
        assert get_setting(reader, "a") == {"n": 1}


def test_a_writer_commits_and_rolls_back_like_writing(store):
    writer = store.writer()
    with writer.writing() as session:
        put_setting(session, "a", {"n": 1})
    with pytest.raises(ValueError), writer.writing() as session:
        put_setting(session, "a", {"n": 2})
        raise ValueError
    with writer.writing() as session:
        assert get_setting(session, "a") == {"n": 1}
    with store.reading() as session:
        assert get_setting(session, "a") == {"n": 1}
    writer.close()


def test_a_writer_remembers_nothing_of_its_last_transaction(store):
    writer = store.writer()
    with writer.writing() as session:
        put_setting(session, "a", {"n": 1})
    with store.writing() as session:
        put_setting(session, "a", {"n": 2})
    with writer.writing() as session:
        assert get_setting(session, "a") == {"n": 2}
    writer.close()


def test_a_writer_takes_the_lock_at_once_and_gives_it_back(database):
    writer = database.writer()
    impatient = sqlite3.connect(database.engine.url.database, timeout=0)
    with (
        closing(impatient),
        writer.writing(),
        pytest.raises(sqlite3.OperationalError, match="lock"),
    ):
        impatient.execute("BEGIN IMMEDIATE")
    with database.writing() as session:
        put_setting(session, "a", {"n": 1})
    writer.close()


def test_the_data_version_tells_of_others_alone(database):
    writer = database.writer()

    def version():
        with writer.writing() as session:
            return data_version(session)

    first = version()
    with writer.writing() as session:
        put_setting(session, "mine", {"n": 1})
    assert version() == first
    with database.writing() as session:
        put_setting(session, "theirs", {"n": 1})
    assert version() != first
    writer.close()


def test_objects_outlive_their_session(store):
    with store.writing() as session:
        user = User(email="a@example.org", name="A")
        session.add(user)
    assert user.id > 0
    assert user.created_at < utcnow() + timedelta(seconds=1)


def test_two_who_write_at_once_both_succeed(store):
    """Each reads, then writes what it read plus one; nothing is lost, nobody fails."""
    with store.writing() as session:
        put_setting(session, "a", {"n": 0})
    barrier = threading.Barrier(2)
    errors = []

    def count():
        barrier.wait(10)
        try:
            for _ in range(10):
                with store.writing() as session:
                    row = session.execute(
                        text("UPDATE settings SET updated_at = updated_at RETURNING value")
                    )
                    row.all()  # PostgreSQL locks the row only now
                    put_setting(session, "a", {"n": get_setting(session, "a")["n"] + 1})
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    with store.reading() as session:
        assert get_setting(session, "a") == {"n": 20}


def test_what_was_read_before_writing_is_read_again(database):
    """Without the rollback in `writing`: SQLITE_BUSY_SNAPSHOT, at once and for ever."""
    with database.writing() as session:
        put_setting(session, "a", {"n": 1})
    with database.reading() as session:
        assert get_setting(session, "a") == {"n": 1}
        with database.writing() as other:
            put_setting(other, "a", {"n": 2})
        with writing(session) as session:
            value = get_setting(session, "a")
            assert value == {"n": 2}
            put_setting(session, "a", {"n": value["n"] + 1})
    with database.reading() as session:
        assert get_setting(session, "a") == {"n": 3}


def test_writing_takes_the_lock_at_once(database):
    other = sqlite3.connect(database.engine.url.database, timeout=0, isolation_level=None)
    with database.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    with database.reading() as session:
        get_setting(session, "a")
        other.execute("BEGIN IMMEDIATE")  # a reader holds nobody up
    other.close()


def test_a_session_reads_again_after_it_wrote(database):
    """A connection goes back to the pool without the will to write."""
    with database.writing() as session:
        put_setting(session, "a", {"n": 1})
        with database.reading() as reader:
            assert get_setting(reader, "a") is None
    with database.reading() as reader, database.writing() as session:
        get_setting(reader, "a")
        put_setting(session, "a", {"n": 2})


def test_foreign_keys_hold(store):
    with pytest.raises(IntegrityError), store.writing() as session:
        session.add(Message(chat_id=99, direction="in"))
    with store.writing() as session:
        chat = Chat(id=5)
        session.add(chat)
        session.flush()
        session.add(Message(chat_id=5, direction="in"))
    with store.writing() as session:
        session.delete(session.get(Chat, 5))
    with store.reading() as session:
        assert session.query(Message).count() == 0


def test_a_database_that_cannot_be_written_says_so(database):
    os.unlink(database.engine.url.database)
    with pytest.raises(OperationalError), database.writing() as session:
        put_setting(session, "a", {})


# Flask-SQLAlchemy


def test_its_model_class_shares_the_tables():
    assert db.metadata is Base.metadata
    assert db.Model.registry is Base.registry
    assert "users" in db.metadata.tables


def test_an_error_quotes_nothing_that_was_stored(store, caplog):
    """A log with the parameters would hold messages, names and hashes of passwords."""
    with store.writing() as session:
        put_setting(session, "a", {"n": 1})
    secret = "Anna's secret letter"
    statements = (
        "INSERT INTO settings (name, value, updated_at) VALUES ('a', :secret, :now)",
        "INSERT INTO settings (name, value, updated_at) VALUES ('b', :secret, NULL)",
    )
    for statement in statements:
        values = {"secret": f'"{secret}"', "now": utcnow().isoformat()}
        try:
            with store.writing() as session:
                session.execute(text(statement), values)
        except IntegrityError:
            logging.getLogger("appliance").exception("failed")
    assert caplog.text.count("IntegrityError") >= 2
    assert "INSERT INTO settings" in caplog.text
    assert "secret letter" not in caplog.text


# The schema


def set_version(database, version):
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_the_right_schema_is_accepted(settings, database):
    assert schema_version(settings.database_url) == module.SCHEMA
    check_schema(settings)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.touch()])
def test_no_database_yet(settings, make):
    make(settings.data / "database.db")
    with pytest.raises(SchemaError, match=rf"appliance --home {settings.home} init"):
        check_schema(settings)


def test_an_older_schema(settings, database):
    set_version(database, "0000")
    with pytest.raises(SchemaError, match=rf"at schema 0000, .*--home {settings.home} upgrade"):
        check_schema(settings)


def test_a_newer_schema(settings, database):
    set_version(database, "0999")
    with pytest.raises(SchemaError, match=r"knows only .*: install the newer version"):
        check_schema(settings)


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + bytes(200)])
def test_what_is_no_database(settings, content):
    (settings.data / "database.db").write_bytes(content)
    told = r"cannot use the database .*database.db: .*; "
    with pytest.raises(ConfigError, match=told) as caught:
        check_schema(settings)
    assert "\n" not in str(caught.value)


def test_a_directory_is_no_database(settings):
    (settings.data / "database.db").mkdir()
    with pytest.raises(ConfigError, match="cannot use the database"):
        check_schema(settings)


def test_a_name_full_of_signs(settings, database, migrated_file):
    path = settings.data / "100% & #1.db"
    path.write_bytes(migrated_file.read_bytes())
    url = f"sqlite:///{path}"
    check_schema(dataclasses.replace(settings, database_url=url))
    other = Database(url)
    with other.writing() as session:
        put_setting(session, "a", {})
    other.dispose()


def test_looking_makes_no_file(settings):
    assert schema_version(settings.database_url) is None
    assert list(settings.data.iterdir()) == []


@pytest.mark.slow
def test_the_schema_of_postgresql(settings, postgresql_database, make_postgresql):
    url = postgresql_database.engine.url.render_as_string(hide_password=False)
    check_schema(dataclasses.replace(settings, database_url=url))
    with pytest.raises(SchemaError, match="no database yet"):
        check_schema(dataclasses.replace(settings, database_url=make_postgresql()))


@pytest.mark.slow
def test_a_postgresql_that_is_not_there(settings, tmp_path):
    url = f"postgresql://u:hunter2@/n?host={tmp_path}"
    with pytest.raises(TryLater, match="cannot use the database: ") as caught:
        check_schema(dataclasses.replace(settings, database_url=url))
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_is_connected_yet(tmp_path):
    Database(f"sqlite:///{tmp_path}/absent/x.db").dispose()
