"""stdout that is full or closed, and locales without our letters."""

import json
import os
import pty
import subprocess
import sys

import pytest
from sqlalchemy import text

from appliance.cli.process import streams

FULL = "No space left on device"


@pytest.fixture
def shell(home, root):
    """`shell("$A chat list >/dev/full")`: a line of a shell, where $A is the command."""

    def shell(line, **environ):
        values = {**environ, "A": f"{sys.executable} -m appliance --home {home}"}
        done = subprocess.run(
            ["env", *(f"{k}={v}" for k, v in values.items()), "bash", "-c", line],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert b"Traceback" not in done.stderr
        assert b"Exception ignored" not in done.stderr
        return done

    return shell


@pytest.mark.parametrize(
    "words",
    ["chat list", "status --json", "chat export", "chat list --json", "--help", "user add --help"],
)
def test_an_answer_onto_a_full_disk(known, shell, words):
    done = shell(f"$A {words} >/dev/full")
    assert done.returncode == 75
    assert len(done.stderr.splitlines()) == 1
    assert FULL in done.stderr.decode()


def test_what_was_queued_did_not_fail(known, something_sends, shell):
    """Whoever hears that it failed sends it again."""
    done = shell("$A broadcast send hello --to chat:1 >/dev/full")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"broadcast 1 is scheduled; only the answer could not be written" in done.stderr
    done = shell("$A notify hello --to chat:1 --json >/dev/full")
    assert done.returncode == 0
    assert b"notification 1 is queued" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"), [("topic add news", 0), ("topic delete none", 2), ("prune", 0)]
)
def test_what_was_changed_did_not_fail(database, shell, words, code):
    assert shell(f"$A {words} >/dev/full").returncode == code


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["chat list", "chat export", "chat list --json", "notify x"])
def test_closed_streams(known, something_sends, shell, closed, words):
    code = 2 if words.startswith("notify") else 0  # without --to
    assert shell(f"$A {words} {closed}").returncode == code


def test_remarks_that_nobody_can_hear(known, something_sends, shell):
    done = shell("$A broadcast send hello --to chat:1 2>/dev/full")
    assert done.returncode == 0
    assert done.stdout == b"Broadcast 1 is queued; `appliance broadcast show 1` follows it.\n"


@pytest.mark.parametrize("words", ["chat list", "chat export", "chat list --json"])
def test_a_reader_that_has_enough(known, shell, words):
    done = shell(f"$A {words} | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}")
    assert done.returncode in {0, 1}
    assert done.stderr == b""


@pytest.fixture
def latin(tmp_path, find_program):
    """The environment of a locale whose encoding has no Cyrillic letters."""
    compile_locale = [find_program("localedef", package="locales"), "-i", "en_US"]
    subprocess.run([*compile_locale, "-f", "ISO-8859-1", tmp_path / "en_US.ISO-8859-1"], check=True)
    return {"LOCPATH": tmp_path, "LC_ALL": "en_US.ISO-8859-1"}


def test_a_locale_without_our_letters(database, known, shell, latin):
    with database.writing() as session:
        session.execute(text("UPDATE chats SET first_name = 'Zoë Анна' WHERE id = 1"))
    done = shell("$A chat list", **latin)
    assert done.returncode == 0, done.stderr
    assert r"Zoë \u0410\u043d\u043d\u0430".encode("latin-1") in done.stdout
    done = shell("$A chat list --json", **latin)
    assert "Анна" in json.loads(done.stdout.decode("ascii"))[0]["name"]
    done = shell("$A chat export", **latin)
    assert "Анна" in done.stdout.decode("utf-8"), "a file is UTF-8, as `chat import` takes it"


def test_an_argument_that_is_no_text(known, shell):
    done = shell("$A broadcast send $'a\\xff' --to chat:1")
    assert done.returncode == 2
    assert b"U+DCFF cannot be sent" in done.stderr
    assert shell("$A topic add x --title $'a\\xff'").returncode == 2
    assert shell("$A chat list --search $'a\\xff'").returncode == 2


NASTY = "Eve\x1b]0;pwned\x07\x9b2J\u202egnp\r\x7f"


def at_a_terminal(*command):
    """What a terminal gets from a command."""
    reader, terminal = pty.openpty()
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    got = bytearray()
    while True:
        try:
            got += os.read(reader, 65536)
        except OSError:  # EIO: the last one has closed it
            break
        if not got:
            break
    os.close(reader)
    process.wait(30)
    return got.decode("utf-8")


@pytest.mark.parametrize(
    "words", ["chat list", "chat list --json", "chat export", "inbox list", "inbox list --json"]
)
def test_a_stranger_gives_a_terminal_no_orders(home, database, known, words):
    with database.writing() as session:
        session.execute(text("UPDATE chats SET first_name = :name"), {"name": NASTY})
    got = at_a_terminal(sys.executable, "-m", "appliance", "--home", home, *words.split())
    orders = set(got) & set("\x1b\x07\x9b\u202e\x7f")
    assert orders == set()
    assert "\r" not in got.replace("\r\n", "")
    assert "Eve" in got or words.startswith("inbox")


def test_a_list_has_a_heading_where_people_read_it(home, known, shell):
    got = at_a_terminal(sys.executable, "-m", "appliance", "--home", home, "chat", "list")
    assert got.splitlines()[0].split() == ["ID", "TYPE", "STATUS", "NAME"]
    assert len(shell("$A chat list").stdout.splitlines()) == len(known)


def test_a_file_gets_what_is_stored(database, known, shell):
    with database.writing() as session:
        session.execute(text("UPDATE chats SET first_name = :name"), {"name": NASTY})
    assert NASTY.encode() in shell("$A chat export | cat").stdout


def test_nothing_that_is_said_fails(monkeypatch):
    monkeypatch.setattr(sys, "stderr", open("/dev/full", "w"))  # noqa: SIM115
    streams.say("hello")
