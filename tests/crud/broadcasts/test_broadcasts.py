"""Broadcasts: one a key, states that change only from where they may, counters."""

import threading
from datetime import timedelta

import pytest

from appliance.crud.broadcasts import broadcasts
from appliance.errors import NotFound
from appliance.models import MAX_ID, Broadcast, BroadcastStatus, DeliveryState, utcnow

NOW = utcnow()

SCHEDULED, RUNNING, PAUSED = (
    BroadcastStatus.SCHEDULED,
    BroadcastStatus.RUNNING,
    BroadcastStatus.PAUSED,
)


def fresh(key=None, text="hello"):
    return Broadcast(key=key, text=text, audience={"to": ["all"], "not": []}, status=SCHEDULED)


@pytest.mark.parametrize("number", [0, -1, 99, MAX_ID, MAX_ID + 1, 10**30])
def test_an_unknown_one_is_not_found(store, number):
    with store.reading() as session, pytest.raises(NotFound, match=f"no broadcast {number}"):
        broadcasts.get(session, number)


def test_a_key_is_used_once(store):
    with store.writing() as session:
        first, created = broadcasts.add(session, fresh("k"))
        assert created
    with store.writing() as session:
        again, created = broadcasts.add(session, fresh("k", "other"))
        assert not created
        assert (again.id, again.text) == (first.id, "hello")
        assert broadcasts.add(session, fresh("l"))[1]
        assert broadcasts.get_by_key(session, "k").id == first.id
        assert broadcasts.get_by_key(session, "x") is None


def test_without_a_key_each_is_its_own(store):
    with store.writing() as session:
        first, second = (broadcasts.add(session, fresh())[0].id for _ in range(2))
    assert first != second


def test_of_two_who_race_for_a_key_one_creates(store):
    barrier = threading.Barrier(2)
    results = []

    def race(text):
        barrier.wait(10)
        with store.writing() as session:
            row, created = broadcasts.add(session, fresh("k", text))
            results.append((row.id, row.text, created))

    threads = [threading.Thread(target=race, args=(text,)) for text in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    (first, second) = results
    assert first[:2] == second[:2]
    assert sorted(created for *_, created in results) == [False, True]


def test_pages_newest_first(store, announce):
    made = [announce() for _ in range(5)]
    with store.reading() as session:
        page = [row.id for row in broadcasts.list_page(session, 2)]
        rest = [row.id for row in broadcasts.list_page(session, 10, page[-1])]
    assert page + rest == made[::-1]


def test_those_in_some_states_oldest_first(store, announce):
    running = announce(status=RUNNING)
    announce(status=PAUSED)
    scheduled = announce(status=SCHEDULED)
    with store.reading() as session:
        assert [row.id for row in broadcasts.list_in(session, broadcasts.OPEN)] == [
            running,
            scheduled,
        ]


def test_what_the_engine_has_to_look_after(store, announce):
    running = announce(status=RUNNING)
    unswept = announce(status=BroadcastStatus.CANCELLED, pending=2)
    announce(status=BroadcastStatus.CANCELLED)
    announce(status=BroadcastStatus.DONE)
    sending = announce(status=PAUSED, sending=1)
    scheduled = announce(status=SCHEDULED)
    with store.reading() as session:
        assert [(row.id, row.status) for row in broadcasts.list_active(session, NOW)] == [
            (running, "running"),
            (unswept, "cancelled"),
            (scheduled, "scheduled"),
        ]
        assert list(broadcasts.list_sending(session)) == [sending]


def test_one_that_is_not_due_or_too_late_is_not_begun(store, announce):
    times = {
        "now": (timedelta(0), 60),
        "later": (timedelta(seconds=1), 60),
        "just in time": (timedelta(minutes=-1), 60),
        "too late": (timedelta(minutes=-1, seconds=-1), 60),
        "never too late": (timedelta(days=-9), None),
    }
    made = {
        announce(status=SCHEDULED, starts_at=NOW + delta, max_late=late): name
        for name, (delta, late) in times.items()
    }
    begun = announce(status=SCHEDULED, starts_at=NOW - timedelta(days=1), max_late=60, cursor=7)
    made[begun] = "half frozen"
    announce(status=RUNNING, starts_at=NOW - timedelta(days=1), max_late=60)
    announce(status=PAUSED, starts_at=NOW - timedelta(days=1), max_late=60)
    with store.reading() as session:
        active = [row.id for row in broadcasts.list_active(session, NOW)]
        assert [made.get(number, "runs") for number in active] == [
            "now",
            "just in time",
            "never too late",
            "half frozen",
            "runs",
        ]
        assert [made[row.id] for row in broadcasts.list_missed(session, NOW)] == ["too late"]


@pytest.mark.parametrize(
    ("values", "done"),
    [
        ({"status": RUNNING}, True),
        ({"status": RUNNING, "pending": 1}, False),
        ({"status": RUNNING, "sending": 1}, False),
        ({"status": PAUSED}, False),
        ({"status": BroadcastStatus.CANCELLED}, False),
    ],
)
def test_it_is_done_when_nobody_is_left(store, announce, values, done):
    number = announce(**values)
    with store.writing() as session:
        assert broadcasts.finish(session, number, NOW) is done
    with store.reading() as session:
        row = broadcasts.get(session, number)
    assert (row.status, row.finished_at) == (
        (BroadcastStatus.DONE, NOW) if done else (values["status"], None)
    )


def test_a_state_changes_only_from_an_allowed_one(store, announce):
    number = announce(status=RUNNING)
    with store.writing() as session:
        row = broadcasts.get(session, number)
        assert not broadcasts.change_status(session, number, (PAUSED,), RUNNING, note="no")
        assert broadcasts.change_status(session, number, (SCHEDULED, RUNNING), PAUSED, note="yes")
        assert not broadcasts.change_status(session, number, (SCHEDULED, RUNNING), PAUSED)
        assert (row.status, row.note) == (PAUSED, "yes")
        assert not broadcasts.change_status(session, 99, (RUNNING,), PAUSED)


def test_counters_move(store, announce):
    number = announce()
    with store.writing() as session:
        broadcasts.add_frozen(session, number, 5, 12, None)
        broadcasts.add_frozen(session, number, 2, 20, None)
        broadcasts.move_counts(
            session,
            number,
            {DeliveryState.PENDING: -3, DeliveryState.SENT: 1, DeliveryState.FAILED: 2},
            {"blocked": 1, "no_rights": 1},
        )
        broadcasts.move_counts(session, number, {}, {"blocked": 2, "no_rights": -1})
        broadcasts.move_counts(session, number, {})
    with store.reading() as session:
        row = broadcasts.get(session, number)
    assert (row.total, row.pending, row.sent, row.failed, row.cursor) == (7, 4, 1, 2, 20)
    assert row.reasons == {"blocked": 3}
