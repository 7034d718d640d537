"""Switches, buttons and files of a message: what Telegram takes of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.errors import Fault, localized
from appliance.telegram.emptiness import looks_blank
from appliance.telegram.limits import BUTTONS, ROW_BUTTONS
from appliance.telegram.urls import LinkError, checked_link

SWITCHES = ("silent", "protected", "link_preview", "track")
ALBUM = 10
"""The most files in one message."""

KINDS = ("photo", "document", "video")
_LABEL = 64  # characters; longer ones are cut off on every phone


def lint_options(options: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The faults of buttons and switches."""
    unknown = set(options) - {*SWITCHES, "buttons"}
    faults = [
        Fault(f"options.{name}", localized("unknown option {name}", name=name))
        for name in sorted(unknown)
    ]
    rows = options.get("buttons") or []
    for row, buttons in enumerate(rows):
        if len(buttons) > ROW_BUTTONS:
            message = localized(
                "a row can have {most} buttons, not {given}", most=ROW_BUTTONS, given=len(buttons)
            )
            faults.append(Fault(f"options.buttons.{row}", message))
        for column, button in enumerate(buttons):
            faults += _button_faults(f"options.buttons.{row}.{column}", button)
    if (total := sum(map(len, rows))) > BUTTONS:
        message = localized(
            "a message can have {most} buttons, not {given}", most=BUTTONS, given=total
        )
        faults.append(Fault("options.buttons", message))
    return tuple(faults)


def lint_media(kinds: Sequence[str], options: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The faults of these files together."""
    if len(kinds) < 2:
        return ()
    faults = []
    if len(kinds) > ALBUM:
        message = localized(
            "an album can have 2 to {most} files, not {given}", most=ALBUM, given=len(kinds)
        )
        faults.append(Fault("media", message))
    if "document" in kinds and set(kinds) != {"document"}:
        message = localized("an album can mix photos and videos, but documents only with documents")
        faults.append(Fault("media", message))
    if options.get("buttons"):
        message = localized(
            "Telegram does not allow buttons under an album: remove them or send a single file"
        )
        faults.append(Fault("options.buttons", message))
    return tuple(faults)


def with_topics(options: Mapping[str, Any], find: Callable[[str], int]) -> dict[str, Any]:
    """The options with the id of each button's topic, so that composing asks nobody.

    `find` tells the id of a topic by its name and raises NotFound.
    """
    chosen = dict(options)
    if chosen.get("buttons"):
        chosen["buttons"] = [
            [_with_topic(button, find) for button in row] for row in chosen["buttons"]
        ]
    return chosen


def markup(options: Mapping[str, Any], broadcast_id: int) -> dict[str, Any]:
    """`reply_markup` as a parameter; nothing without buttons."""
    rows = options.get("buttons")
    if not rows:
        return {}
    keyboard = [[_button(button, broadcast_id) for button in row] for row in rows]
    return {"reply_markup": {"inline_keyboard": keyboard}}


def _button(button: Mapping[str, Any], broadcast_id: int) -> dict[str, str]:
    if button.get("topic_off"):
        data = f"t:off:{button['topic_id']}:{broadcast_id}"  # at most 46 of 64 bytes
        return {"text": button["text"], "callback_data": data}
    return {"text": button["text"], "url": button["url"]}


def _with_topic(button: Mapping[str, Any], find: Callable[[str], int]) -> dict[str, Any]:
    if not button.get("topic_off"):
        return dict(button)
    return {**button, "topic_id": find(button["topic_off"])}


def _button_faults(field: str, button: Mapping[str, Any]) -> list[Fault]:
    faults = []
    label, url, topic = button.get("text"), button.get("url"), button.get("topic_off")
    if not isinstance(label, str) or looks_blank(label) or len(label) > _LABEL:
        faults.append(Fault(field, localized("a button's text must have 1 to 64 characters")))
    if topic is not None and url is not None:
        message = localized("a button has either an address or a topic to opt out of, not both")
        faults.append(Fault(field, message))
    elif topic is not None:
        if not isinstance(topic, str) or not topic:
            faults.append(Fault(field, localized("a button's topic must be the name of a topic")))
    elif not isinstance(url, str) or not url.startswith(("https://", "http://", "tg://")):
        faults.append(
            Fault(field, localized("a button's address must start with https://, http:// or tg://"))
        )
    elif (reason := _refused(url)) is not None:
        message = localized("Telegram refuses this address: {reason}", reason=reason)
        faults.append(Fault(field, message))
    return faults


def _refused(url: str) -> str | None:
    try:
        checked_link(url)
    except LinkError as error:
        return str(error)
    return None
