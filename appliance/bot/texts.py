"""What the bot says, as pure functions. The words are in `services/i18n/phrases.py`."""

from appliance.languages import LANGUAGES
from appliance.services.i18n.catalog import phrase
from appliance.services.telegram_auth import LIFETIME

MINUTES = int(LIFETIME.total_seconds()) // 60

_MENU = ("link", "topics", "me", "language", "quiet", "help")

_FORMER_LABELS = {"🔗 Связать с сайтом": "link"}
"""Labels of earlier versions. A keyboard stays on somebody's screen until the bot sends another:
what is pressed there must not land in the inbox. Whoever changes a label adds the old one."""


def masked(email: str) -> str:
    """Enough of an address for its owner to recognise it."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"


def language_names() -> dict[str, str]:
    """The name of every language in that language, by its code."""
    return {language: phrase(language, "language_name") for language in LANGUAGES}


def menu(language: str) -> dict[str, str]:
    """The labels on the keyboard under the chat, by command."""
    return {command: phrase(language, f"menu_{command}") for command in _MENU}


def command_of_label(text: str) -> str | None:
    """The command of a label, in any language: an old keyboard stays when the language changes."""
    for language in LANGUAGES:
        for command, label in menu(language).items():
            if label == text:
                return command
    return _FORMER_LABELS.get(text)
