"""Linking, a member's own messages, and the chats the bot knows."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from appliance.schemas.accounts import ChatBrief, Session
from appliance.schemas.base import (
    Answer,
    ChatStatus,
    Line,
    Page,
    PageQuery,
    Query,
    Request,
    State,
    Text,
)


class TelegramState(Answer):
    linked: bool
    chat: ChatBrief | None
    bot_username: str | None


class TelegramCode(Answer):
    """A code to press Start with, its link and the link's QR picture; a short one to be typed."""

    code: str
    url: str
    qr_svg: str
    typed_code: str
    expires_at: datetime


class Claim(Request):
    code: Line


class LinkPreview(Answer):
    """Whom a code of the bot would link."""

    name: str
    username: str | None
    language: str | None


class WidgetLogin(Request):
    """What the Login Widget gave. Telegram signs all of it, so a field newer than this stays."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, Line | int] = Field(init=False)

    id: int
    first_name: Line
    last_name: Line | None = None
    username: Line | None = None
    photo_url: Annotated[Text, Field(max_length=2000)] | None = None
    auth_date: int
    hash: Line


class MiniAppLogin(Request):
    """`Telegram.WebApp.initData`, as it is."""

    init_data: Annotated[Text, Field(max_length=8000)]


class TelegramEntry(Answer):
    """Whoever was logged in has a `session`, a person without an account a `code`: `/link#code`."""

    session: Session | None
    code: str | None


class TelegramStart(Query):
    next: Line = "/"


class TelegramCallback(Query):
    """What the issuer sends the browser back with; it may say more."""

    model_config = ConfigDict(extra="ignore")

    code: str = Field("", max_length=2000)
    state: str = Field("", max_length=200)
    error: str = Field("", max_length=200)


class MemberMessage(Answer):
    id: str
    kind: Literal["broadcast", "in", "out"]
    text: str
    html: str
    state: State | None
    at: datetime


class MemberMessagePage(Page[MemberMessage]):
    pass


class ChatUser(Answer):
    id: int
    name: str
    email: str


class Chat(Answer):
    id: int
    type: str
    status: ChatStatus
    name: str
    username: str | None
    language: str | None
    approved: bool
    banned: bool
    user: ChatUser | None
    created_at: datetime


class ChatPage(Page[Chat]):
    pass


class ChatQuery(PageQuery):
    q: Line | None = None
    status: ChatStatus | Literal["unreachable"] | None = None
    linked: bool | None = None
    type: Literal["private", "group", "supergroup", "channel"] | None = None
    approved: bool | None = None


class ChatChange(Request):
    """`approved`: whether a group or channel may be a destination of broadcasts."""

    approved: bool
