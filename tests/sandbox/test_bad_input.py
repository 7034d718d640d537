"""What no program should send: a clear answer, soon, and the simulator goes on."""

import json
import time

import pytest

TEN_MB = 10 * 1024 * 1024
JSON = "application/json"
# Every emoji here is more than one code point; the letters run from right to left.
TRICKY = "שלום 👩‍👩‍👧‍👦 ‏مرحبا 🇩🇪 é"


@pytest.mark.parametrize("how", ["json", "form"])
def test_ten_megabytes_of_text(api, how):
    person = api.person()
    began = time.monotonic()
    if how == "json":
        error = api.refused("sendMessage", chat_id=person, text="ж" * (TEN_MB // 2))
    else:
        body = f"chat_id={person}&text={'x' * TEN_MB}".encode()
        with pytest.raises(Exception, match="too long") as caught:
            api.raw("sendMessage", body, "application/x-www-form-urlencoded")
        error = caught.value
    assert error.description == "Bad Request: text is too long"
    assert time.monotonic() - began < 10
    assert api.control("GET", "/record")["record"] == []


def test_a_body_beyond_everything(api):
    with pytest.raises((OSError, Exception), match=r"Too Large|reset|Broken pipe"):
        api.raw("sendMessage", b"x" * (60 * 1024 * 1024), JSON)
    assert api.call("getMe")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"\xff\xfe", b'{"chat_id": ', b"null", b'{"text": "\\ud800"}']
)
def test_broken_json(api, body):
    with pytest.raises(Exception, match="Bad Request"):
        api.raw("sendMessage", body, JSON)
    status, _ = api.try_control("GET", "/people")
    assert status == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_broken_json_of_the_control_api(api, body):
    status, answer, _ = api.request("POST", "/sandbox/people", body, Content_Type=JSON)
    assert status == 400 and "error" in json.loads(answer)


def test_offsets_count_utf16_units(api):
    """Both ways: what people write, and what comes back of what the bot sent."""
    person = api.person()
    api.act(person, "send", text=f"{TRICKY} /help #שלום")
    [update] = api.updates()
    units = update["message"]["text"].encode("utf-16-le")
    found = {
        entity["type"]: units[entity["offset"] * 2 :][: entity["length"] * 2].decode("utf-16-le")
        for entity in update["message"]["entities"]
    }
    assert found == {"bot_command": "/help", "hashtag": "#שלום"}
    sent = api.call("sendMessage", chat_id=person, text=f"{TRICKY}<b>x</b>", parse_mode="HTML")
    [bold] = sent["entities"]
    assert bold["offset"] == len(sent["text"].encode("utf-16-le")) // 2 - 1


@pytest.mark.parametrize("place", [(1, 1), (0, 1), (1, 10**7), (-1, 1), (10**7, 1)])
def test_offsets_in_the_middle_of_a_letter(api, place):
    """They are refused or taken, never a 500; what is taken comes back whole."""
    entity = {"type": "bold", "offset": place[0], "length": place[1]}
    body = {"chat_id": api.person(), "text": "👩‍👩‍👧 hello", "entities": [entity]}
    status, answer, _ = api.request(
        "POST", f"/bot{api.token}/sendMessage", json.dumps(body).encode(), Content_Type=JSON
    )
    assert status in (200, 400)
    assert json.loads(answer)["ok"] is (status == 200)


@pytest.mark.parametrize("chat_id", [2**63, -(2**63), "x" * 5000, "@" + "x" * 5000, [1], {}])
def test_chats_that_cannot_be(api, chat_id):
    error = api.refused("sendMessage", chat_id=chat_id, text="x")
    assert error.code == 400
