"""Answers: rows of the outbox, once for a key, refused where they cannot arrive."""

import io
from datetime import UTC, datetime

import pytest

from appliance.errors import Conflict, Invalid, NotFound
from appliance.models import ChatStatus, Message, Priority
from appliance.services.content import media
from appliance.services.inbox import replies

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def test_the_row_of_an_answer(database, know, enrol, queued):
    know(1)
    olga = enrol("olga")
    with database.writing() as session:
        replies.answer(session, 1, "{not a placeholder}", author_id=olga, now=NOW)
    (row,) = queued(1)
    assert (row.priority, row.author_id, row.about_chat_id) == (Priority.REPLY, olga, 1)
    assert row.params == {"text": "{not a placeholder}"}


def test_a_key_counts_for_one_person(database, know):
    know(1, 2)
    with database.writing() as session:
        first = replies.answer(session, 1, "a", key="k")
        assert replies.answer(session, 1, "a", key="k").id == first.id
        assert replies.answer(session, 2, "b", key="k").id != first.id
        assert replies.answer(session, 1, "b", key="l").id != first.id


def test_a_repeated_answer_is_the_first_even_when_the_bot_was_blocked_since(database, know):
    know(1)
    with database.writing() as session:
        first = replies.answer(session, 1, "a", key="k")
        session.get(Message, first.id).chat_id = 1
    know(1, status=ChatStatus.BLOCKED)
    with database.writing() as session:
        assert replies.answer(session, 1, "a", key="k").id == first.id
        with pytest.raises(Conflict):
            replies.answer(session, 1, "a", key="other")


@pytest.mark.parametrize("status", [ChatStatus.BLOCKED, ChatStatus.LEFT, ChatStatus.NEW])
def test_who_cannot_be_reached(database, know, status):
    know(1, status=status)
    with database.writing() as session, pytest.raises(Conflict):
        replies.answer(session, 1, "a")


def test_who_said_stop_still_gets_answers(database, know, queued):
    know(1, status=ChatStatus.STOPPED)
    with database.writing() as session:
        replies.answer(session, 1, "a")
    assert len(queued(1)) == 1


def test_nobody_and_groups(database, know):
    know(-5, type="group")
    for chat_id in (-5, 99):
        with database.writing() as session, pytest.raises(NotFound):
            replies.answer(session, chat_id, "a")


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("", "plain"),
        ("\u200b", "plain"),
        ("x" * 4097, "plain"),
        ("<", "html"),
        ('<a href="javascript:x">x</a>', "html"),
        ("a&nbsp;b", "html"),
    ],
)
def test_texts_that_telegram_would_refuse(database, know, text, format):
    know(1)
    with database.writing() as session, pytest.raises(Invalid):
        replies.answer(session, 1, text, format=format)


def test_a_file_is_named_by_its_row(database, settings, know, queued):
    know(1)
    kept = media.keep(settings.data, "document", io.BytesIO(b"x"), "a.txt")
    with database.writing() as session:
        replies.answer_file(session, 1, kept, caption="see", now=NOW)
        with pytest.raises(Invalid) as raised:
            replies.answer_file(session, 1, kept, caption="x" * 1025)
    assert raised.value.faults[0].field == "caption"
    (row,) = queued(1)
    assert (row.method, row.params, row.text) == ("sendDocument", {"caption": "see"}, "see")
    assert row.media == [{"id": row.media[0]["id"], "kind": "document"}]


def test_what_the_group_said_goes_on(database, know, telegram, queued):
    know(1)
    said = telegram(text="hi", entities=[{"type": "bold", "offset": 0, "length": 2}])
    with database.writing() as session:
        replies.answer_from_group(session, 1, said, None, None, NOW)
    (row,) = queued(1)
    assert row.params == {"text": "<b>hi</b>", "parse_mode": "HTML"}
