"""How long the ledger, updates and messages are kept, and what goes afterwards."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from appliance.crud import retention
from appliance.services.broadcasts.ledger_walk import Write, politely

ROWS_PER_PART = 1000
"""A million lines a day are a thousand parts: each holds the write lock for some 10 ms."""


def prune(write: Write, before: datetime) -> Counter[str]:
    """Delete what is older; returns how many rows of each kind went."""
    gone: Counter[str] = Counter(dict.fromkeys(retention.PARTS, 0))
    for kind, rows in prune_parts(write, before):
        gone[kind] += rows
    return gone


def prune_parts(write: Write, before: datetime) -> Iterator[tuple[str, int]]:
    """The same, a transaction at a time, for whoever has other things to do in between.

    Each part is complete in itself: after a crash the next run goes on.
    """
    for kind, delete_part in retention.PARTS.items():
        while True:
            with politely(write) as session:
                rows = delete_part(session, before, ROWS_PER_PART)
            if not rows:
                break
            yield kind, rows
