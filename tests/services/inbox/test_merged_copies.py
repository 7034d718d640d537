"""More than a group can be told in time becomes one line."""

import pytest

from appliance.crud.chats import chats
from appliance.models import DeliveryState, Message
from appliance.services.inbox import group_copies, merged_copies
from tests.services.inbox.conftest import GROUP, NOW

MOST = merged_copies.MAX_WAITING_IN_ALL


@pytest.fixture
def write(database, know, got):
    """`write(3, 5)`: these people write a line each."""

    def write(first, last):
        for person in range(first, last + 1):
            know(person)
        with database.writing() as session:
            for person in range(first, last + 1):
                chat = chats.find(session, person)
                letter = got(text=f"line {person}")
                group_copies.copy(session, chat, letter, "https://x", NOW, edited=False)

    return write


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "📥 {} more messages are in the inbox: too many at once to show here."),
        ("ru", "📥 Ещё {} сообщений — во входящих: сразу так много здесь не показать."),
    ],
)
def test_a_flood_of_many_people_is_one_line(database, group, write, queued, language, words):
    group(language=language)
    write(1, MOST + 40)
    rows = queued(GROUP)
    assert len(rows) == MOST + 1
    assert rows[-1].text == words.format(40)
    assert 'href="https://x/inbox"' in rows[-1].params["text"]
    write(MOST + 41, MOST + 45)
    assert queued(GROUP)[-1].text == words.format(45)


def test_what_left_is_not_counted_again(database, group, write, queued):
    group()
    write(1, MOST + 3)
    with database.writing() as session:
        for row in session.query(Message).filter_by(chat_id=GROUP):
            row.state = DeliveryState.SENT
    write(MOST + 4, 2 * MOST + 4)
    texts = [row.text for row in queued(GROUP)]
    assert texts[MOST].startswith("📥 3 more messages are")
    assert texts[-1].startswith("📥 1 more message is")
    assert len(texts) == 2 * MOST + 2, "in between they were copied"


def test_a_line_for_another_group_is_left_alone(database, group, write, queued, know):
    group()
    write(1, MOST + 3)
    with database.writing() as session:
        session.query(Message).filter_by(chat_id=GROUP).update({"chat_id": 1})
    write(MOST + 4, 2 * MOST + 4)
    assert queued(GROUP)[-1].text.startswith("📥 1 more message is")
