"""An HTML message to one chat, as it stands in the outbox."""

from datetime import UTC, datetime

from appliance.crud.chats import chats
from appliance.models import DeliveryState, Priority
from appliance.services import outbox

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def test_a_thread_shows_it_without_its_markup(database):
    with database.writing() as session:
        chats.remember(session, 1)
        row = outbox.send_html(session, 1, "<b>Hi</b> &amp; bye", now=NOW)
    assert (row.method, row.params) == (
        "sendMessage",
        {"text": "<b>Hi</b> &amp; bye", "parse_mode": "HTML"},
    )
    assert (row.text, row.visible) == ("Hi & bye", True)
    assert (row.state, row.priority, row.created_at) == (DeliveryState.PENDING, Priority.REPLY, NOW)


def test_further_parameters_and_columns(database):
    with database.writing() as session:
        chats.remember(session, 1)
        row = outbox.send_html(
            session,
            1,
            "x",
            priority=Priority.NOTIFICATION,
            params={"reply_markup": {"inline_keyboard": []}},
            about_chat_id=7,
        )
    assert row.params["reply_markup"] == {"inline_keyboard": []}
    assert (row.priority, row.about_chat_id) == (Priority.NOTIFICATION, 7)
