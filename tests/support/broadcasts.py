"""Broadcasts as tests make them and look at them, without an engine."""

from sqlalchemy.orm import Session

from appliance.crud import deliveries
from appliance.crud.broadcasts import audience, broadcasts
from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import Broadcast
from appliance.services.broadcasts import audience_of

FIELDS = (
    *("id", "key", "status", "audience", "total", "pending", "sending", "sent", "failed"),
    *(
        "skipped",
        "unknown",
        "reasons",
        "created_at",
        "started_at",
        "finished_at",
        "seconds",
        "rate",
    ),
    *("starts_at", "canary", "recipients", "out_of_reach", "note"),
)
"""Of the document of a broadcast, in the order in which scripts get them."""

AT = 1_800_000_000
"""2027-01-15 08:00 UTC, at which recipients are written."""


def freeze(session: Session, number: int, at: int = AT) -> Broadcast:
    """Write the recipients into the ledger; all of them wait."""
    row = broadcasts.get(session, number)
    written, last = audience.freeze(session, number, audience_of(row), None, 100, at)
    broadcasts.add_frozen(session, number, written, last, row.created_at)
    session.refresh(row)
    return row


def deliver(session: Session, number: int, *outcomes: DeliveryOutcome, at: int = AT) -> Broadcast:
    """Freeze a broadcast and record what became of these recipients; the others wait."""
    row = freeze(session, number, at)
    deliveries.take(session, number, [outcome.chat_id for outcome in outcomes], at)
    deliveries.record(session, number, outcomes, at)
    session.refresh(row)
    return row
