"""A broadcast's quiet hours: where it is night nobody is written to before the morning.

What people chose for themselves with /quiet only takes the sound away: silent_hours.py.
"""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from appliance.crud.chats import chats
from appliance.delivery.jobs import Moment
from appliance.services.timing import clock

ANSWER_VALID_SECONDS = 30.0
"""How long the answer to "who sleeps?" is good: hours are said in minutes."""

NEVER = float("-inf")


class QuietHours:
    """Which time zones sleep now; asks the database now and then for the zones there are."""

    def __init__(self, hours: str, default_zone: str) -> None:
        """`hours` as stored, `22:00-08:00`; `default_zone` for chats without a zone."""
        self.default_zone = default_zone
        self._hours = clock.parse_quiet(hours)
        self._asleep: frozenset[str] = frozenset()
        self._looked_at = NEVER
        self._waits_since = self._wait_until = 0.0

    def asleep(self, session: Session, now: Moment) -> frozenset[str]:
        """The zones in which it is night at the moment."""
        if (
            not 0 <= now.wall - self._looked_at < ANSWER_VALID_SECONDS
        ):  # below 0: the clock was set back
            zones = chats.zones(session) | {self.default_zone}
            at = datetime.fromtimestamp(now.wall, UTC)
            self._asleep = clock.quiet_zones(self._hours, frozenset(zones), at)
            self._looked_at = now.wall
        return self._asleep

    def sleeping(self, now: Moment) -> bool:
        """Whether everybody who is left sleeps, as `wait` found.

        By the clock on the wall, so that it also holds after a computer's own sleep. Set back to
        before the wait, it says nothing about the night.
        """
        return self._waits_since <= now.wall < self._wait_until

    def wait(self, now: Moment) -> bool:
        """Everybody awake has been sent to: whether to wait before looking for others again."""
        if self._wait_until == 0.0:
            if not self._asleep:
                return False
            at = datetime.fromtimestamp(now.wall, UTC)
            self._wait_until = clock.next_change(self._hours, self._asleep, at).timestamp()
            self._waits_since = now.wall
        if self.sleeping(now):
            return True
        self._wait_until, self._looked_at = 0.0, NEVER
        return False
