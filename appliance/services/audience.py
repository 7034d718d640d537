"""The words that name an audience: `all`, `linked`, `user:…`, `chat:…`, `role:…` and so on."""

import re
from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from appliance.crud import chats, users
from appliance.crud.audience import Audience, Term
from appliance.errors import Fault, Invalid
from appliance.models import MAX_ID, Role

WORDS = "all, linked, unlinked, user:EMAIL, chat:ID, role:ROLE, lang:CODE"
_CHAT_ID = re.compile(r"-?[0-9]{1,19}")


def parse(session: Session, to: Iterable[str], exclude: Iterable[str] = ()) -> Audience:
    """Words to an audience, names looked up.

    Raises Invalid for a word nobody knows or an empty `to`, NotFound for a user or chat that
    does not exist.
    """
    included = tuple(dict.fromkeys(_term(session, "audience.to", word) for word in to))
    excluded = tuple(dict.fromkeys(_term(session, "audience.not", word) for word in exclude))
    if not included:
        raise _invalid("audience.to", f"the audience is empty: it takes at least one of {WORDS}")
    return Audience(included, excluded)


def _term(session: Session, field: str, word: str) -> Term:
    kind, colon, value = word.strip().partition(":")
    if word.strip() in {"all", "linked", "unlinked"}:
        return Term(kind)
    if colon and value and kind in _PARSERS:
        return Term(kind, _PARSERS[kind](session, field, value))
    raise _invalid(field, f"{word!r} names no audience: it takes {WORDS}")


def _user(session: Session, field: str, value: str) -> str:
    return str(users.find(session, value).id)


def _chat(session: Session, field: str, value: str) -> str:
    if not _CHAT_ID.fullmatch(value) or abs(int(value)) > MAX_ID:
        raise _invalid(field, f"chat:{value} is not a chat id: it takes a whole number")
    return str(chats.find(session, int(value)).id)


def _role(session: Session, field: str, value: str) -> str:
    if value not in set(Role):
        raise _invalid(field, f"role:{value} is no role: it takes {', '.join(Role)}")
    return value


def _language(session: Session, field: str, value: str) -> str:
    if not (value.replace("-", "").isalnum() and value.isascii() and len(value) <= 8):
        raise _invalid(field, f"lang:{value} is no language code: it takes a code like en or ru")
    return value.lower()


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, (Fault(field, message),))


_PARSERS: dict[str, Callable[[Session, str, str], str]] = {
    "user": _user,
    "chat": _chat,
    "role": _role,
    "lang": _language,
}
