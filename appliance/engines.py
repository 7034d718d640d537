"""The engine of a database: what an address means, SQLite's settings, how transactions begin."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, ExceptionContext, make_url

from appliance import clock
from appliance.errors import ConfigError
from appliance.outages import watch
from appliance.write_queue import FairLock

BUSY_TIMEOUT_MS = 10_000
"""For other writers, those of this process and of others in all: a browser or a script would not
wait much longer."""

TURN_TIMEOUT_MS = 9_000
"""Of that, for a turn in this process; with what is left SQLite is asked at least."""

# Execution options of SQLAlchemy; the first two of a connection, the last of the engine.
WRITE = "appliance_write"
"""The transaction takes SQLite's write lock when it begins."""

IF_FREE = "appliance_if_free"
"""… or fails at once."""

TURNS = "appliance_turns"
"""The queue of this process's writers, a FairLock; PostgreSQL needs none."""

# Of PostgreSQL alone, and of the engine or a connection.
SNAPSHOT = "appliance_snapshot"
"""What the transaction reads does not change meanwhile."""

WEB = "appliance_web"
"""A request of the site waits for the transaction."""

PATIENT = "appliance_patient"
"""No statement and no pause is too long: migrations."""

SILENCE_MS = 6_000
"""For whoever holds locks on PostgreSQL and says nothing: a process that is frozen, or cut off,
would keep its successor from taking over. Half of a lease."""

LOCK_MS = 8_000
"""For a lock: longer than the silence of who holds it, shorter than a lease."""

WEB_STATEMENT_MS = 15_000
"""For a statement of the site: a browser has given up, and others wait for its thread."""

_NETWORK = {
    "connect_timeout": 5,  # seconds, as the next three
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8_000,  # milliseconds without a word of what was sent
}
"""A cable that was cut says nothing: TCP alone would wait for minutes, or for two hours. What the
address asks for goes before."""


def make_engine(url: str) -> sa.Engine:
    """An engine that is set up. Raises ConfigError; connects to nothing yet."""
    with driver_is_installed():
        engine = sa.create_engine(parse_url(url), **engine_options(url))
    prepare(engine)
    return engine


@contextmanager
def driver_is_installed() -> Iterator[None]:
    """Raises ConfigError where it is not."""
    try:
        yield
    except ModuleNotFoundError:
        raise ConfigError(
            "DATABASE_URL names PostgreSQL and its driver is not installed:"
            " install appliance[postgresql] (the tested versions: requirements/postgresql.txt)"
        ) from None


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` (and SQLALCHEMY_ENGINE_OPTIONS) take for this address.

    Parameters are letters, names and hashes of passwords: no error may carry them into a log.
    """
    # One pool for all parts: 4 web threads, the engine's two, poller, worker, schedule, and a beat
    # for each. Who finds none free waits 30 s, which no part may.
    shared = {"hide_parameters": True, "pool_size": 10, "max_overflow": 10}
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        connect: dict[str, Any] = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
        turns = FairLock(TURN_TIMEOUT_MS / 1000)
        return shared | {"connect_args": connect, "execution_options": {TURNS: turns}}
    # PostgreSQL may have been restarted, and a pooled connection tells so only when it is used.
    network = {name: value for name, value in _NETWORK.items() if name not in parsed.query}
    connect = {**network, **_preparing(parsed)}
    return shared | {"pool_pre_ping": True, "connect_args": connect}


def _preparing(url: URL) -> dict[str, int | None]:
    """When psycopg prepares a statement: `?prepare_threshold=`, its uses until then; 0: never.

    Behind a pooler that gives each transaction another session, what one prepared another lacks.
    """
    asked = url.query.get("prepare_threshold")
    if asked is None:
        return {}
    if not isinstance(asked, str) or not re.fullmatch("[0-9]{1,9}", asked):
        raise ConfigError("DATABASE_URL: prepare_threshold takes a number; 0: never prepare")
    return {"prepare_threshold": int(asked) or None}


def parse_url(url: str) -> URL:
    """Raises ConfigError: the address names a database this program does not know."""
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # ValueError: the port is no number
        raise ConfigError(
            "DATABASE_URL cannot be understood: expected sqlite:///FILE or"
            " postgresql://USER@HOST/NAME"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise ConfigError(f"DATABASE_URL names {backend}: expected sqlite or postgresql")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.database and not parsed.database.startswith((":memory:", "file:")):
        # Flask-SQLAlchemy would look for a relative path in the application's instance folder.
        return parsed.set(database=str(Path(parsed.database).absolute()))
    return parsed


def migration_engine(url: str) -> sa.Engine:
    """An engine for Alembic: every transaction writes, so each migration is whole or absent.

    Foreign keys are off: with them on, a batch alter (copy, drop, rename) cascades into every
    child row.
    """
    engine = make_engine(url)
    engine.update_execution_options(**{WRITE: True, PATIENT: True})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys=OFF"))
    return engine


def prepare(engine: sa.Engine) -> None:
    """Give an engine SQLite's settings and transactions, or PostgreSQL's errors without data."""
    if engine.dialect.name == "sqlite":
        clock.follow_nobody()
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    else:
        event.listen(engine, "connect", _on_connect_postgresql)
        event.listen(engine, "begin", _on_begin_postgresql)
        event.listen(engine, "do_execute", _begin_several)
        event.listen(engine, "handle_error", _without_detail)
        watch(engine)


def _without_detail(context: ExceptionContext) -> None:
    """PostgreSQL's detail quotes the row that it refuses: messages, hashes of passwords."""
    error, wrapped = context.original_exception, context.sqlalchemy_exception
    message = getattr(getattr(error, "diag", None), "message_primary", None)
    if message is not None and wrapped is not None:
        wrapped.args = (str(wrapped.args[0]).replace(str(error), message),)
        error.args = (message,)


def _on_connect(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # we say BEGIN: the driver would only before a first write
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # with NORMAL, 5 of 12 power cuts lost acknowledged commits
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-4000",  # 4 MB a connection: a large ledger must not cost memory
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    if not connection.get_execution_options().get(WRITE):
        connection.exec_driver_sql("BEGIN")
        return
    patience = _patience_ms(connection)
    if patience == BUSY_TIMEOUT_MS:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _patience_ms(connection: sa.Connection) -> int:
    """How long SQLite waits for the write lock: what the wait for a turn has left."""
    options = connection.get_execution_options()
    if options.get(IF_FREE):
        return 0  # BEGIN IMMEDIATE fails at once
    turns = options.get(TURNS)
    waited = int(turns.waited * 1000) if turns is not None else 0
    return max(BUSY_TIMEOUT_MS - waited, 0)


def _on_connect_postgresql(connection: Any, record: object) -> None:
    connection.autocommit = True  # we say BEGIN: what goes with it costs no round trip of its own


def _on_begin_postgresql(connection: sa.Connection) -> None:
    """With the limits of this very transaction: a pooler may give the next one another session.

    Only who writes holds locks. Who reads may be silent for long: a report goes to a slow browser.
    """
    options, words = connection.get_execution_options(), ["BEGIN"]
    if options.get(SNAPSHOT):
        words = ["BEGIN ISOLATION LEVEL REPEATABLE READ"]
    if options.get(WRITE) and not options.get(PATIENT):
        words.append(f"SET LOCAL idle_in_transaction_session_timeout = {SILENCE_MS}")
        words.append(f"SET LOCAL lock_timeout = {LOCK_MS}")
    if options.get(WEB):
        words.append(f"SET LOCAL statement_timeout = {WEB_STATEMENT_MS}")
    words.append("SELECT extract(epoch FROM clock_timestamp())::float8")
    connection.exec_driver_sql("; ".join(words))


def _begin_several(cursor: Any, statement: str, parameters: object, context: object) -> bool:
    """Several commands in one cannot be prepared, which psycopg does with what it sees often.

    The last of them asks for the time.
    """
    if not statement.startswith("BEGIN"):
        return False
    asked = time.monotonic()
    with cursor.connection.cursor() as several:
        several.execute(statement, prepare=False)
        while several.nextset():
            pass
        clock.follow(several.fetchone()[0], asked, time.monotonic())
    return True


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite address; None for another database or one in memory."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))
