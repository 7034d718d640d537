"""Files of messages: found by number, shown only where that is harmless."""

import pytest

from appliance.crud.messages import messages
from appliance.errors import NotFound
from appliance.services.inbox import attachments


@pytest.fixture
def find(database, settings, know):
    """`find([{…}])`: the first file of a message that has these."""
    know(1, 2)

    def find(files, chat_id=1, index=0):
        with database.writing() as session:
            row = messages.record_incoming(session, 1, "", 5, files=files)
            return attachments.find(session, settings.data, chat_id, row.id, index)

    return find


@pytest.mark.parametrize(
    ("item", "name", "mime", "inline"),
    [
        ({"kind": "photo"}, "photo.jpg", "image/jpeg", True),
        ({"kind": "voice"}, "voice.ogg", "audio/ogg", False),
        ({"kind": "document", "mime": "image/PNG"}, "document", "image/png", True),
        ({"kind": "document", "mime": "image/svg+xml"}, "document", "application/octet-stream", 0),
        ({"kind": "document", "mime": "text/html"}, "document", "application/octet-stream", False),
        (
            {"kind": "video", "name": "a.mov", "mime": "video/quicktime"},
            "a.mov",
            "video/quicktime",
            0,
        ),
        ({"kind": "video", "mime": "video/a\r\nX: 1"}, "video.mp4", "application/octet-stream", 0),
        (
            {"kind": "document", "name": 'a"\r\nX-Evil: 1\u202e.txt'},
            'a"X-Evil: 1.txt',
            "application/octet-stream",
            False,
        ),
        ({"kind": "voice", "name": "\r\n"}, "voice.ogg", "audio/ogg", False),
    ],
)
def test_how_a_file_is_shown(find, item, name, mime, inline):
    found = find([{**item, "file_id": "F"}])
    assert (found.name, found.mime, found.inline) == (name, mime, bool(inline))
    assert (found.file_id, found.path) == ("F", None)


def test_files_of_others_are_not_found(find):
    for options in ({"chat_id": 2}, {"index": 1}):
        with pytest.raises(NotFound):
            find([{"kind": "photo", "file_id": "F"}], **options)
