"""Who may run a part that must be alone."""

import threading
from datetime import timedelta

import pytest

from appliance.crud import leases
from appliance.models import utcnow

NOW = utcnow()
TTL = timedelta(seconds=10)
END = NOW + TTL
BEFORE_END = END - timedelta(microseconds=1)


@pytest.fixture
def acquire(store):
    def acquire(holder, now=NOW, dead=None):
        with store.writing() as session:
            return leases.acquire(session, "delivery", holder, now, TTL, dead)

    return acquire


@pytest.fixture
def renew(store):
    def renew(holder, now=NOW, state=None):
        with store.writing() as session:
            return leases.renew(session, "delivery", holder, now, TTL, state)

    return renew


@pytest.fixture
def holds(store):
    def holds(holder, now=NOW):
        with store.reading() as session:
            return leases.holds(session, "delivery", holder, now)

    return holds


def test_nobody_has_it_at_first(store, holds):
    with store.reading() as session:
        assert leases.get_lease(session, "delivery") is None
        assert leases.list_leases(session) == []
    assert not holds("a")


def test_one_at_a_time(acquire, holds):
    assert acquire("a")
    assert not acquire("b", BEFORE_END)
    assert holds("a", BEFORE_END)
    assert not holds("b")


def test_taking_it_again_prolongs_it(acquire, holds):
    assert acquire("a")
    assert acquire("a", NOW + timedelta(seconds=5))
    assert holds("a", END)
    assert not acquire("b", END)


def test_it_is_free_when_it_ran_out(acquire, holds):
    acquire("a")
    assert not holds("a", END)
    assert acquire("b", END)
    assert holds("b", END)


def test_a_dead_holder_is_not_waited_for(acquire, holds):
    acquire("a")
    assert not acquire("b", dead="c")
    assert acquire("b", dead="a")
    assert holds("b")


def test_a_holder_that_is_known_to_be_dead_is_the_one_that_has_it_now(acquire, holds):
    """Between the look and the update a third process may have taken it."""
    acquire("a")
    acquire("b", dead="a")
    assert not acquire("c", dead="a")
    assert holds("b")


def test_renewing_writes_a_heartbeat(acquire, renew, store, holds):
    acquire("a")
    later = NOW + timedelta(seconds=3)
    assert renew("a", later, "sending")
    with store.reading() as session:
        lease = leases.get_lease(session, "delivery")
    assert (lease.heartbeat_at, lease.expires_at, lease.state) == (later, later + TTL, "sending")
    assert holds("a", END)


def test_what_was_lost_is_not_renewed(acquire, renew):
    assert not renew("a")
    acquire("a")
    acquire("b", END)
    assert not renew("a", END)
    assert renew("b", END)


def test_a_lease_that_ran_out_is_kept_while_nobody_took_it(acquire, renew, holds):
    acquire("a")
    assert renew("a", END + timedelta(seconds=1))
    assert holds("a", END + timedelta(seconds=1))


def test_released_it_is_free_at_once(acquire, store):
    acquire("a")
    with store.writing() as session:
        leases.release(session, "delivery", "b")  # not theirs to give
    assert not acquire("b")
    with store.writing() as session:
        leases.release(session, "delivery", "a")
        assert leases.get_lease(session, "delivery").state == "stopped"
    assert acquire("b")


def test_leases_do_not_touch_each_other(acquire, store):
    acquire("a")
    with store.writing() as session:
        assert leases.acquire(session, "updates", "b", NOW, TTL)
        found = [(lease.name, lease.holder) for lease in leases.list_leases(session)]
    assert found == [("delivery", "a"), ("updates", "b")]


@pytest.mark.parametrize("there", [False, True], ids=["first ever", "ran out"])
def test_of_two_who_race_exactly_one_wins(store, acquire, there):
    if there:
        acquire("old", NOW - TTL)
    barrier = threading.Barrier(2)
    won = []

    def race(name):
        barrier.wait(10)
        with store.writing() as session:
            if leases.acquire(session, "delivery", name, NOW, TTL):
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
        leases.release(session, "delivery", "a")
    acquire("b")

    with store.reading() as session:
        lease = leases.get_lease(session, "delivery")
        assert (lease.holder, lease.state) == ("b", None)
