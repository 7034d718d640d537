"""Answers of operators: from the site, from a command, and from the operators' group.

They are rows of the outbox, as all messages of the bot, and go before notifications and broadcasts.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telebot.types import Message as TelegramMessage

from appliance.crud.messages import messages, threads
from appliance.errors import Conflict, Invalid, localized
from appliance.models import Chat, ChatStatus, Message, Priority, utcnow
from appliance.services import content, idempotency
from appliance.services.content import media
from appliance.services.content.files import METHODS
from appliance.services.content.html import plain as plain_text
from appliance.services.content.media import Kept
from appliance.services.inbox import group_copies, incoming
from appliance.services.inbox.message_parser import Received, as_html, read
from appliance.services.inbox.threads import person_chat
from appliance.telegram.emptiness import looks_blank

_BY_FILE_ID = {
    **METHODS,
    "voice": "sendVoice",
    "audio": "sendAudio",
    "animation": "sendAnimation",
    "video_note": "sendVideoNote",
    "sticker": "sendSticker",
}


def answer(
    session: Session,
    chat_id: int,
    text: str,
    *,
    format: str = "plain",
    author_id: int | None = None,
    key: str | None = None,
    now: datetime | None = None,
) -> Message:
    """Queue a text. With a `key` that this author used for this person before: the first answer.

    Raises NotFound, Invalid. Raises Conflict where the person cannot be reached.
    """
    chat, earlier = _begin(session, chat_id, author_id, key)
    if earlier is not None:
        idempotency.check_same(key, [(earlier.params or {}).get("text")], [text])
        return earlier
    plain = check(text, format)
    params = {"text": text, **({"parse_mode": "HTML"} if format == "html" else {})}
    message = queue(session, chat, "sendMessage", params, plain, author_id, key=key, now=now)
    group_copies.copy_answer(session, chat, message, message.created_at)
    return message


def answer_file(
    session: Session,
    chat_id: int,
    stored: Kept,
    *,
    caption: str = "",
    author_id: int | None = None,
    key: str | None = None,
    now: datetime | None = None,
) -> Message:
    """Queue a file that `services/content/media.py` has kept; otherwise like `answer`."""
    chat, earlier = _begin(session, chat_id, author_id, key)
    if earlier is not None:
        idempotency.check_same(
            key, [(earlier.params or {}).get("caption", "")], [caption.strip() and caption]
        )
        return earlier
    plain = "" if looks_blank(caption) else check(caption, "plain", caption=True)
    params = {"caption": caption} if plain else {}
    file = media.described([media.record(session, stored)])
    message = queue(
        session, chat, METHODS[stored.kind], params, plain, author_id, key=key, now=now, media=file
    )
    group_copies.copy_answer(session, chat, message, message.created_at)
    return message


def answer_from_group(
    session: Session,
    chat_id: int,
    message: TelegramMessage,
    answers: int | None,
    author_id: int | None,
    now: datetime,
) -> Message:
    """Queue a message from the operators' group, with its formatting and its file.

    `answers` is Telegram's id of the person's message that it replies to, which may have been
    deleted meanwhile. An album replies to nothing: Telegram copies albums without that.
    Raises NotFound, Conflict.
    """
    chat = person_chat(session, chat_id)
    check_reachable(chat)
    received = read(message)
    if received.album_id is not None and received.files:
        return _answer_album(session, chat, message.chat.id, received, author_id, now)
    method, params = _sent_on(received, message)
    # Without `allow_sending_without_reply` an answer to a deleted message would be refused.
    if answers is not None:
        params["reply_parameters"] = {"message_id": answers, "allow_sending_without_reply": True}
    return queue(
        session, chat, method, params, received.text, author_id, now=now, files=received.files
    )


def _answer_album(
    session: Session,
    chat: Chat,
    group_id: int,
    received: Received,
    author_id: int | None,
    now: datetime,
) -> Message:
    """One call for all parts that arrive within `messages.GATHERS`; later ones are another call."""
    album_id = received.album_id or ""
    album = messages.gathering(session, chat.id, album_id, now) or queue(
        session, chat, "copyMessages", {}, "", author_id, now=now, album_id=album_id, files=[]
    )
    incoming.join(session, album, received)
    parts = [file["message_id"] for file in album.files]  # ascending, as Telegram wants them
    album.params = {"from_chat_id": group_id, "message_ids": parts}
    session.flush()
    return album


def _sent_on(received: Received, message: TelegramMessage) -> tuple[str, dict[str, Any]]:
    """The call that sends the same: texts anew, files by their id, all else as a copy."""
    if received.files and message.content_type != "live_photo":  # sent by its id it would not move
        file, html = received.files[0], as_html(message)
        caption = {"caption": html, "parse_mode": "HTML"} if html else {}
        return _BY_FILE_ID[file["kind"]], {file["kind"]: file["file_id"], **caption}
    if message.text is not None:
        return "sendMessage", {"text": as_html(message), "parse_mode": "HTML"}
    return "copyMessage", {"from_chat_id": message.chat.id, "message_id": message.message_id}


def queue(
    session: Session,
    chat: Chat,
    method: str,
    params: dict[str, Any],
    plain: str,
    author_id: int | None,
    *,
    key: str | None = None,
    now: datetime | None = None,
    **columns: Any,
) -> Message:
    """Queue an answer. Its thread counts as read, and moves to the top."""
    now = now or utcnow()
    threads.answered(session, chat.id, now)
    return messages.queue(
        session,
        chat.id,
        method,
        params,
        priority=Priority.REPLY,
        text=plain,
        now=now,
        author_id=author_id,
        about_chat_id=chat.id,
        key=_owned(chat.id, author_id, key) if key else None,
        **columns,
    )


def check(text: str, format: str, *, caption: bool = False) -> str:
    """The text without its markup. Raises Invalid for a text that Telegram would refuse."""
    field = "caption" if caption else "text"
    Invalid.raise_for(content.lint(text, format, field=field, with_file=caption, literal=True))
    return plain_text(text, format)


def check_reachable(chat: Chat) -> None:
    """Raises Conflict where nothing can be sent to this person."""
    if chat.status in ChatStatus.GONE:
        raise Conflict(localized("{name} has blocked the bot: nothing can be sent", name=chat.name))
    if chat.status == ChatStatus.NEW:
        raise Conflict(localized("{name} has not pressed Start in the bot yet", name=chat.name))


def _begin(
    session: Session, chat_id: int, author_id: int | None, key: str | None
) -> tuple[Chat, Message | None]:
    """The person, and the answer that a request with this key has queued before. Raises Invalid."""
    idempotency.check_key(key)
    chat = person_chat(session, chat_id)
    earlier = messages.get_by_key(session, _owned(chat_id, author_id, key)) if key else None
    # Not for a repeated request: its answer was queued, whatever became of the person since.
    if earlier is None:
        check_reachable(chat)
    return chat, earlier


def _owned(chat_id: int, author_id: int | None, key: str) -> str:
    """The key as it is stored: hashed with its owner, so that nobody uses up somebody else's."""
    return "answer:" + hashlib.sha256(f"{chat_id}:{author_id}:{key}".encode()).hexdigest()
