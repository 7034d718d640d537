"""The database: sessions, transactions and the schema check.

A process has one engine. Where the site runs, Flask-SQLAlchemy makes it and `Database.of(app)`
shares it with the other parts; elsewhere `Database(url)` makes it, with the same options.

SQLite runs in WAL with `synchronous=FULL`, so that an acknowledged commit survives a power cut.
A transaction says at its start whether it writes: `reading` is a snapshot, `writing` takes
SQLite's write lock at once. Beginning to read and then writing would fail without waiting
(SQLITE_BUSY_SNAPSHOT) whenever another writer came between.
"""

import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from appliance.config import Settings
from appliance.engines import (
    IF_FREE,
    SNAPSHOT,
    TURNS,
    WEB,
    WRITE,
    driver_is_installed,
    engine_options,
    make_engine,
    parse_url,
    prepare,
    sqlite_path,
)
from appliance.errors import ApplianceError, ConfigError, SchemaError, TryLater, localized
from appliance.gates import Gate
from appliance.models import Base
from appliance.outages import is_away
from appliance.write_queue import FairLock

SCHEMA = "0007"
"""The newest migration; `tests/test_migrations.py` holds it equal to Alembic's head."""

ROWS_PER_TRANSACTION = 3000
"""How many rows of a ledger are written at once: others wait some 6 ms for freezing or skipping
them, and twice that with the disk. A million in one transaction would be 430 ms."""

ROWS_PER_LOOK = 10_000
"""How many are looked at, where few or none are written: 1 to 6 ms. With fewer a walk of a million
would mostly be pauses between its parts."""

BUSY = localized("the database is busy: try again in a few seconds")

_GATE = "appliance_gate"
_STUCK_SECONDS = 1.0
"""For a write of the site: after that somebody else keeps the lock, and no more may wait for it."""

_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NO_FILE_CODES = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_LEAST_ROOM = 256 * 1024
_DAMAGED_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_TROUBLE_CODES = _DAMAGED_CODES | {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_PROTOCOL,
}
# Of PostgreSQL: no room on the disk, none in memory, too many connections.
_FULL_STATES = {"53100", "53200", "53300"}
# Of PostgreSQL: lock not available, statement cancelled, deadlock, silent in a transaction.
_BUSY_STATES = {"55P03", "57014", "40P01", "25P03"}

# What was read or written stays as it was committed, as in `Database`: read again, an answer would
# tell what another request has made of it since, and a login would outlive a password changed then.
db = SQLAlchemy(
    model_class=Base,
    session_options={"expire_on_commit": False, "info": {_GATE: Gate(_STUCK_SECONDS, BUSY)}},
)
"""Flask-SQLAlchemy: `db.session` in a web request, `db.engine` in an application context."""


def init_app(app: Flask, url: str) -> None:
    """Give the application its engine. Raises ConfigError; connects to nothing yet."""
    app.config["SQLALCHEMY_DATABASE_URI"] = parse_url(url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    with driver_is_installed():
        db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        db.engine.update_execution_options(**{WEB: True})


class Database:
    """An engine and its sessions, for everything that is not a web request."""

    def __init__(self, engine: sa.Engine | str) -> None:
        """`engine` may be an address: raises ConfigError when it cannot be understood.

        Nothing is connected yet.
        """
        self.engine = make_engine(engine) if isinstance(engine, str) else engine
        # Not expired: what a caller got out of a transaction is read after it, by then without a
        # session.
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(_snapshots(self.engine), expire_on_commit=False)

    @classmethod
    def of(cls, app: Flask) -> "Database":
        """On the engine of a web application, for the other parts of its process."""
        with app.app_context():
            return cls(db.engine.execution_options(**{WEB: False}))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one snapshot; whatever it changed is rolled back."""
        with self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that holds the write lock: commits at the end, rolls back on an error."""
        with self._sessions() as session, writing(session):
            yield session

    def writer(self) -> "Writer":
        """For a thread that writes many times a second."""
        return Writer(self.engine)

    def dispose(self) -> None:
        self.engine.dispose()


class _KeptSession(Session):
    """A session on one kept connection, which a small transaction asks for eight times: finding
    it SQLAlchemy's way took a seventh of the whole."""

    own_connection: sa.Connection

    def connection(self, *args: Any, **kwargs: Any) -> sa.Connection:
        return self.own_connection if self.in_transaction() else super().connection(*args, **kwargs)


class Writer:
    """Like `Database.writing`, on a connection that is kept: not thread-safe.

    Taking a connection from the pool and setting up a session anew costs half as much as a small
    transaction itself; and only a kept connection can tell whether others wrote meanwhile.
    """

    def __init__(self, engine: sa.Engine) -> None:
        """Nothing is connected yet."""
        self._engine = engine
        self._session: _KeptSession | None = None

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that holds the write lock: commits at the end, rolls back on an error.

        Objects of an earlier transaction stay readable but are not this session's any more.
        """
        with _turns(self._engine) or nullcontext():
            session = self._opened()
            try:
                session.connection()
                yield session
                session.commit()
                session.expunge_all()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Give the connection back, rolled back; the next transaction opens another."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
            session.own_connection.close()

    def _opened(self) -> _KeptSession:
        if self._session is None:
            connection = self._engine.connect().execution_options(**{WRITE: True})
            self._session = _KeptSession(connection, expire_on_commit=False)
            self._session.own_connection = connection
        return self._session


def data_version(session: Session) -> int | None:
    """A number that changes when another connection wrote; None where the database has none.

    Only numbers of one connection may be compared.
    """
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        return None
    cursor = connection.connection.cursor()
    try:
        cursor.execute("PRAGMA data_version")
        row = cursor.fetchone()
    except sqlite3.Error as error:
        raise OperationalError("PRAGMA data_version", {}, error) from error
    return int(row[0]) if row else None


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """Make `session` a writing transaction: commit at the end, roll back on an error.

    Objects that were read before are read again: others may have written since. In a request
    raises TryLater where one has waited for the lock for long: then the others are for who reads.
    """
    session.rollback()  # first: a thread that waits for its turn holds no connection
    turns = _turns(session.get_bind())
    gate = session.info.get(_GATE) if turns else None  # PostgreSQL lets many write at once
    with gate or nullcontext(), turns or nullcontext():
        session.connection(execution_options={WRITE: True})
        with _committed(session):
            yield session


def _turns(bind: sa.Engine | sa.Connection) -> FairLock | None:
    """The queue of this process's writers; None for PostgreSQL, which queues them itself."""
    return cast(FairLock | None, bind.get_execution_options().get(TURNS))


def is_busy(error: Exception) -> bool:
    """Whether the database only could not do it now: locked, restarted, or no connection free."""
    if isinstance(error, sa.exc.TimeoutError):
        return True
    if _sqlite_code(error) in _BUSY_CODES:
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    busy = getattr(error.orig, "sqlstate", None) in _BUSY_STATES
    return busy or is_away(error) or error.connection_invalidated


def is_trouble(error: Exception) -> bool:
    """Whether the database cannot work, or cannot be reached; not, that it was asked wrongly."""
    if is_busy(error) or _sqlite_code(error) in _TROUBLE_CODES:
        return True
    of_sqlite = isinstance(getattr(error, "orig", None), sqlite3.Error)
    return isinstance(error, OperationalError | sa.exc.InternalError) and not of_sqlite


def _sqlite_code(error: Exception) -> int:
    """Of an error of the driver, or of one that SQLAlchemy put around it; 0 for others."""
    cause = getattr(error, "orig", None) or error
    return int(getattr(cause, "sqlite_errorcode", 0)) & 0xFF  # what is above are its kinds


@contextmanager
def _committed(session: Session) -> Iterator[None]:
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def writing_if_free(session: Session) -> Iterator[Session]:
    """As `writing`, but raises TryLater at once where somebody else writes to SQLite.

    For what is good to know and not worth waiting for.
    """
    session.rollback()
    turns = _turns(session.get_bind())
    with turns.if_free() if turns else nullcontext(True) as free:
        if not free:
            raise TryLater("the database is busy")
        try:
            session.connection(execution_options={WRITE: True, IF_FREE: True})
        except OperationalError:  # another process writes
            session.rollback()
            raise TryLater("the database is busy") from None
        with _committed(session):
            yield session


def _snapshots(engine: sa.Engine) -> sa.Engine:
    """The engine for reading: SQLite's transactions are snapshots, PostgreSQL has to be told."""
    of_sqlite = engine.dialect.name == "sqlite"
    return engine if of_sqlite else engine.execution_options(**{SNAPSHOT: True})


def schema_version(url: str) -> str | None:
    """The migration the database stands at; None when it has none yet. Raises ConfigError.

    SQLite is asked with plain sqlite3: 0.5 ms, where importing Alembic costs 150.
    """
    path = sqlite_path(url)
    try:
        return _version_of_server(url) if path is None else _version_of_file(path)
    except (sqlite3.Error, sa.exc.SQLAlchemyError) as error:
        raise cannot_use(url, error) from None


def _version_of_server(url: str) -> str | None:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            version = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return None if version is None else str(version)
    finally:
        engine.dispose()


def _version_of_file(path: Path) -> str | None:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:  # not `exists`: it tells a folder that may not be searched from none
        raise ConfigError(
            f"cannot use the database {path}: {error.strerror}; run as its owner"
            f" or fix the mode of {path.parent}"
        ) from None
    # `rw` creates no file. `ro` would leave the WAL's files behind: who closes last removes them.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    finally:
        connection.close()
    return str(row[0]) if row else None


def check_schema(settings: Settings) -> None:
    """Raises SchemaError when the database is older or newer than this program; ConfigError."""
    version = schema_version(settings.database_url)
    command = f"appliance --home {shlex.quote(str(settings.home))}"
    if version is None:
        raise SchemaError(f"there is no database yet: run `{command} init`")
    if version < SCHEMA:
        raise SchemaError(
            f"the database is at schema {version}, this program needs {SCHEMA}:"
            f" run `{command} upgrade`"
        )
    _check_known(version)


def check_not_newer(settings: Settings) -> None:
    """Raises SchemaError when a newer program made the database; ConfigError."""
    _check_known(schema_version(settings.database_url))


def _check_known(version: str | None) -> None:
    if version is not None and version > SCHEMA:
        raise SchemaError(
            f"the database is at schema {version}, this program knows only {SCHEMA}: install the"
            " newer version of the appliance that made it"
        )


def first_line(error: Exception) -> str:
    """The driver's message in one line, without what SQLAlchemy puts around it."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0]


def cannot_use(url: str | None, error: Exception) -> ApplianceError:
    """Says which database, why, and what to do; no address, which may hold a password.

    TryLater where nothing but time or room is missing. None: it is not known which one.
    """
    path = sqlite_path(url) if url else None
    words = f"cannot use the database{f' {path}' if path else ''}: {first_line(error)}"
    if is_busy(error):
        return TryLater(f"{words}; another program keeps it: try again in a few seconds")
    code = _sqlite_code(error)
    if not code and path is None:
        return _server_refused(words, error)
    if code in _DAMAGED_CODES:
        return ConfigError(f"{words}; stop what uses it, and restore it from a backup")
    place = path.parent if path else "its folder"
    # Where there is no room for the files beside the database, SQLite only knows that it failed.
    no_room = path is not None and code in _NO_FILE_CODES and _is_full(path.parent)
    if code == sqlite3.SQLITE_FULL or no_room:
        return TryLater(f"{words}; make room on the disk of {place} and try again")
    return ConfigError(
        f"{words}; check the owner and mode of {place}, and the free space on its disk"
    )


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_ROOM
    except OSError:
        return False


def _server_refused(words: str, error: Exception) -> ApplianceError:
    """A server that answers says FATAL, and why; one that does not may come back."""
    if getattr(getattr(error, "orig", None), "sqlstate", None) in _FULL_STATES:
        return TryLater(f"{words}; make room on the server's disk and try again")
    remedy = f"{words}; is the server running, and is DATABASE_URL right?"
    return ConfigError(remedy) if "FATAL" in str(error) else TryLater(remedy)
