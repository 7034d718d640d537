"""The words that name an audience, such as `all`, `topic:news` or `user:ann@example.org`."""

import re
from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from appliance.crud.accounts import users
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.chats import chats, topics
from appliance.errors import Invalid, localized
from appliance.models import MAX_ID, Role

WORDS = (
    "all, linked, unlinked, groups, channels, topic:NAME, user:EMAIL, chat:ID, role:ROLE, lang:CODE"
)
_ALONE = frozenset({"all", "linked", "unlinked", "groups", "channels"})
_LANGUAGE = re.compile(r"(?=.{2,8}$)[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")
_CHAT_ID = re.compile(r"-?[0-9]{1,19}")


def parse(session: Session, to: Iterable[str], exclude: Iterable[str] = ()) -> Audience:
    """The audience that these words name, with users, chats and topics looked up.

    Raises Invalid for an unknown word and for an empty `to`, NotFound for a user, chat or topic
    that does not exist.
    """
    included = tuple(dict.fromkeys(_term(session, "audience.to", text) for text in to))
    excluded = tuple(dict.fromkeys(_term(session, "audience.not", text) for text in exclude))
    if not included:
        message = localized("no recipients: expected at least one of {words}", words=WORDS)
        raise Invalid.at("audience.to", message)
    return Audience(included, excluded)


def _term(session: Session, field: str, text: str) -> Term:
    kind, colon, value = text.strip().partition(":")
    if text.strip() in _ALONE:
        return Term(kind)
    if colon and value and kind in _PARSERS:
        return Term(kind, _PARSERS[kind](session, field, value))
    message = localized("invalid recipients {word!r}: expected {words}", word=text, words=WORDS)
    raise Invalid.at(field, message)


def _user(session: Session, field: str, value: str) -> str:
    # By id, not by address: whoever changes theirs stays meant.
    return str(users.find(session, value).id)


def _chat(session: Session, field: str, value: str) -> str:
    # PostgreSQL raises for a number beyond a BIGINT, where SQLite finds nothing.
    if not _CHAT_ID.fullmatch(value) or abs(int(value)) > MAX_ID:
        message = localized(
            "invalid chat:{value}: expected chat:ID with a whole number", value=value
        )
        raise Invalid.at(field, message)
    return str(chats.find(session, int(value)).id)


def _topic(session: Session, field: str, value: str) -> str:
    return topics.find(session, value).name


def _role(session: Session, field: str, value: str) -> str:
    if value not in set(Role):
        roles = ", ".join(Role)
        message = localized(
            "unknown role:{value}: expected one of {known}", value=value, known=roles
        )
        raise Invalid.at(field, message)
    return value


def _language(session: Session, field: str, value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        message = localized(
            "invalid lang:{value}: expected a language code such as en or ru", value=value
        )
        raise Invalid.at(field, message)
    return value.lower()


_PARSERS: dict[str, Callable[[Session, str, str], str]] = {
    "user": _user,
    "chat": _chat,
    "topic": _topic,
    "role": _role,
    "lang": _language,
}
