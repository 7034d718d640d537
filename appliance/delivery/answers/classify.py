"""What an answer of the Bot API means: decided here and nowhere else.

What follows for the sending is `../retry_policy.py`, for chats, files and the inbox
`../side_effects.py`, for the row itself `Result.state` in `../jobs.py`. The words of a refusal are
in `refusals.py`.

An answer is whatever somebody between here and Telegram chose to write, so nothing in it is
trusted: what leaves this module fits into the database, and what cannot be understood is `unknown`
for the call that was made, and nothing more.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.delivery.answers.refusals import Subject, subject_of
from appliance.models import MAX_ID


class Kind(StrEnum):
    SENT = "sent"
    GONE = "gone"  # this recipient cannot be reached any more; the chat is marked
    REFUSED = "refused"  # this recipient only; the chat stays as it is
    CONTENT = "content"  # the message itself: every recipient would fail
    TOKEN = "token"  # noqa: S105 - a kind, not a secret: Telegram does not know the bot
    FLOOD = "flood"  # silence for `retry_after`
    OFFLINE = "offline"  # the request never left: surely not delivered
    PROXY = "proxy"  # something on the way refused to pass it on: surely not delivered
    SERVER = "server"  # 5xx: probably not delivered
    UNKNOWN = "unknown"  # the request left, the answer never came or says nothing
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
    """`reason` is a short code for counting, `description` what Telegram said, for people."""

    kind: Kind
    reason: str | None = None
    description: str | None = None
    message_id: int | None = None
    result: Any = None  # what Telegram returned, when it was sent
    retry_after: float = 0.0
    migrate_to: int | None = None
    about_chat: bool = False
    """Whether a refusal, or the wait of a FLOOD, is about this chat: others may get theirs."""


MAX_RETRY_AFTER = 24 * 3600
"""Seconds. Telegram's longest penalties are hours; more is rubbish, and would end the sending."""

_DESCRIPTION_CHARACTERS = 1000

_GAVE_UP = frozenset({504, 524})
"""A gateway passed the request on and stopped waiting for the answer (524 is Cloudflare's)."""

_KINDS = {
    Subject.GONE: Kind.GONE,
    Subject.CHAT: Kind.REFUSED,
    Subject.CONTENT: Kind.CONTENT,
    Subject.UNKNOWN: Kind.REFUSED,
}


def classify(answer: Answer) -> Verdict:
    """Total: every answer has exactly one meaning."""
    if answer.error is not None:
        return _classify_transport(answer)
    document = _document(answer.body)
    if document is None or not isinstance(document["ok"], bool):
        return _classify_without_json(answer)
    if document["ok"]:
        return _classify_success(answer, document.get("result"))
    return _classify_refusal(answer, document)


def _classify_transport(answer: Answer) -> Verdict:
    words = _readable(answer.error or "")
    if answer.left:
        return Verdict(Kind.UNKNOWN, "no_answer", words)
    return Verdict(Kind.OFFLINE, "offline", words)


def _classify_success(answer: Answer, result: Any) -> Verdict:
    if answer.status != 200:  # the Bot API says nothing else: whoever sent this was not it
        return Verdict(Kind.UNKNOWN, "no_answer", f"HTTP {answer.status} with a success in it")
    return Verdict(Kind.SENT, message_id=_message_id(result), result=result)


def _classify_without_json(answer: Answer) -> Verdict:
    """A proxy's page, or half an answer. None of them says anything about the recipient."""
    words = f"HTTP {answer.status} without a Bot API answer"
    if answer.status in _GAVE_UP:
        return Verdict(Kind.UNKNOWN, "gateway_timeout", words)
    if answer.status == 429:
        return Verdict(Kind.FLOOD, "flood", words, retry_after=_bounded(answer.retry_after))
    if answer.status >= 500:
        return Verdict(Kind.SERVER, "server_error", words)
    if answer.status < 300:
        return Verdict(Kind.UNKNOWN, "no_answer", words)
    return Verdict(Kind.PROXY, f"http_{answer.status}", words)


def _classify_refusal(answer: Answer, document: dict[str, Any]) -> Verdict:
    status = _status(answer, document)
    words = _description(document, status)
    parameters = document.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if status == 429:
        seconds = _retry_after(parameters, words, answer)
        return Verdict(Kind.FLOOD, "flood", words, retry_after=seconds)
    if status in _GAVE_UP:
        return Verdict(Kind.UNKNOWN, "gateway_timeout", words)
    if status >= 500:
        return Verdict(Kind.SERVER, "server_error", words)
    if status < 400:
        return Verdict(Kind.UNKNOWN, "no_answer", words)
    moved_to = _integer(parameters.get("migrate_to_chat_id"))
    if moved_to and -MAX_ID <= moved_to < 0:
        return Verdict(Kind.MIGRATED, "migrated", words, migrate_to=moved_to)
    subject, reason = subject_of(words)
    if status == 401 or (status == 404 and subject != Subject.CONTENT):
        return Verdict(Kind.TOKEN, "token", words)
    about_chat = subject in {Subject.GONE, Subject.CHAT}
    return Verdict(_KINDS[subject], reason, words, about_chat=about_chat)


def _status(answer: Answer, document: dict[str, Any]) -> int:
    """The HTTP status; the document's own code where a proxy made it a 200."""
    if answer.status >= 300:
        return answer.status
    code = _integer(document.get("error_code"))
    return code if code is not None and 400 <= code < 600 else answer.status


def _description(document: dict[str, Any], status: int) -> str:
    said = document.get("description")
    return _readable(said if isinstance(said, str) else "") or f"HTTP {status}"


def _readable(text: str) -> str:
    """Without what no database takes: NUL, and halves of surrogate pairs."""
    cleaned = text.replace("\0", "").encode("utf-8", "replace").decode()
    return cleaned[:_DESCRIPTION_CHARACTERS].strip()


def _retry_after(parameters: dict[str, Any], words: str, answer: Answer) -> float:
    """As the parameters say, else the words, else the header; a second where none does."""
    seconds = _integer(parameters.get("retry_after")) or 0
    if seconds <= 0 and (match := re.search(r"retry after (\d{1,9})\b", words, re.ASCII)):
        seconds = int(match[1])
    return _bounded(seconds if seconds > 0 else answer.retry_after)


def _bounded(seconds: int) -> float:
    return float(min(max(1, seconds), MAX_RETRY_AFTER))


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # the latter: ten thousand brackets
        return None
    return document if isinstance(document, dict) and "ok" in document else None


def _message_id(result: Any) -> int | None:
    if isinstance(result, list) and result:  # an album: its first message stands for it
        result = result[0]
    number = _integer(result.get("message_id")) if isinstance(result, dict) else None
    return number if number is not None and 0 < number <= MAX_ID else None
