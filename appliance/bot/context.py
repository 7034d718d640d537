"""What a handler gets: the transaction, the chat, and ways to answer through the outbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from telebot.types import Message

from appliance.bot.keyboards import Markup
from appliance.crud.messages import messages
from appliance.models import Chat, Priority
from appliance.services import outbox
from appliance.services.i18n.catalog import choose, phrase
from appliance.telegram import html as telegram_html

SAID_ONCE_IN = timedelta(minutes=1)
"""What answers something that is repeated so soon, with nothing in between, is said once: whoever
presses Start six times while the bot is down gets one welcome."""

_MAX_ANSWER_LENGTH = 200  # characters; the limit of answerCallbackQuery


@dataclass(frozen=True, slots=True)
class Site:
    """What handlers need to know about the site."""

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
    """The Telegram user who wrote or pressed; in a private chat the same as the chat's id."""
    message: Message | None = None
    """The message being handled; None for other updates."""

    @property
    def role(self) -> str | None:
        """The role of the account that a private chat is linked to; None without an enabled one."""
        return self.chat.role

    @property
    def language(self) -> str:
        return choose(self.chat.language, self.site.default_language)

    def phrase(self, key: str, **values: object) -> str:
        """A text of the bot in the chat's language, as Telegram's HTML; values are escaped."""
        return phrase(self.language, key, **values)

    def reply(self, html: str, markup: Markup | None = None, key: str | None = None) -> None:
        """Send a message. With a `key`, which no other has, it can be found again."""
        keyboard = {"reply_markup": markup} if markup is not None else {}
        outbox.send_html(
            self.session, self.chat.id, html, now=self.now, flush=False, params=keyboard, key=key
        )

    def reply_unkept(self, html: str, markup: Markup | None = None) -> None:
        """Send a message with a code in it: it appears in no thread and is deleted once sent."""
        self._queue("sendMessage", _content(html, markup))

    def edit(self, message_id: int, html: str, markup: Markup | None = None) -> None:
        """Change a message that the bot has sent."""
        self._queue("editMessageText", {"message_id": message_id, **_content(html, markup)})

    def send(self, method: str, params: dict[str, Any], plain: str) -> None:
        """Send a message by the given call; `plain` is the text that the thread shows."""
        self._queue(method, params, plain)

    def answer(self, callback_id: str, html: str | None = None, *, alert: bool = False) -> None:
        """Answer a pressed button, which shows progress until then.

        A text is shown for a moment; as an alert it stays until it is closed.
        """
        params: dict[str, Any] = {"callback_query_id": callback_id}
        if html:
            params["text"] = telegram_html.parse(html)[0][:_MAX_ANSWER_LENGTH]
        if alert:
            params["show_alert"] = True
        self._queue("answerCallbackQuery", params)

    def said_since(self, html: str, since: datetime) -> bool:
        """Whether a message with exactly this text was sent to the chat after `since`."""
        plain = telegram_html.parse(html)[0]
        last = messages.last_outgoing_at(self.session, self.chat.id, plain)
        return last is not None and last > since

    def _queue(self, method: str, params: dict[str, Any], text: str | None = None) -> None:
        """Without a text it is a call and not a message, and stays out of the thread."""
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
