"""What a message came with: from whom it was forwarded, and what it answers.

Read from the JSON itself: telebot gives up a whole part where it does not know one kind of it.
"""

from typing import Any

MAX_NAME = 128
MAX_QUOTE = 300  # characters of what is answered: enough to know it again


def forwarded_from(message: dict[str, Any]) -> str:
    """The name of the person, group or channel that wrote it; empty where it is no forward."""
    origin = _part(message, "forward_origin")
    if not origin:
        return ""
    hidden = origin.get("sender_user_name")
    writer = next(
        (_part(origin, name) for name in ("sender_user", "sender_chat", "chat") if name in origin),
        {},
    )
    name = hidden if isinstance(hidden, str) else _name(writer)
    signature = origin.get("author_signature")
    if isinstance(signature, str) and signature:
        name = f"{name} ({signature})"
    return _shortened(name or "?", MAX_NAME)


def quoted(message: dict[str, Any], answered: str) -> str:
    """What is answered: the part that the person marked, or else `answered`, the words of all of
    it. Empty for a message that is no answer.
    """
    marked = _part(message, "quote").get("text")
    elsewhere = _part(message, "external_reply")
    words = marked if isinstance(marked, str) and marked.strip() else answered
    if elsewhere and (name := forwarded_from({"forward_origin": elsewhere.get("origin")})):
        words = f"{name}: {words}" if words else name
    return _shortened(" ".join(words.split()), MAX_QUOTE)


def _name(writer: dict[str, Any]) -> str:
    names = (writer.get(name) for name in ("title", "first_name", "last_name"))
    name = " ".join(part for part in names if isinstance(part, str) and part)
    username = writer.get("username")
    at = f"@{username}" if isinstance(username, str) and username else ""
    return f"{name} {at}".strip()


def _part(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
