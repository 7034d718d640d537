"""Keyboards, as pure functions that return `reply_markup` as the Bot API takes it.

The data of a button is `action:argument`, at most 64 bytes. Buttons stay under old messages for
ever, so an action that was sent once keeps its name. The handlers are in `handlers/`.
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
LINK = "tie"  # stands in buttons that were sent before: it cannot change

_MAX_BUTTONS = 80  # Telegram takes 100
_MAX_NAME_LENGTH = 40  # characters of a group's name


def main_menu(language: str) -> Markup:
    """The keyboard under the chat: the commands that people use most, two in a row."""
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
    """Under the answer to /stop: a way back."""
    return _inline(InlineKeyboardButton(phrase(language, "restart"), callback_data=f"{RESTART}:"))


def topic_on(language: str, topic_id: int) -> Markup:
    """Under the confirmation of an opt-out: a way back."""
    return _inline(
        InlineKeyboardButton(phrase(language, "topic_back"), callback_data=f"{TOPIC}:on:{topic_id}")
    )


def topics(language: str, choices: Iterable[Choice]) -> Markup:
    """A button for every topic that shows whether it is subscribed to, and switches it."""
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
    """Never, at night, always; the chosen one marked. Other hours are typed behind /quiet."""
    start, end = quiet_hours.NIGHT.split("-")
    choices = {"off": None, "night": quiet_hours.NIGHT, "always": quiet_hours.ALWAYS}
    labels = {name: phrase(language, f"quiet_{name}", start=start, end=end) for name in choices}
    return _inline(
        *(
            InlineKeyboardButton(
                f"✓ {labels[name]}" if hours == chosen else labels[name],
                callback_data=f"{QUIET}:{name}",
            )
            for name, hours in choices.items()
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
        long = len(chat.name) > _MAX_NAME_LENGTH
        name = f"{chat.name[:_MAX_NAME_LENGTH]}…" if long else chat.name
        yes = InlineKeyboardButton(f"✅ {name}", callback_data=f"{APPROVE}:yes:{chat.id}")
        rows.append([yes, InlineKeyboardButton("🚫", callback_data=f"{APPROVE}:no:{chat.id}")])
    return _as_dict(InlineKeyboardMarkup(rows))


def link(language: str, nonce: str) -> Markup:
    """Under the question whether to link: yes and no."""
    return _inline(
        *(
            InlineKeyboardButton(
                phrase(language, f"link_{answer}"), callback_data=f"{LINK}:{answer}:{nonce}"
            )
            for answer in ("yes", "no")
        )
    )


def open_link(language: str, url: str) -> Markup:
    """A button that opens the site; only for an address that `can_open`."""
    return _inline(InlineKeyboardButton(phrase(language, "link_button"), url=url))


def can_open(url: str) -> bool:
    """Whether the address may be on a button: Telegram refuses the whole message otherwise.

    An address in the local network (it is http as long as DOMAIN is not set) goes into the text.
    """
    return url.startswith("https://")


def _cancel(language: str, nonce: str) -> InlineKeyboardButton:
    data = f"{BROADCAST}:cancel:{nonce}"
    return InlineKeyboardButton(phrase(language, "broadcast_cancel"), callback_data=data)


def _inline(*buttons: InlineKeyboardButton) -> Markup:
    return _as_dict(InlineKeyboardMarkup([[button] for button in buttons[:_MAX_BUTTONS]]))


def _as_dict(markup: InlineKeyboardMarkup | ReplyKeyboardMarkup) -> Markup:
    parsed: Markup = json.loads(markup.to_json())  # type: ignore[no-untyped-call]
    return parsed
