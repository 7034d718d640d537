"""Keyboards, as pure functions that give `reply_markup` as the Bot API takes it.

Data of a button is `action:argument`, at most 64 bytes; the handlers are in `handlers/`.
"""

import json
from collections.abc import Iterable
from typing import Any

from telebot.types import InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup

from appliance.bot.texts import language_names, menu
from appliance.models import Chat
from appliance.services.chats import quiet_hours
from appliance.services.chats.topics import Choice, title_of
from appliance.services.i18n.catalog import phrase

Markup = dict[str, Any]

LANGUAGE = "language"
RESTART = "start"
TOPIC = "t"  # short: topic, broadcast and this share the 64 bytes
TOGGLE = "toggle"
QUIET = "quiet"
BROADCAST = "broadcast"
APPROVE = "approve"
TIE = "tie"

_MOST = 80  # buttons; Telegram takes 100
_LONGEST = 40  # characters of a group's name


def main_menu(language: str) -> Markup:
    """The keyboard under the chat: what people want most, two in a row."""
    markup = ReplyKeyboardMarkup(resize_keyboard=True, is_persistent=True, row_width=2)
    markup.add(*menu(language).values())
    return _as_dict(markup)


def languages(chosen: str) -> Markup:
    """A button for every language, the chosen one marked."""
    buttons = [
        InlineKeyboardButton(
            f"✓ {name}" if code == chosen else name, callback_data=f"{LANGUAGE}:{code}"
        )
        for code, name in language_names().items()
    ]
    return _inline(*buttons)


def restart(language: str) -> Markup:
    """Under the goodbye of /stop."""
    return _inline(InlineKeyboardButton(phrase(language, "restart"), callback_data=f"{RESTART}:"))


def topic_on(language: str, topic_id: int) -> Markup:
    """Under the confirmation of an opt-out."""
    return _inline(
        InlineKeyboardButton(phrase(language, "topic_back"), callback_data=f"{TOPIC}:on:{topic_id}")
    )


def topics(language: str, choices: Iterable[Choice]) -> Markup:
    """A button for every topic that says how it stands and switches it."""
    return _inline(
        *(
            InlineKeyboardButton(
                f"{'✅' if choice.subscribed else '▫️'} {title_of(choice.topic, language)}",
                callback_data=f"{TOGGLE}:{'off' if choice.subscribed else 'on'}:{choice.topic.id}",
            )
            for choice in choices
        )
    )


def quiet(language: str, chosen: str | None) -> Markup:
    """Always, at night, never; the chosen one marked. Hours of one's own are typed."""
    start, end = quiet_hours.NIGHT.split("-")
    words = {"off": None, "night": quiet_hours.NIGHT, "always": quiet_hours.ALWAYS}
    labels = {word: phrase(language, f"quiet_{word}", start=start, end=end) for word in words}
    return _inline(
        *(
            InlineKeyboardButton(
                f"✓ {labels[word]}" if value == chosen else labels[word],
                callback_data=f"{QUIET}:{word}",
            )
            for word, value in words.items()
        )
    )


def confirm(language: str, nonce: str, count: str) -> Markup:
    """Under the preview of a broadcast."""
    send = InlineKeyboardButton(
        phrase(language, "broadcast_send", count=count), callback_data=f"{BROADCAST}:send:{nonce}"
    )
    return _inline(send, _cancel(language, nonce))


def cancel(language: str, nonce: str) -> Markup:
    """Under the question for a broadcast's text."""
    return _inline(_cancel(language, nonce))


def approve(chats: Iterable[Chat]) -> Markup:
    """Yes and no for every group or channel."""
    rows = []
    for chat in chats:
        name = chat.name if len(chat.name) <= _LONGEST else f"{chat.name[:_LONGEST]}…"
        yes = InlineKeyboardButton(f"✅ {name}", callback_data=f"{APPROVE}:yes:{chat.id}")
        rows.append([yes, InlineKeyboardButton("🚫", callback_data=f"{APPROVE}:no:{chat.id}")])
    return _as_dict(InlineKeyboardMarkup(rows))


def link(language: str, nonce: str) -> Markup:
    """Under the question whether to link: yes and no."""
    return _inline(
        *(
            InlineKeyboardButton(
                phrase(language, f"tie_{word}"), callback_data=f"{TIE}:{word}:{nonce}"
            )
            for word in ("yes", "no")
        )
    )


def open_link(language: str, url: str) -> Markup:
    """A button that opens the site. Telegram refuses addresses it cannot reach: see `can_open`."""
    return _inline(InlineKeyboardButton(phrase(language, "link_button"), url=url))


def can_open(url: str) -> bool:
    """Whether the address may stand on a button: the whole message is refused otherwise.

    An address in the local network (http, as long as there is no DOMAIN) goes into the text.
    """
    return url.startswith("https://")


def _cancel(language: str, nonce: str) -> InlineKeyboardButton:
    data = f"{BROADCAST}:cancel:{nonce}"
    return InlineKeyboardButton(phrase(language, "broadcast_cancel"), callback_data=data)


def _inline(*buttons: InlineKeyboardButton) -> Markup:
    return _as_dict(InlineKeyboardMarkup([[button] for button in buttons[:_MOST]]))


def _as_dict(markup: InlineKeyboardMarkup | ReplyKeyboardMarkup) -> Markup:
    parsed: Markup = json.loads(markup.to_json())  # type: ignore[no-untyped-call]
    return parsed
