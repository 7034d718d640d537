"""Writing the audience of a broadcast that is due into the ledger."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from appliance.crud import audience, broadcasts
from appliance.delivery.jobs import Moment
from appliance.models import Broadcast, BroadcastStatus, DeliveryState
from appliance.services.broadcasts import audience_of

FREEZE_CHUNK = 3000  # rows a transaction: others wait some 5 ms, for a million in one 430


def freeze(session: Session, broadcast: Broadcast, now: Moment, chunk: int = FREEZE_CHUNK) -> bool:
    """Freeze the next recipients; True when all are in the ledger and the run has begun.

    The cursor is stored with each chunk, so a crash goes on where it stopped.
    """
    wall = datetime.fromtimestamp(now.wall, UTC)
    chosen, after = audience_of(broadcast), broadcast.cursor
    written, last = audience.freeze(session, broadcast.id, chosen, after, chunk, int(now.wall))
    away = audience.freeze_unreachable(session, broadcast.id, chosen, after, last, int(now.wall))
    whole, skipped = last is None, sum(away.values())
    broadcasts.add_frozen(session, broadcast.id, written + skipped, last, wall if whole else None)
    if skipped:
        changes = {DeliveryState.PENDING: -skipped, DeliveryState.SKIPPED: skipped}
        broadcasts.move_counts(session, broadcast.id, changes, away)
    if whole:
        broadcasts.change_status(
            session,
            broadcast.id,
            (BroadcastStatus.SCHEDULED,),
            BroadcastStatus.RUNNING,
            started_at=broadcast.started_at or max(wall, broadcast.created_at),
        )
    return whole
