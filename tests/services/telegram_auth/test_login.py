"""A verified person arrives: logged in, tied, given a code, or refused; nothing in between."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.accounts import users
from appliance.crud.chats import chats
from appliance.database import Database
from appliance.errors import AlreadyLinked, Expired, Forbidden, NotFound
from appliance.models import Chat, ChatStatus
from appliance.services import telegram_auth
from appliance.services.telegram_auth import login
from appliance.services.telegram_auth.login import Arrival
from appliance.services.telegram_auth.proofs import Person, Proof
from support.people import add_user
from support.stored import find_row, texts

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ANNA = Person(1001, "Anna", "Smirnova", "anna", "ru")


def enrol(database: Database, name: str = "anna") -> int:
    with database.writing() as session:
        return add_user(session, name, password_hash="kept").id


def arrive(
    database: Database, person: Person = ANNA, visitor: int | None = None, requested: bool = True
) -> Arrival:
    with database.writing() as session:
        return login.arrive(session, person, visitor, NOW, requested=requested)


def use(database: Database, digest: bytes, visitor: int | None = None) -> Arrival:
    """With data that Telegram has signed for Anna."""
    proof = Proof(ANNA, digest * 32, NOW + timedelta(minutes=15))
    with database.writing() as session:
        return login.use_proof(session, proof, visitor, NOW)


def test_a_stranger_gets_a_code_of_his_chat(database):
    arrival = arrive(database)
    assert arrival.user is None
    chat = find_row(database, Chat, ANNA.id)
    assert chat is not None and chat.status == ChatStatus.NEW
    assert (chat.name, chat.username, chat.language) == ("Anna Smirnova", "anna", "ru")
    user_id = enrol(database)
    with database.writing() as session:
        telegram_auth.claim(session, user_id, arrival.code or "", NOW)
    back = arrive(database)
    assert back.user is not None and back.user.id == user_id and back.code is None


def test_a_second_code_revokes_the_first(database):
    first, _ = arrive(database).code, arrive(database).code
    with pytest.raises(NotFound), database.reading() as session:
        telegram_auth.preview(session, first or "", NOW)


def test_who_is_tied_comes_back_and_keeps_the_password(database):
    user_id = enrol(database)
    arrive(database, visitor=user_id)
    user = arrive(database).user
    assert user is not None
    assert (user.id, user.password_hash, user.last_login_at) == (user_id, "kept", NOW)


def test_a_visitor_is_tied_once(database):
    user_id = enrol(database)
    with database.writing() as session:
        chats.remember(session, ANNA.id, first_name="Anna")
    for _ in range(2):
        assert arrive(database, visitor=user_id).code is None
    assert len(texts(database, ANNA.id)) == 1


def test_signed_data_ties_nobody_by_itself(database):
    """It may be an attacker's own, in a link that the visitor was made to open."""
    user_id = enrol(database)
    arrival = use(database, b"1", visitor=user_id)
    chat = find_row(database, Chat, ANNA.id)
    assert arrival.user is None and chat is not None and chat.user_id is None
    with database.writing() as session:
        telegram_auth.claim(session, user_id, arrival.code or "", NOW)
    back = use(database, b"2", visitor=user_id)
    assert back.user is not None and back.code is None


def test_signed_data_makes_nobody_else_of_a_visitor(database):
    anna, eve = enrol(database), enrol(database, "eve")
    arrive(database, visitor=anna)
    with pytest.raises(AlreadyLinked, match="linked to another account"):
        arrive(database, visitor=eve, requested=False)
    with pytest.raises(AlreadyLinked, match="another Telegram account"):
        arrive(database, Person(1002, "Boris"), visitor=anna, requested=False)


def test_nobody_is_taken_over(database):
    anna, eve = enrol(database), enrol(database, "eve")
    arrive(database, visitor=anna)
    with pytest.raises(AlreadyLinked, match="linked to another account"):
        arrive(database, visitor=eve)
    with pytest.raises(AlreadyLinked, match="another Telegram account"):
        arrive(database, Person(1002, "Boris"), visitor=anna)
    chat = find_row(database, Chat, ANNA.id)
    assert chat is not None and chat.user_id == anna


def test_a_disabled_account(database):
    user_id = enrol(database)
    arrive(database, visitor=user_id)
    with database.writing() as session:
        users.get(session, user_id).disabled = True
    with pytest.raises(Forbidden):
        arrive(database)


@pytest.mark.parametrize(
    ("before", "may_write", "after"),
    [
        (None, False, ChatStatus.NEW),
        (None, True, ChatStatus.ACTIVE),
        (ChatStatus.NEW, False, ChatStatus.NEW),
        (ChatStatus.NEW, True, ChatStatus.ACTIVE),
        (ChatStatus.ACTIVE, False, ChatStatus.ACTIVE),
        (ChatStatus.STOPPED, True, ChatStatus.STOPPED),
        (ChatStatus.BLOCKED, True, ChatStatus.BLOCKED),
    ],
)
def test_whether_the_bot_may_write(database, before, may_write, after):
    if before is not None:
        with database.writing() as session:
            chats.remember(session, ANNA.id, first_name="Old")
            chats.set_status(session, ANNA.id, before)
    arrive(database, Person(ANNA.id, "Anna", may_write=may_write))
    chat = find_row(database, Chat, ANNA.id)
    assert chat is not None and (chat.status, chat.first_name) == (after, "Anna")


def test_a_proof_works_once_and_is_kept_when_it_was_refused(database):
    anna, eve = enrol(database), enrol(database, "eve")
    arrive(database, visitor=anna)
    with pytest.raises(AlreadyLinked):
        use(database, b"1", visitor=eve)
    assert use(database, b"1").user is not None
    with pytest.raises(Expired):
        use(database, b"1")


def test_on_postgresql_too(postgresql_database):
    anna, eve = enrol(postgresql_database), enrol(postgresql_database, "eve")
    assert arrive(postgresql_database).code is not None
    assert arrive(postgresql_database, visitor=anna).user is not None
    with pytest.raises(AlreadyLinked):
        arrive(postgresql_database, visitor=eve)
    user = arrive(postgresql_database).user
    assert user is not None and user.id == anna
