"""Codes are used once; a chat and a user have one partner each."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.accounts import link_codes
from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.errors import AlreadyLinked
from support.people import add_chats, add_user

NOW = datetime(2026, 9, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
CODE = bytes(32)
OTHER = bytes(31) + b"\1"


@pytest.fixture
def people(database):
    """A chat, 1001, and two users; returns the users' ids."""
    with database.writing() as session:
        add_chats(session, 1001, 1002)
        return add_user(session, "Anna").id, add_user(session, "Boris").id


def test_a_code_is_usable_until_it_is_over(database, people):
    with database.writing() as session:
        link_codes.add(session, CODE, now=NOW, expires_at=LATER, user_id=people[0])
        assert link_codes.get_usable(session, CODE, LATER - timedelta(seconds=1)) is not None
        assert link_codes.get_usable(session, CODE, LATER) is None
        assert link_codes.get_usable(session, OTHER, NOW) is None
        assert not link_codes.use(session, CODE, LATER)


def test_a_code_is_used_once(database, people):
    with database.writing() as session:
        link_codes.add(session, CODE, now=NOW, expires_at=LATER, user_id=people[0])
        assert link_codes.use(session, CODE, NOW)
        assert not link_codes.use(session, CODE, NOW)
        assert link_codes.get_usable(session, CODE, NOW) is None


def test_revoking_spares_used_codes_and_other_people(database, people):
    with database.writing() as session:
        link_codes.add(session, CODE, now=NOW, expires_at=LATER, user_id=people[0])
        link_codes.add(session, OTHER, now=NOW, expires_at=LATER, user_id=people[1])
        link_codes.add(session, b"used".ljust(32), now=NOW, expires_at=LATER, user_id=people[0])
        link_codes.add(session, b"chat".ljust(32), now=NOW, expires_at=LATER, chat_id=1001)
        link_codes.use(session, b"used".ljust(32), NOW)
        assert link_codes.revoke(session) == 0
        assert link_codes.revoke(session, user_id=people[0], chat_id=1001) == 2
        assert link_codes.get_usable(session, CODE, NOW) is None
        assert link_codes.get_usable(session, OTHER, NOW) is not None


def test_old_codes_are_forgotten(database, people):
    with database.writing() as session:
        link_codes.add(session, CODE, now=NOW, expires_at=LATER, user_id=people[0])
        assert link_codes.forget(session, LATER) == 0
        assert link_codes.forget(session, LATER + timedelta(seconds=1)) == 1


def test_joining_is_seen_from_both_sides(database, people):
    with database.writing() as session:
        chat = link_codes.link(session, 1001, people[0], NOW)
        assert chat.user is not None and chat.user.name == "Anna"
        assert link_codes.link(session, 1001, people[0], NOW) is chat
        assert chats.get_by_user(session, people[0]) is chat
        link_codes.unlink(session, chat, NOW)
        assert chat.user is None
        assert chats.get_by_user(session, people[0]) is None


def test_nobody_is_joined_twice(database, people):
    with database.writing() as session:
        link_codes.link(session, 1001, people[0], NOW)
        with pytest.raises(AlreadyLinked):
            link_codes.link(session, 1001, people[1], NOW)
        with pytest.raises(AlreadyLinked):
            link_codes.link(session, 1002, people[0], NOW)
        link_codes.link(session, 1002, people[1], NOW)  # the transaction is usable still
    with database.reading() as session:
        found = [chats.find(session, chat_id).user_id for chat_id in (1001, 1002)]
    assert found == list(people)


def test_counting_refusals(database, people):
    """Of this chat, whatever they say, after a time; other messages do not count."""
    with database.writing() as session:
        for chat_id, text, at in [
            (1001, "no", NOW),
            (1001, "nein", NOW),
            (1001, "no", NOW - timedelta(hours=1)),
            (1002, "no", NOW),
        ]:
            key = link_codes.refusal_key()
            messages.queue(session, chat_id, "sendMessage", {}, text=text, now=at, key=key)
        messages.queue(session, 1001, "sendMessage", {}, text="no", now=NOW)
        messages.queue(session, 1001, "sendMessage", {}, text="no", now=NOW, key="of-a-request")
        messages.record_incoming(session, 1001, "no", 1, NOW)
        before = NOW - timedelta(minutes=1)
        assert link_codes.count_refusals(session, 1001, before) == 2
        assert link_codes.count_refusals(session, 1001, NOW) == 0
