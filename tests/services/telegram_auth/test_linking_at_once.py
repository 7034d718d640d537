"""Of two who use a code, or link one chat, at the same time, one is refused and loses nothing."""

import threading

import pytest
from sqlalchemy import update

from appliance.crud.accounts import link_codes
from appliance.crud.chats import chats
from appliance.errors import AlreadyLinked, ApplianceError, NotFound
from appliance.models import Chat
from appliance.services import telegram_auth
from support.linking import (
    ANNA,
    BORIS,
    NOW,
    add_account,
    claim,
    linked,
    redeem,
    start,
    start_from_chat,
)


@pytest.mark.parametrize("made_by", ["site", "bot"])
def test_a_code_that_could_not_link_is_not_used_up(database, anna, monkeypatch, made_by):
    """Also where the caller goes on, to tell the person, as the bot does; and where the other link
    was made since the look before, as can happen on PostgreSQL."""
    code = start(database, anna) if made_by == "site" else start_from_chat(database)
    redeem(database, start(database, add_account(database, "Other")), BORIS)
    with database.writing() as session:
        session.execute(update(Chat).where(Chat.id == BORIS).values(user_id=anna.id))
    look = telegram_auth.linking.check_free

    def look_too_early(*_):
        monkeypatch.setattr(telegram_auth.linking, "check_free", look)

    monkeypatch.setattr(telegram_auth.linking, "check_free", look_too_early)
    with database.writing() as session, pytest.raises(AlreadyLinked):
        if made_by == "site":
            telegram_auth.redeem(session, ANNA, telegram_auth.hashed(code), NOW)
        else:
            telegram_auth.claim(session, anna.id, code, NOW)
    with database.writing() as session:
        session.execute(update(Chat).where(Chat.id == BORIS).values(user_id=None))
    if made_by == "site":
        redeem(database, code)
    else:
        claim(database, anna, code)
    assert linked(database) == anna.id


@pytest.mark.parametrize("made_by", ["site", "bot"])
def test_whoever_comes_second_finds_the_code_used(database, anna, monkeypatch, made_by):
    """On PostgreSQL another transaction may use it up between a look at it and its use."""
    look = link_codes.get_usable

    def look_and_be_late(session, code_hash, now):
        found = look(session, code_hash, now)
        assert link_codes.use(session, code_hash, now)
        return found

    with database.writing() as session:
        if made_by == "bot":
            code = telegram_auth.start_link_from_chat(session, ANNA, NOW).code
        else:
            code = telegram_auth.start_link(session, anna.id, NOW).code
    monkeypatch.setattr(link_codes, "get_usable", look_and_be_late)
    with pytest.raises(NotFound):
        if made_by == "bot":
            claim(database, anna, code)
        else:
            redeem(database, code)
    assert linked(database) is None


def test_of_many_at_once_one_wins(database, anna):
    code = start(database, anna)
    with database.writing() as session:
        people = [chats.remember(session, 5000 + n, first_name="P").id for n in range(8)]
    start_line = threading.Barrier(len(people))
    outcomes = []

    def press(chat_id):
        start_line.wait()
        try:
            outcomes.append(redeem(database, code, chat_id).id)
        except ApplianceError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=press, args=(chat_id,)) for chat_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(anna.id) == 1
    assert outcomes.count(NotFound) == len(people) - 1
    assert sum(linked(database, chat_id) == anna.id for chat_id in people) == 1
