"""`appliance notify`, and a program that posts to a running site: up to somebody's phone."""

import json
import subprocess
import threading
from pathlib import Path

import pytest

from appliance.cli.notify import outcome_code
from appliance.crud.chats import chats
from appliance.models import Broadcast, ChatStatus, Message
from support.stored import all_rows


@pytest.fixture
def stored(database):
    return lambda table=Message: all_rows(database, table)


@pytest.fixture
def ada(answer, password, database):
    """`ada(5)`: an admin who is linked to the chat 5."""

    def ada(chat_id):
        words = ("ada@example.org", "--role", "admin", "--password-file", password)
        user_id = answer("user", "add", *words)["id"]
        with database.writing() as session:
            chats.remember(session, chat_id, first_name="Ada").user_id = user_id
        return user_id

    return ada


def test_to_one(known, invoke, answer, stored, something_sends):
    document = answer("notify", "full", "--to", "chat:1", "--title", "db1", "--priority", "low")
    assert document == {"id": 1, "to": "chat:1", "messages": 1, "broadcast_id": None}
    (message,) = stored()
    assert (message.text, message.params["disable_notification"]) == ("db1\nfull", True)
    result = invoke("notify", "full", "--to", "chat:1")
    assert result.stdout == "Notification 2 is queued for chat:1.\n"
    assert invoke("notify", "full", "--to", "chat:1", "--quiet").output == ""
    something_sends.release()
    result = invoke("notify", "full", "--to", "chat:1", "--quiet")
    assert (result.exit_code, result.stdout) == (75, "")
    assert "notification 4 is queued, and nothing sends at the moment" in result.stderr


def test_to_many(ada, answer, stored, something_sends):
    ada(5)
    button = "Log=https://ci.example.org/?a=b"
    document = answer("notify", "<b>x</b>", "--html", "--to", "role:admin", "--button", button)
    assert document == {"id": 1, "to": "role:admin", "messages": 1, "broadcast_id": 1}
    (broadcast,) = stored(Broadcast)
    assert (broadcast.text, broadcast.priority) == ("<b>x</b>", 1)
    assert broadcast.options["buttons"] == [[{"text": "Log", "url": "https://ci.example.org/?a=b"}]]


def test_what_a_program_says_arrives(known, invoke, stored, something_sends):
    """As over HTTP; an argument, which a person has typed, is refused with the place."""
    long = "\x1b[31mline\x1b[0m\n" * 2000
    result = invoke("notify", "--to", "chat:1", "--title", "t" * 300, input=long)
    assert result.exit_code == 0, result.output
    (message,) = stored()
    assert message.method == "sendDocument"
    assert message.text.startswith("t" * 254 + "…\nline\nline") and message.text.endswith("…")
    assert invoke("notify", long, "--to", "chat:1").exit_code == 2
    assert invoke("notify", "--to", "chat:1", input=b"disk \xff").exit_code == 0
    assert stored()[-1].text == "disk \ufffd"


@pytest.mark.parametrize("words", [(), ("-",)])
def test_standard_input(known, invoke, stored, words, something_sends):
    result = invoke("notify", *words, "--to", "chat:1", input="Filesystem\n/dev/sda1  97%\n")
    assert result.exit_code == 0
    assert stored()[0].text == "Filesystem\n/dev/sda1  97%"


def test_a_key_sends_once(known, invoke, answer, stored, something_sends):
    words = ("notify", "x", "--to", "chat:1", "--key", "k")
    first = answer(*words)
    again = invoke(*words, "--json")
    assert json.loads(again.stdout) == first
    assert "Key 'k' was used before: this is notification 1." in again.stderr
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("<b>x", "--html", "--to", "chat:1"), 2, "line 1, column 1: can't parse"),
        (("x", "--to", "everybody"), 2, "invalid recipient 'everybody'"),
        (("x", "--to", "chat:1", "--button", "Log"), 2, "TEXT=URL"),
        (("x", "--to", "chat:77"), 2, "no chat 77"),
        (("x", "--to", "chat:2"), 4, "P2 blocked the bot: nothing was queued"),
    ],
)
def test_what_is_refused(known, invoke, refused, stored, database, words, code, told):
    with database.writing() as session:
        chats.set_status(session, 2, ChatStatus.BLOCKED)
    assert told in refused(invoke("notify", *words), code)
    assert stored() == stored(Broadcast) == []


def test_usage(known, invoke):
    assert invoke("notify", "x").exit_code == 2
    assert invoke("notify", "x", "--to", "chat:1", "--priority", "urgent").exit_code == 2


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        ("sent", None, 0),
        ("failed", "blocked", 0),
        ("failed", "server_error", 1),
        ("failed", "forgotten", 1),
        ("unknown", "no_answer", 3),
    ],
)
def test_exit_codes(state, reason, code):
    assert outcome_code(state, reason) == code


def test_waiting_without_a_bot(known, invoke, refused):
    words = ("notify", "x", "--to", "chat:1", "--wait")
    assert "there is no bot" in refused(invoke(*words, BOT_MODE="off"), 75)


@pytest.mark.slow
def test_waiting_sends_by_itself(town, ada, answer, invoke, ask):
    """To one and to many; who blocked the bot is an outcome."""
    ada(town[0])
    one = answer("notify", "--to", f"chat:{town[0]}", "--wait", input="one")
    assert one["state"] == "sent"
    assert answer("notify", "many", "--to", "role:admin", "--wait")["state"] == "done"
    ask(f"people/{town[1]}/block", {"silent": True})
    done = invoke("notify", "x", "--to", f"chat:{town[1]}", "--wait")
    assert done.exit_code == 0
    assert done.stdout.endswith(f"to chat:{town[1]}: failed (blocked).\n")
    record = [one["text"] for one in ask("record")["record"] if one["chat_id"] == town[0]]
    assert record[-2:] == ["one", "many"]


# A program


@pytest.fixture
def site(town, serve, port):
    """A running site with its bot, and the address that notifications are posted to."""
    running = serve()
    running.address = f"http://127.0.0.1:{port}/api/v1/notify"
    return running


@pytest.fixture
def token_file(ada, town, invoke, tmp_path):
    """What docs/notifications.md puts into a file for `curl -K`."""
    ada(town[0])
    words = ("--user", "ada@example.org", "--name", "curl", "--scope", "notify", "--quiet")
    token = invoke("token", "create", *words).stdout.strip()
    path: Path = tmp_path / "curl.conf"
    path.write_text(f'header = "Authorization: Bearer {token}"\n', encoding="utf-8")
    path.chmod(0o600)
    return path, token


@pytest.mark.slow
def test_curl_reaches_a_phone_and_shows_no_token(site, token_file, town, ask, wait_until, home):
    path, token = token_file
    commands = []

    def curl(*words, input=None):
        command = ["curl", "-sS", "-w", "\n%{http_code}", *words, site.address]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            commands.append(Path(f"/proc/{process.pid}/cmdline").read_bytes())
            out, _ = process.communicate(input, timeout=30)
        body, _, status = out.rpartition("\n")
        return int(status), json.loads(body)

    assert curl("-K", path, "-d", "disk full") == (
        *(202, {"id": 1, "to": "user:1", "messages": 1, "broadcast_id": None}),
    )
    status, _ = curl("-K", "-", "-d", "from a pipe", input=path.read_text())
    assert status == 202
    once = ("-K", path, "-d", "once", "-H", "Idempotency-Key: k")
    assert [curl(*once)[0] for _ in range(2)] == [202, 200]
    assert curl("-d", "nobody")[0] == 401
    assert curl("-u", "anybody:apl_wrong", "-d", "nobody")[0] == 401

    def phone():
        said = ask(f"people/{town[0]}/messages")["messages"]
        return [message["text"] for message in said if message["from"] == "bot"]

    # the greeting that the person waited for comes somewhere among them
    expected = ["disk full", "from a pipe", "once"]
    wait_until(lambda: [text for text in phone() if "Hello" not in text] == expected, 20, site.log)
    assert site.stop() == 0
    assert "POST /api/v1/notify 202" in site.log()
    for shown in (site.log(), *(command.decode() for command in commands)):
        assert token not in shown and "apl_" not in shown.replace("apl_wrong", "")
    assert "disk full" not in site.log()


@pytest.mark.slow
def test_one_key_from_many_programs_at_once(site, token_file, town, ask, wait_until):
    path, _ = token_file
    go, answers = threading.Barrier(6), []

    def post():
        go.wait()
        command = ["curl", "-sS", "-K", path, "-H", "Idempotency-Key: k", "-d", "once"]
        done = subprocess.run([*command, site.address], capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [answers[0]] * 6

    def received():
        record = ask("record")["record"]
        return [one["text"] for one in record if one["chat_id"] == town[0]].count("once")

    wait_until(received, 20, site.log)
    assert site.stop() == 0
    assert received() == 1
