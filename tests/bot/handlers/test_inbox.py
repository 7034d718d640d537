"""What people write becomes a thread: every kind of it, albums, edits, thanks, and hours."""

from datetime import timedelta

import pytest

from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.crud.messages import threads
from appliance.errors import NotFound
from appliance.models import Thread
from appliance.services import telegram_auth
from appliance.services.i18n.catalog import phrase

THANKS = phrase("en", "thanks")
PHOTO = [
    {"file_id": "small", "file_unique_id": "u", "width": 9, "height": 9},
    {"file_id": "big", "file_unique_id": "v", "width": 90, "height": 90, "file_size": 5},
]


@pytest.fixture
def thread(desk):
    def thread(chat_id=1001):
        with desk.database.reading() as session:
            return threads.get(session, chat_id)

    return thread


@pytest.fixture
def edit(desk):
    """`edit(5, text="…")`: message 5 of Anna was changed."""

    def edit(message_id, **content):
        payload = desk.message({"message_id": message_id, "edit_date": 2, **content})
        desk.feed(desk.update(edited_message=payload["message"]))

    return edit


def test_everything_is_kept_and_thanked_for_once(desk, thread):
    lines = ["Hello", "שלום, how much?", "👩‍👩‍👧", "<b>&amp;"]
    for line in lines:
        desk.say(line)
    assert desk.heard() == lines
    assert desk.said() == [THANKS]
    assert (thread().status, thread().unread) == ("open", 4)
    assert thread().last_in_at == thread().last_at == desk.clock()


def test_what_telebot_learned_lately_is_kept_and_thanked_for(desk):
    live = {"file_id": "live", "file_unique_id": "l", "width": 9, "height": 9, "duration": 3}
    desk.feed(desk.message({"photo": PHOTO, "live_photo": live, "caption": "look"}))
    paragraph = {"type": "paragraph", "text": "Hello"}
    desk.feed(desk.message({"rich_message": {"blocks": [paragraph]}}))
    assert desk.heard() == ["look", "Hello"]
    assert desk.said() == [THANKS]
    assert [item["file_id"] for item in desk.thread()[0].files] == ["big"]


def test_thanks_come_again_after_an_hour(desk):
    desk.say("one")
    desk.clock.advance(timedelta(minutes=59))
    desk.say("two")
    assert desk.said() == [THANKS]
    desk.clock.advance(timedelta(minutes=2))
    desk.say("three")
    assert desk.said() == [THANKS, THANKS]


def test_people_do_not_share_their_thanks(desk):
    desk.say("one")
    desk.say("two", person=1002)
    assert desk.said(1001) == desk.said(1002) == [THANKS]


def test_commands_begin_no_thread(desk, thread):
    desk.say("/help")
    assert thread() is None


def test_a_new_message_opens_a_closed_thread(desk, thread):
    desk.say("one")
    with desk.database.writing() as session:
        session.get(Thread, 1001).status = "closed"
    desk.say("two")
    assert thread().status == "open"


BRAND_NEW = {"type": "brandnew", "date": 1}
ANNAS = {"message_id": 5, "date": 1, "chat": {"id": 1001, "type": "private", "first_name": "Anna"}}


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ({"text": "hi", "forward_origin": BRAND_NEW}, "hi"),
        ({"photo": PHOTO, "caption": "sea", "forward_origin": BRAND_NEW}, "sea"),
        ({"text": "hi", "external_reply": {"origin": BRAND_NEW}}, "hi"),
        ({"text": "hi", "reply_to_message": {**ANNAS, "forward_origin": BRAND_NEW}}, "hi"),
        ({"paid_media": {"star_count": 1, "paid_media": [BRAND_NEW]}}, "[paid_media]"),
        ({"gift": {"gift": {"id": "g"}}}, "[gift]"),
        ({"sticker": {"file_id": "f"}}, "[sticker]"),
    ],
)
def test_what_telebot_cannot_read_is_kept_as_far_as_it_can(desk, content, kept):
    desk.feed(desk.message(content))
    assert (desk.heard(), desk.said()) == ([kept], [THANKS])


def test_a_photo_whose_origin_cannot_be_read_is_kept_with_its_file(desk):
    desk.feed(desk.message({"photo": PHOTO, "forward_origin": BRAND_NEW}))
    assert [item["file_id"] for item in desk.thread()[0].files] == ["big"]


def test_an_edit_that_cannot_be_read_whole_is_an_edit(desk, edit):
    desk.say("Tuesday")
    edit(desk.thread()[0].message_id, text="Wednesday", forward_origin=BRAND_NEW)
    assert desk.heard() == ["Wednesday"]


def test_a_service_message_that_cannot_be_read_is_no_message(desk):
    desk.feed(desk.message({"chat_background_set": {"type": BRAND_NEW}}))
    assert (desk.heard(), desk.said()) == ([], [])


def test_who_is_banned_is_passed_over(desk, thread, edit):
    desk.say("one")
    with desk.database.writing() as session:
        chats.find(session, 1001).banned = True
    desk.say("two")
    edit(desk.thread()[0].message_id, text="three")
    assert (desk.heard(), thread().unread) == (["one"], 1)


def test_an_album_is_one_line(desk, thread):
    for number in (3, 1, 2, 10, 4, 5, 6, 7, 8, 9):
        content = {"message_id": 9000 + number, "media_group_id": "77", "photo": PHOTO}
        caption = {"caption": f"part {number}"} if number < 3 else {}
        desk.feed(desk.message({**content, **caption}))
    (line,) = [row for row in desk.thread() if row.direction == "in"]
    assert [item["message_id"] for item in line.files] == [9000 + n for n in range(1, 11)]
    assert {item["file_id"] for item in line.files} == {"big"}
    assert line.text == "part 1\npart 2"
    assert (thread().unread, desk.said()) == (1, [THANKS])
    desk.feed(desk.message({"message_id": 9011, "media_group_id": "78", "photo": PHOTO}))
    assert len(desk.heard()) == 2


def test_edits_are_kept_as_history(desk, thread, edit):
    desk.say("helo")
    number = desk.thread()[0].message_id
    first = desk.clock()
    desk.clock.advance(timedelta(minutes=1))
    edit(number, text="hello")
    edit(number, text="hello")
    edit(number, text="hello!")
    (line, _) = desk.thread()
    assert (line.text, [item["text"] for item in line.edits]) == ("hello!", ["helo", "hello"])
    assert line.edited_at == desk.clock() > first
    assert thread().unread == 1
    assert desk.said() == [THANKS]


def test_an_edit_shows_again_what_was_read(desk, thread, edit):
    desk.say("Tuesday")
    with desk.database.writing() as session:
        threads.answered(session, 1001, desk.clock())
    edit(desk.thread()[0].message_id, text="Wednesday")
    assert thread().unread == 1


def test_an_edit_of_an_unknown_message_is_kept_as_new(desk, thread, edit):
    edit(123456, text="from before")
    (line,) = [row for row in desk.thread() if row.direction == "in"]
    assert (line.text, line.edits, line.edited_at) == ("from before", [], desk.clock())
    assert thread().unread == 1


def test_a_caption_of_an_album_is_edited_in_its_place(desk, edit):
    for number in (1, 2):
        content = {"message_id": 9000 + number, "media_group_id": "7", "photo": PHOTO}
        desk.feed(desk.message({**content, "caption": f"{number}"}))
    edit(9002, media_group_id="7", photo=PHOTO, caption="two")
    line = desk.thread()[0]
    assert (line.text, line.edits[0]["text"]) == ("1\ntwo", "1\n2")
    assert [item["message_id"] for item in line.files] == [9001, 9002]


def test_a_live_location_moves_without_history(desk, edit):
    place = {"latitude": 52.5, "longitude": 13.4}
    desk.feed(desk.message({"message_id": 8000, "location": place}))
    for latitude in (52.6, 52.7):
        edit(8000, location={**place, "latitude": latitude})
    assert desk.heard() == ["[location] 52.7, 13.4"]
    assert desk.thread()[0].edits == []


def test_an_edited_command_is_neither_obeyed_nor_kept(desk, edit):
    edit(5, text="/link SECRET")
    assert desk.thread() == []


@pytest.mark.parametrize(
    ("text", "kept"), [("/stop", "/stop"), ("/help me", "/help me"), ("/link SECRET", "/link")]
)
def test_a_message_that_becomes_a_command_is_an_edit_and_not_obeyed(desk, edit, text, kept):
    desk.say("I say it clearly")
    number = desk.thread()[0].message_id
    edit(number, text=text)
    assert (desk.heard(), desk.said()) == ([kept], [THANKS])
    assert [item["text"] for item in desk.thread()[0].edits] == ["I say it clearly"]
    assert desk.chat().status == "active"
    edit(number, text="/me")
    assert desk.heard() == ["/me"]
    edit(number, text="sorry")
    assert desk.heard() == ["sorry"]


def test_a_command_that_becomes_another_is_passed_over(desk, edit, thread):
    desk.say("/help")
    edit(desk.thread()[0].message_id, text="/link SECRET")
    assert (desk.heard(), thread()) == (["/help"], None)


def test_ten_megabytes_and_broken_offsets(desk):
    bold = {"type": "bold", "offset": 3, "length": 10**9}
    desk.feed(desk.message({"text": "x" * 10_000_000, "entities": [bold]}))
    desk.feed(desk.message({"text": "a\0b\ud83d", "entities": [{**bold, "offset": -4}]}))
    long, broken = desk.heard()
    assert (len(long), broken) == (16_000, "ab?")


def test_outside_the_hours_that_is_said_once_in_eight(desk):
    """The clock of these tests begins on a Tuesday at noon."""
    chosen = {"hours": "Mon 09:00-18:00", "auto_reply": {"en": "Closed & gone", "ru": ""}}
    with desk.database.writing() as session:
        settings.put_setting(session, settings.INBOX, chosen)
    desk.say("one")
    desk.clock.advance(timedelta(hours=7, minutes=59))
    desk.say("two")
    assert desk.said() == ["Closed & gone"]
    desk.clock.advance(timedelta(minutes=2))
    desk.say("three")
    assert desk.said() == ["Closed & gone"] * 2
    desk.say("раз", person=1002, language="ru")
    assert desk.said(1002) == [phrase("ru", "away", hours="пн 09:00–18:00")]
    desk.clock.advance(timedelta(days=5, hours=15))
    desk.say("four")
    assert desk.said()[-1] == THANKS


# -- codes for linking that others would read --------------------------------------------------

PASTED = {
    "link": "see {url}",
    "sentence": "My code is {typed}, what now?",
    "lower": "code:{lower} 5 minutes ago",
    "bare": "{bare}!",
    "wide": "**{left}** - {right}",
    "after a word that looks like half of it": "cafe {typed}",
    "bold": "_{code}_",
    "glued": "t.me/club_bot?start={code}-",
}


@pytest.fixture
def codes(desk):
    """What the site shows to a new user."""
    user = desk.add_user("Boss")
    with desk.database.writing() as session:
        new = telegram_auth.start_link(session, user.id, desk.clock())
    bare = (new.typed or "").replace("-", "")
    return {
        "url": new.url,
        "code": new.code,
        "typed": new.typed,
        "lower": (new.typed or "").lower(),
        "bare": bare,
        "left": bare[:4],
        "right": bare[4:],
    }


def good(desk, codes, person=1002):
    """Whether somebody else can use any of them."""
    before = len(desk.calls(person))
    desk.say(f"/start {codes['code']}", person=person)
    desk.say(f"/link {codes['typed']}", person=person)
    return any("Boss" in params.get("text", "") for _, params in desk.calls(person)[before:])


@pytest.mark.parametrize("words", PASTED.values(), ids=PASTED)
def test_a_code_in_a_message_is_good_no_more(desk, codes, words):
    desk.say(words.format(**codes))
    assert desk.heard() == [words.format(**codes)]
    assert not good(desk, codes)


def test_a_message_without_the_code_invalidates_nothing(desk, codes):
    desk.say("My code is ABCD-2345, and " + "x" * 32)
    assert good(desk, codes)


@pytest.mark.parametrize("words", ["{typed}", "{url}"])
def test_a_code_in_a_caption_is_good_no_more(desk, codes, words):
    desk.feed(desk.message({"photo": PHOTO, "caption": words.format(**codes)}))
    assert not good(desk, codes)


@pytest.mark.parametrize("words", ["{typed}", "{url}", "/help {typed}"])
def test_a_message_edited_into_a_code(desk, codes, edit, words):
    desk.feed(desk.message({"message_id": 5_000_001, "text": "hello"}))
    edit(5_000_001, text=words.format(**codes))
    assert not good(desk, codes)


def test_a_code_in_what_is_answered_is_good_no_more(desk, codes):
    """Operators read the beginning of that, too."""
    before = desk.text("It is {typed}".format(**codes))["message"]
    desk.feed(desk.message({"text": "does it work?", "reply_to_message": before}))
    assert not good(desk, codes)


def test_a_code_after_another_command_is_good_no_more(desk, codes):
    desk.say(f"/help with {codes['typed']}")
    assert not good(desk, codes)


def test_the_bot_s_own_link_is_good_no_more_in_a_message(desk):
    desk.say("/start")
    with desk.database.writing() as session:
        new = telegram_auth.start_link_from_chat(session, 1001, desk.clock(), "https://m.example")
        assert telegram_auth.preview(session, new.code, desk.clock()).id == 1001
    desk.say(f"It says {new.url}")
    with desk.database.reading() as session, pytest.raises(NotFound):
        telegram_auth.preview(session, new.code, desk.clock())
