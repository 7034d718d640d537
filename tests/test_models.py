"""What the tables promise: UTC times, words, names, constraints."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError, StatementError

from appliance.models import (
    Base,
    Chat,
    DeliveryState,
    Lease,
    LinkCode,
    Priority,
    Setting,
    User,
    utcnow,
)

BERLIN = timezone(timedelta(hours=2))


def test_now_is_utc():
    assert utcnow().tzinfo is UTC


def test_a_time_comes_back_in_utc(database):
    stored = datetime(2026, 9, 1, 14, 30, 0, 123456, tzinfo=BERLIN)
    with database.writing() as session:
        session.add(Lease(name="a", heartbeat_at=stored, expires_at=None))
    with database.reading() as session:
        lease = session.get(Lease, "a")
    assert lease.heartbeat_at == stored
    assert lease.heartbeat_at.isoformat() == "2026-09-01T12:30:00.123456+00:00"
    assert lease.expires_at is None


@pytest.mark.slow
def test_a_time_comes_back_in_utc_from_postgresql(postgresql_database):
    test_a_time_comes_back_in_utc(postgresql_database)


def test_a_time_without_a_zone_is_refused(database):
    with (
        pytest.raises(StatementError, match="without a zone"),
        database.writing() as session,
    ):
        session.add(Lease(name="a", heartbeat_at=datetime(2026, 9, 1)))


def test_times_compare_as_times(database):
    """SQLite compares them as text, so all must be written alike."""
    with database.writing() as session:
        session.add(Lease(name="a", expires_at=datetime(2026, 9, 1, 1, tzinfo=BERLIN)))
    with database.reading() as session:
        before = datetime(2026, 8, 31, 23, 0, 0, 1, tzinfo=UTC)
        assert session.query(Lease).where(Lease.expires_at < before).count() == 1
        assert (
            session.query(Lease).where(Lease.expires_at < before.replace(microsecond=0)).count()
            == 0
        )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"title": "Choir", "first_name": "A"}, "Choir"),
        ({"first_name": "Ann", "last_name": "Berg"}, "Ann Berg"),
        ({"last_name": "Berg"}, "Berg"),
        ({"username": "ann"}, "7"),
    ],
)
def test_what_a_chat_is_called(values, name):
    assert Chat(id=7, **values).name == name


def test_states_as_words():
    assert [state.word for state in DeliveryState] == [
        "pending",
        "sending",
        "sent",
        "failed",
        "skipped",
        "unknown",
    ]


def test_replies_go_first():
    assert sorted(Priority) == [Priority.REPLY, Priority.NOTIFICATION, Priority.BROADCAST]


@pytest.mark.parametrize("both", [True, False])
def test_a_code_has_exactly_one_side(database, both):
    sides = {"user_id": 1, "chat_id": 1} if both else {}
    with pytest.raises(IntegrityError, match="one_side"), database.writing() as session:
        session.add(LinkCode(code_hash=bytes(32), expires_at=utcnow(), **sides))


def test_foreign_keys_count(database):
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), database.writing() as session:
        session.add(LinkCode(code_hash=bytes(32), expires_at=utcnow(), user_id=99))


def test_json_keeps_its_letters(database):
    value = {"text": "Привет 👋", "number": 2**60, "none": None, "list": [1, {"a": False}]}
    with database.writing() as session:
        session.add(Setting(name="a", value=value))
    with database.reading() as session:
        assert session.get(Setting, "a").value == value


def test_every_constraint_has_a_name():
    """A migration on SQLite can only drop what has one."""
    for table in Base.metadata.tables.values():
        assert all(constraint.name for constraint in table.constraints)
        assert all(index.name for index in table.indexes)


def test_users_are_the_same_only_by_identity():
    first, second = User(), User()
    assert first == first
    assert first != second, "neither has an id yet"
    assert len({first, second}) == 2


def test_a_user_is_what_flask_login_logs_in():
    user = User(id=7, session_version=2, disabled=False)
    assert (user.get_id(), user.is_active, user.is_authenticated) == ("7.2", True, True)
    assert not user.is_anonymous
    user.disabled = True
    assert (user.is_active, user.is_authenticated) == (False, False)
