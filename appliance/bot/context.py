"""What a handler is given: the transaction, the chat, and ways to answer through the outbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telebot.types import Message

from appliance.bot.keyboards import Markup
from appliance.crud.messages import messages
from appliance.models import Chat, Priority
from appliance.services.i18n.catalog import choose, phrase
from appliance.telegram import html as telegram_html

_LONGEST_ANSWER = 200  # characters that answerCallbackQuery takes


@dataclass(frozen=True, slots=True)
class Site:
    """What the bot must know of the site."""

    url: str
    default_language: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Context:
    """One update being handled. What is queued here leaves only if the transaction commits."""

    session: Session
    chat: Chat
    site: Site
    now: datetime
    person_id: int | None = None
    """Who acts; in a group somebody else than the chat."""
    message: Message | None = None
    """What was written, when that is what is handled."""

    @property
    def role(self) -> str | None:
        """Of the account that a private chat is linked to; None without one that is in use."""
        return self.chat.role

    @property
    def language(self) -> str:
        return choose(self.chat.language, self.site.default_language)

    def phrase(self, key: str, **values: object) -> str:
        """A phrase in the chat's language, as Telegram's HTML."""
        return phrase(self.language, key, **values)

    def reply(self, html: str, markup: Markup | None = None) -> None:
        """Send a message."""
        plain = telegram_html.parse(html)[0]
        self._queue("sendMessage", _content(html, markup), plain)

    def reply_unkept(self, html: str, markup: Markup | None = None) -> None:
        """Send a message with a code in it: kept in no thread, and not kept at all once sent."""
        self._queue("sendMessage", _content(html, markup))

    def edit(self, message_id: int, html: str, markup: Markup | None = None) -> None:
        """Change a message the bot has sent."""
        self._queue("editMessageText", {"message_id": message_id, **_content(html, markup)})

    def send(self, method: str, params: dict[str, Any], plain: str) -> None:
        """Send a message made elsewhere; `plain` is what the thread shows of it."""
        self._queue(method, params, plain)

    def answer(self, callback_id: str, html: str | None = None, *, alert: bool = False) -> None:
        """End the waiting of a pressed button; with a text, show it for a moment, or as an alert
        until it is closed.
        """
        params: dict[str, Any] = {"callback_query_id": callback_id}
        if html:
            params["text"] = telegram_html.parse(html)[0][:_LONGEST_ANSWER]
        if alert:
            params["show_alert"] = True
        self._queue("answerCallbackQuery", params)

    def said_since(self, html: str, since: datetime) -> bool:
        """Whether this very message was sent to the chat after a time."""
        plain = telegram_html.parse(html)[0]
        last = messages.last_outgoing_at(self.session, self.chat.id, plain)
        return last is not None and last > since

    def _queue(self, method: str, params: dict[str, Any], text: str | None = None) -> None:
        """Without a text it is a call, not a message: it stays out of the thread."""
        messages.queue(
            self.session,
            self.chat.id,
            method,
            params,
            priority=Priority.REPLY,
            text=text,
            visible=text is not None,
            now=self.now,
            flush=False,
        )


def _content(html: str, markup: Markup | None) -> dict[str, Any]:
    content: dict[str, Any] = {"text": html, "parse_mode": "HTML"}
    if markup is not None:
        content["reply_markup"] = markup
    return content
