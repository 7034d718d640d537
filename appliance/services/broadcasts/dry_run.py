"""A dry run: how many would get it, how long it takes, what it costs, who came and went."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from appliance.config import FREE_RATE, Settings
from appliance.crud.broadcasts import audience, broadcasts
from appliance.services.broadcasts import click_tracking
from appliance.services.broadcasts.lifecycle import NewBroadcast, audience_of, draft
from appliance.services.timing import pace

STARS_PER_MESSAGE = 0.1
"""For each message above the free 30 a second, with `allow_paid_broadcast` (Bot API)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` is at this bot's rate. `joined` and `left` are counted since broadcast `last_id`,
    the last one to the same audience.
    """

    count: int
    seconds: float
    rate: float
    stars: float
    last_id: int | None
    joined: int | None
    left: int | None

    def as_document(self) -> dict[str, Any]:
        return asdict(self)


def make(session: Session, settings: Settings, new: NewBroadcast) -> Plan:
    """Queues nothing. Raises what `create` raises, but not for an empty audience."""
    click_tracking.check(settings, new.options)
    chosen = audience_of(draft(session, new))
    count = audience.count(session, chosen)
    last = broadcasts.last_to(session, chosen.as_dict())
    joined = left = None
    if last is not None:
        before = broadcasts.get(session, last)
        joined, left = audience.count_change(session, chosen, before)
    rate = settings.rate
    return Plan(
        count=count,
        seconds=pace.seconds_for(count, rate),
        rate=rate,
        stars=round(_stars(settings, count), 1),
        last_id=last,
        joined=joined,
        left=left,
    )


def _stars(settings: Settings, count: int) -> float:
    """What Telegram charges: of the messages of each second, FREE_RATE are free."""
    if not settings.paid:
        return 0.0
    return count * (1 - FREE_RATE / settings.rate) * STARS_PER_MESSAGE
