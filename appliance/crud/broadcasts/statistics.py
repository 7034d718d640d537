"""What the ledger says in sum: outcomes over time, reasons, and who opted out because of it."""

from collections.abc import Iterator

from sqlalchemy import bindparam, false, func, select
from sqlalchemy.orm import Session

from appliance.models import Delivery, DeliveryState, Subscription

Outcomes = tuple[int, DeliveryState, str | None, int]
"""Number of the bucket, state, reason, how many."""


def outcomes(session: Session, broadcast_id: int, start: int, size: int) -> Iterator[Outcomes]:
    """Recipients with an outcome by time, state and reason.

    Bucket 0 begins at `start` (seconds since 1970), each is `size` seconds long. Reads every line
    of the broadcast's ledger once.
    """
    parameters = {"broadcast": broadcast_id, "start": start, "size": size}
    for bucket, state, reason, number in session.connection().execute(_OUTCOMES, parameters):
        yield int(bucket), DeliveryState(state), reason, number


# `op("/")`: SQLAlchemy's own `/` is a true division, and a bucket is a whole number.
_BUCKET = (Delivery.updated_at - bindparam("start")).self_group().op("/")(bindparam("size"))
_OUTCOMES = (
    select(_BUCKET.label("bucket"), Delivery.state, Delivery.reason, func.count())
    .where(Delivery.broadcast_id == bindparam("broadcast"), Delivery.state > DeliveryState.SENDING)
    .group_by("bucket", Delivery.state, Delivery.reason)
)


def count_unsubscribed(session: Session, broadcast_id: int) -> int:
    """How many ended a topic with a button of this broadcast, and have not come back."""
    query = select(func.count()).where(
        Subscription.broadcast_id == broadcast_id, Subscription.subscribed == false()
    )
    return session.scalar(query) or 0
