"""Accounts: registering, logging in, profiles, roles and access.

Passwords are hashed and checked before a writing transaction is opened: 24 ms under SQLite's only
write lock would hold up the engine.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud.accounts import users
from appliance.errors import Conflict, Forbidden, Invalid, Unauthorized, localized
from appliance.languages import LANGUAGES
from appliance.models import Role, User, utcnow
from appliance.services.accounts.passwords import (
    check_password,
    hash_password,
    needs_rehash,
    validate_password,
)
from appliance.services.chats import command_menu

__all__ = [
    "authenticate",
    "check_password",
    "create_user",
    "hash_password",
    "normalise_email",
    "normalise_name",
    "validate_password",
]

_DISABLED = localized("this account is disabled: ask an admin")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]{1,63}(\.[^@\s.]{1,63})*")


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody proved who they are; `new_hash` replaces a hash of old parameters."""

    user_id: int
    new_hash: str | None


def normalise_email(email: str) -> str:
    """The address as it is stored: trimmed, in lower case. Raises Invalid."""
    email = email.strip().lower()
    # 254: RFC 5321 takes no longer path, and the column has as many.
    if len(email) > 254 or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise Invalid.at("email", localized("invalid email address: expected NAME@DOMAIN"))
    return email


def normalise_name(name: str) -> str:
    """The name as it is stored: on one line, with single spaces. Raises Invalid."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise Invalid.at("name", localized("the name must have 1 to 100 characters"))
    return name


def create_user(
    session: Session, email: str, password_hash: str | None, name: str, role: str, language: str
) -> User:
    """Inside the caller's writing transaction. Raises Invalid or EmailTaken."""
    if role not in set(Role):
        message = localized(
            "unknown role {role!r}: expected one of {known}", role=role, known=", ".join(Role)
        )
        raise Invalid.at("role", message)
    if language not in LANGUAGES:
        raise _unknown_language(language)
    return users.add(
        session,
        email=normalise_email(email),
        name=normalise_name(name),
        password_hash=password_hash,
        role=Role(role),
        language=language,
    )


def authenticate(session: Session, email: str, password: str) -> Login:
    """Check a password in a reading session; an unknown address takes as long as a known one.

    Raises Unauthorized. Raises Forbidden when the account is disabled, which only somebody who
    knows the password learns.
    """
    user = users.get_by_email(session, email.strip().lower())
    # Hashed before it is asked whether there is a user: the time must not tell.
    if not check_password(user.password_hash if user else None, password) or user is None:
        raise Unauthorized(localized("the email address or the password is wrong"))
    if user.disabled:
        raise Forbidden(_DISABLED)
    stored_hash = user.password_hash or ""
    return Login(user.id, hash_password(password) if needs_rehash(stored_hash) else None)


def record_login(session: Session, login: Login, now: datetime | None = None) -> User:
    """Note the login. Raises NotFound or Forbidden where the account went away meanwhile."""
    user = users.get(session, login.user_id)
    if user.disabled:
        raise Forbidden(_DISABLED)
    user.last_login_at = now or utcnow()
    if login.new_hash:
        user.password_hash = login.new_hash
    return user


def check_own_password(session: Session, user_id: int, password: str) -> None:
    """Raises Invalid naming `current_password`."""
    if not check_password(users.get(session, user_id).password_hash, password):
        raise Invalid.at("current_password", localized("this is not your password"))


def set_password(session: Session, user_id: int, password_hash: str) -> User:
    """Store a new password and end every session of the user."""
    user = users.get(session, user_id)
    user.password_hash = password_hash
    user.session_version += 1
    return user


def update_profile(
    session: Session, user_id: int, name: str | None = None, language: str | None = None
) -> User:
    """Raises Invalid."""
    user = users.get(session, user_id)
    if name is not None:
        user.name = normalise_name(name)
    if language is not None:
        if language not in LANGUAGES:
            raise _unknown_language(language)
        user.language = language
    return user


def update_access(
    session: Session,
    user_id: int,
    actor_id: int | None,
    role: str | None = None,
    disabled: bool | None = None,
) -> User:
    """Change a role, or disable an account, which ends its sessions.

    `actor_id` None is the command line. Raises NotFound. Raises Conflict where somebody would take
    away their own access or that of the last admin: nobody would be left to give it back.
    """
    # Locked, and first: of two admins who demote each other at once the second waits here, and
    # then is the last one.
    admins = users.list_admins(session)
    user = users.get(session, user_id)
    demoted = role is not None and role != Role.ADMIN and user.role == Role.ADMIN
    if (demoted or disabled) and user_id == actor_id:
        raise Conflict(localized("you cannot take away your own access: ask another admin"))
    if (demoted or disabled) and [admin.id for admin in admins] == [user_id]:
        raise Conflict(
            localized("{email} is the last admin: make another one first", email=user.email)
        )
    before = user.effective_role
    if role is not None:
        user.role = Role(role)
    if disabled is not None and disabled != user.disabled:
        user.disabled = disabled
        user.session_version += 1
    if user.chat is not None and user.effective_role != before:
        command_menu.publish(session, user.chat, user.language, utcnow())
    return user


def _unknown_language(language: str) -> Invalid:
    message = localized(
        "unknown language {language!r}: expected one of {known}",
        language=language,
        known=", ".join(LANGUAGES),
    )
    return Invalid.at("language", message)
