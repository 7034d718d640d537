"""telebot, tamed: bodies instead of addresses, clear errors, and the token nowhere."""

import json
import logging
import re
import socket
import threading

import pytest

from appliance.bot.telegram import (
    ALLOWED_UPDATES,
    DoubtedToken,
    Refused,
    drop_webhook,
    get_me,
    get_updates,
    make_bot,
    publish_commands,
    redact,
)
from appliance.config import SANDBOX_TOKEN
from appliance.errors import BadToken, Unavailable

OTHER_TOKEN = "424242:AAnobody-knows-this-token-SANDBOX"
SECRET = SANDBOX_TOKEN.partition(":")[2]


@pytest.fixture
def bot(sandbox):
    return make_bot(SANDBOX_TOKEN, sandbox.url)


@pytest.fixture
def answer_once():
    """A server that notes one request and gives one answer; returns its address and the request."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = []

    def serve(answer):
        with listener.accept()[0] as connection:
            seen.append(read_request(connection))
            connection.sendall(answer)

    def start(answer):
        thread = threading.Thread(target=serve, args=(answer,))
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}", seen

    threads = []
    yield start
    for thread in threads:
        thread.join()
    listener.close()


def read_request(connection):
    """Head and body: they may come in pieces."""
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = stream.read(int(length[1])) if length else b""
    return f"{head}\r\n{body.decode()}"


def http(status, body, headers=""):
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return (head + body).encode()


def test_no_thread_starts(sandbox):
    before = set(threading.enumerate())  # other tests' servers may still be ending
    get_me(make_bot(SANDBOX_TOKEN, sandbox.url))
    assert set(threading.enumerate()) <= before


def test_who_am_i(bot):
    me = get_me(bot)
    assert me.id == int(SANDBOX_TOKEN.partition(":")[0])
    assert me.as_setting() == {"id": me.id, "username": me.username, "name": me.name}
    assert me.username and me.name


def test_a_wrong_token_is_named_without_it(sandbox):
    with pytest.raises(BadToken, match="check BOT_TOKEN") as caught:
        get_me(make_bot(OTHER_TOKEN, sandbox.url))
    assert OTHER_TOKEN not in str(caught.value)


def test_nobody_listens(sandbox):
    bot = make_bot(SANDBOX_TOKEN, sandbox.url)
    sandbox.stop()
    with pytest.raises(
        Unavailable, match=r"cannot reach the Bot API at 127\.0\.0\.1:\d+"
    ) as caught:
        get_me(bot)
    assert "the connection was refused; check BOT_API_URL" in str(caught.value)
    assert_clean(caught.value)


def test_a_host_that_does_not_exist():
    with pytest.raises(Unavailable, match=r"at nowhere\.invalid: ") as caught:
        get_me(make_bot(SANDBOX_TOKEN, "https://nowhere.invalid"))
    assert_clean(caught.value)


def test_a_password_in_the_address_is_not_told():
    with pytest.raises(Unavailable, match=r"at 127\.0\.0\.1:1: ") as caught:
        get_me(make_bot(SANDBOX_TOKEN, "http://me:hidden@127.0.0.1:1"))
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("kind", ["close_before", "close_after"])
def test_a_broken_connection(bot, phone, kind):
    phone.fault(kind, method="getMe", count=1)
    with pytest.raises(Unavailable, match="cannot reach") as caught:
        get_me(bot)
    assert_clean(caught.value)
    assert phone.calls()["getMe"] == 1  # nothing is tried again by itself


@pytest.mark.parametrize(("kind", "code"), [("500", 500), ("502", 502), ("400", 400)])
def test_other_errors_carry_their_code(bot, phone, kind, code):
    phone.fault(kind, method="getMe", count=1)
    with pytest.raises(Refused) as caught:
        get_me(bot)
    assert caught.value.code == code


def test_a_flood_tells_how_long(bot, phone):
    phone.fault("429", method="getMe", count=1, retry_after=17)
    with pytest.raises(Refused) as caught:
        get_me(bot)
    assert (caught.value.code, caught.value.retry_after) == (429, 17)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("200 OK", "<html>a captive portal</html>"), Refused),
        (http("502 Bad Gateway", "<html>nginx</html>"), Refused),
        (http("404 Not Found", f"no /bot{SANDBOX_TOKEN}/getMe here"), DoubtedToken),
        (http("302 Found", "", "Location: http://evil.invalid/\r\n"), Refused),
        (b"SSH-2.0-OpenSSH\r\n", Unavailable),
    ],
)
def test_what_answers_is_no_bot_api(answer_once, answer, error):
    url, _ = answer_once(answer)
    with pytest.raises(error) as caught:
        get_me(make_bot(SANDBOX_TOKEN, url))
    assert_clean(caught.value)


def test_a_server_that_hangs_up(answer_once):
    url, _ = answer_once(b"")
    with pytest.raises(Unavailable, match="cannot reach"):
        get_me(make_bot(SANDBOX_TOKEN, url))


def test_parameters_travel_in_the_body(answer_once):
    url, seen = answer_once(http("200 OK", json.dumps({"ok": True, "result": []})))
    assert get_updates(make_bot(SANDBOX_TOKEN, url), 7, 0) == []
    head, _, body = seen[0].partition("\r\n\r\n")
    assert head.splitlines()[0] == f"POST /bot{SANDBOX_TOKEN}/getUpdates HTTP/1.1"
    assert "offset=7" in body and "timeout=0" in body
    assert all(kind in body for kind in ALLOWED_UPDATES)


def test_updates_come_raw(bot, phone):
    person = phone.new(first_name="Анна")
    phone.start(person, "payload")
    (update,) = get_updates(bot, None, 0)
    assert update["message"]["text"] == "/start payload"
    assert get_updates(bot, update["update_id"] + 1, 0) == []


def test_a_webhook_is_dropped_and_what_waits_is_kept(bot, phone):
    phone.start(phone.new())
    assert phone.call("setWebhook", url="https://127.0.0.1:8443/hook")["ok"]
    assert drop_webhook(bot)
    assert not drop_webhook(bot)
    assert len(get_updates(bot, None, 0)) == 1


def test_commands_are_published_in_each_language(bot, phone):
    assert publish_commands(bot)
    scope = {"type": "all_private_chats"}
    english = phone.call("getMyCommands", scope=scope)["result"]
    russian = phone.call("getMyCommands", scope=scope, language_code="ru")["result"]
    assert [entry["command"] for entry in english] == [entry["command"] for entry in russian]
    assert {"command": "help", "description": "What I can do"} in english
    assert {"command": "help", "description": "Что я умею"} in russian


def test_without_commands_the_bot_lives_on(bot, phone, caplog):
    phone.fault("500", method="setMyCommands", count=1)
    assert not publish_commands(bot)
    assert "the menu of commands could not be set" in caplog.text


def test_the_token_is_never_logged(sandbox, phone, caplog):
    caplog.set_level(logging.DEBUG)
    bot = make_bot(SANDBOX_TOKEN, sandbox.url)
    get_me(bot)
    for kind in ("500", "close_before", "401"):
        phone.fault(kind, method="getMe", count=1)
        with pytest.raises(Unavailable) as caught:
            get_me(bot)
        logging.getLogger("test").exception("failed", exc_info=caught.value)
    sandbox.stop()
    publish_commands(bot)
    assert "/bot<token>/getMe" in caplog.text
    assert SECRET not in caplog.text


def test_redact():
    assert redact(f"x /bot{SANDBOX_TOKEN}/getMe and {OTHER_TOKEN}.") == (
        "x /bot<token>/getMe and <token>."
    )
    assert redact("at 127.0.0.1:8080, 12:30") == "at 127.0.0.1:8080, 12:30"


def assert_clean(error):
    """No error in the chain knows the token."""
    while error is not None:
        assert SECRET not in f"{error} {error!r}"
        assert not isinstance(error, OSError)  # requests' own: they hold the address
        error = error.__cause__ or error.__context__
