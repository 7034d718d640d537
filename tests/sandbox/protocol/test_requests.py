"""Parameters in every encoding that Telegram takes."""

import json
from urllib.parse import urlencode

import pytest

KEYBOARD = {"inline_keyboard": [[{"text": "Да", "callback_data": "yes"}]]}
TEXT = "Привет & <b>hello</b> + 100 %"


def multipart(**values: str) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values.items()
    ]
    return "".join([*parts, "--b--\r\n"]).encode()


@pytest.mark.parametrize("encoding", ["query", "form", "json", "json in json", "multipart"])
def test_every_encoding_says_the_same(api, encoding):
    person = str(api.person())
    markup = json.dumps(KEYBOARD)
    values = {"chat_id": person, "text": TEXT, "parse_mode": "HTML", "reply_markup": markup}
    match encoding:
        case "query":
            sent = api.query("sendMessage", **values)
        case "form":
            body = urlencode(values).encode()
            sent = api.raw("sendMessage", body, "application/x-www-form-urlencoded")
        case "json":
            sent = api.call("sendMessage", **{**values, "reply_markup": KEYBOARD})
        case "json in json":
            sent = api.call("sendMessage", **values)
        case _:
            body = multipart(**values)
            sent = api.raw("sendMessage", body, "multipart/form-data; boundary=b")
    assert sent["text"] == "Привет & hello + 100 %"
    assert sent["entities"] == [{"type": "bold", "offset": 9, "length": 5}]
    assert sent["reply_markup"] == KEYBOARD


def test_the_query_wins(api):
    person = api.person()
    body = json.dumps({"chat_id": person, "text": "body"}).encode()
    sent = api.raw("sendMessage", body, "application/json", "?text=query")
    assert sent["text"] == "query"


@pytest.mark.parametrize("body", [b"{", b"[]", b"5", b'"text"'])
def test_a_body_that_is_no_object_is_refused(api, body):
    with pytest.raises(Exception, match="Bad Request: can't parse JSON object"):
        api.raw("sendMessage", body, "application/json")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"text":"\xff"}', "application/json"),
        (b'{"text":"\\ud800"}', "application/json"),
        (b"text=%ff", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_unicode_is_refused(api, body, content_type):
    with pytest.raises(Exception, match="strings must be encoded in UTF-8"):
        api.raw("sendMessage", body, content_type)
