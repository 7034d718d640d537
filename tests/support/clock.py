"""A clock that tests move."""

from datetime import UTC, datetime


class Clock:
    """A time that stands still until it is moved on; called as the clocks of the product are."""

    def __init__(self, now=1000.0):
        self.now = now

    def __call__(self):
        return self.now

    def advance(self, delta):
        self.now += delta


def noon():
    """A clock with dates: Tuesday, 1 September 2026, 12:00 UTC."""
    return Clock(datetime(2026, 9, 1, 12, 0, tzinfo=UTC))
