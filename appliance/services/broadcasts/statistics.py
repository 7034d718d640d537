"""Statistics for people: how fast it goes, what became of it over time, who clicked, who left."""

import math
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.broadcasts import broadcasts, click_tracking, statistics
from appliance.crud.broadcasts.click_tracking import LinkClicks
from appliance.models import Broadcast, BroadcastStatus, DeliveryState, utcnow
from appliance.services.timing.clock import rfc3339

MAX_BUCKETS = 120  # points of the diagram
BUCKET_SECONDS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
)
"""How long a bucket may be; above that, whole days."""

RATE_SECONDS = 10.0  # over which the rate is taken
MIN_SAMPLE_SECONDS = 0.5  # the engine writes counters 20 times a second: a shorter look jumps
CACHED = 64  # broadcasts that were looked at lately; a process keeps no more in memory
_PAUSE_FACTOR = 20
"""After counting for a second, not again for so many: 5 % of a core at most. A million recipients
take 0.4 s, and so are counted every 8 s."""

_WITH_REASONS = (DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.UNKNOWN)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many had each outcome in the time that begins `at`."""

    at: datetime
    sent: int
    failed: int
    skipped: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What became of a broadcast. `over_time` leaves out buckets in which nothing happened."""

    bucket_seconds: int
    over_time: tuple[Bucket, ...]
    reasons: dict[str, dict[str, int]]
    links: tuple[LinkClicks, ...]
    clicks: int
    people: int
    unsubscribed: int

    def as_document(self) -> dict[str, Any]:
        return {
            "bucket_seconds": self.bucket_seconds,
            "over_time": [
                {
                    "at": rfc3339(bucket.at),
                    "sent": bucket.sent,
                    "failed": bucket.failed,
                    "skipped": bucket.skipped,
                    "unknown": bucket.unknown,
                }
                for bucket in self.over_time
            ],
            "reasons": self.reasons,
            "links": [
                {"url": link.url, "clicks": link.clicks, "people": link.people}
                for link in self.links
            ],
            "clicks": self.clicks,
            "people": self.people,
            "unsubscribed": self.unsubscribed,
        }


def compute(session: Session, broadcast_id: int, now: datetime | None = None) -> Statistics:
    """Counts the whole ledger of a broadcast: 0.4 s for a million. Raises NotFound."""
    broadcast = broadcasts.get(session, broadcast_id)
    start, size = _spans(broadcast, now or utcnow())
    counts: dict[int, Counter[DeliveryState]] = {}
    reasons: dict[str, Counter[str]] = {state.word: Counter() for state in _WITH_REASONS}
    for bucket, state, reason, number in statistics.outcomes(session, broadcast_id, start, size):
        # Within the diagram whatever the clock did: an outcome may be from before the start.
        index = min(max(bucket, 0), MAX_BUCKETS - 1)
        counts.setdefault(index, Counter())[state] += number
        if state in _WITH_REASONS and reason:
            reasons[state.word][reason] += number
    links = tuple(click_tracking.by_link(session, broadcast_id))
    return Statistics(
        bucket_seconds=size,
        over_time=tuple(_bucket(start + index * size, counts[index]) for index in sorted(counts)),
        reasons={state: dict(sorted(count.items())) for state, count in reasons.items()},
        links=links,
        clicks=sum(link.clicks for link in links),
        people=click_tracking.count_people(session, broadcast_id),
        unsubscribed=statistics.count_unsubscribed(session, broadcast_id),
    )


def bucket_size(seconds: float) -> int:
    """The shortest bucket by which MAX_BUCKETS - 1 of them cover so many seconds.

    One is kept in reserve, because the first bucket begins before the broadcast does.
    """
    needed = seconds / (MAX_BUCKETS - 1)
    for size in BUCKET_SECONDS:
        if size >= needed:
            return size
    return math.ceil(needed / _DAY) * _DAY


@dataclass(frozen=True, slots=True)
class Live:
    """Recipients a second lately, and the seconds left at that rate; None where it does not run."""

    rate: float | None
    eta_seconds: float | None


class StatisticsCache:
    """Statistics for pages that ask every second, also of a million recipients.

    The rate comes from the counters of earlier calls; the ledger is counted no more often than its
    size allows. One a process, shared by all threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._samples: OrderedDict[int, deque[tuple[float, int]]] = OrderedDict()
        self._counted: OrderedDict[int, tuple[float, Statistics]] = OrderedDict()

    def get(self, session: Session, broadcast_id: int) -> Statistics:
        """As of now; where counting takes long, as of some seconds ago. Raises NotFound."""
        with self._lock:
            fresh_until, counted = self._counted.get(broadcast_id, (0.0, None))
            if counted is not None and self._clock() < fresh_until:
                return counted
        # Not under the lock: a million lines take 0.4 s, and pages of others would wait for it.
        began = self._clock()
        counted = compute(session, broadcast_id)
        ended = self._clock()
        with self._lock:
            _keep(self._counted, broadcast_id, (ended + _PAUSE_FACTOR * (ended - began), counted))
        return counted

    def live(self, broadcast: Broadcast, now: datetime | None = None) -> Live:
        """How fast it goes; at the first call, how fast it went on average."""
        done = broadcast.sent + broadcast.failed + broadcast.skipped + broadcast.unknown
        with self._lock:
            lately = self._lately(broadcast.id, done)
        if broadcast.status != BroadcastStatus.RUNNING:
            return Live(None, None)
        rate = _average(broadcast, done, now or utcnow()) if lately is None else lately
        waiting = broadcast.pending + broadcast.sending
        eta = round(waiting / rate, 1) if rate else None
        return Live(None if rate is None else round(rate, 2), eta)

    def _lately(self, broadcast_id: int, done: int) -> float | None:
        now = self._clock()
        samples = self._samples.get(broadcast_id) or deque()
        _keep(self._samples, broadcast_id, samples)
        if samples and samples[-1][1] > done:
            samples.clear()  # a retry made some pending again
        while len(samples) > 1 and samples[1][0] <= now - RATE_SECONDS:
            samples.popleft()
        # A sample each half second, however often pages ask: twenty hold the ten seconds.
        if not samples or now - samples[-1][0] >= MIN_SAMPLE_SECONDS:
            samples.append((now, done))
        seconds = now - samples[0][0]
        return (done - samples[0][1]) / seconds if seconds >= MIN_SAMPLE_SECONDS else None


def _keep(store: OrderedDict[int, Any], key: int, value: object) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > CACHED:
        store.popitem(last=False)


def _spans(broadcast: Broadcast, now: datetime) -> tuple[int, int]:
    """When the first bucket begins (seconds since 1970), and how long each is."""
    began = broadcast.started_at or broadcast.created_at
    seconds = ((broadcast.finished_at or now) - began).total_seconds()
    size = bucket_size(seconds)
    # On a round time, so that an hour's bucket begins at the hour and the next look has the same
    # ones.
    return int(began.timestamp()) // size * size, size


def _bucket(at: int, counts: Counter[DeliveryState]) -> Bucket:
    return Bucket(
        datetime.fromtimestamp(at, UTC),
        counts[DeliveryState.SENT],
        counts[DeliveryState.FAILED],
        counts[DeliveryState.SKIPPED],
        counts[DeliveryState.UNKNOWN],
    )


def _average(broadcast: Broadcast, done: int, now: datetime) -> float | None:
    if broadcast.started_at is None:
        return None
    seconds = (now - broadcast.started_at).total_seconds()
    return done / seconds if seconds > 0 else None
