"""Codes that link a chat to an account, made and used as the site and the bot do, at one time."""

from datetime import UTC, datetime

from appliance.crud.chats import chats
from appliance.services import telegram_auth
from appliance.services.telegram_auth import codes
from support.people import add_user

NOW = datetime(2026, 9, 1, tzinfo=UTC)
LATER = NOW + telegram_auth.LIFETIME
ANNA, BORIS = 1001, 1002


def add_account(database, name):
    with database.writing() as session:
        return add_user(session, name)


def start(database, user, now=NOW):
    """The code of a new deep link of this user."""
    with database.writing() as session:
        return telegram_auth.start_link(session, user.id, now).code


def start_from_chat(database, chat_id=ANNA, now=NOW):
    """The code of a new link to the site."""
    with database.writing() as session:
        return telegram_auth.start_link_from_chat(session, chat_id, now).code


def typed(database, user):
    """The short code that goes with a new deep link of this user."""
    with database.writing() as session:
        new = telegram_auth.start_link(session, user.id, NOW)
    return codes.read(new.typed)


def type_in(database, code, chat_id=ANNA, now=NOW):
    with database.writing() as session:
        return telegram_auth.redeem(session, chat_id, codes.hashed(code), now)


def redeem(database, code, chat_id=ANNA, now=NOW):
    with database.writing() as session:
        return telegram_auth.redeem(session, chat_id, telegram_auth.hashed(code), now)


def claim(database, user, code, now=NOW):
    with database.writing() as session:
        return telegram_auth.claim(session, user.id, code, now)


def unlink(database, **side):
    with database.writing() as session:
        return telegram_auth.unlink(session, NOW, **side)


def linked(database, chat_id=ANNA):
    """The id of the user whom the chat is linked to, or None."""
    with database.reading() as session:
        return chats.find(session, chat_id).user_id
