"""`appliance inbox list|show|reply`"""

import json
import re

import pytest

from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.models import ChatStatus, Message, utcnow
from support.people import add_user
from support.pictures import JPEG


@pytest.fixture
def write(database):
    """`write(7, "hello")`: a person writes to the bot."""

    def write(chat_id, text="hello", **columns):
        with database.writing() as session:
            chats.remember(session, chat_id, first_name=f"P{chat_id}")
            messages.record_incoming(session, chat_id, text, 5, **columns)
            threads.heard(session, chat_id, utcnow())

    return write


@pytest.fixture
def olga(database):
    with database.writing() as session:
        return add_user(session, "Olga", "operator").id


def test_threads_are_listed(write, olga, answer, invoke, database):
    write(1, "where\nis it?")
    write(2, "", files=[{"kind": "photo", "file_id": "F"}])
    with database.writing() as session:
        thread = threads.get(session, 1)
        thread.assigned_to, thread.labels, thread.status = olga, ["hall"], "closed"
    (doc,) = answer("inbox", "list")
    assert doc.keys() == {
        "chat_id",
        "name",
        "username",
        "chat_status",
        "user_id",
        "status",
        "assigned",
        "labels",
        "unread",
        "banned",
        "last_text",
        "last_direction",
        "last_at",
    }
    assert (doc["chat_id"], doc["unread"], doc["last_text"]) == (2, 1, "[photo]")
    assert [doc["chat_id"] for doc in answer("inbox", "list", "--status", "all")] == [2, 1]
    for words in (("--assigned", "olga@example.org"), ("--label", "hall"), ("--search", "WHERE")):
        assert [doc["chat_id"] for doc in answer("inbox", "list", "--status", "all", *words)] == [1]
    assert answer("inbox", "list", "--assigned", "none")[0]["chat_id"] == 2
    lines = invoke("inbox", "list", "--status", "all").stdout.splitlines()
    assert [re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d", "…", line) for line in lines] == [
        "1  2  P2  …  < [photo]",
        "1  1  P1  …  < where is it?  closed @Olga #hall",
    ]
    assert invoke("inbox", "list", "--search", "nothing").output == "No thread.\n"


def test_a_thread_is_shown(write, answer, invoke):
    write(1, "one")
    invoke("inbox", "note", 1, "sings bass")
    invoke("inbox", "reply", 1, "two")
    shown = answer("inbox", "show", 1)
    assert [(line["direction"], line["text"]) for line in shown["messages"]] == [
        ("in", "one"),
        ("out", "two"),
    ]
    assert [note["text"] for note in shown["notes"]] == ["sings bass"]
    times = [shown["last_at"], *(line["at"] for line in shown["messages"])]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at) for at in times), times
    text = invoke("inbox", "show", 1, "--limit", 1).stdout
    assert "note: sings bass" in text
    assert text.endswith("bot: two (pending)\n")


def test_answering(write, olga, answer, invoke, database, something_sends):
    write(1)
    done = answer("inbox", "reply", 1, "<b>Hi</b>", "--html", "--as", "olga@example.org")
    assert (done["chat_id"], done["text"], done["author"], done["state"]) == (
        1,
        "Hi",
        "Olga",
        "pending",
    )
    with database.reading() as session:
        assert session.get(Message, done["id"]).params["parse_mode"] == "HTML"
    assert answer("inbox", "list")[0]["unread"] == 0
    piped = invoke("inbox", "reply", 1, "-", input="from a pipe\n")
    assert piped.stdout.startswith("Answer ")
    quiet = invoke("inbox", "reply", 1, "hush", "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    something_sends.release()
    late = invoke("inbox", "reply", 1, "later", "--quiet")
    assert (late.exit_code, late.stdout) == (75, "")
    assert "is queued, and nothing sends at the moment" in late.stderr


def test_a_key_sends_once(write, answer, something_sends):
    write(1)
    first = answer("inbox", "reply", 1, "a", "--key", "k")
    assert answer("inbox", "reply", 1, "a", "--key", "k")["id"] == first["id"]


def test_a_file(write, answer, tmp_path, refused, invoke, something_sends):
    write(1)
    picture = tmp_path / "a.jpg"
    picture.write_bytes(JPEG)
    done = answer("inbox", "reply", 1, "look", "--file", picture)
    assert done["files"] == [{"kind": "photo", "name": "a.jpg", "size": len(JPEG)}]
    assert "cannot be read" in refused(invoke("inbox", "reply", 1, "--file", tmp_path / "no"), 2)
    assert invoke("inbox", "reply", 1, "x", "--html", "--file", picture).exit_code == 2


def test_what_is_refused(write, invoke, refused, database):
    write(1)
    assert "there is no chat 9" in refused(invoke("inbox", "reply", 9, "x"), 2)
    assert "there is no chat 9" in refused(invoke("inbox", "show", 9), 2)
    assert "the text is empty" in refused(invoke("inbox", "reply", 1, " "), 2)
    assert "no user" in refused(invoke("inbox", "reply", 1, "x", "--as", "nobody@example.org"), 2)
    with database.writing() as session:
        chats.set_status(session, 1, ChatStatus.BLOCKED)
    assert "blocked the bot" in refused(invoke("inbox", "reply", 1, "x"), 1)
    assert "blocked" in invoke("inbox", "list").stdout
    assert json.loads(invoke("inbox", "list", "--json").stdout)[0]["chat_status"] == "blocked"
