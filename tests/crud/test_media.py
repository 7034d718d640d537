"""Files known by content, by the ids a bot has for them and by their uses; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud import media
from appliance.crud.media import Seen
from appliance.crud.messages import messages
from appliance.errors import NotFound
from appliance.models import Media, Schedule

A, B = "a" * 64, "b" * 64
NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


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
        assert (found.name, found.kind, found.size) == ("other.jpg", "photo", 5)


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
        media.forget(session, ["ONE", "older"])
    assert ids(one, two) == [None, "TWO"]


# Which of them are needed


def upload(session, letter, at=NOW):
    row = media.add(session, sha256=letter * 64, kind="photo", name="a.jpg", size=5)
    row.created_at = at
    session.flush()
    return row.id


def use(store, know, announce):
    """Files 1 to 3 are used by a broadcast, a schedule and a message; 4 by nothing."""
    know(1)
    with store.writing() as session:
        one, two, three, four = (upload(session, letter) for letter in "abcd")
        messages.queue(session, 1, "sendPhoto", {}, media=[{"id": three, "kind": "photo"}])
        messages.queue(session, 1, "sendMessage", {})
        template = {"text": "x", "media": [two]}
        session.add(Schedule(name="s", cron="0 9 * * *", timezone="UTC", template=template))
    announce(media=[{"id": one, "kind": "photo"}])
    announce()
    return one, two, three, four


def test_whatever_names_a_file_uses_it(store, know, announce):
    one, two, three, _ = use(store, know, announce)

    with store.reading() as session:
        assert media.in_use(session, Seen()) == {one, two, three}


def test_of_what_was_seen_only_schedules_are_read_again(store, know, announce):
    _, two, _, four = use(store, know, announce)
    with store.reading() as session:
        seen = media.newest(session)
    announce(media=[{"id": four, "kind": "photo"}])

    with store.reading() as session:
        assert media.in_use(session, seen) == {two, four}


def test_an_empty_database(store):
    with store.reading() as session:
        assert media.newest(session) == Seen(0, 0)
        assert media.in_use(session, Seen()) == set()
        assert media.kept(session) == set()


def test_what_was_uploaded_again_is_not_old(store):
    with store.writing() as session:
        old, fresh = upload(session, "a", NOW - DAY), upload(session, "b", NOW)
        assert media.older_than(session, NOW) == {old}
        assert media.remove(session, [old, fresh], NOW) == 1
        assert media.kept(session) == {"b" * 64}
        assert session.query(Media).count() == 1
