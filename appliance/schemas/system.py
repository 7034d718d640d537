"""The site itself: what it is and how its parts are."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from appliance.schemas.base import Answer, Language


class LoginWays(Answer):
    """How to log in without a password."""

    widget: bool
    widget_url: str | None
    """Telegram's page for a button without its script; null where OpenID Connect does it."""
    oidc: bool


class Site(Answer):
    name: str
    version: str
    bot_username: str | None
    bot_url: str | None
    sandbox: bool
    languages: list[Language]
    default_language: Language
    login: LoginWays


class Part(Answer):
    state: str
    holder: str | None
    heartbeat_at: datetime | None


class QueueState(Answer):
    pending: int
    oldest_seconds: float


class ChatPause(Answer):
    """A chat that Telegram asked to be left alone for a while."""

    chat_id: int
    until: datetime


class Refused(Answer):
    """Alerts of a token that nobody got, and why the last one; a month after that it is forgotten.

    Files that were left out of an alert are counted, too.
    """

    token: str
    count: int
    reason: str
    at: datetime


class Status(Answer):
    parts: dict[str, Part]
    queue: QueueState
    set_aside: int
    flood_until: datetime | None
    chat_pauses: list[ChatPause]
    refused: list[Refused]
    version: str
    schema_: str | None = Field(validation_alias="schema", serialization_alias="schema")


class Health(Answer):
    status: Literal["ok"] = "ok"


class Readiness(Answer):
    """Whether requests can be answered, and what each part last said of itself."""

    status: Literal["ready", "unready"]
    database: Literal["ok", "unusable"]
    parts: dict[str, str]
