"""Copies for the operators' group. What the handlers do with them: tests/bot/test_operators.py."""

from datetime import UTC, datetime

import pytest

from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.models import DeliveryState, Message, Priority
from appliance.services.inbox import group_copies, replies

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
GROUP = -1005


def test_a_copy_leads_back_to_its_person(database, know, group, got, queued):
    know(1)
    group()
    with database.writing() as session:
        chat = chats.find(session, 1)
        group_copies.copy(
            session, chat, got(text="hi", message_id=9), "https://x", NOW, edited=False
        )
    (row,) = queued(GROUP)
    assert (row.about_chat_id, row.reply_to, row.priority) == (1, 9, Priority.NOTIFICATION)
    with database.writing() as session:
        messages.take(session, 5)
        outcome = messages.MessageOutcome(row.id, messages.DeliveryState.SENT, message_id=77)
        messages.record(session, [outcome], NOW)
        assert group_copies.person_of(session, GROUP, 77).about_chat_id == 1
        assert group_copies.person_of(session, GROUP, 78) is None
        assert group_copies.person_of(session, 1, 77) is None


def test_names_are_no_markup(database, know, group, got, queued):
    know(1, first_name="<b>", username="a_b")
    group()
    with database.writing() as session:
        chat = chats.find(session, 1)
        group_copies.copy(session, chat, got(text="hi"), "https://x", NOW, edited=False)
    assert "&lt;b&gt;" in queued(GROUP)[0].params["text"]


def test_answers_from_elsewhere_are_told(database, know, group, enrol, queued):
    know(1)
    group(topics=True)
    with database.writing() as session:
        replies.answer(session, 1, "Hi <there>", author_id=enrol_now(session, enrol), now=NOW)
    topic, told = queued(GROUP)
    assert (topic.method, topic.visible) == (group_copies.NEW_TOPIC, False)
    assert told.params["text"] == "↩️ <b>Somebody</b> answered <b>Anna</b>:\nHi &lt;there&gt;"


def enrol_now(session, enrol):
    """An answer without an account: from the command line."""
    return None


def test_a_topic_is_asked_for_once(database, know, group, got, queued):
    know(1)
    group(topics=True)
    with database.writing() as session:
        chat = chats.find(session, 1)
        for _ in range(2):
            group_copies.copy(session, chat, got(text="hi"), "https://x", NOW, edited=False)
        threads.set_topic(session, 1, 44)
    assert [row.method for row in queued(GROUP)] == [
        group_copies.NEW_TOPIC,
        "sendMessage",
        "sendMessage",
    ]


def test_what_did_not_arrive_is_told(database, know, group, queued):
    know(1)
    group()
    with database.writing() as session:
        answer = replies.answer(session, 1, "Hi", now=NOW)
        thanks = messages.queue(session, 1, "sendMessage", {}, text="thanks")
        for row in (answer, thanks):
            group_copies.undelivered(session, row.id, "blocked", NOW)
        group_copies.undelivered(session, answer.id, "flood", NOW)
    told = [row.text for row in queued(GROUP)][1:]
    assert told == [
        "⚠️ Not delivered: Anna has blocked the bot.",
        "⚠️ Not delivered to Anna: flood",
    ]


def test_kinds_and_reasons_are_told_in_the_group_s_language(
    database, know, group, got, queued, enrol
):
    know(1)
    group(language="ru")
    with database.writing() as session:
        place = got(location={"latitude": 1.5, "longitude": 2.5})
        group_copies.copy(session, chats.find(session, 1), place, "https://x", NOW, edited=False)
        answer = replies.answer(session, 1, "Hi", now=NOW)
        answer.files = [{"kind": "voice", "file_id": "v"}, {"kind": "voice", "file_id": "w"}]
        group_copies.copy_answer(session, chats.find(session, 1), answer, NOW)
        group_copies.undelivered(session, answer.id, "content", NOW)
    copied, _, _, answered, failed = (row.text for row in queued(GROUP))
    assert copied.endswith("\n[место на карте] 1.5, 2.5")
    assert answered.endswith("\n[голосовое сообщение × 2] Hi")
    assert failed == "⚠️ Anna: не доставлено, Telegram не принял сообщение"


def test_a_file_that_the_group_does_not_take_is_told_in_words(database, know, group, got, queued):
    know(1)
    group()
    picture = {"file_id": "p", "file_unique_id": "u", "width": 9, "height": 9}
    with database.writing() as session:
        chat = chats.find(session, 1)
        photo = got(photo=[picture], caption="of <me>", message_id=9)
        group_copies.copy(session, chat, photo, "https://x", NOW, edited=False)
        (copy,) = session.query(Message).filter_by(chat_id=GROUP)
        group_copies.undelivered(session, copy.id, "no_rights", NOW)
    _, told = queued(GROUP)
    assert (told.method, told.about_chat_id, told.reply_to) == ("sendMessage", 1, 9)
    name = '👤 <a href="https://x/inbox/1"><b>Anna</b></a>'
    assert told.params["text"] == (
        f"{name}\nof &lt;me&gt;\n📎 The file cannot be shown here; it is on the site."
    )
    with database.writing() as session:
        group_copies.undelivered(session, told.id, "no_rights", NOW)
    assert len(queued(GROUP)) == 2


def test_a_copy_without_words_of_its_own_is_not_told_twice(database, know, group, got, queued):
    """The name and the kind went before it."""
    know(1)
    group()
    with database.writing() as session:
        place = got(location={"latitude": 1.5, "longitude": 2.5})
        group_copies.copy(session, chats.find(session, 1), place, "https://x", NOW, edited=False)
        for row in session.query(Message).filter_by(chat_id=GROUP).all():
            group_copies.undelivered(session, row.id, "no_rights", NOW)
    assert [row.method for row in queued(GROUP)] == ["sendMessage", "copyMessage"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "writes more: the rest is on the site."), ("ru", "пишет ещё: остальное на сайте.")],
)
def test_a_flood_ends_in_one_line(database, know, group, got, queued, language, words):
    know(1)
    know(2, first_name="Ben")
    group(language=language)

    def write(person, count):
        with database.writing() as session:
            chat = chats.find(session, person)
            for number in range(count):
                letter = got(text=f"line {number}", message_id=number + 1)
                group_copies.copy(session, chat, letter, "https://x", NOW, edited=False)

    write(1, group_copies.MAX_WAITING + 30)
    write(2, 1)
    rows = queued(GROUP)
    assert len(rows) == group_copies.MAX_WAITING + 2
    assert rows[-2].text == f"👤 Anna {words}"
    assert rows[-1].text.endswith("line 0")
    sent(database, rows[:-3])
    write(1, 5)
    assert len(queued(GROUP)) == len(rows)  # the line waits still
    sent(database, rows)
    write(1, 2)
    assert [row.text.splitlines()[-1] for row in queued(GROUP)[len(rows) :]] == ["line 0", "line 1"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "👤 Anna\n↪️ forwarded from Boris\n↩️ in answer to: [photo] the hall\nlook"),
        ("ru", "👤 Anna\n↪️ переслано от Boris\n↩️ в ответ на: [фото] the hall\nlook"),
    ],
)
def test_the_group_sees_where_it_comes_from(database, know, group, got, queued, language, told):
    know(1)
    group(language=language)
    size = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
    chat = {"id": 1, "type": "private", "first_name": "Anna"}
    before = {"message_id": 3, "date": 1, "chat": chat, "photo": [size], "caption": "the hall"}
    origin = {"type": "hidden_user", "sender_user_name": "Boris", "date": 1}
    context = {"reply_to_message": before, "forward_origin": origin}
    with database.writing() as session:
        for letter in (
            got(text="look", **context),
            got(photo=[size], caption="look", **context),
        ):
            group_copies.copy(
                session, chats.find(session, 1), letter, "https://x", NOW, edited=False
            )
    assert [row.text for row in queued(GROUP)] == [told, told]


def sent(database, rows):
    with database.writing() as session:
        for row in rows:
            session.get(Message, row.id).state = DeliveryState.SENT
