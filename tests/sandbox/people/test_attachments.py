"""Files that people send."""

import base64

import pytest

from appliance.errors import Invalid
from appliance.sandbox.people.attachments import Attachment
from appliance.sandbox.world.files import DOWNLOAD_BYTES, FOLDERS, Files


@pytest.mark.parametrize("kind", FOLDERS)
def test_every_kind_comes_and_can_be_fetched(api, kind):
    person = api.person()
    api.act(person, kind, duration=7)
    [update] = api.updates()
    sent = update["message"][kind]
    file = sent[-1] if kind == "photo" else sent
    told = api.call("getFile", file_id=file["file_id"])
    assert told["file_path"].startswith(FOLDERS[kind])
    status, body, _ = api.request("GET", f"/file/bot{api.token}/{told['file_path']}")
    assert (status, len(body)) == (200, file["file_size"])
    if kind in ("voice", "video", "audio", "video_note"):
        assert sent["duration"] == 7


def test_what_the_caller_brings(api):
    content = base64.b64encode(b"%PDF-1.7").decode()
    body = {"content": content, "name": "отчёт.pdf", "mime": "application/pdf"}
    api.act(api.person(), "document", caption="see", **body)
    [update] = api.updates()
    document = update["message"]["document"]
    assert (document["file_name"], document["mime_type"], document["file_size"]) == (
        "отчёт.pdf",
        "application/pdf",
        8,
    )
    assert update["message"]["caption"] == "see"


def test_a_bot_downloads_20_mb_and_no_more(api):
    person = api.person()
    for size in (DOWNLOAD_BYTES, DOWNLOAD_BYTES + 1):
        api.act(person, "document", size=size)
    small, large = [update["message"]["document"]["file_id"] for update in api.updates()]
    assert api.call("getFile", file_id=small)["file_size"] == DOWNLOAD_BYTES
    assert api.refused("getFile", file_id=large).description == "Bad Request: file is too big"


def test_a_photo_has_several_sizes():
    small, large = Attachment("photo").media(Files())["photo"]
    assert (small["width"], large["width"]) == (90, 800)
    assert small["file_id"] != large["file_id"]


def test_what_is_no_picture_is_no_photo():
    with pytest.raises(Invalid, match="picture"):
        Attachment("photo", b"hello").media(Files())


@pytest.mark.parametrize(
    "body", [{"content": "!"}, {"size": -1}, {"kind": "photo"}, {"size": 2**60}]
)
def test_files_that_are_refused(api, body):
    assert api.try_control("POST", f"/people/{api.person()}/document", body)[0] == 400
