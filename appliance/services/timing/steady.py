"""Wall time that a clock which jumps for a moment does not change."""

from datetime import UTC, datetime

JUMP_SECONDS = 60.0
"""More than a clock drifts, or is set by, in a day."""

BELIEVED_SECONDS = 60.0
"""A jump that lasts so long is the new time. Until then what is due waits, by the former one."""


class SteadyClock:
    """Compares the wall clock, which somebody may set, with the monotonic one, which nobody sets.

    Its first reading has nothing to be compared with, and is believed.
    """

    def __init__(self) -> None:
        self._offset: float | None = None  # of the wall clock from the monotonic one
        self._since = 0.0  # from when on it has been so
        self._believed = 0.0

    def read(self, wall: datetime, mono: float) -> datetime:
        """The time to judge by, whatever the wall clock shows for a moment."""
        offset = wall.timestamp() - mono
        if self._offset is None:
            self._believed = offset
        if self._offset is None or abs(offset - self._offset) > JUMP_SECONDS:
            self._offset, self._since = offset, mono
        near = abs(offset - self._believed) <= JUMP_SECONDS
        if near or self.steady_seconds(mono) >= BELIEVED_SECONDS:
            self._believed = offset
            return wall
        return datetime.fromtimestamp(self._believed + mono, UTC)

    def steady_seconds(self, mono: float) -> float:
        """For how long the wall clock has run evenly."""
        return mono - self._since
