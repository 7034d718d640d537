"""Numbers for people: outcomes over time, reasons by state, the rate and what is left."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.broadcasts import broadcasts, click_tracking
from appliance.errors import NotFound
from appliance.models import Broadcast, BroadcastStatus, Delivery, DeliveryState
from appliance.services.broadcasts import statistics
from appliance.services.broadcasts.statistics import MAX_BUCKETS, Live, StatisticsCache, bucket_size
from support.clock import Clock

BEGAN = datetime(2026, 9, 1, 12, 0, 3, tzinfo=UTC)
START = int(BEGAN.timestamp())


@pytest.fixture
def begin(database):
    """`begin(seconds, {chat: (state, second, reason)})`: a broadcast that took so long; its id."""

    def begin(seconds: float, ledger=None, **values: object) -> int:
        with database.writing() as session:
            row = Broadcast(
                text="x",
                audience={"to": ["all"], "not": []},
                **{
                    "status": BroadcastStatus.DONE,
                    "started_at": BEGAN,
                    "finished_at": BEGAN + timedelta(seconds=seconds),
                    **values,
                },
            )
            session.add(row)
            session.flush()
            for chat_id, (state, second, reason) in (ledger or {}).items():
                session.add(
                    Delivery(
                        broadcast_id=row.id,
                        chat_id=chat_id,
                        state=state,
                        updated_at=START + second,
                        reason=reason,
                    )
                )
            return row.id

    return begin


def test_outcomes_over_time_and_reasons_by_state(database, begin):
    sent, failed = DeliveryState.SENT, DeliveryState.FAILED
    skipped, unknown = DeliveryState.SKIPPED, DeliveryState.UNKNOWN
    number = begin(
        600,
        {
            1: (sent, 0, None),
            2: (sent, 1, None),
            3: (failed, 1, "blocked"),
            4: (skipped, 7, "chat_stopped"),
            5: (unknown, 599, "blocked"),
            6: (DeliveryState.PENDING, 0, None),
        },
    )
    with database.reading() as session:
        found = statistics.compute(session, number)
    assert found.bucket_seconds == 10
    told = [(b.at.second, b.at.minute, b.sent, b.failed, b.skipped, b.unknown)
            for b in found.over_time]  # fmt: skip
    assert told == [(0, 0, 2, 1, 0, 0), (10, 0, 0, 0, 1, 0), (0, 10, 0, 0, 0, 1)]
    assert found.reasons == {
        "failed": {"blocked": 1},
        "skipped": {"chat_stopped": 1},
        "unknown": {"blocked": 1},
    }
    document = found.as_document()
    assert document["over_time"][0]["at"] == "2026-09-01T12:00:00.000Z"
    assert document["links"] == [] and document["clicks"] == 0


def test_clicks(database, begin):
    number = begin(1)
    with database.writing() as session:
        link_id = click_tracking.remember(session, number, ["https://a.example/"])[
            "https://a.example/"
        ]
        click_tracking.count_click(session, link_id, 1)
        click_tracking.count_click(session, link_id, 1)
        found = statistics.compute(session, number)
    assert (found.clicks, found.people) == (2, 1)
    assert found.as_document()["links"] == [{"url": "https://a.example/", "clicks": 2, "people": 1}]


@pytest.mark.parametrize("state", ["one that has not begun", "one that was never finished"])
def test_nothing_yet(database, begin, state):
    values = {"started_at": None} if "begun" in state else {}
    number = begin(0, finished_at=None, status=BroadcastStatus.RUNNING, **values)
    with database.reading() as session:
        assert statistics.compute(session, number).over_time == ()


def test_an_unknown_broadcast(database):
    with database.reading() as session, pytest.raises(NotFound):
        statistics.compute(session, 99)


@pytest.mark.parametrize("seconds", [0, 1, 59, 119, 121, 600, 33_000, 86_400, 3_000_000, 10**8])
def test_there_are_never_too_many_buckets(seconds):
    size = bucket_size(seconds)
    start = START // size * size
    assert (START + seconds - start) // size < MAX_BUCKETS
    assert seconds < 119 or (seconds / size) > 20


@pytest.fixture
def clock():
    """`clock()` is the time; `clock.now += 1` lets a second pass."""
    return Clock(100.0)


def running(**values: int) -> Broadcast:
    counts = {"pending": 0, "sending": 0, "sent": 0, "failed": 0, "skipped": 0, "unknown": 0}
    return Broadcast(id=1, status=BroadcastStatus.RUNNING, started_at=BEGAN, **{**counts, **values})


def test_the_rate_of_the_last_seconds(clock):
    cache = StatisticsCache(clock)
    at = BEGAN + timedelta(seconds=10)
    assert cache.live(running(sent=50, pending=1000), at) == Live(5.0, 200.0)
    for _ in range(30):
        clock.now += 1
        live = cache.live(running(sent=int(50 + (clock.now - 100) * 30), pending=600), at)
    assert live == Live(30.0, 20.0)
    for _ in range(11):
        clock.now += 1
        live = cache.live(running(sent=950, pending=600), at)
    assert live == Live(0.0, None)


def test_two_looks_at_once_are_one(clock):
    cache, at = StatisticsCache(clock), BEGAN + timedelta(seconds=10)
    cache.live(running(sent=10, pending=10), at)
    clock.now += 0.01
    assert cache.live(running(sent=20, pending=10), at) == Live(2.0, 5.0)


def test_a_retry_begins_afresh(clock):
    cache, at = StatisticsCache(clock), BEGAN + timedelta(seconds=100)
    cache.live(running(sent=100), at)
    clock.now += 5
    assert cache.live(running(sent=90, pending=10), at) == Live(0.9, 11.1)


def test_what_does_not_run_has_no_rate(clock):
    cache = StatisticsCache(clock)
    done = running(sent=10)
    done.status = BroadcastStatus.PAUSED
    assert cache.live(done) == Live(None, None)
    waiting = running(pending=10)
    waiting.started_at = None
    assert cache.live(waiting) == Live(None, None)


def test_a_ledger_is_not_counted_more_often_than_its_size_allows(database, begin):
    class Slow:
        """Every look at the clock takes a quarter of a second."""

        now = 0.0

        def __call__(self) -> float:
            self.now += 0.25
            return self.now

    number, slow = begin(1), Slow()
    cache = StatisticsCache(slow)
    with database.reading() as session:
        first = cache.get(session, number)
        assert cache.get(session, number) is first
        slow.now += 5
        assert cache.get(session, number) is not first


def test_it_forgets_broadcasts_nobody_looks_at(clock):
    """A rate of lately needs a look before; without one it is that of the whole time."""
    cache, at = StatisticsCache(clock), BEGAN + timedelta(seconds=100)
    for others, rate in ((statistics.CACHED - 1, 10.0), (statistics.CACHED, 1.5)):
        cache.live(running(sent=100), at)
        clock.now += 5
        for number in range(1000, 1000 + others):
            cache.live(Broadcast(id=number, status="done", sent=0, failed=0, skipped=0, unknown=0))
        assert cache.live(running(sent=150), at).rate == rate
        clock.now += 1000


def test_counters_are_not_needed(database, begin):
    """The ledger is what counts, not what the broadcast says of itself."""
    number = begin(1, {1: (DeliveryState.SENT, 0, None)})
    with database.reading() as session:
        assert broadcasts.get(session, number).sent == 0
        assert statistics.compute(session, number).over_time[0].sent == 1
