"""Broadcasts that are sent again and again."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from appliance.schemas.base import Answer, Body, Line, Page, Request
from appliance.schemas.broadcasts import Audience, AudienceWords, Draft, Options


class NewSchedule(Draft):
    """A broadcast that is sent at each slot of a cron expression in a time zone."""

    name: Line
    cron: Line
    timezone: Line | None = None


class SchedulePatch(Request):
    """What is left out or null stays; `quiet: ""` ends the quiet hours."""

    text: Body | None = None
    format: Literal["plain", "html"] | None = None
    variants: dict[Line, Body] | None = Field(None, max_length=50)
    media: list[int] | None = Field(None, max_length=20)
    audience: Audience | None = None
    options: Options | None = None
    quiet: Line | None = None
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
    variants: dict[str, str]
    media: list[int]
    options: dict[str, Any]
    audience: AudienceWords
    upcoming: list[datetime]
    created_at: datetime


class SchedulePage(Page[Schedule]):
    pass
