"""Who may run a part that must be alone."""

import threading
from datetime import timedelta

import pytest

from appliance.crud import leases
from appliance.crud.leases import Seen
from appliance.models import utcnow

NOW = utcnow()
TTL = timedelta(seconds=10)
END = NOW + TTL


@pytest.fixture
def acquire(store):
    def acquire(holder, now=NOW, over=None):
        with store.writing() as session:
            return leases.acquire(session, "delivery", holder, now, TTL, over)

    return acquire


@pytest.fixture
def renew(store):
    def renew(holder, epoch=1, now=NOW, state=None):
        with store.writing() as session:
            return leases.renew(session, "delivery", holder, epoch, now, TTL, state)

    return renew


@pytest.fixture
def holds(store):
    def holds(holder, epoch=1):
        with store.writing() as session:
            return leases.holds(session, "delivery", holder, epoch)

    return holds


@pytest.fixture
def look(store):
    def look():
        with store.reading() as session:
            return leases.look(session, "delivery")

    return look


def test_nobody_has_it_at_first(store, holds, look):
    with store.reading() as session:
        assert leases.get_lease(session, "delivery") is None
        assert leases.list_leases(session) == []
    assert look() == (Seen(None, 0, None), None)
    assert not holds("a", 0)


def test_one_at_a_time(acquire, holds, look):
    assert acquire("a") == 1
    assert acquire("b", END) is None
    assert holds("a")
    assert not holds("b")
    assert look() == (Seen("a", 1, NOW), END)


def test_taking_it_again_prolongs_it(acquire, holds, look):
    assert acquire("a") == 1
    assert acquire("a", END) == 1
    assert holds("a")
    assert look() == (Seen("a", 1, END), END + TTL)


def test_it_is_taken_from_who_gave_no_other_sign_of_life(acquire, holds, look):
    """Whatever the clocks show: who takes it has judged."""
    acquire("a")
    seen, _ = look()
    assert acquire("b", NOW, seen) == 2
    assert holds("b", 2)
    assert not holds("a")


def test_a_sign_of_life_in_the_last_moment_keeps_it(acquire, renew, holds, look):
    acquire("a")
    seen, _ = look()
    renew("a", now=NOW + timedelta(microseconds=1))
    assert acquire("b", END, seen) is None
    assert holds("a")


def test_between_the_look_and_the_update_a_third_may_have_taken_it(acquire, holds, look):
    acquire("a")
    seen, _ = look()
    acquire("b", NOW, seen)
    assert acquire("c", NOW, seen) is None
    assert holds("b", 2)


def test_who_comes_back_holds_a_new_epoch(acquire, renew, holds, look):
    """What they claimed before was another's to settle meanwhile."""
    acquire("a")
    acquire("b", NOW, look()[0])
    assert acquire("a", NOW, look()[0]) == 3
    assert not holds("a", 1)
    assert not renew("a", 1)
    assert holds("a", 3)


def test_renewing_writes_a_heartbeat(acquire, renew, store, holds):
    acquire("a")
    later = NOW + timedelta(seconds=3)
    assert renew("a", 1, later, "sending")
    with store.reading() as session:
        lease = leases.get_lease(session, "delivery")
    assert (lease.heartbeat_at, lease.expires_at, lease.state) == (later, later + TTL, "sending")


def test_what_was_lost_is_not_renewed(acquire, renew, look):
    assert not renew("a")
    acquire("a")
    acquire("b", END, look()[0])
    assert not renew("a")
    assert renew("b", 2)


def test_released_it_is_free_at_once(acquire, store):
    acquire("a")
    for holder, epoch in (("b", 1), ("a", 0)):  # not theirs to give
        with store.writing() as session:
            leases.release(session, "delivery", holder, epoch)
    assert acquire("b") is None
    with store.writing() as session:
        leases.release(session, "delivery", "a", 1)
        assert leases.get_lease(session, "delivery").state == "stopped"
    assert acquire("b") == 2


def test_leases_do_not_touch_each_other(acquire, store):
    acquire("a")
    with store.writing() as session:
        assert leases.acquire(session, "updates", "b", NOW, TTL)
        found = [(lease.name, lease.holder) for lease in leases.list_leases(session)]
    assert found == [("delivery", "a"), ("updates", "b")]


@pytest.mark.parametrize("there", [False, True], ids=["first ever", "silent"])
def test_of_two_who_race_exactly_one_wins(store, acquire, look, there):
    if there:
        acquire("old")
    seen, _ = look()
    barrier = threading.Barrier(2)
    won = []

    def race(name):
        barrier.wait(10)
        with store.writing() as session:
            if leases.acquire(session, "delivery", name, NOW, TTL, seen):
                won.append(name)

    threads = [threading.Thread(target=race, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(won) == 1
    with store.reading() as session:
        assert leases.get_lease(session, "delivery").holder == won[0]


def test_a_new_holder_does_not_inherit_the_old_ones_state(store, acquire):
    acquire("a")
    with store.writing() as session:
        leases.release(session, "delivery", "a", 1)
    acquire("b")

    with store.reading() as session:
        lease = leases.get_lease(session, "delivery")
        assert (lease.holder, lease.state) == ("b", None)
