"""Where a message makes no sound now: what people chose with /quiet.

They get it all the same. Hours in which nobody is written to are a broadcast's: quiet_hours.py.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from appliance.crud.broadcasts import recipients
from appliance.delivery.jobs import Moment
from appliance.services.chats import quiet_hours

ANSWER_VALID_SECONDS = 30.0
"""How long the answer about some hours in some zone is good: hours are said in minutes."""

FIRST_CHOICE_POLL_SECONDS = 5.0
"""While nobody has chosen any hours: between two looks whether somebody is the first."""


class SilentHours:
    """Remembers for each (hours, zone) whether it is quiet, so that few clocks are asked."""

    def __init__(self, default_zone: str) -> None:
        """`default_zone` for chats without a zone of their own."""
        self._default_zone = default_zone
        self._quiet: dict[tuple[str, str], bool] = {}
        self._asked_at = 0.0
        self._anybody = False
        self._look_at = 0.0

    def wanted(self, session: Session, chat_ids: Iterable[int], now: Moment) -> frozenset[int]:
        """The chats among these in which a message makes no sound now."""
        if now.mono >= self._look_at:
            self._anybody, self._look_at = (
                recipients.anybody_quiet(session),
                now.mono + FIRST_CHOICE_POLL_SECONDS,
            )
        if not self._anybody:
            return frozenset()  # as in most places: at 30/s the question was 3 % of the engine
        # By key, a query a claim: 0.1 ms at 30/s. In the claim itself it would slow the hot path
        # (decision 30).
        chosen = recipients.quiet_of(session, chat_ids)
        return frozenset(one.chat_id for one in chosen if self._is_quiet(one, now))

    def _is_quiet(self, one: recipients.Quiet, now: Moment) -> bool:
        if (
            not 0 <= now.wall - self._asked_at < ANSWER_VALID_SECONDS
        ):  # below 0: the clock was set back
            self._quiet.clear()
            self._asked_at = now.wall
        key = (one.hours, one.zone or self._default_zone)
        if key not in self._quiet:
            self._quiet[key] = quiet_hours.is_on(*key, datetime.fromtimestamp(now.wall, UTC))
        return self._quiet[key]
