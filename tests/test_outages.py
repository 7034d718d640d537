"""PostgreSQL goes away and comes back: one line, whoever found out first."""

import logging
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from appliance.database import Database, is_busy
from appliance.outages import is_away, level_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(start_postgresql):
    server = start_postgresql()
    yield server
    server.close()


@pytest.fixture
def database(server):
    database = Database(server.new_database())
    yield database
    database.dispose()


def ask(database, statement="SELECT 1"):
    with database.reading() as session:
        return session.scalar(text(statement))


def error_of(database, statement="SELECT 1"):
    try:
        ask(database, statement)
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_one_line_for_every_thread(server, database, caplog, mode):
    ask(database)
    server.stop(mode)
    errors = []
    threads = [threading.Thread(target=lambda: errors.append(error_of(database))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.start()
    assert ask(database) == 1
    assert [is_away(error) and is_busy(error) for error in errors] == [True] * 4
    assert {level_of(error) for error in errors} == {logging.DEBUG}
    (told,) = [record.message for record in caplog.records]
    assert told.startswith("the database is away, and is tried again: ")


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_one_that_is_lost_in_a_transaction(server, database, caplog, mode):
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        server.stop(mode)
        server.start()
        with pytest.raises(OperationalError) as caught:
            session.execute(text("SELECT 1"))
    assert is_away(caught.value)
    assert len(caplog.records) == 1
    assert ask(database) == 1


def test_the_next_outage_is_said_again(server, database, caplog, monkeypatch):
    monkeypatch.setattr("appliance.outages.QUIET_SECONDS", 0.0)
    for _ in range(2):
        ask(database)
        server.stop()
        server.start()
    ask(database)
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("statement", "kind"),
    [("SELECT nonsense", ProgrammingError), ("SELECT 1/0", Exception)],
)
def test_what_is_the_statements_own_fault(database, caplog, statement, kind):
    error = error_of(database, statement)
    assert isinstance(error, kind)
    assert not is_away(error)
    assert level_of(error, logging.WARNING) == logging.WARNING
    assert caplog.records == []


def test_sqlite_is_never_away(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/none/x.db")
    error = error_of(database)
    assert isinstance(error, OperationalError)
    assert not is_away(error)
    assert not is_away(IntegrityError("", {}, Exception()))
