"""Linking a Telegram chat to an account of the site, by codes that prove that one person has both.

A code is made on one side and used on the other. Made on the site it is part of a deep link
(t.me/BOT?start=CODE), made by the bot part of a link to the site (SITE/link#CODE: a fragment gets
into no server's log). A code has 192 random bits, works once, for 15 minutes, and only its hash is
stored. Before they are linked, the person is asked, and sees what is to be linked.

With a deep link goes a short code to be typed to the bot (`codes.py`). It has fewer bits, so a chat
may try a few times only.

Every function works in the caller's writing transaction: the link, the used-up code and the message
to the person are stored together or not at all.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session

from appliance.crud.accounts import link_codes, users
from appliance.crud.chats import chats
from appliance.errors import AlreadyLinked, Conflict, NotFound, localized
from appliance.models import Chat, ChatStatus, ChatType, LinkCode, User
from appliance.services import bot_identity, outbox
from appliance.services.chats import command_menu
from appliance.services.i18n.catalog import choose, phrase
from appliance.services.telegram_auth import codes

# The short code's safety is counted for 15 minutes: see `codes.py` before making it longer.
LIFETIME = timedelta(minutes=15)

_BYTES = 24  # 32 characters of [A-Za-z0-9_-]; Telegram takes 64
_LENGTH = 32
_LONG_WORD = re.compile(rf"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{{{_LENGTH},}}")
# A code as it is pasted: alone, or in a link to the bot or to the site.
_PASTED = re.compile(rf"(?:\S+(?:[?&]start=|/link#))?([A-Za-z0-9_-]{{{_LENGTH}}})")
_MAX_LOOKED_UP = 100  # words of one text that look like a code, of either kind
_UNKNOWN = localized("unknown code: it is wrong, was used already, or is older than 15 minutes")


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code as it is shown, once. `url` leads to where it is used, if that is known."""

    code: str
    url: str | None
    expires_at: datetime
    typed: str | None = None
    """The short code, of the site only. Using either one uses up both."""


def start_link(session: Session, user_id: int, now: datetime) -> NewCode:
    """A code to be used in Telegram, in place of the user's older ones.

    Raises AlreadyLinked, NotFound. `url` is None while the bot's name is unknown.
    """
    user = users.get(session, user_id)
    if chats.get_by_user(session, user.id) is not None:
        raise AlreadyLinked(
            localized("this account is linked to Telegram already: unlink it first")
        )
    # One pair of open codes a user: how hard a short one is to guess depends on how many are open
    # (`codes.py`).
    link_codes.revoke(session, user_id=user.id)
    username = bot_identity.current(session).username
    code = secrets.token_urlsafe(_BYTES)
    expires_at = now + LIFETIME
    link_codes.add(session, hashed(code), now=now, expires_at=expires_at, user_id=user.id)
    typed = codes.new()
    typed_hash = codes.hashed(typed)
    link_codes.add(session, typed_hash, now=now, expires_at=expires_at, user_id=user.id)
    url = f"https://t.me/{username}?start={code}" if username else None
    return NewCode(code, url, expires_at, codes.written(typed))


def start_link_from_chat(
    session: Session, chat_id: int, now: datetime, site_url: str | None = None
) -> NewCode:
    """A code to be used on the site, in place of the chat's older ones.

    Raises AlreadyLinked, NotFound, and Conflict for a group or channel, which is nobody's account.
    """
    chat = chats.find(session, chat_id)
    if chat.type != ChatType.PRIVATE:
        raise Conflict(localized("only a private chat can be linked to an account"))
    if chat.user_id is not None:
        raise AlreadyLinked(localized("this Telegram account is linked already: unlink it first"))
    link_codes.revoke(session, chat_id=chat.id)
    code = secrets.token_urlsafe(_BYTES)
    expires_at = now + LIFETIME
    link_codes.add(session, hashed(code), now=now, expires_at=expires_at, chat_id=chat.id)
    return NewCode(code, f"{site_url}/link#{code}" if site_url else None, expires_at)


def preview_code(session: Session, chat_id: int, code_hash: bytes, now: datetime) -> User:
    """The user that `redeem` would link this chat to; changes nothing. Raises as `redeem` does.

    Shown to the person first, for the code may be somebody else's: that account would then see
    what is written in the chat.
    """
    return _sides(session, chat_id, code_hash, now)[2]


def redeem(session: Session, chat_id: int, code_hash: bytes, now: datetime) -> User:
    """Link this chat to the user who made the code, which came in a deep link or was typed.

    Raises NotFound for a code that is unknown, expired or used. Raises AlreadyLinked where the chat
    or the user is linked elsewhere; then the code stays usable.
    """
    link_code, chat, user = _sides(session, chat_id, code_hash, now)
    _use_and_link(session, link_code, chat, user, now)
    return user


def read_pasted(text: str) -> str | None:
    """The code of a link that a text consists of, with or without the link; None: no code."""
    match = _PASTED.fullmatch(text.strip())
    return match[1] if match else None


def is_for_site(session: Session, code_hash: bytes, now: datetime) -> bool:
    """Whether the code is a good one that the bot made, to be used on the site."""
    link_code = link_codes.get_usable(session, code_hash, now)
    return link_code is not None and link_code.chat_id is not None


def invalidate_codes_in(session: Session, text: str, now: datetime) -> bool:
    """End the codes in a text, of either side, because others are about to read it.

    True: there was one that would have worked; whoever wrote it should hear of it.
    """
    # At most 100 of each kind: 4096 letters have 4065 places where a code could be, and all would
    # be hashed and asked for in the transaction that handles everybody's updates.
    hashes = {codes.hashed(code) for code in islice(codes.find(text), _MAX_LOOKED_UP)}
    hashes |= {hashed(code) for code in islice(_codes_in(text), _MAX_LOOKED_UP)}
    usable = link_codes.usable_among(session, hashes, now) if hashes else ()
    for code in usable:
        # All codes of its maker: with the link that was pasted a short code was made.
        link_codes.revoke(session, user_id=code.user_id, chat_id=code.chat_id)
    return bool(usable)


def _codes_in(text: str) -> Iterator[str]:
    """Everything that could be a code, also amid characters that a code may have itself."""
    for match in _LONG_WORD.finditer(text):
        for start in range(match.start(), match.end() - _LENGTH + 1):
            yield text[start : start + _LENGTH]


def _sides(
    session: Session, chat_id: int, code_hash: bytes, now: datetime
) -> tuple[LinkCode, Chat, User]:
    chat, link_code = chats.find(session, chat_id), link_codes.get_usable(session, code_hash, now)
    if link_code is None or link_code.user_id is None or chat.type != ChatType.PRIVATE:
        raise NotFound(_UNKNOWN)
    user = users.get(session, link_code.user_id)
    # The words for a wrong code: others would tell whoever guesses that this one was good.
    if user.disabled:
        raise NotFound(_UNKNOWN)
    check_free(session, chat, user)
    return link_code, chat, user


def claim(session: Session, user_id: int, code: str, now: datetime) -> Chat:
    """Link the chat that asked the bot for this code to the user who gave it on the site.

    Raises as `redeem` does.
    """
    user = users.get(session, user_id)
    link_code = _usable(session, code, now)
    return _use_and_link(session, link_code, _chat_of(session, link_code), user, now)


def preview(session: Session, code: str, now: datetime) -> Chat:
    """The chat that `claim` would link; changes nothing. Raises NotFound."""
    return _chat_of(session, _usable(session, code, now))


def unlink(
    session: Session, now: datetime, *, user_id: int | None = None, chat_id: int | None = None
) -> bool:
    """End a user's or a chat's link, revoke the open codes of both and tell the chat.

    False where there was no link. Every session of the user ends, for some may have begun by a
    proof of this Telegram account.
    """
    chat = (
        chats.get_by_user(session, user_id)
        if user_id is not None
        else chats.get(session, chat_id or 0)
    )
    user = chat.user if chat else None
    link_codes.revoke(
        session,
        user_id=user.id if user else user_id,
        chat_id=chat.id if chat else chat_id,
    )
    if chat is None or user is None:
        return False
    link_codes.unlink(session, chat, now)
    # A session does not say by which proof it began: docs/decisions.md, 39.
    user.session_version += 1
    _tell(session, chat, user, "unlinked", now)
    command_menu.follow(session, chat, user, now)
    return True


def hashed(code: str) -> bytes:
    """The hash of a code that is stored. Without salt: nobody has a table of 192 random bits."""
    return hashlib.sha256(code.encode("utf-8", "replace")).digest()


def _usable(session: Session, code: str, now: datetime) -> LinkCode:
    link_code = link_codes.get_usable(session, hashed(code), now)
    if link_code is None:
        raise NotFound(_UNKNOWN)
    return link_code


def _chat_of(session: Session, code: LinkCode) -> Chat:
    if code.chat_id is None:
        raise NotFound(_UNKNOWN)
    return chats.find(session, code.chat_id)


def _use_and_link(session: Session, code: LinkCode, chat: Chat, user: User, now: datetime) -> Chat:
    """Use the code up, then link them: of two who come at once the second finds it used.

    Where linking is refused, the code stays usable, also when the caller's transaction goes on to
    tell the person why: what it takes to link, unlinking the other, may be done within its time.
    """
    with session.begin_nested():
        # First, and by an UPDATE that counts its rows: on PostgreSQL a look before proves nothing.
        if not link_codes.use(session, code.code_hash, now):
            raise NotFound(_UNKNOWN)
        return link(session, chat, user, now)


def check_free(session: Session, chat: Chat, user: User) -> None:
    """Raises AlreadyLinked, with what to unlink, where either is linked elsewhere."""
    if chat.user_id not in (None, user.id):
        raise AlreadyLinked(
            localized(
                "this Telegram account is linked to another account of the site: send /unlink to"
                " the bot there first"
            )
        )
    other = chats.get_by_user(session, user.id)
    if other is not None and other.id != chat.id:
        raise AlreadyLinked(
            localized(
                "this account of the site is linked to another Telegram account: unlink it first"
            )
        )


def link(session: Session, chat: Chat, user: User, now: datetime) -> Chat:
    """Link a chat to a user, revoke the open codes of both, tell the chat. Raises AlreadyLinked."""
    check_free(session, chat, user)
    chat = link_codes.link(session, chat.id, user.id, now)
    link_codes.revoke(session, user_id=user.id, chat_id=chat.id)
    _tell(session, chat, user, "linked", now)
    command_menu.follow(session, chat, user, now)
    return chat


def _tell(session: Session, chat: Chat, user: User, key: str, now: datetime) -> None:
    # Anywhere else Telegram refuses: the bot is blocked, or was never started.
    if chat.status not in ChatStatus.REACHABLE:
        return
    html = phrase(choose(chat.language, user.language), key, name=user.name)
    outbox.send_html(session, chat.id, html, now=now)
