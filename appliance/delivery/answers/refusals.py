"""What Telegram's words in a refusal (400, 403) are about: a chat, the message, or something else.

The words are those of the Bot API server and TDLib (2026-07). Where neither table knows them they
are taken for one recipient's, and `refusal_net.py` sees to it that not everybody gets them.
"""

import re
from enum import StrEnum


class Subject(StrEnum):
    GONE = "gone"  # this chat cannot be written to any more
    CHAT = "chat"  # this chat, this time, or not this kind of message
    CONTENT = "content"  # the message, the bot or its balance: every recipient would fail
    UNKNOWN = "unknown"


NOT_FOUND = "chat_not_found"

_GONE = (
    ("bot was blocked by the user", "blocked"),
    ("user_is_blocked", "blocked"),
    ("user is deactivated", "deactivated"),
    ("input_user_deactivated", "deactivated"),
    ("bot can't initiate conversation", "never_started"),
    ("bot can't send messages to bots", "is_a_bot"),
    ("bot was kicked", "kicked"),
    ("bot is not a member", "not_a_member"),
    ("channel_private", "not_a_member"),
    ("group chat was deleted", "deleted"),
    ("group chat was deactivated", "deleted"),
    ("chat is deactivated", "deleted"),
    # Not even a text. All other rights are about one kind of message only, see below.
    ("have no rights to send a message", "no_rights"),
    ("not enough rights to send text messages", "no_rights"),
    ("have no write access to the chat", "no_rights"),
    ("need administrator rights in the channel chat", "no_rights"),
    ("chat_write_forbidden", "no_rights"),
    ("chat_send_plain_forbidden", "no_rights"),
    ("chat_restricted", "no_rights"),
    ("user_banned_in_channel", "no_rights"),
    ("chat_admin_required", "no_rights"),
)

_CHAT = (
    # A photo in a group that takes texts only, a topic the bot may not make: the chat stays.
    (r"not enough rights|have no rights|chat_send_\w+_forbidden", "no_rights"),
    (r"chat not found", NOT_FOUND),
    (r"peer_id_invalid|chat_id_invalid|user_id_invalid", "peer_id_invalid"),
    (r"user restricted receiving|voice_messages_forbidden", "restricted_by_user"),
    (r"privacy_premium_required|allow_payment_required", "paid_messages_only"),
    (r"topic_closed", "topic_closed"),
    (r"topic_deleted|message thread not found|topic_id_invalid", "topic_deleted"),
    (r"slowmode_wait", "slow_mode"),
    (r"message to (?:be replied|edit|delete|forward|copy|react|unpin|pin)\b.*not found", None),
    (r"message can't be (?:deleted|edited)|message_id_invalid|message is not modified", None),
    (r"in private chats only|can't be sent to (?:channel|the private)", "not_in_this_chat"),
)
"""None: the reason is Telegram's own words, as a code."""

_CONTENT = (
    # Money, and a bot that may not do anything: no content, and the same for everybody.
    (r"balance_too_low", "balance_too_low"),
    (r"frozen_method_invalid", "bot_frozen"),
    (r"method not found", "method_unknown"),
    # Text and its entities.
    (r"can't parse|unsupported parse_mode|must be encoded in utf-8", None),
    (r"(?:message|caption|text)(?: is|_is|_)? ?too[ _]long|request entity too large", None),
    (r"text is empty|text must be|message_empty|message must be non-empty", None),
    (r"entities_too_long|entity_|entity begin|invalid custom emoji", None),
    # Buttons.
    (r"button_|keyboard button|keyboard expected|reply markup|reply_markup_", None),
    (r"web app url|callback data|text buttons are unallowed", None),
    # Files, and addresses from which Telegram should take them.
    (
        r"wrong file|wrong remote file|invalid file|type of file mismatch|can't use file of type",
        None,
    ),
    (r"file is too big|file_parts?_|failed to upload file|can't upload file", None),
    (r"image_process_failed|photo_|video_|document_invalid|wrong video note length", None),
    (r"media_|webpage_|wrong type of the web page|failed to get http url content", None),
    (r"wrong http url|unsupported url protocol|url host is empty|url_invalid", None),
    (r"there is no \w+(?: \w+)? in the request|\w+ must be non-empty", None),
    (r"can't use the media|to send as an album|group send failed", None),
    (r"inputmedia|input media|media not found", None),
)
"""None: counted as `content`."""


def subject_of(description: str) -> tuple[Subject, str]:
    """What the words are about, with a short code for counting (48 characters at most)."""
    lowered = description.lower()
    for phrase, reason in _GONE:
        if phrase in lowered:
            return Subject.GONE, reason
    for pattern, code in _CHAT:
        if re.search(pattern, lowered):
            return Subject.CHAT, code or _code(description)
    for pattern, code in _CONTENT:
        if re.search(pattern, lowered):
            return Subject.CONTENT, code or "content"
    return Subject.UNKNOWN, _code(description)


GONE_REASONS = frozenset(reason for _, reason in _GONE)
"""Who blocked the bot, left, never came or takes no such message: no fault of the sender."""


def _code(description: str) -> str:
    """A countable code out of Telegram's words: `Bad Request: XY wrong` → `xy_wrong`."""
    tail = description.rpartition(": ")[2] if description.count(": ") == 1 else description
    return re.sub(r"[^a-z0-9]+", "_", tail.lower()).strip("_")[:48] or "refused"
