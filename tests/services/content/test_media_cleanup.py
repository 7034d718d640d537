"""Files that nothing needs are deleted, and only those, whenever the process died before."""

import io
import os
from datetime import timedelta

import pytest

from appliance.crud import media as crud
from appliance.crud.chats import chats
from appliance.models import Media, utcnow
from appliance.services.broadcasts import NewBroadcast, create
from appliance.services.content import media, media_cleanup
from support.pictures import JPEG as PICTURE

LATER = media_cleanup.KEEP + timedelta(hours=1)


@pytest.fixture
def keep(settings, database):
    """`keep(1)`: a file with its row, by id."""

    def keep(number):
        kept = media.keep(settings.data, "photo", io.BytesIO(PICTURE + bytes([number])), "a.png")
        with database.writing() as session:
            return media.record(session, kept).id

    return keep


@pytest.fixture
def tidy(settings, database):
    def tidy(later=LATER):
        return media_cleanup.tidy(database, settings.data, utcnow() + later)

    return tidy


@pytest.fixture
def left(settings, database):
    """The ids of the rows that are left, and how many files."""

    def left():
        with database.reading() as session:
            ids = sorted(row.id for row in session.query(Media))
        return ids, len(list(media.folder(settings.data).iterdir()))

    return left


def test_what_nothing_needs_is_deleted_after_a_week(keep, tidy, left):
    number = keep(1)
    assert tidy(timedelta(days=6)) == 0
    assert left() == ([number], 1)
    assert tidy() == 1
    assert left() == ([], 0)
    assert tidy() == 0


def test_what_a_broadcast_needs_stays(keep, tidy, left, database):
    used, _ = keep(1), keep(2)
    with database.writing() as session:
        chats.remember(session, 1)
        create(session, NewBroadcast("x", to=("all",), media=(used,)))
    assert tidy() == 1
    assert left() == ([used], 1)


def test_a_crash_between_row_and_file_is_made_up_for(keep, tidy, left, database, settings):
    number = keep(1)
    (media.folder(settings.data) / ".0123456789abcdef").write_bytes(b"torn")
    with database.writing() as session:
        session.delete(crud.get_all(session, [number])[0])
    assert left() == ([], 2)
    assert tidy() == 2
    assert left() == ([], 0)


def test_what_has_just_been_written_has_no_row_yet_and_stays(settings, tidy, left):
    media.keep(settings.data, "photo", io.BytesIO(PICTURE), "a.png")
    assert tidy(timedelta(0)) == 0
    assert left() == ([], 1)


def test_an_upload_of_the_same_file_makes_it_new(keep, tidy, left, database, settings):
    number = keep(1)
    old = utcnow() - LATER
    with database.writing() as session:
        crud.get_all(session, [number])[0].created_at = old
    for path in media.folder(settings.data).iterdir():
        os.utime(path, (old.timestamp(), old.timestamp()))
    assert keep(1) == number
    assert tidy(timedelta(0)) == 0
    assert left() == ([number], 1)


def test_a_home_without_files(tidy):
    assert tidy() == 0
