"""Keyboards, as pure functions that give `reply_markup` as the Bot API takes it.

Data of a button is `action:argument`, at most 64 bytes; the handlers are in `handlers/buttons.py`
and `handlers/topics.py`.
"""

import json
from typing import Any

from telebot.types import InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup

from appliance.bot.texts import language_names, menu, say

Markup = dict[str, Any]

LANGUAGE = "language"
RESTART = "start"
TOPIC = "t"  # short: topic, broadcast and this share the 64 bytes


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
    return _inline(InlineKeyboardButton(say(language, "restart"), callback_data=f"{RESTART}:"))


def topic_on(language: str, topic_id: int) -> Markup:
    """Under the confirmation of an opt-out."""
    return _inline(
        InlineKeyboardButton(say(language, "topic_back"), callback_data=f"{TOPIC}:on:{topic_id}")
    )


def open_link(language: str, url: str) -> Markup:
    """A button that opens the site. Telegram refuses addresses it cannot reach: see `can_open`."""
    return _inline(InlineKeyboardButton(say(language, "link_button"), url=url))


def can_open(url: str) -> bool:
    """Whether the address may stand on a button: the whole message is refused otherwise.

    An address in the local network (http, as long as there is no DOMAIN) goes into the text.
    """
    return url.startswith("https://")


def _inline(*buttons: InlineKeyboardButton) -> Markup:
    return _as_dict(InlineKeyboardMarkup([[button] for button in buttons]))


def _as_dict(markup: InlineKeyboardMarkup | ReplyKeyboardMarkup) -> Markup:
    parsed: Markup = json.loads(markup.to_json())  # type: ignore[no-untyped-call]
    return parsed
