"""/broadcast: seen first, sent once."""

from datetime import timedelta

import pytest

from appliance.bot.handlers.broadcast import LIFETIME
from appliance.crud.broadcasts import events
from appliance.crud.chats import chats
from appliance.models import Broadcast, ChatStatus
from appliance.services.i18n.catalog import phrase
from support.stored import all_rows

PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]


@pytest.fixture
def admin(desk):
    desk.say("/start")
    desk.say("/start", person=1002, language="ru")
    return desk.link("admin")


def buttons(desk):
    """The data of the last message's buttons."""
    sent = [params for method, params in desk.calls() if method == "sendMessage"]
    return [row[0]["callback_data"] for row in sent[-1]["reply_markup"]["inline_keyboard"]]


def test_asked_shown_and_sent(desk, admin):
    desk.say("/broadcast")
    assert desk.said()[-1] == phrase("en", "broadcast_ask")
    desk.say("Hello, {first_name}!")
    preview, question = desk.said()[-2:]
    assert preview == "Hello, Anna!"
    assert "It goes to 2 recipients." in question
    send, cancel = buttons(desk)
    assert all_rows(desk.database, Broadcast) == []
    desk.press(send)
    (sent,) = all_rows(desk.database, Broadcast)
    assert (sent.text, sent.format, sent.created_by) == ("Hello, {first_name}!", "plain", admin.id)
    assert sent.audience == {"to": ["all"], "not": []}
    assert desk.calls()[-1][1]["text"] == phrase("en", "broadcast_queued", id=sent.id)
    assert desk.chat().dialog is None
    with desk.database.reading() as session:
        (event,) = events.list_for(session, sent.id)
        assert (event.actor, event.action) == (f"user:{admin.id}", "create")
    for late in (send, cancel):
        desk.press(late)
        assert desk.answers()[-1] == phrase("en", "broadcast_already", id=sent.id)
    assert len(all_rows(desk.database, Broadcast)) == 1


def test_the_preview_is_the_call_that_people_get(desk, admin):
    bold = [{"type": "bold", "offset": 11, "length": 4}]
    desk.feed(desk.message({"text": "/broadcast News & more", "entities": bold}))
    method, params = desk.calls()[-2]
    assert (method, params) == (
        "sendMessage",
        {"text": "<b>News</b> &amp; more", "parse_mode": "HTML"},
    )


def test_in_answer_to_a_message(desk, admin):
    said = desk.text("Old news")["message"]
    desk.feed(desk.message({"text": "/broadcast", "reply_to_message": said}))
    assert desk.said()[-2] == "Old news"
    desk.feed(desk.message({"text": "/broadcast", "reply_to_message": {**said, "text": None}}))
    assert desk.said()[-1] == phrase("en", "broadcast_text_only")


@pytest.mark.parametrize(
    ("kind", "more", "key"),
    [
        ("text_mention", {"user": {"id": 7, "is_bot": False, "first_name": "A"}}, "no_mentions"),
        ("custom_emoji", {"custom_emoji_id": "5"}, "no_emoji"),
        ("something_new", {}, "no_formatting"),
    ],
)
def test_what_it_cannot_keep_is_told(desk, admin, kind, more, key):
    entities = [{"type": kind, "offset": 11, "length": 4, **more}]
    desk.feed(desk.message({"text": "/broadcast Anna comes", "entities": entities}))
    assert phrase("en", f"broadcast_{key}") in desk.said()[-1]
    desk.press(buttons(desk)[0])
    assert [one.text for one in all_rows(desk.database, Broadcast)] == ["Anna comes"]


def test_what_it_keeps_is_not_warned_of(desk, admin):
    entities = [{"type": "bold", "offset": 11, "length": 4}]
    desk.feed(desk.message({"text": "/broadcast News of @anna", "entities": entities}))
    assert "⚠️" not in desk.said()[-1]


def test_cancelled(desk, admin):
    desk.say("/broadcast Hello")
    send, cancel = buttons(desk)
    desk.press(cancel)
    assert desk.answers()[-1] == phrase("en", "broadcast_cancelled")
    desk.press(send)
    assert desk.answers()[-1] == phrase("en", "button_old")
    assert all_rows(desk.database, Broadcast) == []


def test_only_the_next_message_is_the_text(desk, admin):
    """What is written after it is a message like any other; the preview waits."""
    desk.say("/broadcast")
    assert buttons(desk)[0].startswith("broadcast:cancel:")
    desk.say("News")
    send, _ = buttons(desk)
    desk.say("by the way, a message")
    assert desk.said()[-1] == phrase("en", "thanks")
    desk.press(send)
    assert [one.text for one in all_rows(desk.database, Broadcast)] == ["News"]


def test_a_second_broadcast_replaces_the_first(desk, admin):
    desk.say("/broadcast Helo")
    old, _ = buttons(desk)
    desk.say("/broadcast Hello")
    desk.press(old)
    assert desk.answers()[-1] == phrase("en", "button_old")
    desk.press(buttons(desk)[0])
    assert [one.text for one in all_rows(desk.database, Broadcast)] == ["Hello"]


@pytest.mark.parametrize("command", ["/help", "/nonsense", phrase("en", "menu_me")])
def test_any_command_ends_it(desk, admin, command):
    desk.say("/broadcast")
    desk.say(command)
    desk.say("a message")
    assert desk.said()[-1] == phrase("en", "thanks")
    desk.say("/broadcast Hello")
    send, _ = buttons(desk)
    desk.say(command)
    desk.press(send)
    assert desk.answers()[-1] == phrase("en", "button_old")
    assert all_rows(desk.database, Broadcast) == []


def test_it_does_not_wait_for_ever(desk, admin):
    desk.say("/broadcast Hello")
    send, _ = buttons(desk)
    desk.clock.advance(LIFETIME + timedelta(seconds=1))
    desk.press(send)
    assert desk.answers()[-1] == phrase("en", "broadcast_expired")
    desk.say("/broadcast")
    desk.clock.advance(LIFETIME + timedelta(seconds=1))
    desk.say("what was it?")
    assert desk.chat().dialog is None
    assert all_rows(desk.database, Broadcast) == []


def test_faults_are_told_with_their_place(desk, admin):
    desk.say("/broadcast")
    desk.say("Hello\n{nonsense}")
    assert "• line 2, column 1: " in desk.said()[-1]
    desk.feed(desk.message({"photo": PHOTO}))
    assert desk.said()[-1] == phrase("en", "broadcast_text_only")
    desk.say("x" * 5000)
    assert desk.said()[-1].startswith(phrase("en", "broadcast_faults"))
    desk.say("Hello")
    assert "It goes to 2 recipients." in desk.said()[-1]


def test_nobody_to_send_to(desk, admin):
    with desk.database.writing() as session:
        for person in (1001, 1002):
            chats.set_status(session, person, ChatStatus.STOPPED)
    desk.say("/broadcast Hello")
    assert desk.said()[-1] == phrase("en", "broadcast_nobody")
    assert desk.chat().dialog is None


def test_everybody_left_while_it_was_looked_at(desk, admin):
    desk.say("/broadcast Hello")
    send, _ = buttons(desk)
    with desk.database.writing() as session:
        for person in (1001, 1002):
            chats.set_status(session, person, ChatStatus.STOPPED)
    desk.press(send)
    assert desk.answers()[-1] == "• this audience is empty: nothing was queued"


def test_only_admins(desk, admin):
    desk.say("/broadcast Hello")
    send, _ = buttons(desk)
    desk.say("/broadcast Hello", person=1002)
    assert desk.said(1002)[-1] == phrase("ru", "unknown_command")
    desk.link("admin", 1002)
    desk.press(send, person=1002)  # another admin's button
    assert all_rows(desk.database, Broadcast) == []
    with desk.database.writing() as session:
        chats.find(session, 1001).user.role = "operator"
    desk.press(send)
    assert desk.answers()[-1] == phrase("en", "button_old")
    desk.say("Hello")  # the conversation is over for who is no admin
    assert all_rows(desk.database, Broadcast) == []
    assert desk.chat().dialog is None


@pytest.mark.parametrize("argument", ["", "send", "send:", "send:nonce", "x:y:z"])
def test_forged_buttons(desk, admin, argument):
    desk.say("/broadcast Hello")
    desk.press(f"broadcast:{argument}")
    assert desk.answers()[-1] == phrase("en", "button_old")
    assert all_rows(desk.database, Broadcast) == []
