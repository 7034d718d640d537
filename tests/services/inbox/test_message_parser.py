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


ANNA = {"id": 7, "is_bot": False, "first_name": "Anna", "last_name": "Petrova", "username": "anna"}
NEWS = {"id": -1007, "type": "channel", "title": "News"}


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "user", "sender_user": ANNA}, "Anna Petrova @anna"),
        ({"type": "hidden_user", "sender_user_name": "Boris"}, "Boris"),
        ({"type": "chat", "sender_chat": {**NEWS, "type": "group"}}, "News"),
        ({"type": "channel", "chat": NEWS, "message_id": 3, "author_signature": "Ed"}, "News (Ed)"),
    ],
)
def test_a_forward_keeps_from_whom_it_is(telegram, origin, name):
    received = read(telegram(text="hello", forward_origin={**origin, "date": 1}))
    assert (received.text, received.forwarded_from) == ("hello", name)


def answered(**content):
    chat = {"id": 1, "type": "private", "first_name": "Anna"}
    return {"message_id": 3, "date": 1, "chat": chat, **content}


def test_an_answer_keeps_what_it_answers(telegram):
    for before, expected in (
        ({"text": "Are you\ncoming?"}, "Are you coming?"),
        ({"photo": SIZES, "caption": "the hall"}, "[photo] the hall"),
        ({"location": {"latitude": 1.5, "longitude": 2.5}}, "[location] 1.5, 2.5"),
        ({"text": "x" * 500}, "x" * 299 + "…"),
    ):
        received = read(telegram(text="yes", reply_to_message=answered(**before)))
        assert (received.text, received.in_answer_to) == ("yes", expected)
        assert received.reply_to == 3


def test_the_part_that_was_marked_is_what_is_answered(telegram):
    quote = {"text": "coming?", "position": 8, "is_manual": True}
    before = answered(text="Are you coming?")
    assert read(telegram(text="yes", reply_to_message=before, quote=quote)).in_answer_to == (
        "coming?"
    )


def test_an_answer_to_a_message_elsewhere(telegram):
    elsewhere = {"origin": {"type": "channel", "date": 1, "chat": NEWS, "message_id": 3}}
    quote = {"text": "At seven", "position": 0}
    received = read(telegram(text="really?", external_reply=elsewhere, quote=quote))
    assert received.in_answer_to == "News: At seven"


def test_what_was_simply_written_has_neither(telegram):
    received = read(telegram(text="hello"))
    assert (received.forwarded_from, received.in_answer_to) == ("", "")


def test_a_poll_keeps_its_options(telegram):
    options = [{"persistent_id": str(n), "text": word, "voter_count": 0} for n, word in PLACES]
    poll = {
        **{"id": "1", "question": "Where?", "options": options, "total_voter_count": 0},
        **{"is_closed": False, "is_anonymous": True, "type": "regular"},
        **{"allows_multiple_answers": False},
    }
    assert read(telegram(poll=poll)).text == "[poll] Where?\n• in the hall\n• outside"


PLACES = [(1, "in the hall"), (2, "outside")]


def test_a_checklist_keeps_its_tasks(telegram):
    tasks = [{"id": 1, "text": "chairs", "completion_date": 5}, {"id": 2, "text": "lights"}]
    received = read(telegram(checklist={"title": "Tonight", "tasks": tasks}))
    assert received.text == "[checklist] Tonight\n☑ chairs\n☐ lights"
