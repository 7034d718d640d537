"""Going through the ledger of a broadcast, a part a transaction, with room for other writers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts
from appliance.database import ROWS_PER_TRANSACTION
from appliance.models import Broadcast

PAUSE_SECONDS = 0.005
"""Between two such transactions, at least."""

Write = Callable[[], AbstractContextManager[Session]]
"""Opens a writing transaction."""


@contextmanager
def politely(write: Write) -> Iterator[Session]:
    """One of many transactions in a row, and as long a pause as it lasted.

    SQLite keeps no queue: other processes look now and then whether the lock is free, and whoever
    takes it again at once keeps them waiting for seconds.
    """
    with write() as session:
        began = time.monotonic()
        yield session
    threading.Event().wait(max(PAUSE_SECONDS, time.monotonic() - began))


def skip_pending(write: Write, broadcast_id: int, now: datetime) -> Broadcast:
    """Skip what is pending in a cancelled broadcast. Returns it as it is then.

    Whoever cancels does it at once; the engine finishes it if that process died.
    """
    after, at = None, int(now.timestamp())
    while True:
        with politely(write) as session:
            after, _ = deliveries.skip_pending(
                session, broadcast_id, at, after, ROWS_PER_TRANSACTION
            )
            if after is None:
                return broadcasts.get_fresh(session, broadcast_id)
