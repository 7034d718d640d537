"""Uploads that the simulator reads as Telegram would; what it answers is sent on by file id."""

import json
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from appliance import config
from appliance.services.content import (
    Composer,
    File,
    Person,
    Upload,
    file_ids_from,
)

GIF = b"GIF89a\x0a\0\x0a\0\0;"
ANNA = Person("Анна 👋", None, None, "ru")


@pytest.fixture
def call(sandbox):
    """`call("sendMessage", body, type)` is the result; the description where it is refused."""

    def call(method: str, body: bytes, content_type: str = "application/json") -> Any:
        url = f"{sandbox.url}/bot{config.SANDBOX_TOKEN}/{method}"
        try:
            with urlopen(Request(url, body, {"Content-Type": content_type}), timeout=20) as answer:
                return json.load(answer)["result"]
        except HTTPError as error:
            with error:
                return json.load(error)["description"]

    return call


@pytest.fixture
def person(ask):
    return lambda: ask("people", {"count": 1, "start": True})["people"][0]["id"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "aa").write_bytes(GIF)
    (tmp_path / "bb").write_bytes(b"a film " * 100_000)
    return tmp_path


def letter(**values):
    shared = {"id": 1, "format": "html", "options": {}, "variants": {}, "media": []}
    return SimpleNamespace(**{**shared, "text": "<b>{first_name}</b>", **values})


def form(upload: Upload) -> bytes:
    """What the engine sends: fields as text, parts as files."""
    parts = [(f'name="{name}"', text.encode()) for name, text in upload.fields.items()]
    for part in upload.parts:
        filename = part.filename.replace('"', "%22")
        head = f'name="{part.field}"; filename="{filename}"\r\nContent-Type: {part.mime}'
        parts.append((head, part.path.read_bytes()))
    pieces = (
        f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return b"".join(pieces) + b"--b--\r\n"


@pytest.mark.parametrize(
    "files",
    [
        [File(1, "photo", "aa", "a.gif")],
        [File(2, "video", "bb", "b.mp4")],
        [File(3, "document", "bb", 'отчёт "final".pdf')],
        [File(1, "photo", "aa", "a.gif"), File(2, "video", "bb", "b.mp4")],
    ],
    ids=lambda files: "+".join(file.kind for file in files),
)
def test_uploaded_once_then_sent_by_its_id(call, person, folder, files):
    upload = Composer(letter(), files).upload(person(), ANNA, folder)
    result = call(upload.method, form(upload), "multipart/form-data; boundary=b")
    first = result[0] if isinstance(result, list) else result
    assert first["caption"] == "Анна 👋"
    ids = file_ids_from(result)
    assert len(ids) == len(files)
    known = [
        File(file.id, file.kind, file.sha256, file.name, file_id)
        for file, file_id in zip(files, ids, strict=True)
    ]
    composer = Composer(letter(), known)
    again = call(composer.method, composer.body_for(person(), Person("Bob")))
    assert file_ids_from(again) == ids


def test_an_id_of_another_bot_is_refused_in_telegrams_words(call, person):
    composer = Composer(letter(), [File(1, "photo", "aa", "a.gif", "AgACAgIAAx")])
    answer = call(composer.method, composer.body_for(person()))
    assert answer == "Bad Request: wrong file identifier/HTTP URL specified"
