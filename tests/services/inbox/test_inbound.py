"""What follows from a message, whichever way it came. Over the bot: tests/bot/handlers."""

from datetime import UTC, datetime

import pytest

from appliance.crud.chats import chats
from appliance.errors import NotFound
from appliance.services import inbound, telegram_auth

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
SITE = "https://x"
GROUP = -1005


@pytest.fixture
def receive(database, know, group, telegram):
    """`receive(text="hi")` in a chat, with an operators' group listening."""
    know(1)
    group()

    def receive(edited=False, words=None, **content):
        with database.writing() as session:
            chat = chats.find(session, 1)
            return inbound.receive(
                session, chat, telegram(**content), SITE, NOW, edited=edited, text=words
            )

    return receive


@pytest.mark.parametrize("edited", [False, True])
def test_codes_in_it_end_before_others_read_it(database, receive, queued, edited):
    with database.writing() as session:
        code = telegram_auth.start_link_from_chat(session, 1, NOW).code
    receive(edited, text=f"my code is {code}")
    assert code in queued(GROUP)[0].text
    with database.reading() as session, pytest.raises(NotFound):
        telegram_auth.preview(session, code, NOW)


def test_the_same_again_is_not_copied_again(receive, queued):
    for _ in range(2):
        receive(message_id=9, text="hi", edited=True)
    assert [row.text for row in queued(GROUP)] == ["👤 Anna\nhi"]


def test_an_edit_is_copied_as_one(receive, queued):
    receive(message_id=9, text="hi")
    receive(message_id=9, text="hello", edited=True)
    assert [row.text for row in queued(GROUP)] == ["👤 Anna\nhi", "👤 Anna (edited)\nhello"]


def test_a_live_location_is_copied_when_it_begins_and_not_as_it_moves(receive, queued):
    for edited in (False, True):
        place = {"latitude": 1.5 + edited, "longitude": 2}
        receive(message_id=9, location=place, edited=edited)
    assert [row.method for row in queued(GROUP)] == ["sendMessage", "copyMessage"]


def test_other_words_than_its_own_are_kept(receive, queued):
    kept = receive(text="/start secret", words="/start")
    assert kept.message.text == "/start"
    assert queued(GROUP)[0].text == "👤 Anna\n/start"
