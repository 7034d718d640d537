"""A real site in a process of its own, and a real browser that looks at it."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, sync_playwright

from support.network import free_port

ADMIN = "admin@example.org"
PASSWORD = "correct horse battery"
READY_SECONDS = 60
STOP_SECONDS = 20
PATIENCE_MS = 20_000  # two cores, shared
CHROMIUM_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Site:
    """A running site in sandbox mode. `call` asks its API as the admin."""

    home: Path
    url: str
    _opener: urllib.request.OpenerDirector = field(init=False)
    _csrf: str = field(init=False, default="")

    def __post_init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def log_in(self) -> None:
        self._csrf = self.call("GET", "/session")["csrf_token"]
        body = {"email": ADMIN, "password": PASSWORD}
        self._csrf = self.call("POST", "/auth/login", body)["csrf_token"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method)
        request.add_header("X-CSRF-Token", self._csrf)
        request.add_header("Content-Type", "application/json")
        data = None if body is None else json.dumps(body).encode()
        with self._opener.open(request, data=data, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def phone(self, person: int) -> list[dict[str, Any]]:
        """The messages on a simulated person's phone, oldest first."""
        messages: list[dict[str, Any]] = self.call("GET", f"/sandbox/people/{person}/messages")[
            "messages"
        ]
        return messages

    def answers(self, path: str) -> bool:
        try:
            with self._opener.open(f"{self.url}{path}", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture(scope="session")
def site(tmp_path_factory, wait_until):
    """One for all tests of a run: they make their own people and count nobody else's."""
    home = tmp_path_factory.mktemp("site")
    password = home / "password"
    password.write_text(PASSWORD)
    made = ["init", "--sandbox", "--yes", "--admin-email", ADMIN]
    _run(home, *made, "--admin-password-file", str(password))
    port = free_port()
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            _command(home, "serve", "--sandbox", "--port", str(port)), stdout=log, stderr=log
        )
        try:
            running = Site(home, f"http://127.0.0.1:{port}")
            log_file = home / "serve.log"
            wait_until(
                lambda: process.poll() is not None or running.answers("/readyz"),
                timeout=READY_SECONDS,
                message=log_file.read_text,
            )
            assert process.poll() is None, log_file.read_text()
            running.log_in()
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


# By module: while it lives, Playwright's event loop runs in this thread, and tests of other files
# in the same process could not run one of their own.
@pytest.fixture(scope="module")
def browser(browser_available):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser_available, chromium_sandbox=False, args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


@dataclass
class Trouble:
    """What the browser complained of. A test that provokes a complaint names it with `expect`."""

    seen: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        self.expected.append(part)

    def watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))

    def unexpected(self) -> list[str]:
        return [line for line in self.seen if not any(part in line for part in self.expected)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.seen.append(f"{message.type}: {message.text} {message.location}")


@pytest.fixture
def trouble():
    watched = Trouble()
    yield watched
    assert watched.unexpected() == []


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(site, browser, trouble):
    """Opens a page in a browser profile of its own: another person's computer."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **{"locale": "en-US", **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        trouble.watch(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture(scope="module")
def admin_state(site, browser):
    """The cookies of a logged-in admin, so that not every test goes through the form."""
    context = browser.new_context(base_url=site.url, locale="en-US")
    page = context.new_page()
    log_in(page)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def admin_page(open_page, admin_state):
    return open_page(storage_state=admin_state)


@pytest.fixture
def member_page(open_page):
    """The page of somebody who has just registered. Who links and unlinks should be one of these:
    unlinking ends the account's other sessions, and the admin's is shared."""

    def member_page(name: str) -> Page:
        page = open_page()
        page.goto("/register")
        page.fill("#name", name)
        page.fill("#email", f"{name.lower()}@example.org")
        page.fill("#password", PASSWORD)
        page.get_by_test_id("register-form").locator("[type=submit]").click()
        page.wait_for_url("**/messages")
        return page

    return member_page


@pytest.fixture
def new_person(site, wait_until):
    """Somebody whom the bot has greeted; gives the id, which is the chat's, too."""

    def new_person(first_name: str) -> int:
        somebody = {"first_name": first_name, "language_code": "en"}
        person = site.call("POST", "/sandbox/people", somebody)
        site.call("POST", f"/sandbox/people/{person['id']}/start", {})
        number: int = person["id"]
        wait_until(lambda: len(site.phone(number)) > 1, timeout=30)
        return number

    return new_person


@pytest.fixture
def say_yes(site, wait_until):
    """The person whom the bot asked whether to be tied presses "Yes"."""

    def say_yes(person: int) -> None:
        wait_until(lambda: _button_of(site.phone(person)[-1], "tie:yes:"), timeout=30)
        asked = site.phone(person)[-1]
        press = {"message_id": asked["message_id"], "data": _button_of(asked, "tie:yes:")}
        site.call("POST", f"/sandbox/people/{person}/press", press)

    return say_yes


def _button_of(message: dict[str, Any], start: str) -> str | None:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    every = (button.get("callback_data", "") for row in rows for button in row)
    return next((data for data in every if data.startswith(start)), None)


def log_in(page: Page, email: str = ADMIN, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("[data-testid=login-form] [type=submit]")
    page.wait_for_url("**/messages")


def _command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "appliance", "--home", str(home), *arguments]


def _run(home: Path, *arguments: str) -> None:
    done = subprocess.run(_command(home, *arguments), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
