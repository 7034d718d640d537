"""Copies of messages for the operators' group, and whom a reply to a copy is for.

A copy is a row of the outbox with `about_chat_id`, the person, and `reply_to`, Telegram's id of the
person's message. Whoever replies to it answers that person. In a group with topics each person has
one; `delivery/outbox.py` sends the copies to it as soon as Telegram has made it.
"""

import re
from datetime import datetime
from html import escape
from typing import Any

from sqlalchemy.orm import Session
from telebot.types import Message as TelegramMessage

from appliance.crud.accounts import users
from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.models import Chat, Direction, Message, Priority
from appliance.services import outbox
from appliance.services.i18n.catalog import phrase
from appliance.services.inbox import merged_copies
from appliance.services.inbox.labels import in_words, reason_in_words, summary
from appliance.services.inbox.message_parser import Received
from appliance.services.inbox.operators_group import Group, reachable_group
from appliance.telegram import html as telegram_html
from appliance.telegram.entities import utf16_length

NEW_TOPIC = "createForumTopic"

_CAPTIONED = {"photo", "video", "document", "audio", "voice", "animation"}
MAX_WAITING = 20
"""Copies about one person that wait at a time: as many as a group may get in a minute."""

_LOOKED_AT = 5 * MAX_WAITING  # rows of the outbox; the query walks no further
_MAX_TEXT = 3500  # characters of 4096: the person's name stands before it
_MAX_CAPTION = 700  # of 1024
_MAX_QUOTE = 100  # of what is answered
_MAX_TOPIC = 128  # characters that Telegram takes as the name of a topic
_HEAD = "👤 "
# Each copy begins with a link to the thread, of which Telegram would draw a preview.
_NO_PREVIEW = {"link_preview_options": {"is_disabled": True}}
_THREAD = re.compile(r"/inbox/(\d{1,18})", re.ASCII)


def copy(
    session: Session, chat: Chat, received: Received, site_url: str, now: datetime, *, edited: bool
) -> None:
    """Copy what a person wrote to the group, if there is one.

    Of somebody who writes faster than a group may be written to, the rest becomes one line that
    says there is more: the copies about others must not wait behind theirs. Of everybody, should
    too much wait for the group, one line says how many messages are on the site.
    """
    group = reachable_group(session)
    if group is None:
        return
    if merged_copies.is_full(session, group.chat_id):
        merged_copies.merge(session, group, site_url, now)
        return
    head = _head(chat, site_url)
    more = f"{head} {phrase(group.language, 'relay_more')}"
    waiting = messages.copies_waiting(session, group.chat_id, chat.id, _LOOKED_AT)
    if _plain(more) in waiting:  # said once: the rest of what they write adds nothing
        return
    copies = _Copies(session, group, chat, received.message_id, now)
    if len(waiting) >= MAX_WAITING:
        copies.text(more)
        return
    if edited:
        head = f"{head} {phrase(group.language, 'relay_edited')}"
    head += _context(received, group.language)
    if received.kind == "text":
        copies.text(f"{head}\n{_cut(received.text, _MAX_TEXT)}")
    elif edited or received.kind not in _CAPTIONED:
        text = received.text if received.files else in_words(received.text, group.language)
        # Two messages: what cannot carry a caption (a sticker, a place on the map) would come
        # without a name.
        copies.text(f"{head}\n{_cut(text, _MAX_TEXT)}".strip())
        if not edited:  # the group has the file already; only the words are new
            copies.message(received.message_id)
    else:
        caption = f"{head}\n{_cut(received.text, _MAX_CAPTION)}".strip()
        copies.message(received.message_id, caption)


def copy_answer(session: Session, chat: Chat, answer: Message, now: datetime) -> None:
    """Show the group what was answered elsewhere, so that nobody answers again."""
    group = reachable_group(session)
    if group is None:
        return
    author = users.names_of(session, [answer.author_id]).get(answer.author_id or 0)
    html = phrase(
        group.language,
        "relay_answer",
        author=author or phrase(group.language, "relay_somebody"),
        name=chat.name,
        text=_shortened(in_words(summary(answer), group.language), _MAX_TEXT),
    )
    _Copies(session, group, chat, None, now).text(html)


def undelivered(session: Session, message_id: int, reason: str | None, now: datetime) -> None:
    """Tell the group that an answer did not arrive, for somebody there may think it did.

    Of a copy that the group did not take, at least the text is sent.
    """
    answer, group = session.get(Message, message_id), reachable_group(session)
    if answer is None or group is None or answer.about_chat_id is None:
        return
    if answer.about_chat_id != answer.chat_id:
        _tell_in_words(session, group, answer, now)
        return
    chat = chats.get(session, answer.chat_id)
    if chat is None or chat.id == group.chat_id:
        return
    key = "relay_blocked" if reason in {"blocked", "deactivated"} else "relay_failed"
    reason_text = reason_in_words(reason or "?", group.language)
    html = phrase(group.language, key, name=chat.name, reason=reason_text)
    _Copies(session, group, chat, None, now).text(html)


def _tell_in_words(session: Session, group: Group, copy: Message, now: datetime) -> None:
    """Send the caption of a file as a text. A file without one follows a text of its own anyway."""
    caption = (copy.params or {}).get("caption")
    chat = chats.get(session, copy.about_chat_id or 0)
    # Queued for a group that was the operators' before: its text is none of the new one's business.
    if copy.chat_id != group.chat_id or caption is None or chat is None:
        return
    html = f"{caption}\n{phrase(group.language, 'relay_file')}"
    _Copies(session, group, chat, copy.reply_to, now).text(html)


def person_of(session: Session, group_id: int, message_id: int) -> Message | None:
    """The copy in the operators' group that has this id; None: it is no copy."""
    copy = messages.find_by_telegram_id(session, group_id, message_id)
    if copy is None or copy.about_chat_id is None or copy.direction != Direction.OUT:
        return None
    return copy


def person_linked(copy: TelegramMessage, site_url: str) -> int | None:
    """The person that a message of the bot is about, by the link on the name it begins with.

    For a copy whose id is not in the database: it is stored a moment later, after a crash never.
    Only that first link is ours. Captions are not looked at, for they contain what the person
    wrote, links included.
    """
    if not (copy.text or "").startswith(_HEAD):
        return None
    for entity in copy.entities or ():
        if entity.type == "text_link" and entity.offset == utf16_length(_HEAD):
            match = _THREAD.fullmatch((entity.url or "").removeprefix(site_url))
            return int(match[1]) if match is not None else None
    return None


class _Copies:
    """What goes to the group about one person; a topic for them is asked for first."""

    def __init__(
        self, session: Session, group: Group, chat: Chat, reply_to: int | None, now: datetime
    ) -> None:
        """`reply_to` is Telegram's id of the person's message that is copied, if it is one."""
        self._session, self._group, self._chat = session, group, chat
        self._of_all: dict[str, Any] = {
            "priority": Priority.NOTIFICATION,
            "now": now,
            "about_chat_id": chat.id,
            "reply_to": reply_to,
        }
        if group.topics:
            _ask_for_topic(session, group, chat, now)

    def text(self, html: str) -> None:
        outbox.send_html(
            self._session, self._group.chat_id, html, params=_NO_PREVIEW, **self._of_all
        )

    def message(self, message_id: int, caption: str | None = None) -> None:
        """The person's own message, as Telegram copies it; a `caption` replaces theirs."""
        params: dict[str, Any] = {"from_chat_id": self._chat.id, "message_id": message_id}
        if caption is not None:
            params |= {"caption": caption, "parse_mode": "HTML"}
        text = _plain(caption or "") or None
        messages.queue(
            self._session, self._group.chat_id, "copyMessage", params, text=text, **self._of_all
        )


def _ask_for_topic(session: Session, group: Group, chat: Chat, now: datetime) -> None:
    thread = threads.ensure(session, chat.id, now)
    if thread.group_topic_id is not None:
        return
    # Asked for once: Telegram makes a topic for each call, and creating one counts as a send.
    if messages.is_waiting(session, group.chat_id, NEW_TOPIC, chat.id):
        return
    messages.queue(
        session,
        group.chat_id,
        NEW_TOPIC,
        {"name": chat.name.strip()[:_MAX_TOPIC] or str(chat.id)},
        priority=Priority.NOTIFICATION,
        visible=False,
        now=now,
        about_chat_id=chat.id,
    )


def _context(received: Received, language: str) -> str:
    """Lines that say from whom a message was forwarded, and what it answers."""
    lines = ""
    if received.forwarded_from:
        lines += "\n" + phrase(language, "relay_forwarded", name=received.forwarded_from)
    if received.in_answer_to:
        answered = _shortened(in_words(received.in_answer_to, language), _MAX_QUOTE)
        lines += "\n" + phrase(language, "relay_in_answer", text=answered)
    return lines


def _head(chat: Chat, site_url: str) -> str:
    """The person's name, as a link to the thread on the site."""
    username = f" @{escape(chat.username)}" if chat.username else ""
    url = escape(f"{site_url}/inbox/{chat.id}")
    return f'{_HEAD}<a href="{url}"><b>{escape(chat.name)}</b></a>{username}'


def _plain(html: str) -> str:
    return telegram_html.parse(html)[0]


def _cut(text: str, limit: int) -> str:
    return escape(_shortened(text, limit), quote=False)


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
