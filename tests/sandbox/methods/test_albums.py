"""Albums, videos and files put in place of others, by upload and by file id."""

import json
from typing import Any

import pytest

WRONG_ID = "Bad Request: wrong file identifier/HTTP URL specified"


def gif(width: int = 10) -> bytes:
    return b"GIF89a" + width.to_bytes(2, "little") + b"\x0a\0\0;"


def upload(api: Any, method: str, values: dict[str, Any], files: dict[str, bytes]) -> Any:
    """A multipart call, as a program with files makes it."""
    parts = []
    for name, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value)
        parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode())
    for name, content in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{name}.gif"\r\n\r\n'
        parts.append(head.encode() + content)
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    return api.raw(method, body, "multipart/form-data; boundary=b")


def item(kind: str, media: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "media": media, **more}


def album(api: Any, person: int) -> Any:
    media = [
        item("photo", "attach://one", caption="<b>two</b> files", parse_mode="HTML"),
        item("video", "attach://two"),
    ]
    files = {"one": gif(), "two": b"a film"}
    return upload(api, "sendMediaGroup", {"chat_id": person, "media": media}, files)


def test_an_album_is_messages_with_one_group(api):
    person = api.person()
    first, second = album(api, person)
    assert "photo" in first and "video" in second
    assert second["message_id"] == first["message_id"] + 1
    assert first["media_group_id"] == second["media_group_id"]
    assert (first["caption"], first["caption_entities"][0]["type"]) == ("two files", "bold")
    assert "caption" not in second
    shown = api.messages(person)[-2:]
    assert [bool(m["video"]) for m in shown] == [False, True]
    assert {m["media_group_id"] for m in shown} == {first["media_group_id"]}
    assert api.control("GET", "/stats")["calls"]["sendMediaGroup"] == 1


def test_file_ids_are_sent_again_to_others(api):
    photo, video = album(api, api.person())
    ids = [photo["photo"][-1]["file_id"], video["video"]["file_id"]]
    other = api.person()
    sent = api.call(
        "sendMediaGroup",
        chat_id=other,
        media=[item("photo", ids[0]), item("video", ids[1])],
        protect_content=True,
        disable_notification=True,
    )
    assert [m["has_protected_content"] for m in sent] == [True, True]
    again = api.call("sendVideo", chat_id=other, video=ids[1], caption="alone")
    assert (again["video"]["file_id"], again["caption"]) == (ids[1], "alone")


@pytest.mark.parametrize(
    ("media", "words"),
    [
        ("no list", "can't parse media JSON object"),
        ({}, "expected an Array of InputMedia"),
        ([], "there are no messages to send"),
        ([item("photo", "a")] * 11, "too many messages to send as an album"),
        ([item("photo", "a")] * 2, "wrong file identifier/HTTP URL specified"),
        ([item("sticker", "a")] * 2, "can't parse InputMedia: type"),
        ([{"type": "photo"}] * 2, "can't parse InputMedia: media not found"),
        (["photo"] * 2, "can't parse InputMedia"),
        (
            [item("photo", "https://a.example/a.gif"), item("document", "https://a.example/b")],
            "document can't be mixed with other media types",
        ),
        (
            [item("photo", "https://a.example/a.gif", caption="x" * 1025)] * 2,
            "message caption is too long",
        ),
    ],
)
def test_albums_that_are_refused(api, media, words):
    error = api.refused("sendMediaGroup", chat_id=api.person(), media=media)
    assert error.code == 400
    assert error.description.startswith(f"Bad Request: {words}")
    assert api.control("GET", "/record")["record"] == []


def test_who_blocked_the_bot_gets_no_album(api):
    person = api.person()
    api.act(person, "block")
    media = [item("photo", "https://a.example/a.gif")] * 2
    error = api.refused("sendMediaGroup", chat_id=person, media=media)
    assert error.description == "Forbidden: bot was blocked by the user"


@pytest.mark.parametrize("method", ["photo", "document", "video"])
def test_an_unknown_file_id_is_refused(api, method):
    given = {"chat_id": api.person(), method: "AgACAgIAAxkB"}
    assert api.refused(f"send{method.capitalize()}", **given).description == WRONG_ID


def test_another_file_takes_the_place_of_one(api):
    person = api.person()
    sent = upload(api, "sendPhoto", {"chat_id": person, "caption": "old"}, {"photo": gif()})
    place = {"chat_id": person, "message_id": sent["message_id"]}
    media = item("photo", "attach://new", caption="<i>new</i>", parse_mode="HTML")
    edited = upload(api, "editMessageMedia", {**place, "media": media}, {"new": gif(20)})
    assert (edited["photo"][0]["width"], edited["caption"]) == (20, "new")
    same = item("photo", edited["photo"][0]["file_id"], caption="<i>new</i>", parse_mode="HTML")
    error = api.refused("editMessageMedia", **place, media=same)
    assert "message is not modified" in error.description
    error = api.refused("editMessageMedia", **place, media=item("photo", "nonsense"))
    assert error.description == WRONG_ID


def test_a_text_has_no_file_to_replace(api):
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="x")
    error = api.refused(
        "editMessageMedia",
        chat_id=person,
        message_id=sent["message_id"],
        media=item("photo", "https://a.example/a.gif"),
    )
    assert error.description == "Bad Request: there is no media in the message to edit"
