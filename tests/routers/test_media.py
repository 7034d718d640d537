"""Files over HTTP: taken from admins, kept once, put into broadcasts."""

import pytest

from appliance.crud.chats import chats
from support.pictures import JPEG


@pytest.fixture
def upload():
    """`upload(browser, content)` is the answer; `kind`, `name` and other fields besides."""

    def upload(browser, content=JPEG, kind="photo", name="hall.jpg", **fields):
        words = {key: value for key, value in {"kind": kind, **fields}.items() if value}
        parts = [(f'name="{key}"', value.encode()) for key, value in words.items()]
        if content is not None:
            parts.append((f'name="file"; filename="{name}"', content))
        body = b"".join(
            f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + value + b"\r\n"
            for head, value in parts
        )
        return browser.client.post(
            "/api/v1/media",
            data=body + b"--b--\r\n",
            headers={"X-CSRF-Token": browser.token},
            content_type="multipart/form-data; boundary=b",
        )

    return upload


def test_a_file_is_kept_once(admin, upload, settings):
    response = upload(admin)
    assert response.status_code == 201
    media = response.json
    assert {**media, "id": 0} == {"id": 0, "kind": "photo", "name": "hall.jpg", "size": len(JPEG)}
    assert upload(admin, name="again.jpg").json == {**media, "name": "again.jpg"}
    assert upload(admin, kind="document").json["id"] != media["id"]
    (kept,) = (settings.data / "media").iterdir()
    assert kept.read_bytes() == JPEG


def test_a_file_of_some_megabytes(admin, upload):
    """Over the limit of every other body, which stays as it was."""
    assert upload(admin, b"x" * 3_000_000, "document").json["size"] == 3_000_000
    huge = {"text": "x" * 2_000_000, "audience": {"to": ["all"]}}
    assert admin.post("/broadcasts", huge).status_code == 413


def test_too_large_even_for_a_form(admin, upload):
    assert upload(admin, b"x" * (52 * 1024 * 1024), "video").status_code == 413


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"content": b"GIF89a"}, "file", "not a JPEG"),
        ({"content": b""}, "file", "empty"),
        ({"content": JPEG + b"x" * 10 * 1024 * 1024}, "file", "larger than 10 MB"),
        ({"content": None}, "file", "`file`"),
        ({"kind": "sticker"}, "kind", "photo"),
        ({"kind": None}, "kind", "required"),
        ({"caption": "x"}, "caption", "no such field"),
    ],
)
def test_what_is_refused(admin, upload, change, field, word):
    response = upload(admin, **change)
    assert response.status_code == 422
    (fault,) = response.json["faults"]
    assert fault["field"] == field
    assert word in fault["message"]


def test_only_forms_are_taken(admin):
    assert admin.post("/media", {"kind": "photo"}).status_code == 415


def test_only_admins_upload(browser, operator, upload):
    assert upload(browser).status_code == 401
    assert upload(operator).status_code == 403


def test_a_broadcast_carries_files(admin, upload, database):
    with database.writing() as session:
        chats.remember(session, 1, first_name="P")
    ids = [upload(admin).json["id"], upload(admin, b"film", "video", "a.mp4").json["id"]]
    new = {
        "text": "",
        "variants": {"RU": "Привет, {first_name|друг}"},
        "media": ids,
        "audience": {"to": ["all"]},
    }
    preview = admin.post("/broadcasts/preview", new).json
    assert (preview["limit"], preview["faults"]) == (1024, [])
    broadcast = admin.post("/broadcasts", new).json
    assert broadcast["variants"] == {"ru": "Привет, {first_name|друг}"}
    assert broadcast["media"] == [{"id": ids[0], "kind": "photo"}, {"id": ids[1], "kind": "video"}]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"media": [99]}, "media"),
        ({"variants": {"ru": "<b>"}, "format": "html"}, "variants.ru"),
        ({"text": "{nobody}"}, "text"),
        (
            {"options": {"buttons": [[{"text": "x", "topic_off": "gone"}]]}},
            "options.buttons",
        ),
    ],
)
def test_content_that_is_refused(admin, database, change, field):
    with database.writing() as session:
        chats.remember(session, 1, first_name="P")
    new = {"text": "Hello", "audience": {"to": ["all"]}, **change}
    for response in (admin.post("/broadcasts", new), admin.post("/broadcasts/preview", new)):
        assert [fault["field"] for fault in response.json["faults"]] == [field]
