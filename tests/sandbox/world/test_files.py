"""Uploads: file ids, checks of photos, the shelf's size."""

from typing import Any

import pytest

from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.protocol.parameters import Parameters, Upload
from appliance.sandbox.world.files import Files, media_of


def gif(width: int = 10, height: int = 10) -> bytes:
    return b"GIF89a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\0;"


def sending(content: bytes, **values: Any) -> Parameters:
    return Parameters(values, {"photo": Upload("a.gif", "image/gif", content)})


def test_the_same_content_is_kept_once():
    files = Files()
    first = media_of("photo", sending(gif()), files)
    assert media_of("photo", sending(gif()), files) == first
    [size] = first["photo"]
    assert (size["width"], size["height"], size["file_size"]) == (10, 10, len(gif()))
    again = media_of("photo", Parameters({"photo": size["file_id"]}), files)
    assert again == first


def test_attach_names_a_part():
    upload = Upload("a.TXT", "text/plain", b"hello")
    files = Files()
    sent = media_of("document", Parameters({"document": "attach://x"}, {"x": upload}), files)[
        "document"
    ]
    assert (sent["file_name"], sent["mime_type"], sent["file_size"]) == ("a.TXT", "text/plain", 5)
    stored = files.get(sent["file_id"])
    assert stored and stored.path.endswith(".txt") and files.at(stored.path) is stored


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (Parameters(), "there is no photo in the request"),
        (Parameters({"photo": "nonsense"}), "wrong file identifier/HTTP URL specified"),
        (sending(b""), "file must be non-empty"),
        (sending(b"text"), "IMAGE_PROCESS_FAILED"),
        (sending(gif(9000, 2000)), "PHOTO_INVALID_DIMENSIONS"),
        (sending(gif(210, 10)), "PHOTO_INVALID_DIMENSIONS"),
        (sending(gif() + b"x" * 10_485_760), "too big for a photo"),
    ],
)
def test_photos_that_are_refused(parameters, words):
    with pytest.raises(ApiError, match=f"Bad Request: .*{words}|Bad Request: {words}"):
        media_of("photo", parameters, Files())


def test_a_document_is_no_photo():
    files = Files()
    upload = Parameters({}, {"document": Upload("a.gif", "image/gif", gif())})
    file_id = media_of("document", upload, files)["document"]["file_id"]
    with pytest.raises(ApiError, match="type of file mismatch"):
        media_of("photo", Parameters({"photo": file_id}), files)


def test_old_contents_are_dropped(monkeypatch):
    monkeypatch.setattr("appliance.sandbox.world.files._KEPT_BYTES", 10)
    files = Files()
    first = files.store(Upload("a", "text/plain", b"12345678"), "documents")
    second = files.store(Upload("b", "text/plain", b"abcdefgh"), "documents")
    assert files.get(first.file_id) is None
    assert files.get(second.file_id) is second
