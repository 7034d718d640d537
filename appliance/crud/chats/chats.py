"""Chats: what the bot knows of people, groups and channels on Telegram."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from appliance.crud import search, settings
from appliance.errors import NotFound, localized
from appliance.models import MAX_ID, Chat, ChatStatus, ChatType, Role, Subscription, User, utcnow

NOT_FOUND_MOST = 3
"""Times in a row that Telegram may not know a chat, before it is out of audiences."""

UNREACHABLE = "unreachable"
"""A filter for those the bot cannot write to any more: blocked or left."""

_STATUSES = {UNREACHABLE: ChatStatus.GONE}
_TYPES = {str(ChatType.GROUP): ChatType.GROUPS}


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """A filter for lists of chats; None does not filter. `query` matches names and ids.

    A `status` may be UNREACHABLE; the `type` group means supergroups too.
    """

    query: str | None = None
    status: str | None = None
    linked: bool | None = None
    type: str | None = None
    approved: bool | None = None


def get(session: Session, chat_id: int) -> Chat | None:
    # The drivers raise for a number that no column can hold.
    return session.get(Chat, chat_id) if abs(chat_id) <= MAX_ID else None


def find(session: Session, chat_id: int) -> Chat:
    """A group that became a supergroup is found by its old id, too. Raises NotFound."""
    chat = get(session, chat_id)
    if chat is None:
        moved = settings.get_setting(session, settings.MOVED_CHATS) or {}
        chat = get(session, moved.get(str(chat_id), chat_id))
    if chat is None:
        raise NotFound(
            localized(
                "there is no chat {id}; `appliance chat list` shows the known ones", id=chat_id
            )
        )
    return chat


def get_by_user(session: Session, user_id: int) -> Chat | None:
    return session.scalar(select(Chat).where(Chat.user_id == user_id))


def remember(
    session: Session,
    chat_id: int,
    *,
    type: str = ChatType.PRIVATE,
    first_name: str | None = None,
    last_name: str | None = None,
    username: str | None = None,
    title: str | None = None,
    language: str | None = None,
    activate: bool = False,
    now: datetime | None = None,
) -> Chat:
    """Make the chat known, or bring its names up to date.

    A status changes only with `activate`. A language is only filled in, never overwritten: the
    person may have chosen another with /language.
    """
    now = now or utcnow()
    with session.no_autoflush:  # nothing that waits to be written can be this chat
        chat = session.get(Chat, chat_id)
    new = chat is None
    if chat is None:
        chat = Chat(id=chat_id, status=ChatStatus.ACTIVE, created_at=now)
        session.add(chat)
    chat.type = type
    # Also with None: whoever took their last name away at Telegram has none here either.
    chat.first_name, chat.last_name = first_name, last_name
    chat.username, chat.title = username, title
    chat.language = chat.language or language
    chat.updated_at = now
    if activate:
        chat.status, chat.not_found = ChatStatus.ACTIVE, 0
    if new:  # messages to it, in the same transaction, refer to its row
        session.flush()
    return chat


def lock(session: Session, chat_ids: Iterable[int]) -> Sequence[Chat]:
    """Those that are known, as they stay until this transaction changes them or ends.

    As long as they are kept, `get` finds them at once. For PostgreSQL: whoever changes several
    chats calls this first, or two orders would be a deadlock; broadcasts are locked after it. On
    SQLite a writing transaction is alone anyway.
    """
    session.flush()  # or what this session has changed would be read over
    rows = select(Chat).where(Chat.id.in_(chat_ids)).order_by(Chat.id)
    # FOR NO KEY UPDATE: rows that refer to it (messages, choices) can be added meanwhile.
    locked = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(locked).all()


def set_status(
    session: Session, chat_id: int, status: ChatStatus, now: datetime | None = None
) -> None:
    """Change whether the bot may write there; an unknown chat is passed over.

    A group or channel the bot was removed from is forgotten as a destination: what was decided and
    chosen about it holds no more, should the bot be added again.
    """
    chat = session.get(Chat, chat_id)
    if chat is None or chat.status == status:
        return
    chat.status = status
    if status != ChatStatus.LOST:
        chat.not_found = 0
    chat.updated_at = now or utcnow()
    if status == ChatStatus.LEFT:
        chat.approved, chat.approved_by = False, None
        session.execute(delete(Subscription).where(Subscription.chat_id == chat_id))
    session.flush()


def count_not_found(session: Session, chat_id: int, now: datetime | None = None) -> None:
    """Telegram says it does not know this chat; three times in a row, and it is LOST."""
    chat = session.get(Chat, chat_id)
    if chat is None or chat.status != ChatStatus.ACTIVE:
        return
    chat.not_found += 1
    if chat.not_found >= NOT_FOUND_MOST:
        set_status(session, chat_id, ChatStatus.LOST, now)
    session.flush()


def reset_not_found(session: Session, chat_id: int) -> None:
    """Something arrived there, so Telegram does know it."""
    session.execute(update(Chat).where(Chat.id == chat_id).values(not_found=0))


def list_not_found(session: Session) -> set[int]:
    """The chats that were not found the last time they were written to."""
    return set(session.scalars(select(Chat.id).where(Chat.not_found > 0)))


def remove(session: Session, chat_id: int) -> None:
    """Forget a chat with all that was said in it; the ledger keeps its lines. Raises NotFound."""
    session.delete(find(session, chat_id))
    session.flush()


def set_approved(
    session: Session, chat: Chat, approved: bool, by: int | None, now: datetime | None = None
) -> None:
    """Make a group or channel a destination, or refuse it; `by` is the user who decided."""
    chat.approved, chat.approved_by = approved, by
    chat.updated_at = now or utcnow()
    session.flush()


def list_waiting(session: Session, limit: int) -> Sequence[Chat]:
    """Groups and channels the bot is in and nobody has decided about; the latest first."""
    query = select(Chat).where(
        Chat.id < 0,  # which theirs are: so people are not looked through
        Chat.type != ChatType.PRIVATE,
        Chat.status == ChatStatus.ACTIVE,
        Chat.approved.is_(False),
        Chat.approved_by.is_(None),
    )
    return session.scalars(query.order_by(Chat.created_at.desc()).limit(limit)).all()


def list_admins(session: Session) -> Sequence[Chat]:
    """The private chats of the site's admins that the bot may write to."""
    query = (
        select(Chat)
        .join(User, User.id == Chat.user_id)
        .where(
            User.role == Role.ADMIN, User.disabled.is_(False), Chat.status.in_(ChatStatus.REACHABLE)
        )
    )
    return session.scalars(query.order_by(Chat.id)).all()


def list_page(
    session: Session, filter: ChatFilter, limit: int, after: int | None = None
) -> Sequence[Chat]:
    """Chats by id, from after `after`, with their users."""
    query = _filtered(select(Chat).options(joinedload(Chat.user)), filter).order_by(Chat.id)
    if after is not None:
        query = query.where(Chat.id > after)
    return session.scalars(query.limit(limit)).all()


def zones(session: Session) -> set[str]:
    """The time zones that chats have of their own; a look into the index for each."""
    # Not DISTINCT, which would walk all chats: each zone is the least one above the one before.
    names: set[str] = set()
    zone = session.scalar(select(func.min(Chat.timezone)).where(Chat.timezone.is_not(None)))
    while zone is not None:
        names.add(zone)
        zone = session.scalar(select(func.min(Chat.timezone)).where(Chat.timezone > zone))
    return names


def count(session: Session, filter: ChatFilter) -> int:
    return session.scalar(_filtered(select(func.count(Chat.id)), filter)) or 0


def _filtered(query: Select, filter: ChatFilter) -> Select:  # type: ignore[type-arg]
    if filter.status:
        query = query.where(Chat.status.in_(_STATUSES.get(filter.status, (filter.status,))))
    if filter.type:
        query = query.where(Chat.type.in_(_TYPES.get(filter.type, (filter.type,))))
    if filter.approved is not None:
        query = query.where(Chat.approved.is_(filter.approved))
    if filter.linked is not None:
        query = query.where(Chat.user_id.is_not(None) if filter.linked else Chat.user_id.is_(None))
    if filter.query:
        text = filter.query.strip().removeprefix("@")
        names = (Chat.first_name, Chat.last_name, Chat.username, Chat.title)
        query = query.where(search.contains(text, *names) | search.is_id(text, Chat.id))
    return query
