"""Link codes, and the link between a Telegram chat and a user."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.errors import AlreadyLinked, localized
from appliance.models import Chat, LinkCode, Message

_REFUSAL = "code-refused:"


def add(
    session: Session,
    code_hash: bytes,
    *,
    now: datetime,
    expires_at: datetime,
    user_id: int | None = None,
    chat_id: int | None = None,
) -> LinkCode:
    """Keep a new code of one side: of a user or of a chat."""
    code = LinkCode(
        code_hash=code_hash,
        user_id=user_id,
        chat_id=chat_id,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(code)
    session.flush()
    return code


def revoke(session: Session, *, user_id: int | None = None, chat_id: int | None = None) -> int:
    """Forget the unused codes of a user and of a chat. Returns how many there were."""
    count = 0
    if user_id is not None:
        count += _delete(session, LinkCode.used_at.is_(None), LinkCode.user_id == user_id)
    if chat_id is not None:
        count += _delete(session, LinkCode.used_at.is_(None), LinkCode.chat_id == chat_id)
    return count


def forget(session: Session, before: datetime) -> int:
    """Delete the codes that ran out before a time, used or not. Returns how many."""
    return _delete(session, LinkCode.expires_at < before)


def get_usable(session: Session, code_hash: bytes, now: datetime) -> LinkCode | None:
    """The code, if it is neither used nor over."""
    return session.scalar(select(LinkCode).where(*_usable(code_hash, now)))


def usable_among(
    session: Session, code_hashes: Collection[bytes], now: datetime
) -> Sequence[LinkCode]:
    """Those of the codes that are neither used nor over."""
    among = select(LinkCode).where(LinkCode.code_hash.in_(code_hashes), *_good(now))
    return session.scalars(among).all()


def use(session: Session, code_hash: bytes, now: datetime) -> bool:
    """Use a code up. Of several callers with the same code exactly one gets True."""
    result = session.execute(
        update(LinkCode)
        .where(*_usable(code_hash, now))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def refusal_key() -> str:
    """The `key` of a message that says that a code is wrong, by which `count_refusals` knows it."""
    return _REFUSAL + secrets.token_urlsafe(12)


def count_refusals(session: Session, chat_id: int, since: datetime) -> int:
    """How often, since a moment, the chat was told that its code is wrong."""
    # Counted in the thread, not in memory: it holds over restarts (docs/decisions.md, 26). Not by
    # the words, which differ with the language and the version of the program.
    statement = select(func.count(Message.id)).where(
        Message.chat_id == chat_id,
        Message.key.startswith(_REFUSAL),
        Message.created_at > since,
    )
    return session.scalar(statement) or 0


def link(session: Session, chat_id: int, user_id: int, now: datetime) -> Chat:
    """Link the chat, which must exist, to the user.

    Raises AlreadyLinked where either is linked elsewhere; the transaction stays usable.
    """
    statement = (
        update(Chat)
        .where(Chat.id == chat_id, Chat.user_id.is_(None) | (Chat.user_id == user_id))
        .values(user_id=user_id, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    # The condition is in the UPDATE: on PostgreSQL another request may link after a look.
    try:
        with session.begin_nested():
            linked = session.execute(statement).rowcount == 1  # type: ignore[attr-defined]
    except IntegrityError:  # chats.user_id is unique: the user has another chat
        linked = False
    if not linked:
        raise AlreadyLinked(
            localized(
                "the Telegram account or the account of the site is linked elsewhere: unlink it"
                " first"
            )
        )
    return session.scalars(
        select(Chat).where(Chat.id == chat_id).execution_options(populate_existing=True)
    ).one()


def unlink(session: Session, chat: Chat, now: datetime) -> None:
    """End a chat's link to its user."""
    chat.user_id = None
    chat.updated_at = now
    session.flush()
    session.expire(chat, ["user"])  # a flush leaves the loaded relation as it was


def _usable(code_hash: bytes, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return LinkCode.code_hash == code_hash, *_good(now)


def _good(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return LinkCode.used_at.is_(None), LinkCode.expires_at > now


def _delete(session: Session, *conditions: ColumnElement[bool]) -> int:
    statement = delete(LinkCode).where(*conditions).execution_options(synchronize_session=False)
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]
