"""What is decided about a broadcast, and its statistics."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from appliance.schemas.base import Answer, Body, BroadcastStatus, Line, Request
from appliance.schemas.broadcasts import Broadcast, Options


class Retry(Request):
    """`unknown` recipients may get it twice; `missed` is a broadcast that could not begin in
    time."""

    which: Literal["failed", "unknown", "missed"]


class Edit(Request):
    """What it says from now on; `options` and `variants` that are left out stay, {} ends them."""

    text: Body
    format: Literal["plain", "html"] = "plain"
    options: Options | None = None
    variants: dict[Line, Body] | None = Field(None, max_length=50)


class Operation(Answer):
    """An edit or a recall of what was delivered, message by message.

    It is `preparing` while it is found out who was being sent to when it was decided.
    """

    id: int
    kind: Literal["edit", "recall"]
    status: Literal["preparing", "running", "paused", "cancelled", "done"]
    total: int
    done: int
    failed: int
    too_old: int
    reasons: dict[str, int]
    created_at: datetime
    finished_at: datetime | None


class OperationList(Answer):
    items: list[Operation]


class Changed(Answer):
    """The broadcast, and the operation that has begun; null when there is nothing to change."""

    broadcast: Broadcast
    operation: Operation | None


class Retried(Answer):
    broadcast: Broadcast
    count: int


class Recallable(Answer):
    """`too_old` of the `delivered` ones can no longer be deleted.

    The `unknown` ones may have it, and have no message that can be named.
    """

    delivered: int
    too_old: int
    unknown: int


class Event(Answer):
    """An entry of the history: `actor` is `user:ID`, `cli:LOGIN`, `engine` or `schedule`."""

    id: int
    at: datetime
    actor: str
    name: str | None
    action: str
    details: dict[str, Any]


class EventList(Answer):
    items: list[Event]


class Plan(Answer):
    """`stars` is what it costs; `joined` and `left` since broadcast `last_id` to the same."""

    count: int
    seconds: float
    rate: float
    stars: float
    last_id: int | None
    joined: int | None
    left: int | None


class Bucket(Answer):
    at: datetime
    sent: int
    failed: int
    skipped: int
    unknown: int


class LinkClicks(Answer):
    url: str
    clicks: int
    people: int


class Statistics(Answer):
    """`rate` and `eta_seconds` are of the last seconds, null where nothing moves."""

    status: BroadcastStatus
    rate: float | None
    eta_seconds: float | None
    bucket_seconds: int
    over_time: list[Bucket]
    reasons: dict[str, dict[str, int]]
    links: list[LinkClicks]
    clicks: int
    people: int
    unsubscribed: int
