"""Who is answered and what is kept, whatever comes."""

import pytest

from appliance.bot.texts import say

GROUP = -1001234567890
CHANNEL = {"id": -1007, "type": "channel", "title": "News"}


def test_an_unknown_command_gets_a_hint(desk):
    desk.say("/destroy everything")
    assert desk.said() == [say("en", "unknown_command")]
    assert desk.heard() == ["/destroy everything"]


def test_photos_are_kept_with_their_captions(desk):
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    desk.feed(desk.message({"photo": photo, "caption": "at sea"}))
    assert desk.heard() == ["[photo] at sea"]


def test_what_telegram_says_of_the_chat_is_not_kept(desk):
    desk.feed(desk.message({"message_auto_delete_timer_changed": {"message_auto_delete_time": 5}}))
    assert desk.thread() == []


@pytest.mark.parametrize("kind", ["edited_message", "channel_post", "edited_channel_post"])
def test_edits_and_posts_pass(desk, kind):
    message = desk.text("/start")["message"]
    desk.feed(desk.update(**{kind: message}))
    assert desk.waiting() == 0
    assert desk.calls() == []


def test_updates_of_the_future_pass(desk):
    desk.feed(desk.update(telepathy={"thought": "🤯"}), desk.update(), desk.text("/help"))
    assert desk.waiting() == 0
    assert len(desk.said()) == 1


class TestGroups:
    def test_talk_is_not_kept(self, desk):
        desk.feed(desk.group_message({"text": "hello all"}), desk.group_message({"text": "/dice"}))
        assert desk.chat(GROUP).name == "Choir"
        assert desk.thread(GROUP) == []

    def test_a_known_command_leads_to_the_private_chat(self, desk):
        desk.feed(desk.group_message({"text": "/link@CLUB_bot"}))
        assert desk.said(GROUP) == [say("en", "in_private")]
        assert desk.heard(GROUP) == ["/link"]

    def test_another_bot_s_command_is_left_alone(self, desk):
        desk.feed(desk.group_message({"text": "/help@other_bot"}))
        assert desk.thread(GROUP) == []

    def test_commands_do_not_make_it_talk_all_the_time(self, desk):
        desk.feed(*(desk.group_message({"text": "/help"}) for _ in range(5)))
        assert len(desk.said(GROUP)) == 1

    def test_a_code_is_not_used_in_a_group(self, desk):
        desk.feed(desk.group_message({"text": "/start " + "A" * 32}))
        assert desk.heard(GROUP) == ["/start"]


def test_apologies_go_to_known_people_only(desk):
    desk.say("/start")
    desk.feed(desk.group_message({"text": "hello"}))
    payloads = [desk.text("x"), desk.text("x", person=5), desk.group_message({}), desk.update()]
    with desk.database.writing() as session:
        for payload in payloads:
            desk.dispatcher.apologise(session, payload, desk.clock())
    assert desk.said()[1:] == [say("en", "wrong")]
    assert desk.calls(GROUP) == []
