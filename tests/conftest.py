"""What every test may ask for: a home, its settings, a database, the simulator, a way to wait."""

import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from glob import glob
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest

from appliance import config, env_file
from appliance.config import Settings
from appliance.database import Database
from appliance.engines import make_engine
from support import simulator
from support.postgresql import KeptDatabase, PostgreSQL
from support.shared_apps import SharedApps

T = TypeVar("T")
WaitUntil = Callable[..., Any]

ROOT = Path(__file__).resolve().parent.parent
SECRET_KEY = "only-for-tests-0123456789-0123456789"
ENV = {"SECRET_KEY": SECRET_KEY, "BOT_MODE": "sandbox"}
POLL_SECONDS = 0.01

# A generated example may take as long as the machine is busy: no test is timed.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
hypothesis.settings.load_profile("untimed")

# What a developer's shell may hold and a test must not see.
_PRIVATE = {"APPLIANCE_HOME", "NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY"}
_PRIVATE |= {*config.NAMES, *(f"{name}_FILE" for name in config.SECRETS)}
for _name in [name for name in os.environ if name in _PRIVATE or name.startswith("APPLIANCE_")]:
    del os.environ[_name]


# Folders that are slow as a whole: a test is a second of waiting, or needs what takes seconds
# to import.
SLOW_FOLDERS = ("delivery/engine", "e2e", "faults", "sandbox/clients")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="where the homes of the tests keep their data",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--database") == "postgresql":
        # Engines of tests that are not run to their end keep one, as those on SQLite do.
        config.addinivalue_line(
            "filterwarnings",
            "ignore:.*psycopg.Connection .* was deleted while still open:ResourceWarning",
        )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without the slow tests, do not even load the folders that have no others."""
    return True if _in_slow_folder(collection_path) and _is_quick(config) else None


def _in_slow_folder(path: Path) -> bool:
    return path.relative_to(ROOT / "tests").as_posix().startswith(SLOW_FOLDERS)


def _is_quick(config: pytest.Config) -> bool:
    return "not slow" in config.option.markexpr


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as slow what is in a slow folder or takes a PostgreSQL; begin with the slowest files.

    A long file that begins last is waited for on one core:
    `--no-loadscope-reorder` keeps the order.
    """
    if config.getoption("--database") == "postgresql":
        about_sqlite = [item for item in items if item.get_closest_marker("sqlite")]
        config.hook.pytest_deselected(items=about_sqlite)
        items[:] = [item for item in items if item not in set(about_sqlite)]
    tests, slow = Counter[Path](), Counter[Path]()
    for item in items:
        if "start_postgresql" in _fixtures(item) or _in_slow_folder(item.path):
            item.add_marker(pytest.mark.slow)
        tests[item.path] += 1
        slow[item.path] += item.get_closest_marker("slow") is not None
    items.sort(key=lambda item: -slow[item.path] / tests[item.path])


def _fixtures(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def root():
    """The working copy."""
    return ROOT


@pytest.fixture
def env(request, on_postgresql):
    """What the `.env` of a home says. On PostgreSQL its database is there already."""
    if not on_postgresql:
        return ENV
    return ENV | {"DATABASE_URL": request.getfixturevalue("kept_postgresql").empty()}


@pytest.fixture
def home(tmp_path, env):
    """A home as `appliance init --sandbox` leaves it, but without a SQLite file."""
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    env_file.write(home / ".env", env)
    return home


@pytest.fixture(scope="session")
def shared_apps(tmp_path_factory):
    """Web applications, for the folders whose `home` is `shared_home`."""
    return SharedApps(tmp_path_factory.mktemp("site") / "home")


@pytest.fixture
def shared_home(shared_apps, env):
    """As `home`, at the same path each time, so that the applications fit."""
    return shared_apps.new_home(env)


@pytest.fixture
def settings(home):
    return Settings.load(home, environ={})


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """A SQLite file at the newest schema, migrated once a session; copy it, do not open it."""
    from appliance.services import schema

    home = tmp_path_factory.mktemp("migrated")
    (home / "data").mkdir()
    settings = Settings.load(home, environ=ENV)
    schema.upgrade(settings)
    return home / "data" / "database.db"


@pytest.fixture(scope="session")
def on_postgresql(pytestconfig):
    """Whether the homes are to keep their data there."""
    return pytestconfig.getoption("--database") == "postgresql"


@pytest.fixture(scope="session")
def first_engine(request, on_postgresql, tmp_path_factory):
    """An engine whose compiled statements those of `database` share: a fifth of a run was
    SQLAlchemy compiling the same statements for each test's own engine."""
    if on_postgresql:
        url = request.getfixturevalue("kept_postgresql").url
    else:
        file = tmp_path_factory.mktemp("first") / "database.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        url = f"sqlite:///{file}"
    engine = make_engine(url)
    engine.connect().close()
    engine.dispose()
    return engine


@pytest.fixture
def database(request, settings, on_postgresql, first_engine):
    """The database of `home`, at the newest schema and empty."""
    if not on_postgresql:
        shutil.copy(request.getfixturevalue("migrated_file"), settings.data / "database.db")
    database = Database(settings.database_url)
    # What is compiled is kept by statement and dialect.
    database.engine.dialect = first_engine.dialect
    database.engine._compiled_cache = first_engine._compiled_cache
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def start_postgresql():
    """`start_postgresql()`: a server of the test's own, which the test closes."""

    def start() -> PostgreSQL:
        return PostgreSQL(_find_program("pg_ctl", "postgresql"))

    return start


@pytest.fixture(scope="session")
def postgresql(start_postgresql):
    """The session's own server."""
    server = start_postgresql()
    yield server
    server.close()


@pytest.fixture(scope="session")
def make_postgresql(postgresql):
    """`make_postgresql()` is the address of a new database; `template=` names one to copy."""
    return postgresql.new_database


@pytest.fixture(scope="session")
def migrated_postgresql(make_postgresql):
    """The name of a database at the newest schema, migrated once a session; a template."""
    from appliance.services import schema

    url = make_postgresql("migrated")
    schema.upgrade(Settings(Path("/nonexistent"), SECRET_KEY, url))
    return "migrated"


@pytest.fixture(scope="session")
def kept_postgresql(postgresql, migrated_postgresql):
    """The database of every home, one after the other, where that is to be PostgreSQL."""
    kept = KeptDatabase(postgresql, migrated_postgresql)
    yield kept
    kept.close()


@pytest.fixture
def postgresql_database(make_postgresql, migrated_postgresql):
    """A PostgreSQL database at the newest schema and empty."""
    database = Database(make_postgresql(template=migrated_postgresql))
    yield database
    database.dispose()


@pytest.fixture
def sandbox():
    """A running Telegram simulator on a free loopback port."""
    from appliance.sandbox.server import Sandbox

    sandbox = Sandbox(config.SANDBOX_TOKEN)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def ask(sandbox):
    """`ask("people")` reads the simulator's control API, `ask("people", {…})` posts to it."""
    return partial(simulator.ask, sandbox.url)


@pytest.fixture(scope="session")
def wait_until():
    """`wait_until(predicate, timeout=10)` returns the first true value the predicate gives."""
    return _wait_until


def _wait_until(
    predicate: Callable[[], T], timeout: float = 10, message: str | Callable[[], str] = ""
) -> T:
    """Poll every 10 ms; fail with `message` and the last value when the time is over."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not (value := predicate()):
        if time.monotonic() > deadline:
            told = message() if callable(message) else message
            name = getattr(predicate, "__name__", repr(predicate))
            pytest.fail(f"{told or name}: still {value!r} after {timeout:g} s")
        pause.wait(POLL_SECONDS)
    return value


@pytest.fixture(scope="session")
def find_program():
    """`find_program("nginx")` is its path; `find_program("chromium", package="…")`.

    Where it is missing the test is skipped, with the command that installs it; in CI it fails.
    """
    return _find_program


def _find_program(name: str, package: str | None = None) -> str:
    # Debian keeps nginx off the path of people who are not root, PostgreSQL off everybody's.
    folders = ["/usr/sbin", "/sbin", *sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True)]
    path = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    if path is None:
        pytest.skip(f"{name} is missing: sudo apt-get install {package or name}")
    return path


@pytest.fixture(scope="session")
def browser_available():
    """The path of Chromium; skips like `find_program` where it is missing."""
    return _find_program("chromium")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI nothing may be left out: a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") not in {"true", "1"} or reporter is None:
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and not hasattr(session.config, "workerinput"):
        reporter.write_line(
            f"{len(skipped)} tests were skipped, and CI leaves nothing out", red=True
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
