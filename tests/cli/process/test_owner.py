"""root at the shell of somebody else's home: whatever is made there is that somebody's."""

import os
import subprocess
import sys

import pytest

from appliance.cli.process.owner import Owner, become_owner
from support.pictures import picture

OTHER = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def give_away(folder):
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, OTHER, OTHER)


def owners(folder):
    return {path.lstat().st_uid for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def their_home(known, public_home):
    """The home of another user."""
    give_away(public_home)
    return public_home


@pytest.fixture
def run(tmp_path):
    """`run(home, "status")`: the command as who runs the tests."""

    def run(home, *words, input=""):
        command = [sys.executable, "-m", "appliance", "--home", home, *words]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            input=input,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def private(tmp_path):
    """Files that only who runs the tests may read."""
    tmp_path.chmod(0o700)
    (tmp_path / "hall.png").write_bytes(picture("PNG"))
    (tmp_path / "people.csv").write_text("chat_id,first_name\n77,Анна\n", encoding="utf-8")
    (tmp_path / "password").write_text("correct horse battery\n")
    (tmp_path / "message.ru").write_text("привет")
    for path in tmp_path.iterdir():
        if path.is_file():
            path.chmod(0o600)
    return tmp_path


COMMANDS = [
    ("status",),
    ("chat", "list", "--json"),
    ("chat", "export"),
    ("broadcast", "list"),
    ("topic", "add", "news", "--title", "Новости"),
    ("broadcast", "send", "x", "--photo", "hall.png", "--photo", "hall.png", "--to", "chat:1"),
    ("broadcast", "send", "x", "--variant", "ru=@message.ru", "--at", "2030-01-01 09:00"),
    ("broadcast", "plan", "x", "--photo", "hall.png"),
    ("notify", "x", "--to", "chat:1", "--wait"),
    ("inbox", "reply", "1", "x", "--file", "hall.png"),
    ("chat", "import", "people.csv"),
    ("user", "add", "ann@example.org", "--password-file", "password"),
    ("prune", "--dry-run"),
    ("upgrade",),
    ("init", "--admin-email", "me@example.org", "--admin-password-file", "password"),
    ("sandbox", "populate", "--url", "http://127.0.0.1:9"),
]


@needs_root
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nothing_of_root_is_left(their_home, run, private, words):
    done = run(their_home, *words)
    told = 1 if words[0] in {"sandbox"} else 75 if words[:2] == ("inbox", "reply") else 0
    if words[0] == "notify":
        told = 1  # nobody answers as Telegram
    if "send" in words and "--at" not in words:
        told = 75
    assert done.returncode == told, done.stderr
    assert owners(their_home) == {OTHER}


@needs_root
def test_data_decides(their_home, run):
    """The service may only read its settings, and writes its data."""
    os.chown(their_home, 0, 0)
    os.chown(their_home / ".env", 0, OTHER)
    (their_home / ".env").chmod(0o640)
    assert run(their_home, "topic", "add", "news").returncode == 0
    assert owners(their_home / "data") == {OTHER}


@needs_root
def test_an_empty_home_of_another(public_home, run, private):
    home = public_home.parent / "empty"
    home.mkdir()
    os.chown(home, OTHER, OTHER)
    words = ("--admin-email", "me@example.org", "--admin-password-file", "password")
    done = run(home, "init", "--sandbox", *words)
    assert done.returncode == 0, done.stderr
    assert owners(home) == {OTHER}


@needs_root
def test_a_new_home_of_root(public_home, run, private):
    home = public_home.parent / "new"
    words = ("--admin-email", "me@example.org", "--admin-password-file", "password")
    assert run(home, "init", "--sandbox", *words).returncode == 0
    assert owners(home) == {0}


@needs_root
def test_somebody_without_a_name(their_home, run):
    for path in [their_home, *their_home.rglob("*")]:
        os.chown(path, 54321, 54321)
    assert run(their_home, "topic", "add", "news").returncode == 0
    assert owners(their_home) == {54321}


@needs_root
def test_where_root_may_not_become_another(their_home, find_program):
    weak = [find_program("setpriv"), "--bounding-set=-setuid", "--inh-caps=-setuid"]
    command = [*weak, sys.executable, "-m", "appliance", "--home", their_home, "status"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "run it as them, `sudo -u nobody appliance …`" in done.stderr
    assert owners(their_home) == {OTHER}


@needs_root
def test_who_is_neither_is_refused(known, public_home, as_other, refused):
    """Modes may let them in, and what they make there the service could not read."""
    for path in [public_home, *public_home.rglob("*")]:
        path.chmod(0o777)
    assert "belongs to root" in refused(as_other("status"), 1)
    assert owners(public_home) == {0}


def test_ones_own_home(home, database):
    before = os.geteuid()
    become_owner(home)
    become_owner(home / "nothing")
    assert os.geteuid() == before


def test_who_owns_a_file(tmp_path):
    owner = Owner.of(tmp_path)
    assert owner.uid == os.geteuid()
    assert owner.gid in owner.groups
    with pytest.raises(OSError, match="No such file"):
        Owner.of(tmp_path / "none")
