"""Notifications that programs send."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from appliance.schemas.base import Answer, Body, Line, Query, Request, Text

NotifyPriority = Literal["low", "normal", "high"]
NotifyFormat = Literal["plain", "html"]


class LinkButton(Request):
    """Leads to `url`."""

    text: Line
    url: Annotated[Text, Field(max_length=2048)]


class NewNotification(Request):
    """What to tell, and whom: `user:EMAIL`, `chat:ID`, `topic:NAME` or `role:ROLE`; without `to`
    it is the user whose token it is.

    `title` stands in bold above the text. `low` arrives without a sound, `high` with one also in
    somebody's quiet hours.
    """

    to: Line | None = None
    title: Line | None = None
    text: Body = ""
    priority: NotifyPriority | None = None
    format: NotifyFormat | None = None
    buttons: list[Annotated[list[LinkButton], Field(max_length=8)]] = Field([], max_length=20)


def _known(*allowed: str) -> BeforeValidator:
    """None in place of a value that is not one of ours: monitors have others for these fields."""
    return BeforeValidator(lambda value: value if value in allowed else None)


class Alert(BaseModel):
    """What monitors post of themselves, told by `message` (Apprise, Grafana) or `msg` (Uptime
    Kuma). They send much besides, and no slip of theirs could be mended, so the rest is ignored.
    """

    model_config = ConfigDict(strict=True, extra="ignore")

    to: Line | None = None
    title: Annotated[Line | None, BeforeValidator(lambda given: given or None)] = None
    message: Body
    priority: Annotated[NotifyPriority | None, _known("low", "normal", "high")] = None
    format: Annotated[NotifyFormat | None, _known("plain", "html")] = None

    @model_validator(mode="before")
    @classmethod
    def _named_otherwise(cls, body: Any) -> Any:
        if isinstance(body, dict) and "message" not in body and "msg" in body:
            return {**body, "message": body["msg"]}
        return body

    def as_notification(self) -> NewNotification:
        return NewNotification(
            to=self.to,
            title=self.title,
            text=self.message,
            priority=self.priority,
            format=self.format,
        )


class NotifyQuery(Query):
    """In the address, for programs whose body says nothing of it; the body goes before it."""

    to: Line | None = None
    title: Line | None = None
    priority: NotifyPriority | None = None
    format: NotifyFormat | None = None


class Notified(Answer):
    """`to` names the user by id; `messages` is how many chats it goes to. To a topic or role it is
    a broadcast.
    """

    id: int
    to: str
    messages: int
    broadcast_id: int | None
