"""API tokens: made once, refused for a reason, used without waiting for anybody."""

import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.accounts import users
from appliance.errors import Conflict, Invalid, NotFound
from appliance.models import ApiToken, Role
from appliance.services.accounts import tokens
from appliance.services.accounts import users as account_users
from appliance.services.accounts.tokens import TokenRefused
from support.people import add_user
from support.stored import find_row

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ann(database):
    return enrol(database, "ann")


def enrol(database, name, role="member"):
    with database.writing() as session:
        return add_user(session, name, role).id


@pytest.fixture
def make(database):
    def make(user_id, name="disk", scopes=("notify",), days=None):
        with database.writing() as session:
            return tokens.create(session, user_id, name, scopes, days, NOW)

    return make


@pytest.fixture
def enter(database):
    def enter(token, now=NOW):
        with database.reading() as session:
            program = tokens.authenticate(session, token, now)
            session.refresh(program.user)  # the session ends here
            return program

    return enter


@pytest.fixture
def kept(database):
    return lambda token_id=1: find_row(database, ApiToken, token_id)


def test_a_token_has_240_random_bits_and_only_its_hash_is_kept(ann, make, database):
    found = {make(ann).token for _ in range(20)}
    assert len(found) == 20
    assert all(len(token) == 44 and token.startswith("apl_") for token in found)
    with database.engine.connect() as connection:
        stored = repr(connection.connection.execute("SELECT * FROM api_tokens").fetchall())
    assert [token for token in found if token in stored or token[8:] in stored] == []


def test_the_hint_is_its_beginning(ann, make):
    new = make(ann)
    assert new.token.startswith(new.row.hint) and len(new.row.hint) == 8


def test_it_speaks_for_its_user_within_its_scopes(ann, make, enter):
    new = make(ann, scopes=("read", "notify"))
    program = enter(new.token)
    assert (program.token_id, program.user.id) == (new.row.id, ann)
    assert program.scopes == {"notify", "read"}


@pytest.mark.parametrize("token", ["", "x", "apl_", "apl_" + "x" * 40, "apl_" + "é" * 40, "\udcff"])
def test_an_unknown_one_lets_nobody_in(ann, make, enter, token):
    make(ann)
    with pytest.raises(TokenRefused) as caught:
        enter(token)
    assert (str(caught.value), caught.value.reason) == ("unknown access token", "unknown")


def test_a_hash_is_no_token(ann, make, enter):
    with pytest.raises(TokenRefused):
        enter("apl_" + tokens.hashed(make(ann).token).hex()[:40])


def test_one_expires(ann, make, enter):
    new = make(ann, days=30)
    enter(new.token, NOW + timedelta(days=30, seconds=-1))
    with pytest.raises(TokenRefused, match="expired") as caught:
        enter(new.token, NOW + timedelta(days=30))
    assert caught.value.reason.startswith(f"token {new.row.id}: ")


def test_one_is_revoked_at_once_and_for_good(ann, make, enter, database, kept):
    new = make(ann)
    for later in (NOW, NOW + MINUTE):
        with database.writing() as session:
            tokens.revoke(session, new.row.id, None, later)
    assert kept(new.row.id).revoked_at == NOW
    with pytest.raises(TokenRefused, match="revoked"):
        enter(new.token)


def test_a_disabled_user_has_no_token(ann, make, enter, database):
    new = make(ann)
    with database.writing() as session:
        account_users.update_access(session, ann, None, disabled=True)
    with pytest.raises(TokenRefused, match="disabled"):
        enter(new.token)
    with pytest.raises(Conflict, match="disabled"):
        make(ann)


@pytest.mark.parametrize("days", [1, 3650])
def test_the_shortest_and_the_longest_time(ann, make, days):
    assert make(ann, days=days).row.expires_at == NOW + timedelta(days=days)


def test_a_role_that_changes_changes_what_it_may(ann, make, enter, database):
    new = make(ann)
    with database.writing() as session:
        account_users.update_access(session, ann, None, role=Role.ADMIN)
    assert enter(new.token).user.role == Role.ADMIN


def test_use_is_noted_once_a_minute(ann, make, enter, kept):
    token = make(ann).token
    enter(token)
    assert kept().last_used_at == NOW
    enter(token, NOW + MINUTE - timedelta(seconds=1))
    assert kept().last_used_at == NOW
    enter(token, NOW + MINUTE)
    assert kept().last_used_at == NOW + MINUTE


@pytest.mark.sqlite("another process has the write lock")
def test_a_busy_database_is_not_waited_for(ann, make, enter, kept, settings):
    token = make(ann).token
    writer = sqlite3.connect(settings.data / "database.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        began = time.monotonic()
        assert enter(token).user.id == ann
        assert time.monotonic() - began < 2  # and not the 10 s of a writer
    finally:
        writer.close()
    assert kept().last_used_at is None
    enter(token)
    assert kept().last_used_at == NOW


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": ()}, "scopes"),
        ({"scopes": ("notify", "everything")}, "scopes"),
        ({"days": 0}, "expires_in_days"),
        ({"days": 3651}, "expires_in_days"),
    ],
)
def test_what_is_refused(ann, make, change, field):
    with pytest.raises(Invalid) as caught:
        make(ann, **change)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_the_first_unknown_scope_is_named(ann, make):
    with pytest.raises(Invalid, match="scope 'all': expected one of notify, broadcasts, inbox"):
        make(ann, scopes=("nothing", "all"))


def test_scopes_are_kept_in_one_order_and_once(ann, make):
    assert make(ann, scopes=("read", "inbox", "read", "notify")).row.scopes == [
        *("notify", "inbox", "read")
    ]


def test_nobody_has_too_many(ann, make, database):
    with database.writing() as session:
        for number in range(tokens.MAX_TOKENS):
            session.add(
                ApiToken(name="x", user_id=ann, token_hash=bytes([number]) * 32, hint="apl_x")
            )
    with pytest.raises(Conflict, match="100 tokens already"):
        make(ann)
    with database.writing() as session:
        tokens.revoke(session, 1, None, NOW)
    make(ann)


def test_members_end_their_own_and_admins_all(ann, make, database):
    ben, ada = enrol(database, "ben"), enrol(database, "ada", "admin")
    token_id = make(ann).row.id

    def end(user_id):
        with database.writing() as session:
            tokens.revoke(session, token_id, users.get(session, user_id), NOW)

    with pytest.raises(NotFound, match=f"no token {token_id}"):
        end(ben)
    end(ann)
    end(ada)
