"""Accounts and sessions."""

from datetime import datetime

from pydantic import Field

from appliance.schemas.base import (
    Answer,
    ChatStatus,
    Language,
    Line,
    Page,
    PageQuery,
    Request,
    Role,
    Secret,
    Text,
)


class ChatBrief(Answer):
    id: int
    type: str
    name: str
    username: str | None
    status: ChatStatus


class User(Answer):
    id: int
    email: str
    name: str
    role: Role
    language: Language
    disabled: bool
    created_at: datetime
    chat: ChatBrief | None


class UserPage(Page[User]):
    pass


class UserQuery(PageQuery):
    q: Line | None = None
    reachable: bool | None = None


class UserPatch(Request):
    role: Role | None = None
    disabled: bool | None = None


class Session(Answer):
    """Who is logged in, and the token that every write must carry in `X-CSRF-Token`.

    `ended`: somebody was, until a new password, the unlinking of Telegram or an admin ended it.
    """

    user: User | None
    csrf_token: str
    ended: bool


class Registration(Request):
    email: Line
    password: Text = Field(max_length=1000)
    name: Line
    language: Language | None = None
    code: Line | None = None
    """Of a link that the bot gave: the account is linked to that chat at once."""


class Credentials(Request):
    email: Line
    password: Secret


class ProfilePatch(Request):
    name: Line | None = None
    language: Language | None = None


class PasswordChange(Request):
    current_password: Secret
    new_password: Text = Field(max_length=1000)
