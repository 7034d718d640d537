"""The operators' group on Telegram: which it is, whether it has topics, and how it is lost."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.crud.settings import OPERATORS, get_setting, put_setting
from appliance.errors import Invalid, localized
from appliance.models import Chat, ChatStatus, ChatType
from appliance.services import outbox
from appliance.services.i18n.catalog import choose, phrase


@dataclass(frozen=True, slots=True)
class Group:
    """The operators' group; with `topics` each person has one in it."""

    chat_id: int
    topics: bool = False
    language: str = "en"
    """In which the bot speaks there."""
    topics_off: bool = False
    """The bot may not or shall not make topics, until the group is chosen again."""


def reachable_group(session: Session) -> Group | None:
    """The group that copies go to; None where none is chosen, or the bot is not in it."""
    group = chosen_group(session)
    chat = chats.get(session, group.chat_id) if group else None
    return group if chat is not None and chat.status != ChatStatus.LEFT else None


def chosen_group(session: Session) -> Group | None:
    """The group that was chosen, whether the bot is in it or not."""
    stored = get_setting(session, OPERATORS) or {}
    chat_id = stored.get("chat_id")
    if not isinstance(chat_id, int):
        return None
    language = choose(stored.get("language"), "en")
    return Group(chat_id, bool(stored.get("topics")), language, bool(stored.get("topics_off")))


def set_group(session: Session, group: Group | None, now: datetime | None = None) -> Chat | None:
    """Make a group the operators' group, or none. Raises Invalid where the bot is not in it.

    Copies that still wait for another group are not sent any more.
    """
    chat = _group(session, group.chat_id) if group is not None else None
    before = chosen_group(session)
    # Topics are numbered by group, and copies are about people: neither follows to another group.
    if before is not None and (group is None or group.chat_id != before.chat_id):
        threads.forget_topics(session)
        messages.give_up_copies(session, before.chat_id, "group_changed", now)
    if before != group:
        put_setting(session, OPERATORS, asdict(group) if group else {}, now)
    return chat


def lose_group(session: Session, chat_id: int, now: datetime | None = None) -> None:
    """The bot left this group, or an admin refused it: it is the operators' group no more.

    So whoever adds the bot there again gets nobody's messages. The admins are told. Any other group
    is passed over.
    """
    group, chat = chosen_group(session), chats.get(session, chat_id)
    if group is None or group.chat_id != chat_id:
        return
    # Chosen, never inherited: docs/decisions.md, 42.
    set_group(session, None, now)
    for admin in chats.list_admins(session):
        own = choose(admin.user.language if admin.user else None, group.language)
        name = chat.name if chat else str(chat_id)
        html = phrase(choose(admin.language, own), "operators_lost", name=name)
        outbox.send_html(session, admin.id, html, now=now)


def set_topics(session: Session, group: Group) -> None:
    """Note that the operators' group has topics."""
    put_setting(session, OPERATORS, asdict(replace(group, topics=True)))


def refuse_topics(session: Session, group: Group) -> None:
    """Note that the bot may not make topics there."""
    put_setting(session, OPERATORS, asdict(replace(group, topics=False, topics_off=True)))


def _group(session: Session, chat_id: int) -> Chat:
    chat = chats.get(session, chat_id)
    if chat is None or chat.type not in ChatType.GROUPS or chat.status == ChatStatus.LEFT:
        message = localized("the bot is not in the group {id}: add it there first", id=chat_id)
        raise Invalid.at("operators_chat_id", message)
    return chat
