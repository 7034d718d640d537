"""Messages of every kind, as they are kept."""

import pytest

from appliance.services.inbox.message_parser import as_html, read, storable

FILE = {"file_id": "F", "file_unique_id": "u"}
SIZES = [{**FILE, "width": 9, "height": 9}, {**FILE, "file_id": "BIG", "width": 90, "height": 90}]


@pytest.mark.parametrize(
    ("content", "kind", "text", "file"),
    [
        ({"text": "שלום 👋"}, "text", "שלום 👋", None),
        (
            {"photo": SIZES, "caption": "at sea"},
            "photo",
            "at sea",
            {"kind": "photo", "file_id": "BIG"},
        ),
        (
            {"voice": {**FILE, "duration": 3, "mime_type": "audio/ogg", "file_size": 9}},
            "voice",
            "",
            {"kind": "voice", "file_id": "F", "mime": "audio/ogg", "size": 9},
        ),
        (
            {"document": {**FILE, "file_name": "a.pdf", "mime_type": "application/pdf"}},
            "document",
            "",
            {"kind": "document", "file_id": "F", "name": "a.pdf", "mime": "application/pdf"},
        ),
        (
            {
                "animation": {**FILE, "width": 1, "height": 1, "duration": 1},
                "document": FILE,
            },
            "animation",
            "",
            {"kind": "animation", "file_id": "F"},
        ),
        (
            {
                "sticker": {
                    **FILE,
                    "type": "regular",
                    "width": 1,
                    "height": 1,
                    "is_animated": False,
                    "is_video": False,
                }
            },
            "sticker",
            "",
            {"kind": "sticker", "file_id": "F", "mime": "image/webp"},
        ),
        (
            {"video_note": {**FILE, "length": 1, "duration": 1}},
            "video_note",
            "",
            {"kind": "video_note", "file_id": "F"},
        ),
        ({"location": {"latitude": 1.5, "longitude": 2}}, "location", "[location] 1.5, 2", None),
        (
            {"contact": {"phone_number": "+49123", "first_name": "Bo"}},
            "contact",
            "[contact] Bo +49123",
            None,
        ),
        ({"dice": {"emoji": "🎲", "value": 4}}, "dice", "[dice] 🎲 4", None),
        (
            {
                "photo": SIZES,
                "live_photo": {**FILE, "width": 9, "height": 9, "duration": 3},
                "caption": "look",
            },
            "photo",
            "look",
            {"kind": "photo", "file_id": "BIG"},
        ),
        (
            {"rich_message": {"blocks": [{"type": "paragraph", "text": "Hello"}]}},
            "rich_message",
            "Hello",
            None,
        ),
        ({"rich_message": {"blocks": []}}, "rich_message", "[rich_message]", None),
        (
            {"paid_media": {"star_count": 1, "paid_media": []}, "caption": "for you"},
            "paid_media",
            "[paid_media] for you",
            None,
        ),
        ({"hologram": {"x": 1}}, "message", "[message]", None),
        ({"photo": [], "caption": "x"}, "photo", "[photo] x", None),
    ],
)
def test_kinds(telegram, content, kind, text, file):
    found = read(telegram(**content))
    assert (found.kind, found.text) == (kind, text)
    assert found.files == ([file] if file else [])


def test_albums_and_replies(telegram):
    replied = {"message_id": 3, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "x"}
    found = read(telegram(photo=SIZES, media_group_id="77", reply_to_message=replied))
    assert (found.album_id, found.reply_to) == ("77", 3)


def test_names_that_are_too_long_or_broken(telegram):
    name = "\0" + "x" * 300 + ".pdf"
    (file,) = read(telegram(document={**FILE, "file_name": name})).files
    assert len(file["name"]) == 255
    assert file["name"].endswith(".pdf")
    assert read(telegram(document={"file_id": "x" * 256, "file_unique_id": "u"})).files == []


@pytest.mark.parametrize(
    ("text", "entities", "html"),
    [
        ("a < b", [], "a &lt; b"),
        ("👋 hi", [{"type": "bold", "offset": 3, "length": 2}], "👋 <b>hi</b>"),
        ("hi", [{"type": "bold", "offset": 0, "length": 99}], "hi"),
        ("👋", [{"type": "bold", "offset": 1, "length": 1}], "👋"),
        ("hi", [{"type": "bold", "offset": -1, "length": 1}], "hi"),
        ("@a hi", [{"type": "mention", "offset": 0, "length": 2}], "@a hi"),
    ],
)
def test_formatting_survives_and_nonsense_does_not(telegram, text, entities, html):
    assert as_html(telegram(text=text, entities=entities)) == html
    captioned = telegram(photo=SIZES, caption=text, caption_entities=entities)
    assert as_html(captioned) == html


def test_text_becomes_storable():
    assert storable("a\0b\ud800c") == "ab?c"
    assert len(storable("x" * 10_000_000)) == 16_000
