"""Tokens in both databases: found by their hash, listed, noted as used."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.accounts import tokens
from appliance.errors import NotFound
from appliance.models import ApiToken

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def keep(store):
    def keep(user_id, number, **values):
        with store.writing() as session:
            row = ApiToken(
                name=f"t{number}",
                user_id=user_id,
                token_hash=bytes([number]) * 32,
                hint="apl_xxxx",
                scopes=["notify"],
                **{"created_at": NOW, **values},
            )
            return tokens.add(session, row).id

    return keep


def test_one_is_found_by_its_hash_with_whose_it_is(store, enrol, keep):
    ann, ben = enrol("ann"), enrol("ben")
    keep(ann, 1)
    second = keep(ben, 2)
    with store.reading() as session:
        row, user = tokens.get_by_hash(session, bytes([2]) * 32)
        assert (row.id, user.id, row.scopes) == (second, ben, ["notify"])
        assert tokens.get_by_hash(session, bytes(32)) is None


@pytest.mark.parametrize("token_id", [0, -1, 7, 2**63])
def test_an_unknown_one(store, token_id):
    with store.reading() as session, pytest.raises(NotFound, match="no token"):
        tokens.get(session, token_id)


def test_pages_go_back_in_time_and_may_be_of_one_user(store, enrol, keep):
    ann, ben = enrol("ann"), enrol("ben")
    ids = [keep(ann, 1), keep(ben, 2), keep(ann, 3)]
    with store.reading() as session:
        assert [row.id for row in tokens.list_page(session, 2)] == [ids[2], ids[1]]
        assert [row.id for row in tokens.list_page(session, 2, ids[1])] == [ids[0]]
        assert [row.id for row in tokens.list_page(session, 9, None, ann)] == [ids[2], ids[0]]


def test_live_ones_are_neither_revoked_nor_expired(store, enrol, keep):
    ann = enrol("ann")
    keep(ann, 1)
    keep(ann, 2, expires_at=NOW + timedelta(days=1))
    keep(ann, 3, expires_at=NOW)
    keep(ann, 4, revoked_at=NOW)
    with store.reading() as session:
        assert tokens.count_live(session, ann, NOW) == 2


def test_use_is_noted(store, enrol, keep):
    token_id = keep(enrol("ann"), 1)
    with store.writing() as session:
        tokens.touch(session, token_id, NOW)
    with store.reading() as session:
        assert tokens.get(session, token_id).last_used_at == NOW
