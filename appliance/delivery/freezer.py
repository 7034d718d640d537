"""Writing the audience of a broadcast that is due into the ledger."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from appliance.crud.broadcasts import audience, broadcasts
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.database import ROWS_PER_TRANSACTION, Database
from appliance.delivery.jobs import Moment
from appliance.models import MAX_ID, Broadcast, BroadcastStatus, DeliveryState
from appliance.services.broadcasts import audience_of


def freeze(
    session: Session, broadcast: Broadcast, now: Moment, chunk: int = ROWS_PER_TRANSACTION
) -> bool:
    """Freeze the next recipients; True when all are in the ledger and the run has begun.

    The cursor is stored with each chunk, so a crash goes on where it stopped.
    """
    wall = datetime.fromtimestamp(now.wall, UTC)
    chosen, after = audience_of(broadcast), broadcast.cursor
    written, last = audience.freeze(session, broadcast.id, chosen, after, chunk, int(now.wall))
    away = audience.freeze_unreachable(session, broadcast.id, chosen, after, last, int(now.wall))
    whole, skipped = last is None, sum(away.values())
    broadcasts.add_frozen(session, broadcast.id, written + skipped, last, wall if whole else None)
    # Their lines say `skipped` from the start; `add_frozen` has counted them as pending.
    if skipped:
        changes = {DeliveryState.PENDING: -skipped, DeliveryState.SKIPPED: skipped}
        broadcasts.move_counts(session, broadcast.id, changes, away)
    if whole:
        broadcasts.change_status(
            session,
            broadcast.id,
            (BroadcastStatus.SCHEDULED,),
            BroadcastStatus.RUNNING,
            # A clock that was set back since must not make it begin before it was made.
            started_at=broadcast.started_at or max(wall, broadcast.created_at),
        )
    return whole


def rehearse(database: Database) -> None:
    """Compile the statements of a freeze while nobody waits for it.

    SQLAlchemy takes 70 ms to compile them the first time, and the first chunk would hold the write
    lock for so long. Nothing is written, for there is no broadcast 0 and nobody among
    the chats that are looked at; a database that cannot be written will say so when it matters.
    """
    for after, end in ((None, -MAX_ID), (-MAX_ID, -MAX_ID), (MAX_ID, None)):
        for step in _steps(after, end):
            with suppress(SQLAlchemyError), database.reading() as session:
                step(session)


def _steps(after: int | None, end: int | None) -> list[Callable[[Session], object]]:
    everybody = Audience((Term("all"),))
    return [
        lambda session: audience.freeze(session, 0, everybody, after, 0, 0),
        lambda session: audience.freeze_unreachable(session, 0, everybody, after, end, 0),
        lambda session: broadcasts.add_frozen(session, 0, 0, end, None),
        lambda session: broadcasts.change_status(
            session, 0, (BroadcastStatus.SCHEDULED,), BroadcastStatus.RUNNING
        ),
    ]
