"""API tokens of programs."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from appliance import models
from appliance.schemas.base import Answer, Line, Page, Request
from appliance.schemas.broadcasts import Author

Scope = Literal["notify", "broadcasts", "inbox", "read"]


class NewToken(Request):
    """A token for yourself; without `expires_in_days` it lives until it is revoked."""

    name: Line
    scopes: list[Scope] = Field(min_length=1, max_length=10)
    expires_in_days: int | None = Field(None, ge=1, le=3650)


class Token(Answer):
    """`hint` are the token's first characters."""

    id: int
    name: str
    hint: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    user: Author

    @classmethod
    def of(cls, row: models.ApiToken, owner: str) -> "Token":
        """`owner` is the user's name."""
        values = {name: getattr(row, name) for name in cls.model_fields if name != "user"}
        return cls.model_validate({**values, "user": {"id": row.user_id, "name": owner}})


class MadeToken(Token):
    """With the token itself, which is shown this once."""

    token: str


class TokenPage(Page[Token]):
    pass
