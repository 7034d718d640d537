"""Broadcasts that are sent again and again."""

from datetime import datetime
from typing import Literal

from appliance.schemas.base import Answer, Line, Page, Request
from appliance.schemas.broadcasts import AudienceWords, Draft


class NewSchedule(Draft):
    """A broadcast that is sent at each slot of a cron expression in a time zone."""

    name: Line
    cron: Line
    timezone: Line | None = None


class SchedulePatch(Request):
    name: Line | None = None
    cron: Line | None = None
    timezone: Line | None = None
    max_late: int | None = None
    enabled: bool | None = None


class Schedule(Answer):
    """`upcoming` are its next slots; `last_result` says what became of the last one."""

    id: int
    name: str
    cron: str
    timezone: str
    enabled: bool
    next_at: datetime | None
    last_at: datetime | None
    last_result: str | None
    max_late: int
    quiet: str | None
    text: str
    format: Literal["plain", "html"]
    audience: AudienceWords
    upcoming: list[datetime]
    created_at: datetime


class SchedulePage(Page[Schedule]):
    pass
