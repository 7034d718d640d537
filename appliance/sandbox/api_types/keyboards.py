"""`reply_markup`: which keyboards Telegram accepts, and how it refuses the others."""

from collections.abc import Callable
from typing import Any

from appliance.sandbox.protocol.errors import ApiError, bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.telegram.limits import BUTTONS, ROW_BUTTONS
from appliance.telegram.urls import LinkError, checked_link

CALLBACK_DATA_BYTES = 64
_ACTIONS = (
    "callback_data",
    "url",
    "login_url",
    "web_app",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


def markup_of(parameters: Parameters) -> dict[str, Any] | None:
    """The checked `reply_markup`; None where there is none. Raises ApiError."""
    markup = parameters.json("reply_markup", "Can't parse reply keyboard markup JSON object")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("Object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup, "inline_keyboard", " of the InlineKeyboardMarkup", _inline_button)
        return {"inline_keyboard": rows} if rows else None
    if "keyboard" in markup:
        rows = _rows(markup, "keyboard", "", _reply_button)
        return {**markup, "keyboard": rows}
    if markup.get("remove_keyboard") or markup.get("force_reply"):
        return markup
    return None


def inline_markup_of(parameters: Parameters) -> dict[str, Any] | None:
    """For an edit, which takes an inline keyboard only. Raises ApiError."""
    markup = markup_of(parameters)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("Inline keyboard expected")
    return markup


def _rows(
    markup: dict[str, Any], field: str, owner: str, button: Callable[[Any], dict[str, Any]]
) -> list[list[dict[str, Any]]]:
    rows = markup[field]
    if not isinstance(rows, list):
        raise bad_request(f'Field "{field}" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request(f'Field "{field}"{owner} must be an Array of Arrays')
    return _cut([[button(item) for item in row] for row in rows])


def _cut(rows: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """Without buttons that have no text, and without those beyond Telegram's limits."""
    kept, left = [], BUTTONS
    for row in rows:
        named = [button for button in row if button["text"]][: min(ROW_BUTTONS, left)]
        left -= len(named)
        kept += [named] if named else []
    return kept


def _reply_button(item: Any) -> dict[str, Any]:
    if isinstance(item, str):
        return {"text": item}
    if not isinstance(item, dict):
        raise bad_request(
            "Can't parse keyboard button: KeyboardButton must be a String or an Object"
        )
    _text(item, "keyboard button")
    return item


def _inline_button(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise _inline_error("InlineKeyboardButton must be an Object")
    button: dict[str, Any] = {name: value for name, value in item.items() if value is not None}
    _text(button, "inline keyboard button")
    if not any(action in button for action in _ACTIONS):
        raise _inline_error("Text buttons are unallowed in the inline keyboard")
    for name in ("callback_data", "url"):
        if not isinstance(button.get(name, ""), str):
            raise _inline_error(f'Field "{name}" must be of type String')
    if "callback_data" in button:
        size = len(button["callback_data"].encode("utf-8", "surrogatepass"))
        if not 1 <= size <= CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    # Telegram passes over a button without a text before it looks at its address.
    if "url" in button and button["text"]:
        button["url"] = _button_link(button["url"])
    return button


def _text(item: dict[str, Any], what: str) -> None:
    if "text" not in item:
        raise bad_request(f"Can't parse {what}: Can't find field \"text\"")
    if not isinstance(item["text"], str):
        raise bad_request(f'Can\'t parse {what}: Field "text" must be of type String')
    if item["text"] and not item["text"].strip():
        raise bad_request("Keyboard button text must be non-empty")


def _button_link(url: str) -> str:
    try:
        return checked_link(url)
    except LinkError as error:
        raise bad_request(f"Inline keyboard button URL '{url}' is invalid: {error}") from None


def _inline_error(reason: str) -> ApiError:
    return bad_request(f"Can't parse inline keyboard button: {reason}")
