"""The way into the Bot API: tokens, method names, faults, slow people."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest

from appliance.sandbox.methods.table import METHODS


def test_an_unknown_method_is_404(api):
    error = api.refused("sendTelepathy")
    assert (error.code, error.description) == (404, "Not Found: method not found")


def test_another_token_is_401(api):
    api.token = "1:other"
    assert api.refused("getMe").description == "Unauthorized"


@pytest.mark.parametrize("name", ["getme", "GETME", "getMe"])
def test_method_names_know_no_case(api, name):
    assert api.call(name)["username"] == "appliance_sandbox_bot"


def test_every_promised_method_is_there():
    promised = (
        "getMe getUpdates setWebhook deleteWebhook getWebhookInfo sendMessage sendPhoto"
        " sendDocument editMessageText deleteMessage deleteMessages answerCallbackQuery"
        " setMyCommands getMyCommands getFile getChat sendChatAction"
    )
    assert set(promised.split()) <= set(METHODS)


@pytest.mark.parametrize(
    ("kind", "description"),
    [
        ("400", "Bad Request: chat not found"),
        ("401", "Unauthorized"),
        ("403", "Forbidden: bot was blocked by the user"),
        ("500", "Internal Server Error"),
        ("404", "Not Found"),
        ("429", "Too Many Requests: retry after 3"),
    ],
)
def test_faults_answer_in_telegrams_words(api, kind, description):
    person = api.person()
    api.control("POST", "/faults", {"kind": kind, "count": 1})
    error = api.refused("sendMessage", chat_id=person, text="x")
    assert (error.code, error.description) == (int(kind), description)
    assert api.control("GET", "/record")["record"] == []
    assert api.call("sendMessage", chat_id=person, text="x")
    assert api.control("GET", "/stats")["errors"] == {kind: 1}


@pytest.mark.parametrize(
    ("kind", "code", "description"),
    [
        ("blocked", 403, "Forbidden: bot was blocked by the user"),
        ("deactivated", 403, "Forbidden: user is deactivated"),
        ("not_started", 403, "Forbidden: bot can't initiate conversation with a user"),
        ("kicked", 403, "Forbidden: bot was kicked from the supergroup chat"),
        ("not_member", 403, "Forbidden: bot is not a member of the channel chat"),
        ("not_found", 400, "Bad Request: chat not found"),
        ("migrated", 400, "Bad Request: group chat was upgraded to a supergroup chat"),
        ("too_long", 400, "Bad Request: message is too long"),
        ("caption_too_long", 400, "Bad Request: message caption is too long"),
        ("bad_media", 400, "Bad Request: wrong file identifier/HTTP URL specified"),
    ],
)
def test_a_fault_for_each_cause(api, kind, code, description):
    person = api.person()
    api.control("POST", "/faults", {"kind": kind, "count": 1})
    error = api.refused("sendMessage", chat_id=person, text="x")
    assert (error.code, error.description) == (code, description)


def test_a_migration_says_where_to(api):
    fault = {"kind": "migrated", "count": 1}
    for more, where in (({}, -1_002_222_222_222), ({"migrate_to_chat_id": -1005}, -1005)):
        api.control("POST", "/faults", {**fault, **more})
        error = api.refused("sendMessage", chat_id=5, text="x")
        assert error.parameters == {"migrate_to_chat_id": where}


@pytest.mark.parametrize("kind", ["409", "webhook_active"])
def test_a_conflict_strikes_polls_alone(api, kind):
    api.control("POST", "/faults", {"kind": kind, "count": 1})
    assert api.call("getMe")
    assert api.refused("getUpdates", timeout=5).description.startswith("Conflict: ")
    assert api.call("getUpdates") == []


def test_a_program_that_polls_all_the_time_ends_only_the_polls_that_wait(api):
    api.control("POST", "/faults", {"kind": "409"})
    assert api.call("getUpdates") == []
    assert api.refused("getUpdates", timeout=5).code == 409
    api.act(api.person(started=False), "start")
    assert len(api.call("getUpdates", timeout=5)) == 1


def test_a_slow_answer_comes_after_all(api):
    """The message is accepted at once: who does not wait knows nothing."""
    person = api.person()
    body = {"kind": "slow", "seconds": 0.3, "method": "sendMessage", "count": 1}
    api.control("POST", "/faults", body)
    with ThreadPoolExecutor() as pool:
        sending = pool.submit(api.call, "sendMessage", chat_id=person, text="x")
        while not api.control("GET", "/record")["record"]:
            pass
        assert not sending.done()
        assert sending.result(10)["text"] == "x"


def test_429_says_when_in_both_places(api):
    api.control("POST", "/faults", {"kind": "429", "retry_after": 11, "count": 1})
    error = api.refused("getMe")
    assert error.parameters == {"retry_after": 11}
    assert error.headers["Retry-After"] == "11"


@pytest.mark.parametrize(("kind", "words"), [("502", b"Bad Gateway"), ("504", b"Gateway Time-out")])
def test_a_gateway_answers_with_a_page(api, kind, words):
    api.control("POST", "/faults", {"kind": kind})
    status, body, headers = api.request("GET", f"/bot{api.token}/getMe")
    assert status == int(kind)
    assert headers["Content-Type"].startswith("text/html")
    assert kind.encode() + b" " + words in body


@pytest.mark.parametrize(("kind", "accepted"), [("close_before", 0), ("close_after", 1)])
def test_a_closed_connection_before_or_after(api, kind, accepted):
    person = api.person()
    api.control("POST", "/faults", {"kind": kind, "method": "sendMessage", "count": 1})
    with pytest.raises((OSError, HTTPException)):
        api.call("sendMessage", chat_id=person, text="x")
    assert len(api.control("GET", "/record")["record"]) == accepted


def test_latency_comes_first(api):
    api.control("POST", "/faults", {"kind": "latency", "seconds": 0.2, "count": 1})
    began = time.monotonic()
    api.call("getMe")
    assert time.monotonic() - began >= 0.2


def test_a_slow_person_takes_time(api):
    body = {"count": 1, "slow": 1, "latency_ms": 200, "start": True}
    [person] = api.control("POST", "/people", body)["people"]
    began = time.monotonic()
    api.call("sendMessage", chat_id=person["id"], text="x")
    assert time.monotonic() - began >= 0.2


def test_downloads_need_the_token_and_do_not_run(api):
    person = api.person()
    boundary = (
        b'--b\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n%d\r\n'
        b'--b\r\nContent-Disposition: form-data; name="document"; filename="p.html"\r\n'
        b"Content-Type: text/html\r\n\r\n<script>\r\n--b--\r\n" % person
    )
    sent = api.raw("sendDocument", boundary, "multipart/form-data; boundary=b")
    path = api.call("getFile", file_id=sent["document"]["file_id"])["file_path"]
    status, body, headers = api.request("GET", f"/file/bot{api.token}/{path}")
    assert (status, body) == (200, b"<script>")
    assert headers["Content-Disposition"] == "attachment"
    status, body, _ = api.request("GET", f"/file/botwrong/{path}")
    assert (status, json.loads(body)["description"]) == (401, "Unauthorized")
    assert api.request("GET", f"/file/bot{api.token}/nothing")[0] == 404
