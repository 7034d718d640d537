"""Unlinking ends the link, the sessions and the open codes of both sides."""

import pytest

from appliance.crud.accounts import link_codes, users
from appliance.crud.chats import chats
from appliance.errors import NotFound
from appliance.models import ChatStatus
from appliance.services import telegram_auth
from support.linking import ANNA, LATER, NOW, linked, redeem, start, unlink
from support.stored import texts


@pytest.mark.parametrize("side", ["user_id", "chat_id"])
def test_both_sides_can_unlink(database, anna, side):
    redeem(database, start(database, anna))
    assert unlink(database, **{side: anna.id if side == "user_id" else ANNA})
    assert linked(database) is None
    assert "больше не привязан" in texts(database, ANNA)[0]
    assert not unlink(database, **{side: anna.id if side == "user_id" else ANNA})


@pytest.mark.parametrize("side", ["user_id", "chat_id"])
def test_unlinking_ends_every_session(database, anna, side):
    redeem(database, start(database, anna))
    for _ in range(2):
        unlink(database, **{side: anna.id if side == "user_id" else ANNA})
    with database.reading() as session:
        assert users.get(session, anna.id).session_version == anna.session_version + 1


def test_unlinking_revokes_open_codes(database, anna):
    code = start(database, anna)
    assert not unlink(database, user_id=anna.id)
    with pytest.raises(NotFound):
        redeem(database, code)


@pytest.mark.parametrize("side", ["user_id", "chat_id"])
def test_unlinking_revokes_open_codes_of_the_chat(database, anna, side):
    """Made while it was not linked yet, by a transaction that was slow to end."""
    redeem(database, start(database, anna))
    with database.writing() as session:
        code_hash = telegram_auth.hashed("late")
        link_codes.add(session, code_hash, now=NOW, expires_at=LATER, chat_id=ANNA)
    assert unlink(database, **{side: anna.id if side == "user_id" else ANNA})
    with database.reading() as session:
        assert link_codes.get_usable(session, code_hash, NOW) is None


def test_who_blocked_the_bot_is_not_written_to(database, anna):
    redeem(database, start(database, anna))
    with database.writing() as session:
        chats.set_status(session, ANNA, ChatStatus.BLOCKED)
    before = texts(database, ANNA)
    assert unlink(database, user_id=anna.id)
    assert texts(database, ANNA) == before
