"""Full disks, locked and damaged databases, folders of others: one line and its exit code."""

import errno
import os
import shutil
import sqlite3
import subprocess

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from appliance.cli.process import failures
from appliance.errors import ConfigError, Invalid, TryLater

OTHER = 65534  # whom `as_other` makes of root

CHANGES = [
    ("broadcast", "send", "x", "--to", "chat:1", "--key", "k"),
    ("notify", "x", "--to", "chat:1"),
    ("topic", "add", "news"),
    ("token", "create", "--user", "1", "--name", "x", "--scope", "read"),
    ("chat", "approve", "-5"),
    ("inbox", "close", "1"),
    ("prune",),
    ("broadcast", "clear-pause"),
]


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, TryLater), (errno.EDQUOT, TryLater), (errno.EACCES, ConfigError)],
)
def test_what_the_system_refuses(settings, number, kind):
    told = failures.explained(OSError(number, os.strerror(number), "/x"), settings)
    assert type(told) is kind
    assert str(told).startswith(f"cannot use /x: {os.strerror(number)}")


def test_bytes_that_are_no_text(settings):
    error = UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed")
    assert isinstance(failures.explained(error, settings), Invalid)


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        IntegrityError("x", {}, sqlite3.IntegrityError("x")),
        OperationalError("x", {}, sqlite3.OperationalError("no such column: x")),
    ],
)
def test_a_mistake_of_ours_keeps_its_traceback(settings, error):
    assert failures.explained(error, settings) is None


def fill(path):
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while file.write(bytes(512)):
            pass


@pytest.fixture
def full_disk(settings, database):
    """HOME/data on a file system of its own, without room for one byte more."""
    folder = settings.data
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")
    database.dispose()
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1400k", "tmpfs", folder], check=True)
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        fill(folder / "filler")
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.slow
def test_a_full_disk(known, full_disk, appliance, refused):
    for words in CHANGES[:3]:
        line = refused(appliance(*words), 75)
        assert f"make room on the disk of {full_disk}" in line


@pytest.mark.slow
def test_a_file_that_does_not_fit(known, full_disk, appliance, refused, tmp_path):
    document = tmp_path / "large.pdf"
    document.write_bytes(bytes(2_000_000))
    line = refused(appliance("broadcast", "send", "x", "--document", document), 75)
    assert "large.pdf cannot be stored: No space left on device" in line


@pytest.mark.slow
def test_a_locked_database(settings, known, appliance, refused):
    with sqlite3.connect(settings.data / "database.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "another program keeps it" in refused(appliance(*CHANGES[0]), 75)
        other.execute("ROLLBACK")
    assert appliance(*CHANGES[0]).returncode == 75, "queued, and nothing sends"


def test_a_damaged_database(settings, database, invoke, refused):
    with database.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    file = settings.data / "database.db"
    content = bytearray(file.read_bytes())
    content[4096 * 2 :] = bytes([0x5A]) * (len(content) - 4096 * 2)
    file.write_bytes(content)
    for words in (("chat", "list"), ("topic", "add", "news")):
        assert "restore it from a backup" in refused(invoke(*words), 1)


def test_a_folder_that_may_not_be_searched(public_home, as_other, refused):
    """The settings can be read, the database cannot."""
    if os.geteuid() == 0:
        os.chown(public_home / "data", OTHER, OTHER)
        os.chown(public_home / ".env", OTHER, OTHER)
    (public_home / "data").chmod(0o000)
    done = as_other("status")
    (public_home / "data").chmod(0o700)
    assert "Permission denied" in refused(done, 1)
