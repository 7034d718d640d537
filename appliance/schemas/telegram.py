"""Linking, a member's inbox, and the chats the bot knows."""

from datetime import datetime
from typing import Literal

from appliance.schemas.accounts import ChatBrief
from appliance.schemas.base import Answer, ChatStatus, Line, Page, PageQuery, Request, State


class TelegramState(Answer):
    linked: bool
    chat: ChatBrief | None
    bot_username: str | None


class TelegramCode(Answer):
    """A code to press Start with: as text, as a link, and as a QR picture of the link."""

    code: str
    url: str
    qr_svg: str
    expires_at: datetime


class Claim(Request):
    code: Line


class InboxItem(Answer):
    id: str
    kind: Literal["broadcast", "in", "out"]
    text: str
    html: str
    state: State | None
    at: datetime


class InboxPage(Page[InboxItem]):
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
    user: ChatUser | None
    created_at: datetime


class ChatPage(Page[Chat]):
    pass


class ChatQuery(PageQuery):
    q: Line | None = None
    status: ChatStatus | None = None
    linked: bool | None = None
