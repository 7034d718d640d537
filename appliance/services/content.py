"""What a message says: checked before anything is queued, and turned into a Bot API call."""

from typing import Any, Literal, get_args

from appliance.errors import Fault, Invalid, say
from appliance.services import telegram_html
from appliance.services.telegram_links import LinkError, checked_link

Format = Literal["plain", "html"]

TEXT_LIMIT = 4096
"""Code points of a text after its entities are parsed (Bot API, sendMessage)."""

_MAX_SOURCE = 64_000  # characters of markup; far over anything that parses to 4096


def check(text: str, format: str, options: dict[str, Any] | None = None) -> None:
    """Raises Invalid with every fault; returns when the message can be queued."""
    faults = lint(text, format) + lint_options(options or {})
    if faults:
        raise Invalid(faults[0].message, faults)


def lint(text: str, format: str) -> tuple[Fault, ...]:
    """The faults of a text, each with its place; empty when Telegram will take it."""
    if format not in get_args(Format):
        return (
            Fault("format", say("format is {format!r}: it takes plain or html", format=format)),
        )
    if (fault := _unusable(text)) is not None:
        return (fault,)
    try:
        plain = _plain(text, format)
    except telegram_html.EntityError as error:
        return (_fault_at(text, error.offset, error.message),)
    if not plain.strip():
        return (Fault("text", say("the text is empty: write what people should read")),)
    if len(plain) > TEXT_LIMIT:
        message = say(
            "the text has {length} characters after parsing: Telegram takes {limit}",
            length=len(plain),
            limit=TEXT_LIMIT,
        )
        return (
            _fault_at(text, TEXT_LIMIT, message) if format == "plain" else Fault("text", message),
        )
    return ()


def lint_options(options: dict[str, Any]) -> tuple[Fault, ...]:
    """The faults of buttons and switches."""
    unknown = set(options) - {"silent", "protected", "link_preview", "buttons"}
    faults = [
        Fault(f"options.{name}", say("{name} is no option", name=name)) for name in sorted(unknown)
    ]
    for row, buttons in enumerate(options.get("buttons") or []):
        for column, button in enumerate(buttons):
            faults += _button_faults(f"options.buttons.{row}.{column}", button)
    return tuple(faults)


def length(text: str, format: str) -> int:
    """Code points after parsing; of the source, where it cannot be parsed."""
    try:
        return len(_plain(text, format))
    except telegram_html.EntityError:
        return len(text)


def to_html(text: str, format: str) -> str:
    """The message as safe HTML for a browser, whatever was in it."""
    if format == "html":
        try:
            return telegram_html.render(*telegram_html.parse(text))
        except telegram_html.EntityError:
            return telegram_html.render(text, ())
    return telegram_html.render(text, ())


def compose(text: str, format: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The Bot API method and its parameters, all but the chat."""
    params: dict[str, Any] = {"text": text}
    if format == "html":
        params["parse_mode"] = "HTML"
    if options.get("silent"):
        params["disable_notification"] = True
    if options.get("protected"):
        params["protect_content"] = True
    if options.get("link_preview") is False:
        params["link_preview_options"] = {"is_disabled": True}
    if options.get("buttons"):
        params["reply_markup"] = {"inline_keyboard": options["buttons"]}
    return "sendMessage", params


def _plain(text: str, format: str) -> str:
    return telegram_html.parse(text)[0] if format == "html" else text


def _unusable(text: str) -> Fault | None:
    if len(text) > _MAX_SOURCE:
        message = say(
            "the text has {length} characters: Telegram takes {limit}",
            length=len(text),
            limit=TEXT_LIMIT,
        )
        return Fault("text", message)
    for offset, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            code = f"U+{ord(character):04X}"
            message = say("the character {code} cannot be sent", code=code)
            return _fault_at(text, offset, message)
    return None


def _fault_at(text: str, offset: int, message: str) -> Fault:
    before = text[:offset]
    line = before.count("\n") + 1
    column = offset - (before.rfind("\n") + 1) + 1
    return Fault("text", message, offset, line, column)


def _button_faults(field: str, button: dict[str, Any]) -> list[Fault]:
    faults = []
    label, url = button.get("text"), button.get("url")
    if not isinstance(label, str) or not label.strip() or len(label) > 64:
        faults.append(Fault(field, say("a button's text takes 1 to 64 characters")))
    if not isinstance(url, str) or not _leads_somewhere(url):
        faults.append(Fault(field, say("a button's address takes https://…, http://… or tg://…")))
    return faults


def _leads_somewhere(url: str) -> bool:
    try:
        checked_link(url)
    except LinkError:
        return False
    return url.startswith(("https://", "http://", "tg://"))
