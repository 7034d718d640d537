"""What every test may ask for: a home, its settings, a database, the simulator, a way to wait."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from appliance import config
from appliance.config import Settings
from appliance.database import Database

if TYPE_CHECKING:
    from appliance.sandbox.server import Sandbox

T = TypeVar("T")
WaitUntil = Callable[..., Any]

ROOT = Path(__file__).resolve().parent.parent
SECRET_KEY = "only-for-tests-0123456789-0123456789"
POLL_SECONDS = 0.01

# What a developer's shell may hold and a test must not see.
_PRIVATE = {"APPLIANCE_HOME", "NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY"}
_PRIVATE |= {*config.NAMES, *(f"{name}_FILE" for name in config.SECRETS)}
for _name in [name for name in os.environ if name in _PRIVATE or name.startswith("APPLIANCE_")]:
    del os.environ[_name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser test is a slow one too, so that `-m "not slow"` leaves both out."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def root() -> Path:
    """The working copy."""
    return ROOT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home as `appliance init --sandbox` leaves it, but without a database."""
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    config.write_env_file(home / ".env", {"SECRET_KEY": SECRET_KEY, "BOT_MODE": "sandbox"})
    return home


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.load(home, environ={})


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest schema, migrated once a session; copy it, do not open it."""
    from appliance.services import schema

    home = tmp_path_factory.mktemp("migrated")
    (home / "data").mkdir()
    settings = Settings.load(home, environ={"SECRET_KEY": SECRET_KEY, "BOT_MODE": "sandbox"})
    schema.upgrade(settings)
    return home / "data" / "database.db"


@pytest.fixture
def database(settings: Settings, migrated_file: Path) -> Iterator[Database]:
    """The database of `home`, at the newest schema and empty."""
    shutil.copy(migrated_file, settings.data / "database.db")
    database = Database(settings.database_url)
    yield database
    database.dispose()


@pytest.fixture
def sandbox() -> Iterator["Sandbox"]:
    """A running Telegram simulator on a free loopback port."""
    from appliance.sandbox.server import Sandbox

    sandbox = Sandbox(config.SANDBOX_TOKEN)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def wait_until() -> WaitUntil:
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
def find_program() -> Callable[..., str]:
    """`find_program("nginx")` is its path; `find_program("chromium", package="…")`.

    Where it is missing the test is skipped, with the command that installs it; in CI it fails.
    """
    return _find_program


def _find_program(name: str, package: str | None = None) -> str:
    # Debian keeps nginx off the path of people who are not root.
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{name} is missing: sudo apt-get install {package or name}")
    return path


@pytest.fixture(scope="session")
def browser_available() -> str:
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
