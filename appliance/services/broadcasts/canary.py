"""The options of a canary: how many people get a broadcast first, and what stops the rest."""

import math

from appliance.errors import Fault, Invalid, localized

MAX_WAIT_SECONDS = 86_400  # a day


def lint(canary: int | None, limit: float | None, wait: int | None) -> tuple[Fault, ...]:
    """Faults of these: how many people, which share of them may fail or block, seconds to wait."""
    faults = []
    if canary is not None and canary < 1:
        faults.append(Fault("canary", localized("a canary needs at least 1 person")))
    # NaN compares as false with everything, so that a canary with it would never fail.
    if limit is not None and not (math.isfinite(limit) and 0 <= limit <= 1):
        message = localized("the limit of a canary must be from 0 to 1, or from 0% to 100%")
        faults.append(Fault("canary_limit", message))
    if wait is not None and not 0 <= wait <= MAX_WAIT_SECONDS:
        message = localized("a canary can wait from 0 to {most} seconds", most=MAX_WAIT_SECONDS)
        faults.append(Fault("canary_wait", message))
    if canary is None:
        options = [("canary_limit", limit), ("canary_wait", wait)]
        message = localized("this option belongs to a canary: set its number of people")
        faults += [Fault(name, message) for name, value in options if value is not None]
    return tuple(faults)


def check(canary: int | None, limit: float | None, wait: int | None) -> None:
    """Raises Invalid with every fault."""
    Invalid.raise_for(lint(canary, limit, wait))
