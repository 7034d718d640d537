"""A site where things have happened, for the commands of the documents; files they name."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from appliance.cli import main
from appliance.config import SANDBOX_TOKEN
from appliance.sandbox.server import Sandbox
from support.network import free_port
from support.pictures import JPEG
from support.repository import copy_tracked
from support.simulator import ask

PASSWORD = "correct horse battery"
USERS = {"ann@example.org": "member", "olga@example.org": "operator", "admin@example.org": "admin"}
BROADCASTS = 7


@dataclass(frozen=True)
class Site:
    """A home with a running `serve`; `person` has written to the bot, `group` waits."""

    home: str
    url: str
    person: int
    group: int


@pytest.fixture(scope="module")
def work(tmp_path_factory, forking):
    """A folder with the files and commands that readers are told to name."""
    folder = tmp_path_factory.mktemp("work")
    for name in ("message.html", "message.ru.html", "answer.html"):
        (folder / name).write_text("<b>Open again</b>", encoding="utf-8")
    for name in ("minutes.pdf", "plan.pdf"):
        (folder / name).write_bytes(b"%PDF-1.4")
    (folder / "hall.jpg").write_bytes(JPEG)
    (folder / "rehearsal.txt").write_text("Rehearsal at seven")
    programs = {"menu-of-the-day": "echo Soup", "check-disk": "exit 1", "appliance": forking}
    for name, code in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{code}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def forking(tmp_path_factory):
    """A line of shell that is `appliance` with the arguments it gets; see forking.py."""
    script = Path(__file__).parents[1] / "support" / "forking.py"
    path = tmp_path_factory.mktemp("forking") / "socket"
    serve = [sys.executable, script, "serve", path]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "listening\n"
        yield f'exec {sys.executable} -S -E {script} run {path} "$@"'
        process.terminate()


@pytest.fixture(scope="module")
def clone(root, tmp_path_factory):
    """What a stranger has after `git clone`: what git has or would take, as it stands here."""
    folder = copy_tracked(root, tmp_path_factory.mktemp("clone"))
    git = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "Copy"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    lend_environment(folder)
    return folder


def lend_environment(folder):
    """The programs of this environment as `.venv`, so that scripts/demo has nothing to install."""
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    names = ("requirements/runtime.txt", "pyproject.toml", "setup.cfg")  # as in scripts/lib.sh
    state = hashlib.sha256(b"".join((folder / name).read_bytes() for name in names))
    (folder / ".venv" / "installed-runtime").write_text(state.hexdigest())


@pytest.fixture(scope="module")
def simulator():
    sandbox = Sandbox(SANDBOX_TOKEN)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory, simulator, wait_until):
    home = tmp_path_factory.mktemp("site") / "home"
    command = Command(home)
    admin = ("--admin-email", "admin@example.org", "--admin-password-file", "-")
    command("init", "--sandbox", *admin, input=PASSWORD)
    port = free_port()
    with (home / ".env").open("a") as file:
        file.write(f"BOT_API_URL={simulator.url}\nPORT={port}\n")
    with (home / "log").open("w") as log:
        serve = [sys.executable, "-m", "appliance", "--home", home, "serve"]
        process = subprocess.Popen(serve, stdout=log, stderr=log)
    try:
        wait_until(lambda: "The site is at" in (home / "log").read_text(), 30)
        filled = fill(home, command, simulator.url, wait_until)
        yield Site(str(home), f"http://127.0.0.1:{port}", *filled)
    finally:
        process.terminate()
        assert process.wait(15) == 0


class Command:
    """`appliance` on a home, in this process: what it answers to `--json`."""

    def __init__(self, home):
        self._home = str(home)

    def __call__(self, *words, input=""):
        done = CliRunner().invoke(main, ["--home", self._home, *words, "--json"], input=input)
        assert done.exit_code == 0, (words, done.output)
        return json.loads(done.stdout)


def fill(home, command, simulator, wait_until):
    """People and a group, three of them linked, topics, tokens, broadcasts up to the seventh."""
    people = ask(simulator, "people", {"count": 20, "start": True, "seed": 7})["people"]
    ids = [person["id"] for person in people]
    group = ask(
        simulator, "chats", {"title": "Operators", "type": "supergroup", "members": ids[:3]}
    )["id"]
    ask(simulator, f"people/{ids[5]}/send", {"text": "When does the hall open?"})
    wait_until(lambda: len(command("chat", "list")) == len(ids) + 1, 30)
    wait_until(lambda: command("inbox", "list"), 30)

    for email, role in USERS.items():
        if role != "admin":
            command("user", "add", email, "--role", role, "--password-file", "-", input=PASSWORD)
    link(home, dict(zip(USERS, ids, strict=False)))
    for topic in ("choir", "dev", "menu"):
        command("topic", "add", topic)
    wait_until(lambda: not command("status")["queue"]["pending"], 30)  # or a welcome tells
    for person in ids[-2:]:
        ask(simulator, f"people/{person}/block", {"silent": True})
    for number in range(1, BROADCASTS + 1):
        words = ("--user", "admin@example.org", "--name", f"number {number}", "--scope")
        command("token", "create", *words, "notify")
        to = "all" if number == BROADCASTS else f"chat:{ids[number]}"
        command("broadcast", "send", "Open again", "--to", to)
    wait_until(lambda: command("broadcast", "show", str(BROADCASTS))["status"] == "done", 30)
    return ids[5], group


def link(home, chats):
    """As if they had linked their Telegram."""
    with closing(sqlite3.connect(home / "data" / "database.db")) as database:
        words = "UPDATE chats SET user_id = (SELECT id FROM users WHERE email = ?) WHERE id = ?"
        database.executemany(words, chats.items())
        database.commit()
