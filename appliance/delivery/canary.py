"""The canary: a few get it first, and what becomes of them decides about the rest."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, events
from appliance.database import ROWS_PER_LOOK
from appliance.delivery.jobs import Moment
from appliance.errors import Localized, localized
from appliance.models import Broadcast, BroadcastStatus

DEFAULT_LIMIT = 0.1
"""The share of failures and blocks over which the rest is not sent to."""

DEFAULT_WAIT_SECONDS = 60
"""In which those who got it may block the bot."""


class Canary:
    """Bounds how many recipients a run may claim until the first ones are judged."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._id = broadcast.id
        self._open = broadcast.canary is None or broadcast.canary_passed
        self._size = broadcast.canary or 0
        self._limit = DEFAULT_LIMIT if broadcast.canary_limit is None else broadcast.canary_limit
        self._wait = timedelta(
            seconds=DEFAULT_WAIT_SECONDS if broadcast.canary_wait is None else broadcast.canary_wait
        )
        self._looked_at = self._look_at = 0.0  # seconds since 1970
        self._tried = _tried(broadcast)
        self._begin_count()

    @property
    def waits(self) -> bool:
        """Whether all of the first have been claimed and are not judged yet."""
        return not self._open and self._tried >= self._size

    def due(self, now: Moment) -> bool:
        """Whether it is time to look at them."""
        return self.waits and not self._looked_at <= now.wall < self._look_at

    def room(self, limit: int) -> int:
        """How many of `limit` may be claimed."""
        return limit if self._open else max(0, min(limit, self._size - self._tried))

    def count(self, claimed: int, put_back: int) -> None:
        self._tried += claimed - put_back

    def judge(self, session: Session, now: Moment) -> bool:
        """Look at the first ones when their time has come; True: the run is halted.

        Call it after the counters were written, inside the same transaction.
        """
        if not self.waits:
            return False
        broadcast = broadcasts.get_fresh(session, self._id)
        self._tried = _tried(broadcast)  # some may have been put back by the run before an edit
        # Not before all of the first have an outcome: of ten, a single failure more is the limit.
        if broadcast.sending or (self._tried < self._size and broadcast.pending):
            self._begin_count()
            return False
        wall = datetime.fromtimestamp(now.wall, UTC)
        if broadcast.canary_at is None or broadcast.canary_at > wall:  # the clock was put back
            broadcast.canary_at = wall
        self._looked_at = now.wall
        self._look_at = (broadcast.canary_at + self._wait).timestamp()
        if now.wall < self._look_at:
            session.flush()
            return False
        return self._decide(session, broadcast, wall)

    def _decide(self, session: Session, broadcast: Broadcast, wall: datetime) -> bool:
        if not self._all_counted(session, broadcast.sent):
            return False
        tried, left = broadcast.sent + broadcast.failed + broadcast.unknown, self._left
        bad = broadcast.failed + broadcast.unknown + left
        details = {"tried": tried, "failed": bad - left, "blocked_since": left}
        # Nobody tried: all who were chosen had left before, which says nothing about the message.
        if tried and bad / tried > self._limit:
            events.add(session, self._id, "engine", "canary_failed", details, wall)
            return broadcasts.change_status(
                session,
                self._id,
                broadcasts.OPEN,
                BroadcastStatus.HALTED,
                note=_failed(tried, bad).dump(),
            )
        broadcast.canary_passed = self._open = True
        events.add(session, self._id, "engine", "canary_passed", details, wall)
        session.flush()
        return False

    def _begin_count(self) -> None:
        self._after: int | None = None  # the last chat of what was looked through
        self._counted = self._left = 0  # who got it, and who of those left
        self.counting = False

    def _all_counted(self, session: Session, sent: int) -> bool:
        """Count who left among the next lines; True when all who were `sent` it have been seen.

        They stand at the front of the ledger, unless others slept: then it is walked part by part.
        """
        part = deliveries.count_left(session, self._id, self._after, ROWS_PER_LOOK)
        self._after = part.last
        self._counted += part.sent
        self._left += part.left
        self.counting = part.last is not None and self._counted < sent
        return not self.counting


def _tried(broadcast: Broadcast) -> int:
    return broadcast.sent + broadcast.failed + broadcast.unknown + broadcast.sending


def _failed(tried: int, bad: int) -> Localized:
    return localized("canary: {bad} of {tried} failed or blocked the bot", tried=tried, bad=bad)
