"""A code links one chat to one account, and both sides are told."""

import re
from datetime import timedelta

import pytest

from appliance.crud.accounts import users
from appliance.crud.chats import chats
from appliance.errors import AlreadyLinked, Conflict, NotFound
from appliance.models import ChatStatus, ChatType, LinkCode
from appliance.services import telegram_auth
from appliance.services.telegram_auth import codes
from support.linking import (
    ANNA,
    BORIS,
    LATER,
    NOW,
    add_account,
    claim,
    linked,
    redeem,
    start,
    start_from_chat,
    type_in,
    typed,
    unlink,
)
from support.stored import texts


def test_a_code_of_the_site_leads_to_the_bot(database, anna):
    with database.writing() as session:
        new = telegram_auth.start_link(session, anna.id, NOW)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,64}", new.code)  # 22 characters hold 128 bits
    assert new.url == f"https://t.me/club_bot?start={new.code}"
    assert new.expires_at == NOW + timedelta(minutes=15)


def test_without_a_bot_there_is_no_address(database):
    user = add_account(database, "Early")
    with database.writing() as session:
        assert telegram_auth.start_link(session, user.id, NOW).url is None


def test_only_the_hash_is_stored(database, anna):
    with database.writing() as session:
        new = telegram_auth.start_link(session, anna.id, NOW)
    with database.reading() as session:
        stored = {row.code_hash for row in session.query(LinkCode)}
    typed = codes.read(new.typed or "") or ""
    assert stored == {telegram_auth.hashed(new.code), codes.hashed(typed)}
    assert not any(word.encode() in hash_ for hash_ in stored for word in (new.code, typed))


def test_a_pressed_deep_link_ties_and_tells(database, anna):
    assert redeem(database, start(database, anna)).id == anna.id
    assert linked(database) == anna.id
    (text,) = texts(database, ANNA)
    assert "привязан" in text and "Anna <Site>" in text


def test_a_code_of_the_bot_leads_to_the_site(database, anna):
    with database.writing() as session:
        new = telegram_auth.start_link_from_chat(session, ANNA, NOW, "https://example.org")
    assert new.url == f"https://example.org/link#{new.code}"  # a fragment reaches no server
    chat = claim(database, anna, new.code)
    assert (chat.id, chat.user_id) == (ANNA, anna.id)
    assert linked(database) == anna.id
    assert len(texts(database, ANNA)) == 1


def test_a_typed_code_ties_too(database, anna):
    assert type_in(database, typed(database, anna)).id == anna.id
    assert linked(database) == anna.id
    assert len(texts(database, ANNA)) == 1


def test_a_preview_says_whom_and_changes_nothing(database, anna):
    code = start_from_chat(database)
    for _ in range(2):
        with database.reading() as session:
            assert telegram_auth.preview(session, code, NOW).name == "Анна"
    assert linked(database) is None
    claim(database, anna, code)
    for strange in (code, start(database, add_account(database, "Other")), ""):
        with pytest.raises(NotFound), database.reading() as session:
            telegram_auth.preview(session, strange, NOW)


def test_who_made_a_code_is_told_before_it_is_used(database, anna):
    code_hash = telegram_auth.hashed(start(database, anna))
    for _ in range(2):
        with database.writing() as session:
            assert telegram_auth.preview_code(session, ANNA, code_hash, NOW).id == anna.id
    assert linked(database) is None
    with pytest.raises(NotFound), database.writing() as session:
        telegram_auth.preview_code(session, ANNA, code_hash, LATER)


def test_who_never_pressed_start_is_tied_in_silence(database, anna):
    code = start_from_chat(database)
    with database.writing() as session:
        chats.set_status(session, ANNA, ChatStatus.NEW)
    claim(database, anna, code)
    assert linked(database) == anna.id and texts(database, ANNA) == []


def test_a_linked_chat_is_not_taken_over(database, anna):
    other = add_account(database, "Other")
    of_site, of_bot = start(database, other), start_from_chat(database)
    redeem(database, start(database, anna))
    with pytest.raises(AlreadyLinked, match="/unlink"):
        redeem(database, of_site)
    with pytest.raises(NotFound):  # linking revoked the chat's open code
        claim(database, other, of_bot)
    assert linked(database) == anna.id
    unlink(database, chat_id=ANNA)
    redeem(database, of_site)  # the refused code was not used up
    assert linked(database) == other.id


def test_a_linked_user_is_not_taken_over(database, anna):
    of_boris = start_from_chat(database, BORIS)
    redeem(database, start(database, anna))
    with pytest.raises(AlreadyLinked, match="another Telegram account: unlink it first"):
        claim(database, anna, of_boris)
    assert linked(database, BORIS) is None


def test_only_private_chats_are_linked(database, anna):
    with database.writing() as session:
        chats.remember(session, -5, type=ChatType.GROUP, title="Choir")
    with pytest.raises(NotFound):
        redeem(database, start(database, anna), -5)
    with pytest.raises(Conflict):
        start_from_chat(database, -5)


def test_a_disabled_user_is_not_linked(database, anna):
    code = start(database, anna)
    with database.writing() as session:
        users.get(session, anna.id).disabled = True
    with pytest.raises(NotFound):
        redeem(database, code)


def test_an_unknown_user_or_chat(database, anna):
    for user_id in (0, 999, 2**70):
        with pytest.raises(NotFound), database.writing() as session:
            telegram_auth.start_link(session, user_id, NOW)
    with pytest.raises(NotFound):
        start_from_chat(database, 999)
