"""What still needs a file: broadcasts, schedules, messages; on both databases."""

from datetime import UTC, datetime, timedelta

from appliance.crud import media, media_uses
from appliance.crud.media_uses import Seen
from appliance.crud.messages import messages
from appliance.models import Media, Schedule

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def add(session, letter, at=NOW):
    row = media.add(session, sha256=letter * 64, kind="photo", name="a.jpg", size=5)
    row.created_at = at
    session.flush()
    return row.id


def use(store, know, announce):
    """Files 1 to 3 are used by a broadcast, a schedule and a message; 4 by nothing."""
    know(1)
    with store.writing() as session:
        one, two, three, four = (add(session, letter) for letter in "abcd")
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
        assert media_uses.in_use(session, Seen()) == {one, two, three}


def test_of_what_was_seen_only_schedules_are_read_again(store, know, announce):
    _, two, _, four = use(store, know, announce)
    with store.reading() as session:
        seen = media_uses.newest(session)
    announce(media=[{"id": four, "kind": "photo"}])

    with store.reading() as session:
        assert media_uses.in_use(session, seen) == {two, four}


def test_an_empty_database(store):
    with store.reading() as session:
        assert media_uses.newest(session) == Seen(0, 0)
        assert media_uses.in_use(session, Seen()) == set()
        assert media_uses.kept(session) == set()


def test_what_was_uploaded_again_is_not_old(store):
    with store.writing() as session:
        old, fresh = add(session, "a", NOW - DAY), add(session, "b", NOW)
        assert media_uses.older_than(session, NOW) == {old}
        assert media_uses.remove(session, [old, fresh], NOW) == 1
        assert media_uses.kept(session) == {"b" * 64}
        assert session.query(Media).count() == 1
