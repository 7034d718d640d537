"""A context answers through the outbox, in the chat's language."""

from datetime import timedelta

import pytest

from appliance.bot.context import Context
from appliance.crud.chats import chats
from appliance.models import Priority, User


@pytest.fixture
def context(desk):
    """Of a chat whose client speaks German; the site's default is English."""
    with desk.database.writing() as session:
        chat = chats.remember(session, 1001, first_name="Anna", language="de")
        yield Context(session, chat, desk.site, desk.clock())


def test_the_default_language_is_the_site_s(context):
    assert context.language == "en"
    context.chat.language = "ru-RU"
    assert context.language == "ru"


def test_a_reply_is_html_for_telegram_and_plain_in_the_thread(context, desk):
    context.reply("<b>Tom &amp; Co</b>", {"inline_keyboard": []})
    context.session.commit()
    (row,) = desk.thread()
    assert row.text == "Tom & Co"
    assert row.priority == Priority.REPLY
    assert row.params == {
        "text": "<b>Tom &amp; Co</b>",
        "parse_mode": "HTML",
        "reply_markup": {"inline_keyboard": []},
    }


def test_calls_stay_out_of_the_thread(context, desk):
    context.answer("42", "<i>Done</i>")
    context.answer("43")
    context.edit(7, "new")
    context.session.commit()
    assert desk.thread() == []
    assert desk.calls() == [
        ("answerCallbackQuery", {"callback_query_id": "42", "text": "Done"}),
        ("answerCallbackQuery", {"callback_query_id": "43"}),
        ("editMessageText", {"message_id": 7, "text": "new", "parse_mode": "HTML"}),
    ]


def test_it_knows_what_was_said(context, desk):
    hour_ago = desk.clock() - timedelta(hours=1)
    assert not context.said_since("<b>Hi</b>", hour_ago)
    context.reply("<b>Hi</b>")
    assert context.said_since("<b>Hi</b>", hour_ago)
    assert not context.said_since("<b>Hi</b>", desk.clock())


def test_an_answer_is_cut_to_what_a_button_shows(desk, context):
    context.answer("1", "<b>" + "x" * 300 + "</b>")
    context.session.commit()
    assert desk.calls()[-1][1]["text"] == "x" * 200


def test_a_role_is_that_of_an_account_in_use(context):
    assert context.role is None
    context.chat.user = User(email="a@x.org", name="A", role="admin", disabled=False)
    assert context.role == "admin"
    context.chat.user.disabled = True
    assert context.role is None
    context.chat.user = None
