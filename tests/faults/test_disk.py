"""A disk that is full, read-only or lies: the engine stops, says why, and goes on when it can."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.sqlite("the disk of its file fails")]

PEOPLE = 600
UNUSABLE = "the database cannot be used"  # what a part says that tries again and again


@contextlib.contextmanager
def failing(strace, process, calls, error):
    """These system calls of a process fail, for as long as the block runs.

    It is given a count of the tries that failed: of some calls in a row, then none for a while.
    """
    failures = []
    inject = f"inject={calls}:error={error}"
    tracer = subprocess.Popen(
        [strace, "-f", "-p", str(process.pid), "-e", f"trace={calls}", "-e", inject],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tracer.stderr
    assert "attached" in tracer.stderr.readline()
    lines = tracer.stderr

    def read():
        for line in lines:
            if "INJECTED" in line:
                failures.append(time.monotonic())

    def tries():
        return sum(after - before > 0.5 for before, after in itertools.pairwise([0.0, *failures]))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield tries
    finally:
        tracer.send_signal(signal.SIGINT)  # it lets go, and the disk is whole again
        tracer.wait(10)
        reader.join()
        tracer.stderr.close()


@pytest.mark.parametrize(
    ("calls", "error", "words"),
    [
        ("pwrite64", "ENOSPC", "database or disk is full"),
        ("pwrite64,ftruncate,fallocate", "ENOSPC", "database or disk is full"),
        ("pwrite64", "EDQUOT", "disk I/O error"),
        ("pwrite64", "EROFS", "disk I/O error"),
        ("fsync,fdatasync", "EIO", "disk I/O error"),
        ("fsync,fdatasync", "ENOSPC", "disk I/O error"),  # where room is found at the flush
    ],
)
def test_a_disk_that_fails(calls, error, words, world, processes, check, wait_until, find_program):
    strace = find_program("strace")
    ids = world.populate(PEOPLE)
    world.strike("latency", seconds=0.3)  # so that there are answers while the disk is broken
    number = world.queue()
    process = processes.engine(SEND_RATE="100")
    wait_until(lambda: world.shown(number).sent > 50, 30, processes.words)

    with failing(strace, process, calls, error) as tries:
        wait_until(lambda: words in processes.words(), 30, processes.words)
        wait_until(lambda: tries() >= 2, 30)  # what was in flight has got its answer
        before, tried = len(world.record()), tries()
        wait_until(lambda: tries() >= tried + 2, 30)
        assert len(world.record()) == before, "it sends nothing that it cannot write down"
        assert process.poll() is None
    wait_until(lambda: world.shown(number).status == "done", 60, processes.words)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0

    assert check(number, ids) == {"sent": PEOPLE}, "no outcome was lost"


@pytest.mark.parametrize("calls", ["pwrite64", "fsync,fdatasync"])
def test_killed_while_the_disk_fails(calls, world, processes, check, wait_until, find_program):
    """What could not be written is lost with the process: `unknown`, never sent again."""
    strace = find_program("strace")
    ids = world.populate(PEOPLE)
    world.strike("latency", seconds=0.3)
    number = world.queue()
    process = processes.engine(SEND_RATE="100")
    wait_until(lambda: world.shown(number).sent > 50, 30, processes.words)

    with failing(strace, process, calls, "EIO"):
        wait_until(lambda: "disk I/O error" in processes.words(), 30, processes.words)
        process.kill()
        process.wait()
    again = processes.engine(SEND_RATE="100")
    wait_until(lambda: world.shown(number).status == "done", 60, processes.words)
    again.send_signal(signal.SIGTERM)
    assert again.wait(15) == 0

    states = check(number, ids)
    assert states["sent"] + states["unknown"] == PEOPLE
    assert states["unknown"] <= 100 * 0.5


@pytest.fixture
def small_disk(settings, database):
    """HOME/data on a file system of its own, of 12 MB."""
    folder = settings.data
    if os.geteuid() != 0:
        pytest.skip("mounting takes root: sudo scripts/test tests/faults")
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], check=True)
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk(world, processes, check, wait_until, small_disk):
    """All of `appliance bot`, on a file system without room."""
    ids = world.populate(200)
    number = world.queue()
    process = processes.bot(SEND_RATE="50")
    wait_until(lambda: world.shown(number).sent > 5, 30, processes.words)

    wait_until(lambda: shrink_log(world.database), 10)  # what it had it would use again
    fill(small_disk / "filler")
    wait_until(lambda: "database or disk is full" in processes.words(), 30, processes.words)
    tried = processes.words().count(UNUSABLE)
    wait_until(lambda: processes.words().count(UNUSABLE) >= tried + 2, 30, processes.words)
    assert process.poll() is None
    assert processes.status().returncode == 0, "the ledger can be read"
    (small_disk / "filler").unlink()
    wait_until(lambda: world.shown(number).status == "done", 60, processes.words)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0

    assert check(number, ids) == {"sent": 200}


def test_a_start_on_a_full_disk(world, processes, check, wait_until, small_disk):
    """There is not even room for the files SQLite makes beside the database."""
    ids = world.populate(20)
    number = world.queue()
    world.database.dispose()
    fill(small_disk / "filler")
    process = processes.engine()
    wait_until(lambda: UNUSABLE in processes.words(), 30, processes.words)
    assert process.poll() is None
    assert world.record() == []
    (small_disk / "filler").unlink()

    wait_until(lambda: world.shown(number).status == "done", 60, processes.words)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert check(number, ids) == {"sent": 20}


def shrink_log(database):
    """Empty SQLite's write-ahead log; False when somebody used it just then."""
    with database.engine.connect() as connection:
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not busy


def fill(path):
    """Write until there is no room for one byte more."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def test_a_database_that_is_read_only(world, processes, check, wait_until, small_disk):
    """A start on a file system that was mounted read-only, and one when it is writable again."""
    ids = world.populate(20)
    number = world.queue()
    world.database.dispose()
    remount(small_disk, "ro")
    process = processes.engine()
    wait_until(lambda: UNUSABLE in processes.words(), 30, processes.words)
    assert process.poll() is None
    assert world.record() == []
    remount(small_disk, "rw")

    wait_until(lambda: world.shown(number).status == "done", 60, processes.words)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert check(number, ids) == {"sent": 20}


def remount(folder, mode):
    subprocess.run(["mount", "-o", f"remount,{mode}", folder], check=True)
