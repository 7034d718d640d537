"""How fast messages leave on average, by the rate that the bot may not exceed."""

RATE_SHARE = 0.98
"""Of the limit: a spacing of exactly 1/rate puts 31 into some one-second windows at 30/s."""

FAST_RATE = 200.0
"""Messages a second from which the engine sends in groups, and a late group is made up for."""

FAST_SHARE = 0.989
"""Of the limit, where it is faster than FAST_RATE."""


def pace_of(rate: float) -> float:
    """Messages a second on average, of a bot that keeps to `rate` in each single second."""
    return rate * (FAST_SHARE if rate > FAST_RATE else RATE_SHARE)


def seconds_for(count: int, rate: float) -> float:
    """How long it takes to send so many, as people are told before they decide."""
    return round(count / pace_of(rate), 1)
