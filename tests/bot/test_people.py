"""Reading what Telegram tells of chats, people and messages."""

import inspect
import re

import pytest
from telebot.types import Message

from appliance.bot.people import (
    Command,
    describe,
    is_from_person,
    parse_command,
)

PRIVATE = {"id": 1001, "type": "private", "first_name": "Anna"}


def message(**content):
    return Message.de_json({"message_id": 1, "date": 1, "chat": PRIVATE, **content})


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/start", Command("start", None, "")),
        ("/START", Command("start", None, "")),
        ("/start " + "A" * 64, Command("start", None, "A" * 64)),
        ("/link@Club_bot  now\nplease ", Command("link", "Club_bot", "now\nplease")),
        ("/start שלום 👩‍👩‍👧", Command("start", None, "שלום 👩‍👩‍👧")),
        ("/", None),
        ("/старт", None),
        ("/a/b", None),
        ("/" + "a" * 33, None),
        (" /start", None),
        ("start", None),
        ("", None),
        (None, None),
    ],
)
def test_commands_are_parsed(text, command):
    assert parse_command(text) == command


PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
VOICE = {"file_id": "f", "file_unique_id": "u", "duration": 1}


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ({"text": "שלום 👋"}, "שלום 👋"),
        ({"photo": PHOTO}, "[photo]"),
        ({"photo": PHOTO, "caption": "at sea"}, "[photo] at sea"),
        ({"voice": VOICE}, "[voice]"),
        ({"newer_than_us": {"x": 1}}, "[message]"),
    ],
)
def test_every_kind_is_described(content, kept):
    found = message(**content)
    assert is_from_person(found)
    assert describe(found) == kept


def test_what_telegram_itself_says_is_nobody_s_message():
    assert not is_from_person(message(group_chat_created=True))


MESSAGES = """text audio document animation game photo live_photo sticker video video_note voice
contact location venue dice poll story invoice gift unique_gift giveaway giveaway_winners
rich_message suggested_post_info"""
SERVICE = """new_chat_members left_chat_member new_chat_title new_chat_photo delete_chat_photo
group_chat_created supergroup_chat_created channel_chat_created migrate_to_chat_id
migrate_from_chat_id pinned_message successful_payment connected_website passport_data web_app_data
proximity_alert_triggered video_chat_scheduled video_chat_started video_chat_ended
video_chat_participants_invited message_auto_delete_timer_changed chat_background_set
forum_topic_created forum_topic_closed forum_topic_reopened forum_topic_edited
general_forum_topic_hidden general_forum_topic_unhidden write_access_allowed users_shared
chat_shared giveaway_created giveaway_completed boost_added paid_message_price_changed
checklist_tasks_done checklist_tasks_added direct_message_price_changed gift_upgrade_sent
suggested_post_approved suggested_post_approval_failed suggested_post_declined suggested_post_paid
suggested_post_refunded chat_owner_changed chat_owner_left managed_bot_created poll_option_added
poll_option_deleted community_chat_added community_chat_removed community_chat_joined"""


def test_every_kind_that_telebot_knows_is_a_message_or_a_service_message():
    known = re.findall(r"content_type = '(\w+)'", inspect.getsource(Message.de_json))
    assert len(known) > 70
    messages = {kind for kind in known if is_from_person(of_kind(kind))}
    assert messages == set(MESSAGES.split())
    assert set(known) - messages == set(SERVICE.split())


def of_kind(kind):
    found = message()
    found.content_type = kind
    return found
