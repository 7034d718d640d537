"""Skips what is pending in a cancelled broadcast, where the process that cancelled it died."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from appliance.crud import deliveries
from appliance.database import ROWS_PER_TRANSACTION
from appliance.delivery.jobs import Moment

PATIENCE_SECONDS = 3.0
"""When nobody was skipped for so long, whoever cancelled the broadcast is not at it any more."""


@dataclass(slots=True)
class _Sweep:
    """When the next part is due (monotonic seconds), how many were pending when last looked at,
    and the last chat of the parts before it."""

    at: float
    pending: int
    after: int | None = None


class Sweeper:
    """Goes through cancelled broadcasts in which somebody is pending, a part at a time.

    Who cancels sweeps at once; beside two that do, on SQLite, a third writer would wait for long.
    So it begins when nobody else makes progress. Should both be at it, each line is counted by
    whoever skips it.
    """

    def __init__(self) -> None:
        self._sweeps: dict[int, _Sweep] = {}

    def follow(self, pending: Mapping[int, int], now: Moment) -> None:
        """How many are pending in each broadcast that is cancelled and not swept."""
        sweeps, later = self._sweeps, now.mono + PATIENCE_SECONDS
        self._sweeps = {n: sweeps.get(n) or _Sweep(later, count) for n, count in pending.items()}
        for number, sweep in self._sweeps.items():
            # Fewer than before: whoever cancelled it is at work, and gets another three seconds.
            if sweep.pending != pending[number]:
                sweep.at, sweep.pending = later, pending[number]

    def due(self, now: Moment) -> int | None:
        """The broadcast of the next part, when its time has come."""
        return next((n for n, sweep in self._sweeps.items() if sweep.at <= now.mono), None)

    def step(self, session: Session, broadcast_id: int, now: Moment) -> None:
        """Skip the next part of one that is due."""
        sweep, wall = self._sweeps[broadcast_id], int(now.wall)
        sweep.after, count = deliveries.skip_pending(
            session, broadcast_id, wall, sweep.after, ROWS_PER_TRANSACTION
        )
        sweep.pending -= count
        if sweep.after is None:  # from the start again: some may have been put back behind it
            sweep.at = now.mono + PATIENCE_SECONDS
