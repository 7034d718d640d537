"""Holding a lease, and knowing whether its holder is gone."""

import os
import subprocess
import sys
from copy import copy
from datetime import timedelta

import pytest

from appliance.crud import leases as crud
from appliance.models import utcnow
from appliance.services import leases
from appliance.services.leases import (
    FENCE_BEAT_SECONDS,
    TTL,
    Fence,
    Holding,
    LeaseLost,
    identity,
    is_gone,
)

NOW = utcnow()
SECONDS = TTL.total_seconds()
WAIT = """
import sys
from appliance.services.leases import identity
print(identity(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def child():
    """A process that told its identity and waits; (process, identity)."""
    with subprocess.Popen(
        [sys.executable, "-c", WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process, process.stdout.readline().strip()
        process.kill()


def test_an_identity_is_one_processs():
    assert identity() == identity()
    assert f" {os.getpid()} " in identity()
    assert len(identity()) <= 255
    assert not is_gone(identity())


@pytest.mark.slow
def test_a_killed_process_is_gone_even_as_a_zombie(child, wait_until):
    process, holder = child
    assert not is_gone(holder)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not waited for
    with open(f"/proc/{process.pid}/stat") as file:
        assert file.read().rpartition(")")[2].split()[0] == "Z"
    assert is_gone(holder)
    process.wait()
    assert is_gone(holder)


@pytest.mark.slow
def test_its_lease_is_free_at_once(child, database):
    process, holder = child
    assert Holding(database, "delivery", holder=holder).acquire()
    mine = Holding(database, "delivery")
    assert not mine.acquire()
    process.kill()
    process.wait()
    assert mine.acquire()


@pytest.mark.parametrize("change", ["pid", "start"])
def test_a_process_that_never_was(change):
    machine, pid, started = identity().rsplit(" ", 2)
    if change == "pid":
        pid = str(2**22 + 1)  # over the kernel's highest
    else:
        started = str(int(started) - 1)  # the number was given to another since
    assert is_gone(f"{machine} {pid} {started}")


@pytest.mark.parametrize("holder", ["", "x", "other-host 1234[5] 1 1", "a b c d e", " ", "{me} x"])
def test_of_strangers_nothing_is_known(holder):
    assert not is_gone(holder.format(me=identity()))


@pytest.fixture
def theirs(database):
    """Of another machine, of which nothing is known from here."""
    return Holding(database, "delivery", holder="other 12345678[1] 1 1")


@pytest.fixture
def mine(database):
    return Holding(database, "delivery")


def test_another_machine_is_waited_for(mine, theirs):
    assert theirs.acquire(NOW)
    assert not mine.acquire(NOW, 100.0)
    assert not mine.acquire(NOW, 100.0 + SECONDS - 0.001)
    assert mine.acquire(NOW, 100.0 + SECONDS)


def test_one_that_gives_signs_of_life_is_waited_for(mine, theirs):
    theirs.acquire(NOW)
    for beat in range(10):
        assert not mine.acquire(NOW, 100.0 + beat * SECONDS)
        theirs.beat("sending", NOW + timedelta(seconds=beat + 1))
    assert not mine.acquire(NOW, 100.0 + 10 * SECONDS)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_wrong_takes_nothing_away(mine, theirs, hours):
    """Neither that of who stands by, nor that of the holder."""
    wrong = NOW + timedelta(hours=hours)
    theirs.acquire(NOW)
    assert not mine.acquire(NOW, 100.0)
    assert not mine.acquire(wrong, 101.0)  # set while it stands by
    theirs.beat("sending", NOW + timedelta(seconds=1))
    assert not mine.acquire(wrong, 102.0)
    theirs.beat("sending", wrong)
    assert not mine.acquire(NOW, 103.0)
    assert not mine.acquire(NOW, 103.0 + SECONDS - 0.001)
    assert mine.acquire(NOW, 103.0 + SECONDS)


def test_who_begins_believes_that_a_lease_ran_out(mine, theirs):
    """A machine that comes up again need not wait for the one it was."""
    theirs.acquire(NOW)
    assert mine.acquire(NOW + TTL, 100.0)


def test_who_begins_waits_for_the_rest(mine, theirs):
    theirs.acquire(NOW)
    assert not mine.acquire(NOW + timedelta(seconds=5), 100.0)
    assert not mine.acquire(NOW, 100.0 + SECONDS - 5.001)
    assert mine.acquire(NOW, 100.0 + SECONDS - 5)


def test_it_is_checked_inside_the_callers_transaction(database):
    mine = Holding(database, "delivery", holder="me")
    with database.writing() as session, lost():
        mine.check(session)
    assert mine.acquire(NOW)
    with database.writing() as session:
        mine.check(session)
        mine.keep(session, "sending", NOW + timedelta(seconds=5))
        mine.check(session)


def test_what_another_took_is_lost(database, mine, theirs):
    mine.acquire(NOW)
    assert theirs.acquire(NOW + TTL)
    with lost():
        mine.beat("sending", NOW + TTL)
    with database.writing() as session:
        with lost():
            mine.check(session)
        with lost():
            mine.keep(session, None, NOW + TTL)
    mine.release()  # not theirs to give: nothing happens
    theirs.beat("sending", NOW + TTL)


def test_what_was_held_before_another_had_it_is_lost(database):
    mine, theirs = (Holding(database, "delivery", holder=name) for name in ("me", "them"))
    mine.acquire(NOW)
    before = copy(mine)
    mine.release()
    theirs.acquire(NOW)
    theirs.release()
    assert mine.acquire(NOW)
    with database.writing() as session:
        mine.check(session)
        with lost():
            before.check(session)


def lost():
    return pytest.raises(LeaseLost, match="another process holds the delivery lease now")


def shown(database):
    """What `status` reads: the state, and when there was a sign of life."""
    with database.reading() as session:
        lease = crud.get_lease(session, "delivery")
        return lease.state, lease.heartbeat_at


def test_a_fence_gives_a_sign_of_life_now_and_then(database):
    mine = Holding(database, "delivery")
    mine.acquire(NOW)
    fence, signs = Fence(mine), []
    for seconds in (0.0, 1.0, FENCE_BEAT_SECONDS - 0.1, FENCE_BEAT_SECONDS):
        assert fence.beat_due(100.0 + seconds) is (seconds in {0.0, FENCE_BEAT_SECONDS})
        with database.writing() as session:
            wall = NOW + timedelta(seconds=seconds)
            fence.check(session, f"after {seconds:g}", wall, 100.0 + seconds)
        signs.append(shown(database))

    later = NOW + timedelta(seconds=FENCE_BEAT_SECONDS)
    assert signs == [("after 0", NOW)] * 3 + [("after 3", later)]
    assert not fence.lost


@pytest.mark.parametrize("seconds", [1.0, FENCE_BEAT_SECONDS])
def test_a_fence_stops_who_lost_the_lease_and_remembers_it(database, seconds):
    """With a sign of life as without one."""
    mine, theirs = (Holding(database, "delivery", holder=name) for name in ("me", "them"))
    mine.acquire(NOW)
    fence = Fence(mine)
    with database.writing() as session:
        fence.check(session, "sending", NOW, 100.0)
    mine.release()
    assert theirs.acquire(NOW)

    with database.writing() as session, lost():
        fence.check(session, "sending", NOW, 100.0 + seconds)

    assert fence.lost


def test_given_back_it_is_free(database):
    mine, theirs = (Holding(database, "delivery", holder=name) for name in ("me", "them"))
    mine.acquire()
    assert not theirs.acquire()
    mine.release()
    assert theirs.acquire()
    assert not mine.acquire()


def test_parts_have_leases_of_their_own(database):
    names = (leases.UPDATES, leases.DELIVERY, leases.SCHEDULE, leases.WEB)
    holdings = [Holding(database, name, holder=name) for name in names]
    assert all(holding.acquire() for holding in holdings)
