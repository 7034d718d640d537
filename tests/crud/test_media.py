"""Files known by content, and by the ids a bot has for them; on both databases."""

import pytest

from appliance.crud import media
from appliance.errors import NotFound

A, B = "a" * 64, "b" * 64


@pytest.fixture
def keep(store):
    def keep(sha256=A, kind="photo", name="a.jpg"):
        with store.writing() as session:
            return media.add(session, sha256=sha256, kind=kind, name=name, size=5).id

    return keep


@pytest.fixture
def ids(store):
    """`ids(1, bot=7)`: the file ids this bot has for these files."""

    def ids(*media_ids, bot=7):
        with store.reading() as session:
            return media.file_ids(session, media.get_all(session, media_ids), bot)

    return ids


def test_the_same_content_and_kind_is_kept_once(store, keep):
    first = keep()
    assert keep(name="other.jpg") == first
    assert keep(kind="document") != first
    assert keep(B) != first
    with store.reading() as session:
        (found,) = media.get_all(session, [first])
        assert (found.name, found.kind, found.size) == ("a.jpg", "photo", 5)


def test_files_come_in_the_order_asked_for(store, keep):
    one, two = keep(A), keep(B)
    with store.reading() as session:
        assert [m.id for m in media.get_all(session, [two, one, two])] == [two, one, two]
        assert media.get_all(session, []) == []


@pytest.mark.parametrize("number", [99, 0, -1, 2**70])
def test_a_file_that_is_not_there(store, keep, number):
    one = keep()
    with store.reading() as session, pytest.raises(NotFound, match=f"there is no file {number}"):
        media.get_all(session, [one, number])


def test_file_ids_are_one_bots(store, keep, ids):
    one, two, three = keep(A), keep(B), keep(B, "document")
    assert ids(one, two) == [None, None]
    with store.writing() as session:
        media.remember(session, 7, {one: "ONE", three: "THREE"})
        media.remember(session, 7, {})
    assert ids(one, two, three) == ["ONE", None, "THREE"]
    assert ids(one, bot=8) == [None]
    with store.writing() as session:
        media.remember(session, 8, {one: "OTHER"})
    assert ids(one) == [None]
    assert ids(one, bot=8) == ["OTHER"]


def test_an_id_telegram_does_not_take_is_forgotten(store, keep, ids):
    one, two = keep(A), keep(B)
    with store.writing() as session:
        media.remember(session, 7, {one: "ONE", two: "TWO"})
        media.forget(session, [one])
    assert ids(one, two) == [None, "TWO"]
