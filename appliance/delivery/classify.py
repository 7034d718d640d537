"""What an answer of the Bot API means: decided here and nowhere else.

What follows for the sending is `retry_policy.py`, for chats, files and the inbox
`side_effects.py`, for the row itself `Result.state` in `jobs.py`.

The rows are Telegram's documented and observed answers; see docs/telegram.md for the table.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    SENT = "sent"
    GONE = "gone"  # this recipient cannot be reached any more; the chat is marked
    REFUSED = "refused"  # this recipient only; the chat stays as it is
    CONTENT = "content"  # the message itself: every recipient would fail
    TOKEN = "token"  # noqa: S105 - a kind, not a secret: Telegram does not know the bot
    FLOOD = "flood"  # every sender must be silent for `retry_after`
    OFFLINE = "offline"  # the request never left: surely not delivered
    PROXY = "proxy"  # something on the way refused to pass it on: surely not delivered
    SERVER = "server"  # 5xx: probably not delivered
    UNKNOWN = "unknown"  # the request left, the answer never came
    MIGRATED = "migrated"  # the group has a new id, `migrate_to`


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status and a body, or the transport's `error`.

    `left` says whether any part of the request was written to the connection.
    """

    status: int = 0
    body: bytes = b""
    error: str | None = None
    left: bool = True
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a short code for counting, `description` Telegram's words, for people."""

    kind: Kind
    reason: str | None = None
    description: str | None = None
    message_id: int | None = None
    result: Any = None  # what Telegram returned, when it was sent
    retry_after: float = 0.0
    migrate_to: int | None = None


_GONE = (
    ("bot was blocked by the user", "blocked"),
    ("user is deactivated", "deactivated"),
    ("bot can't initiate conversation", "never_started"),
    ("bot was kicked", "kicked"),
    ("bot is not a member", "not_a_member"),
    ("group chat was deleted", "deleted"),
    ("group chat was deactivated", "deleted"),
    # Not even a text. All other rights are about one kind of message only, see below.
    ("have no rights to send a message", "no_rights"),
    ("not enough rights to send text messages", "no_rights"),
    ("have no write access to the chat", "no_rights"),
    ("need administrator rights in the channel chat", "no_rights"),
    ("chat_write_forbidden", "no_rights"),
    ("chat_send_plain_forbidden", "no_rights"),
    ("chat_restricted", "no_rights"),
)
_NO_RIGHT = re.compile(r"not enough rights|have no rights|chat_send_\w+_forbidden")
"""A photo in a group that takes texts only, a topic the bot may not make: the chat stays."""

_GAVE_UP = frozenset({504, 524})
"""A gateway passed the request on and stopped waiting for the answer (524 is Cloudflare's)."""

GONE_REASONS = frozenset(reason for _, reason in _GONE)
"""Who blocked the bot, left, never came or takes no such message: no fault of the sender."""

_CONTENT = re.compile(
    r"can't parse entities|message is too long|caption is too long|text is empty|text must be"
    r"|BUTTON_|reply markup|wrong file|wrong type of the web page|wrong remote file"
    r"|failed to get HTTP URL content|PHOTO_INVALID|MEDIA_|ENTITY_|file is too big"
    r"|request entity too large",
    re.IGNORECASE,
)


def classify(answer: Answer) -> Verdict:
    """Total: every answer has exactly one meaning."""
    if answer.error is not None:
        return _classify_transport(answer)
    document = _document(answer.body)
    if answer.status == 200 and document is not None and document.get("ok") is True:
        result = document.get("result")
        return Verdict(Kind.SENT, message_id=_message_id(result), result=result)
    if document is None:
        return _classify_without_json(answer)
    return _classify_refusal(answer, document)


def _classify_transport(answer: Answer) -> Verdict:
    if answer.left:
        return Verdict(Kind.UNKNOWN, "no_answer", answer.error)
    return Verdict(Kind.OFFLINE, "offline", answer.error)


def _classify_without_json(answer: Answer) -> Verdict:
    """A proxy's page, or half an answer. None of them says anything about the recipient."""
    description = f"HTTP {answer.status} without a Bot API answer"
    if answer.status in _GAVE_UP:
        return Verdict(Kind.UNKNOWN, "gateway_timeout", description)
    if answer.status == 429:
        return Verdict(Kind.FLOOD, "flood", description, retry_after=max(1, answer.retry_after))
    if answer.status >= 500:
        return Verdict(Kind.SERVER, "server_error", description)
    if 200 <= answer.status < 300:
        return Verdict(Kind.UNKNOWN, "no_answer", description)
    return Verdict(Kind.PROXY, f"http_{answer.status}", description)


def _classify_refusal(answer: Answer, document: dict[str, Any]) -> Verdict:
    description = str(document.get("description") or f"HTTP {answer.status}")
    parameters = document.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if answer.status == 429:
        seconds = parameters.get("retry_after")
        if not isinstance(seconds, int) or seconds <= 0:
            seconds = answer.retry_after
        return Verdict(Kind.FLOOD, "flood", description, retry_after=float(max(1, seconds)))
    if answer.status in _GAVE_UP:
        return Verdict(Kind.UNKNOWN, "gateway_timeout", description)
    if answer.status >= 500:
        return Verdict(Kind.SERVER, "server_error", description)
    if answer.status in {401, 404}:
        return Verdict(Kind.TOKEN, "token", description)
    if isinstance(parameters.get("migrate_to_chat_id"), int):
        return Verdict(
            Kind.MIGRATED, "migrated", description, migrate_to=parameters["migrate_to_chat_id"]
        )
    return _classify_description(description)


def _classify_description(description: str) -> Verdict:
    lowered = description.lower()
    for phrase, reason in _GONE:
        if phrase in lowered:
            return Verdict(Kind.GONE, reason, description)
    if _NO_RIGHT.search(lowered):
        return Verdict(Kind.REFUSED, "no_rights", description)
    if "chat not found" in lowered:
        return Verdict(Kind.REFUSED, "chat_not_found", description)
    if _CONTENT.search(description):
        return Verdict(Kind.CONTENT, "content", description)
    return Verdict(Kind.REFUSED, _code(description), description)


def _code(description: str) -> str:
    """A countable code out of Telegram's words: `Bad Request: XY wrong` → `xy_wrong`."""
    tail = description.rpartition(": ")[2] if description.count(": ") == 1 else description
    return re.sub(r"[^a-z0-9]+", "_", tail.lower()).strip("_")[:48] or "refused"


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "ok" in document else None


def _message_id(result: Any) -> int | None:
    if isinstance(result, list) and result:  # an album: its first message stands for it
        result = result[0]
    message_id = result.get("message_id") if isinstance(result, dict) else None
    return message_id if isinstance(message_id, int) else None
