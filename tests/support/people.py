"""Accounts and chats, as tests need them."""

from appliance.crud.accounts import users
from appliance.crud.chats import chats


def add_user(session, name="Ann", role="member", chat_id=None, **columns):
    """`add_user(session, "Ann Lee")`: ann.lee@example.org, who has no password.

    With `chat_id` they are linked to that chat, which is made where it is not known.
    """
    email = f"{name.lower().replace(' ', '.')}@example.org"
    user = users.add(session, email=email, name=name, password_hash=None, role=role, language="en")
    if chat_id is not None:
        chat = chats.get(session, chat_id) or chats.remember(session, chat_id, first_name=name)
        chat.user_id = user.id
    _set(session, user, columns)
    return user


def add_chats(session, *chat_ids, **columns):
    """`add_chats(session, 1, 2, language="ru")`: active private chats with these ids."""
    for chat_id in chat_ids:
        chat = chats.remember(session, chat_id, first_name=f"P{chat_id}")
        _set(session, chat, columns)


def _set(session, row, columns):
    for name, value in columns.items():
        setattr(row, name, value)
    session.flush()
