"""Notifications: what a program sends to one person or chat, or to a topic or role.

To one chat it is a row of the outbox, to many a broadcast; both go before ordinary broadcasts.
There are no placeholders: a program's text (JSON, a traceback) is sent as it stands.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from appliance.crud.accounts import users
from appliance.crud.broadcasts import audience as audience_crud
from appliance.crud.broadcasts import broadcasts as broadcasts_crud
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.chats import chats
from appliance.crud.messages import messages, notifications
from appliance.errors import (
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    NothingToDo,
    localized,
    localized_plural,
)
from appliance.models import Broadcast, Chat, ChatStatus, Notification, Priority, Role, User
from appliance.services import broadcasts, content, idempotency
from appliance.services.broadcasts import NewBroadcast, audience
from appliance.services.content.html import plain
from appliance.services.content.media import Kept, described, record

RECIPIENTS = "user:EMAIL, chat:ID, topic:NAME, role:ROLE"
PRIORITIES = ("low", "normal", "high")
LONGEST_KEY = 200
"""Characters; the column has 255, and whose key it is stands before it."""

_KINDS = frozenset({"user", "chat", "topic", "role"})
_MANY = frozenset({"topic", "role"})
MAX_TITLE = 255
"""Characters, of the column."""


@dataclass(frozen=True, slots=True)
class NewNotification:
    """What somebody asks for; `to` is one audience word, `buttons` are rows of {text, url}."""

    to: str
    text: str
    title: str | None = None
    format: str = "plain"
    priority: str = "normal"
    buttons: Sequence[Sequence[Mapping[str, Any]]] = ()
    key: str | None = None
    file: Kept | None = None
    """A document; title and text are its caption then."""


class Sender(NamedTuple):
    """Who asks: `name` is recorded (`token:7`, `cli:root`); `user` None is the command line.

    Keys belong to a user, so that nobody can use up somebody else's.
    """

    name: str
    user: User | None = None


def create(session: Session, new: NewNotification, sender: Sender) -> tuple[Notification, bool]:
    """Queue a notification. Returns it, and False when its key was used before: it is the first.

    Raises Invalid with every fault, KeyReused where the key came with another text before,
    Forbidden, NotFound, NothingToDo when it would reach nobody.
    Inside the caller's writing transaction; nothing is stored on an error.
    """
    key = _key(new, sender)
    if key is not None and (first := notifications.get_by_key(session, key)):
        _check_same(session, first, new)
        return first, False
    _check(new)
    _check_right(session, new.to, sender.user)
    term = _term(session, new.to)
    # Its own row first: where the key was taken meanwhile, nothing must be queued for it.
    row, created = notifications.add(session, _row(new, term, sender.name, key))
    if created and term.kind in {"user", "chat"}:
        row.message_id = _to_chat(session, new, _chat(session, term))
    elif created:
        row.broadcast_id = _to_many(session, new, term, sender.user).id
    else:  # somebody else came first, this instant
        _check_same(session, row, new)
    session.flush()
    return row, created


def _check_same(session: Session, first: Notification, new: NewNotification) -> None:
    """Raises KeyReused."""
    try:
        target = str(_term(session, new.to))
    except (Invalid, NotFound):  # a topic or account that is gone since
        target = first.target
    again = (new.text, _title(new), target)
    idempotency.check_same(new.key, (first.text, first.title, first.target), again)


def own_target(user: User) -> str:
    """Where a program's notifications go without `to`: to the user it acts for."""
    return f"user:{user.id}"


def count(session: Session, notification: Notification) -> int:
    """How many chats it goes to: of a broadcast as it was frozen, before that as it is now."""
    if notification.broadcast_id is None:
        return 1
    broadcast = broadcasts_crud.get(session, notification.broadcast_id)
    if broadcast.frozen_at is not None:
        return broadcast.total - broadcasts.out_of_reach(broadcast)
    return audience_crud.count(session, broadcasts.audience_of(broadcast))


def as_html(title: str | None, text: str, format: str) -> str:
    """What is sent: the title in bold above the text, in Telegram's HTML.

    Braces are escaped, so that a broadcast finds no placeholder in it.
    """
    body = text if format == "html" else escape(text, quote=False)
    head = f"<b>{escape(title, quote=False)}</b>" if title else ""
    return "\n".join(part for part in (head, body) if part.strip()).replace("{", "&#123;")


def _key(new: NewNotification, sender: Sender) -> str | None:
    """As it is stored. Raises Invalid."""
    if new.key is None:
        return None
    idempotency.check_key(new.key, LONGEST_KEY)
    return f"{sender.user.id if sender.user else 'cli'}:{new.key}"


def _row(new: NewNotification, term: Term, actor: str, key: str | None) -> Notification:
    return Notification(
        key=key,
        actor=actor,
        target=str(term),
        title=_title(new),
        text=new.text,
        priority=new.priority,
        buttons=[[dict(button) for button in row] for row in new.buttons],
    )


def _to_chat(session: Session, new: NewNotification, chat: Chat) -> int:
    html = as_html(_title(new), new.text, new.format)
    method, params = content.compose(html, "html", _options(new))
    media: list[dict[str, Any]] = []
    if new.file is not None:
        method, media = "sendDocument", described([record(session, new.file)])
        params["caption"] = params.pop("text")
        params.pop("link_preview_options", None)
    if new.priority == "high":
        params["disable_notification"] = False  # with a value quiet hours do not change it
    message = messages.queue(
        session,
        chat.id,
        method,
        params,
        priority=Priority.NOTIFICATION,
        text=plain(html, "html"),
        media=media,
    )
    return message.id


def _to_many(session: Session, new: NewNotification, term: Term, user: User | None) -> Broadcast:
    broadcast, _ = broadcasts.create(
        session,
        NewBroadcast(
            text=as_html(_title(new), new.text, new.format),
            format="html",
            to=(str(term),),
            options=_options(new),
            media=(record(session, new.file).id,) if new.file else (),
            created_by=user.id if user else None,
            lossy=True,
        ),
    )
    broadcast.priority = Priority.NOTIFICATION
    return broadcast


def _options(new: NewNotification) -> dict[str, Any]:
    """Options of a broadcast. `silent` is left out for `normal`; False overrides quiet hours."""
    options: dict[str, Any] = {}
    if new.priority != "normal":
        options["silent"] = new.priority == "low"
    if new.buttons:
        options["buttons"] = [[dict(button) for button in row] for row in new.buttons]
    return options


def _check_right(session: Session, to: str, user: User | None) -> None:
    """Raises Forbidden. Members write to themselves, operators to one person or chat.

    Checked before a name is looked up: the error must not tell which names exist.
    """
    if user is None or user.role == Role.ADMIN:
        return
    if user.role == Role.OPERATOR:
        if to.strip().partition(":")[0].lower() in _MANY:
            raise Forbidden(
                localized("only admins can notify a topic or a role: name a user or a chat")
            )
        return
    own = {own_target(user), f"user:{user.email}"}
    chat = chats.get_by_user(session, user.id)
    if chat is not None:
        own.add(f"chat:{chat.id}")
    if to.strip().lower() not in own:
        raise Forbidden(localized("members can notify only themselves: leave out `to`"))


def _term(session: Session, to: str) -> Term:
    """Raises Invalid, NotFound."""
    kind, _, value = to.strip().partition(":")
    if kind not in _KINDS or not value:
        message = localized(
            "invalid recipient {word!r}: expected {words}", word=to, words=RECIPIENTS
        )
        raise Invalid.at("to", message)
    try:
        (term,) = audience.parse(session, [to]).to
    except Invalid as error:
        raise Invalid(error.message, tuple(replace(f, field="to") for f in error.faults)) from None
    return term


def _chat(session: Session, term: Term) -> Chat:
    """The one chat. Raises NothingToDo, with the reason, where nothing may be written there."""
    if term.kind == "user":
        chat = chats.get_by_user(session, int(term.value))
        if chat is None:
            email = users.get(session, int(term.value)).email
            raise NothingToDo(
                localized("{email} is not linked to Telegram: nothing was queued", email=email)
            )
    else:
        chat = chats.find(session, int(term.value))
    if not audience_crud.anybody(session, Audience((Term("chat", str(chat.id)),))):
        raise NothingToDo(_REASONS.get(ChatStatus(chat.status), _not_approved)(chat.name))
    return chat


def _not_approved(chat: str) -> str:
    return localized("{chat} is not approved for broadcasts: nothing was queued", chat=chat)


_REASONS: dict[ChatStatus, Callable[[str], str]] = {
    ChatStatus.STOPPED: lambda chat: localized("{chat} sent /stop: nothing was queued", chat=chat),
    ChatStatus.BLOCKED: lambda chat: localized(
        "{chat} blocked the bot: nothing was queued", chat=chat
    ),
    ChatStatus.LEFT: lambda chat: localized(
        "the bot was removed from {chat}: nothing was queued", chat=chat
    ),
    ChatStatus.LOST: lambda chat: localized(
        "Telegram does not know {chat}: nothing was queued", chat=chat
    ),
    ChatStatus.NEW: lambda chat: localized(
        "{chat} never pressed Start in the bot: nothing was queued", chat=chat
    ),
}


def _check(new: NewNotification) -> None:
    """Raises Invalid with every fault."""
    faults = text_faults(new)
    if new.priority not in PRIORITIES:
        priorities = ", ".join(PRIORITIES)
        faults += (Fault("priority", localized("expected one of {known}", known=priorities)),)
    for fault in content.lint_options({"buttons": new.buttons}):
        faults += (replace(fault, field=fault.field.removeprefix("options.")),)
    Invalid.raise_for(faults)


def text_faults(new: NewNotification) -> tuple[Fault, ...]:
    """What of title and text Telegram would not take."""
    title = _title(new)
    faults: tuple[Fault, ...] = ()
    if title:
        faults += content.lint(title, "plain", field="title", literal=True)
        if len(title) > MAX_TITLE:
            message = localized_plural(
                "expected at most {count} character",
                "expected at most {count} characters",
                MAX_TITLE,
            )
            faults += (Fault("title", message),)
    if not title or new.text.strip():
        faults += content.lint(new.text, new.format, literal=True, losses=False)
    if faults or not title:
        return faults
    length = content.length(as_html(title, new.text, new.format), "html")
    if length > content.TEXT_LIMIT:
        message = localized_plural(
            "title and text have {count} character after parsing: Telegram allows {limit}",
            "title and text have {count} characters after parsing: Telegram allows {limit}",
            count=length,
            limit=content.TEXT_LIMIT,
        )
        faults += (Fault("text", message),)
    return faults


def _title(new: NewNotification) -> str | None:
    return " ".join(new.title.split()) or None if new.title else None
