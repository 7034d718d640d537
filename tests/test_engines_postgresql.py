"""PostgreSQL: who is frozen or cut off keeps nobody waiting, and who reads is not cut."""

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError

from appliance import database as database_module
from appliance.database import Database, is_busy, writing
from appliance.engines import (
    LOCK_MS,
    SILENCE_MS,
    WEB_STATEMENT_MS,
    engine_options,
    migration_engine,
)
from appliance.services.leases import TTL

pytestmark = pytest.mark.slow
LIMITS = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")


def limits(session):
    """What holds for this transaction, in milliseconds; 0: no limit."""
    query = "SELECT setting FROM pg_settings WHERE name = ANY(:names) ORDER BY name"
    return tuple(int(value) for value in session.scalars(text(query), {"names": list(LIMITS)}))


def isolation(session):
    return session.scalar(text("SHOW transaction_isolation"))


@pytest.fixture
def site(make_postgresql):
    """A web application that has a database, and nothing else."""
    app = Flask("site")
    database_module.init_app(app, make_postgresql())
    with app.app_context():
        yield app
        database_module.db.engine.dispose()


def test_who_holds_locks_may_not_be_silent_for_long(postgresql_database):
    with postgresql_database.writing() as session:
        assert limits(session) == (SILENCE_MS, LOCK_MS, 0)
    writer = postgresql_database.writer()
    for _ in range(7):  # psycopg would prepare what it sees for the sixth time
        with writer.writing() as session:
            assert limits(session) == (SILENCE_MS, LOCK_MS, 0)
    writer.close()


def test_a_successor_need_not_wait_for_longer_than_a_lease():
    assert SILENCE_MS < LOCK_MS < TTL.total_seconds() * 1000


def test_who_reads_may_take_as_long_as_they_like(postgresql_database):
    """A report goes to a pager, or to a slow browser; it holds nobody up."""
    with postgresql_database.writing():
        pass
    with postgresql_database.reading() as session:
        assert limits(session) == (0, 0, 0)
        assert isolation(session) == "repeatable read"


def test_no_statement_of_a_request_takes_for_ever(site):
    session = database_module.db.session
    assert limits(session) == (0, 0, WEB_STATEMENT_MS)
    with writing(session):
        assert limits(session) == (SILENCE_MS, LOCK_MS, WEB_STATEMENT_MS)
        assert isolation(session) == "read committed"


def test_the_other_parts_of_the_process_are_not_the_site(site):
    with Database.of(site).reading() as session:
        assert limits(session) == (0, 0, 0)


def test_a_migration_takes_its_time(make_postgresql):
    engine = migration_engine(make_postgresql())
    with engine.connect() as connection:
        assert limits(connection) == (0, 0, 0)
    engine.dispose()


def test_limits_cost_no_round_trip(postgresql_database):
    said = []
    event.listen(postgresql_database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    with postgresql_database.writing() as session:
        session.execute(text("SELECT 1"))
    assert [words.partition(";")[0] for words in said] == ["BEGIN", "SELECT 1"]


def test_a_frozen_process_loses_its_locks(postgresql_database, monkeypatch):
    monkeypatch.setattr("appliance.engines.SILENCE_MS", 200)
    with pytest.raises(SQLAlchemyError) as caught, postgresql_database.writing() as frozen:
        frozen.execute(text("LOCK TABLE leases"))
        with postgresql_database.writing() as other:
            other.execute(text("LOCK TABLE leases"))
        frozen.execute(text("SELECT 1"))
    assert is_busy(caught.value)
    with postgresql_database.writing() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_who_waits_for_a_lock_too_long_tries_again_later(postgresql_database, monkeypatch):
    monkeypatch.setattr("appliance.engines.LOCK_MS", 100)
    with postgresql_database.writing() as holder:
        holder.execute(text("LOCK TABLE leases"))
        with pytest.raises(SQLAlchemyError) as caught, postgresql_database.writing() as session:
            session.execute(text("LOCK TABLE leases"))
    assert is_busy(caught.value)


def test_a_cut_cable_is_noticed_unless_the_address_says_otherwise():
    known = engine_options("postgresql://u@h/n")["connect_args"]
    assert known["connect_timeout"] * 1000 < known["tcp_user_timeout"] <= LOCK_MS
    silent = known["keepalives_idle"] + known["keepalives_interval"] * known["keepalives_count"]
    assert silent <= LOCK_MS / 1000
    own = engine_options("postgresql://u@h/n?tcp_user_timeout=60000")["connect_args"]
    assert "tcp_user_timeout" not in own
    assert own["keepalives_idle"] == known["keepalives_idle"]
