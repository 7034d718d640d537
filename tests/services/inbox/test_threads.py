"""What operators see and do. Over HTTP: tests/routers/test_inbox.py."""

import pytest

from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.crud.messages.threads import ThreadFilter
from appliance.errors import Conflict, Invalid, NotFound
from appliance.models import Role, utcnow
from appliance.services.i18n.catalog import translate
from appliance.services.inbox import threads as inbox_threads


def test_a_line_shows_what_telegram_shows(database, know, enrol):
    know(1)
    olga = enrol("olga")
    with database.writing() as session:
        params = {"caption": "<b>x</b>", "parse_mode": "HTML", "photo": "F"}
        files = [{"kind": "photo", "file_id": "F"}]
        messages.queue(session, 1, "sendPhoto", params, text="x", author_id=olga, files=files)
        (message,) = inbox_threads.list_messages(session, 1, 10)
    assert (message.html, message.author, message.state) == (
        "<b>x</b>",
        inbox_threads.Person(olga, "Olga"),
        "pending",
    )
    assert message.files == [inbox_threads.File(0, "photo", None, None, None)]


def test_only_enabled_operators_are_given_threads(database, know, enrol):
    know(1)
    zoe, ada = enrol("zoe"), enrol("ada", Role.ADMIN)
    gone, member = enrol("gone", disabled=True), enrol("mila", Role.MEMBER)
    with database.writing() as session:
        assert [person.id for person in inbox_threads.operators(session)] == [ada, zoe]
        inbox_threads.assign(session, 1, zoe)
        assert inbox_threads.get_summary(session, 1).assigned == inbox_threads.Person(zoe, "Zoe")
        for user_id in (gone, member):
            with pytest.raises(Invalid):
                inbox_threads.assign(session, 1, user_id)


def test_closing_reads(database, know):
    know(1)
    with database.writing() as session:
        threads.heard(session, 1, utcnow())
        inbox_threads.set_status(session, 1, "closed")
        (summary,) = inbox_threads.list_summaries(session, ThreadFilter(), 10)
        assert (summary.status, summary.unread) == ("closed", 0)


def test_a_group_has_no_thread(database, know):
    know(-5, type="group")
    with database.reading() as session, pytest.raises(NotFound):
        inbox_threads.get_summary(session, -5)


def test_an_admin_is_not_banned(database, know, enrol):
    know(1, user_id=enrol("ada", Role.ADMIN))
    know(2, user_id=enrol("olga"))
    know(3, user_id=enrol("gone", Role.ADMIN, disabled=True))
    with database.writing() as session:
        with pytest.raises(Conflict, match="is an admin of the site") as refused:
            inbox_threads.ban(session, 1, True)
        assert "администратор" in translate(refused.value.message, "ru")
        inbox_threads.ban(session, 1, False)
        for person in (2, 3):
            inbox_threads.ban(session, person, True)
        assert [chats.find(session, it).banned for it in (1, 2, 3)] == [False, True, True]
