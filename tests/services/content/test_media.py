"""Files taken in: whole or not at all, kept once, refused with a clear word."""

import hashlib
import io

import pytest

from appliance.crud import media as crud
from appliance.errors import Invalid, Unavailable
from appliance.services.content import media
from support.pictures import JPEG, picture, with_size


def keep(home, content=JPEG, kind="photo", name="a.jpg"):
    return media.keep(home / "data", kind, io.BytesIO(content), name)


def folder(home):
    return home / "data" / "media"


def test_a_file_is_kept_by_its_content(home):
    kept = keep(home)
    assert kept == media.Kept("photo", hashlib.sha256(JPEG).hexdigest(), "a.jpg", len(JPEG))
    (path,) = folder(home).iterdir()
    assert (path.name, path.read_bytes()) == (kept.sha256, JPEG)
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder(home).stat().st_mode & 0o777 == 0o700


def test_the_same_content_takes_no_more_room(home, database):
    first, again = keep(home), keep(home, name="other.jpg")
    assert len(list(folder(home).iterdir())) == 1
    with database.writing() as session:
        one = media.record(session, first)
        assert media.record(session, again).id == one.id
        assert media.record(session, keep(home, kind="document")).id != one.id


@pytest.mark.parametrize("content", [JPEG, picture("PNG"), picture("WEBP")])
def test_pictures(home, content):
    assert keep(home, content).size == len(content)


@pytest.mark.parametrize(
    ("content", "kind", "word"),
    [
        (b"GIF89a", "photo", "a.jpg is not a JPEG, PNG or WebP"),
        (b"RIFF\x10\0\0\0WAVE", "photo", "is not a JPEG"),
        (b"x", "photo", "is not a JPEG"),
        (b"\x89PNG\r\n\x1a\naaaaaaaaaa", "photo", "a.jpg cannot be read as a JPEG, PNG or WebP"),
        (JPEG[:-40], "photo", "cannot be read"),
        (picture("PNG")[:-30], "photo", "cannot be read"),
        (with_size(picture("PNG"), 30_000, 30_000), "photo", "a.jpg has 30000 × 30000 pixels"),
        (picture("PNG", 9_000, 1_001), "photo", "are at most 10000 together"),
        (picture("PNG", 9_001, 450), "photo", "at most 20 times"),
        (b"", "photo", "is empty"),
        (b"", "document", "is empty"),
        (b"x", "sticker", "unknown kind of file 'sticker'"),
    ],
)
def test_what_is_refused(home, content, kind, word):
    with pytest.raises(Invalid, match=word) as caught:
        keep(home, content, kind)
    assert caught.value.faults[0].field in {"file", "kind"}
    assert not folder(home).exists() or list(folder(home).iterdir()) == []


@pytest.mark.parametrize(("kind", "limit"), [("photo", 10), ("document", 50), ("video", 50)])
def test_what_is_too_large(home, kind, limit):
    largest = JPEG.ljust(limit * 1024 * 1024, b"\0")
    assert keep(home, largest, kind).size == len(largest)
    (kept,) = folder(home).iterdir()
    kept.unlink()
    with pytest.raises(Invalid, match=f"a.jpg is larger than {limit} MB"):
        keep(home, largest + b"x", kind)
    assert list(folder(home).iterdir()) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/tmp/x/letter.pdf", "letter.pdf"),
        ("C:\\Users\\x\\отчёт.pdf", "отчёт.pdf"),
        ("../../.env", "env"),
        ("a\r\nb\u202egpj.exe", "abgpj.exe"),
        ("x" * 300 + ".pdf", "x" * 200 + ".pdf"),
        ("", "file"),
        (None, "file"),
        ("..", "file"),
    ],
)
def test_names_people_see(home, name, shown):
    assert keep(home, b"x", "document", name).name == shown


def test_no_room(home):
    (home / "data").mkdir(exist_ok=True)
    folder(home).write_text("in the way")
    with pytest.raises(Unavailable, match=r"the file a\.jpg cannot be stored: File exists"):
        keep(home)


@pytest.mark.parametrize(("width", "height"), [(9_000, 1_000), (9_000, 450), (1, 1)])
def test_the_largest_and_the_longest_photo(home, width, height):
    assert keep(home, picture("PNG", width, height)).kind == "photo"


def test_a_file_is_sent_under_the_last_name(home, database):
    """Telegram shows one that it knows under the name it got it with, so it is uploaded again."""
    with database.writing() as session:
        row = media.record(session, keep(home, b"x", "document", "first.txt"))
        crud.remember(session, 5, {row.id: "F"})
        session.refresh(row)
        assert media.record(session, keep(home, b"x", "document", "first.txt")).file_id == "F"
        again = media.record(session, keep(home, b"x", "document", "second.txt"))
        assert (again.id, again.name, again.file_id) == (row.id, "second.txt", None)


def test_what_a_broadcast_keeps_of_its_files(home, database):
    with database.writing() as session:
        photo = media.record(session, keep(home))
        report = media.record(session, keep(home, b"x", "document", "report.pdf"))
        assert media.described(crud.get_all(session, [report.id, photo.id])) == [
            {"id": report.id, "kind": "document"},
            {"id": photo.id, "kind": "photo"},
        ]


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (JPEG, "a.txt", "photo"),
        (JPEG + b"x" * 10 * media.MEGABYTE, "a.jpg", "document"),
        (JPEG[:60], "a.jpg", "document"),
        (picture("PNG", 9_000, 1_001), "a.png", "document"),
        (b"GIF89a", "a.gif", "document"),
        (b"film", "a.MP4", "video"),
        (b"film", None, "document"),
        (b"", "a.pdf", "document"),
    ],
)
def test_what_is_meant_by_a_file(content, name, kind):
    file = io.BytesIO(b"before" + content)
    file.seek(6)
    assert media.guess_kind(file, name) == kind
    assert file.tell() == 6
