"""API tokens: what a program shows to act for a user, within scopes.

A token is `apl_` and 240 random bits, shown once. Only its SHA-256 is stored: so many random bits
need no slow hash, as a password does. It is looked up by that hash, so the time this takes says
nothing about the token.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from appliance.crud.accounts import tokens, users
from appliance.database import writing_if_free
from appliance.errors import (
    Conflict,
    Invalid,
    NotFound,
    TryLater,
    Unauthorized,
    localized,
    localized_plural,
)
from appliance.models import ApiToken, Role, User
from appliance.services.accounts.users import normalise_name

SCOPES = ("notify", "broadcasts", "inbox", "read")
"""What a token may be for. `read` is every GET its user may call; the others also write."""

MAX_DAYS = 3650  # ten years; whoever wants a longer one asks for one without an end
MAX_TOKENS = 100
"""Of one user, that work at a time."""

_PREFIX = "apl_"  # by which the log finds tokens and blanks them: `runtime/logs.py`
_BYTES = 30  # 40 letters
_HINT = 8  # characters of it that are shown; the rest still has 216 bits
_TOKEN = re.compile(_PREFIX + r"[A-Za-z0-9_-]{40}", re.ASCII)
_TOUCH_EVERY = timedelta(minutes=1)  # a write for each call would be too many


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown, once."""

    row: ApiToken
    token: str


@dataclass(frozen=True, slots=True)
class Program:
    """A program that called with a token: for which user, with which scopes."""

    token_id: int
    user: User
    scopes: frozenset[str]


class TokenRefused(Unauthorized):
    """A token that is refused; `reason` is for the log and contains no part of the token."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def create(
    session: Session,
    user_id: int,
    name: str,
    scopes: Iterable[str],
    expires_in_days: int | None,
    now: datetime,
) -> NewToken:
    """Inside the caller's writing transaction.

    Raises NotFound, Invalid, and Conflict for a disabled user or one with too many tokens.
    """
    name, chosen = normalise_name(name), _scopes(scopes)
    expires_at = _expiry(expires_in_days, now)
    user = users.get(session, user_id)
    if user.disabled:
        raise Conflict(localized("the account of {email} is disabled", email=user.email))
    if tokens.count_live(session, user.id, now) >= MAX_TOKENS:
        raise Conflict(
            localized(
                "{email} has {most} tokens already: revoke some", email=user.email, most=MAX_TOKENS
            )
        )
    token = _PREFIX + secrets.token_urlsafe(_BYTES)
    row = ApiToken(
        name=name,
        user_id=user.id,
        token_hash=hashed(token),
        hint=token[:_HINT],
        scopes=chosen,
        created_at=now,
        expires_at=expires_at,
    )
    return NewToken(tokens.add(session, row), token)


def authenticate(session: Session, token: str, now: datetime) -> Program:
    """The program and user of a token. Raises TokenRefused.

    Ends the transaction of `session`: that the token was used is written at most once a minute,
    and not at all where the database is busy at that moment.
    """
    owned = tokens.get_by_hash(session, hashed(token)) if _TOKEN.fullmatch(token) else None
    if owned is None:
        raise TokenRefused(localized("unknown access token"), "unknown")
    # Why it is refused is told only to whoever has the token; any other one is unknown.
    row, user = owned
    if (why := _refusal(row, user, now)) is not None:
        raise TokenRefused(why, f"token {row.id}: {why}")
    program = Program(row.id, user, frozenset(row.scopes))
    if row.last_used_at is None or now - row.last_used_at >= _TOUCH_EVERY:
        _touch(session, row.id, now)
    return program


def revoke(session: Session, token_id: int, by: User | None, now: datetime) -> ApiToken:
    """End a token at once; one that is revoked already stays so. `by` None is the command line.

    Raises NotFound, also for somebody else's token, unless `by` is an admin.
    """
    row = tokens.get(session, token_id)
    # As if it did not exist: a refusal would tell which numbers are somebody's.
    if by is not None and by.role != Role.ADMIN and row.user_id != by.id:
        raise NotFound(
            localized("there is no token {id}; `appliance token list` shows all", id=token_id)
        )
    row.revoked_at = row.revoked_at or now  # asked again: since when it is void stays true
    return row


def hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _refusal(row: ApiToken, user: User, now: datetime) -> str | None:
    if row.revoked_at is not None:
        return localized("this token was revoked: make another one")
    if row.expires_at is not None and row.expires_at <= now:
        return localized("this token has expired: make another one")
    return localized("this account is disabled: ask an admin") if user.disabled else None


def _touch(session: Session, token_id: int, now: datetime) -> None:
    try:
        with writing_if_free(session):
            tokens.touch(session, token_id, now)
    except TryLater:
        pass  # the next call writes it


def _scopes(scopes: Iterable[str]) -> list[str]:
    chosen = set(scopes)
    valid = ", ".join(SCOPES)
    if unknown := sorted(chosen - set(SCOPES)):
        message = localized(
            "unknown scope {scope!r}: expected one of {known}", scope=unknown[0], known=valid
        )
        raise Invalid.at("scopes", message)
    if not chosen:
        raise Invalid.at(
            "scopes", localized("a token needs at least one scope: {known}", known=valid)
        )
    return [scope for scope in SCOPES if scope in chosen]


def _expiry(days: int | None, now: datetime) -> datetime | None:
    if days is None:
        return None
    if not 0 < days <= MAX_DAYS:
        message = localized_plural(
            "a token can be valid for 1 to {count} day, or for ever",
            "a token can be valid for 1 to {count} days, or for ever",
            count=MAX_DAYS,
        )
        raise Invalid.at("expires_in_days", message)
    return now + timedelta(days=days)
