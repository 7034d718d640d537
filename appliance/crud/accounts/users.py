"""Accounts of the web site."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from appliance.crud import search
from appliance.errors import EmailTaken, NotFound, localized
from appliance.models import MAX_ID, Chat, ChatStatus, Role, User, utcnow


def get(session: Session, user_id: int) -> User:
    """Raises NotFound, also for a number no id can be."""
    user = session.get(User, user_id) if 0 < user_id <= MAX_ID else None
    if user is None:
        raise _unknown(user_id)
    return user


def get_by_email(session: Session, email: str) -> User | None:
    """`email` in lower case, as it is stored."""
    return session.scalar(select(User).where(User.email == email))


def find(session: Session, name: str) -> User:
    """By id or email address. Raises NotFound."""
    if name.isascii() and name.isdecimal():
        return get(session, int(name[:20]))  # 20 digits are over any id already
    user = get_by_email(session, name.strip().lower())
    if user is None:
        raise _unknown(name)
    return user


def add(
    session: Session,
    *,
    email: str,
    name: str,
    password_hash: str | None,
    role: Role,
    language: str,
    now: datetime | None = None,
) -> User:
    """Raises EmailTaken, and then the transaction must be rolled back."""
    user = User(
        email=email,
        name=name,
        password_hash=password_hash,
        role=role,
        language=language,
        disabled=False,
        session_version=0,
        created_at=now or utcnow(),
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError:
        message = localized("{email} has an account already: log in, or use another", email=email)
        raise EmailTaken(message) from None
    return user


def list_page(
    session: Session,
    limit: int,
    before_id: int | None = None,
    query: str | None = None,
    reachable: bool | None = None,
) -> Sequence[User]:
    """The newest first, with their chats; `query` matches a part of the name or address.

    `reachable` False: only those whom the bot cannot write to, for they have no chat or it is
    blocked, say.
    """
    users = select(User).options(joinedload(User.chat)).order_by(User.id.desc()).limit(limit)
    if before_id is not None:
        users = users.where(User.id < before_id)
    if query:
        users = users.where(search.contains(query.strip(), User.name, User.email))
    if reachable is not None:
        answered = Chat.status.in_(ChatStatus.REACHABLE)
        users = users.where(User.chat.has(answered).is_(reachable))
    return session.scalars(users).all()


def count(session: Session) -> int:
    return session.scalar(select(func.count(User.id))) or 0


def list_admins(session: Session) -> Sequence[User]:
    """Enabled admins, locked until the end of the transaction (PostgreSQL; SQLite has one lock)."""
    admins = select(User).where(User.role == Role.ADMIN, User.disabled.is_(False))
    # By id, so that two who lock them wait for each other in one order.
    return session.scalars(admins.order_by(User.id).with_for_update()).all()


def list_with_roles(session: Session, roles: Iterable[str]) -> Sequence[User]:
    """Enabled accounts with one of the roles, by name."""
    query = select(User).where(User.role.in_(list(roles)), User.disabled.is_(False))
    return session.scalars(query.order_by(User.name, User.id)).all()


def names_of(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of those that exist, by id."""
    ids = {user_id for user_id in user_ids if user_id is not None}
    if not ids:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {user_id: name for user_id, name in rows}


def _unknown(user: object) -> NotFound:
    return NotFound(
        localized("there is no user {user}; `appliance user list` shows the known ones", user=user)
    )
