"""Voices, music, stickers and what is no file: places, contacts, dice."""

import random
import re
from typing import Any

from appliance.sandbox.api_types.text import Content
from appliance.sandbox.methods.sending import deliver, send_media
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.files import media_of
from appliance.sandbox.world.world import World

_NOTHING = Content("", [])
_DICE = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}
_COORDINATES = {"latitude": 90.0, "longitude": 180.0}
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d*)?", re.ASCII)


def send_voice(world: World, parameters: Parameters) -> dict[str, Any]:
    return send_media(world, parameters, "sendVoice", "voice")


def send_audio(world: World, parameters: Parameters) -> dict[str, Any]:
    return send_media(world, parameters, "sendAudio", "audio")


def send_animation(world: World, parameters: Parameters) -> dict[str, Any]:
    return send_media(world, parameters, "sendAnimation", "animation")


def send_video_note(world: World, parameters: Parameters) -> dict[str, Any]:
    media = media_of("video_note", parameters, world.files)
    return deliver(world, parameters, "sendVideoNote", _NOTHING, media=media, extra={})


def send_sticker(world: World, parameters: Parameters) -> dict[str, Any]:
    media = media_of("sticker", parameters, world.files)
    return deliver(world, parameters, "sendSticker", _NOTHING, media=media, extra={})


def send_location(world: World, parameters: Parameters) -> dict[str, Any]:
    media = {"location": _place(parameters, "Invalid location specified")}
    return deliver(world, parameters, "sendLocation", _NOTHING, media=media, extra={})


def send_venue(world: World, parameters: Parameters) -> dict[str, Any]:
    place = _place(parameters, "Wrong venue location specified")
    names = ("title", "address", "foursquare_id", "foursquare_type")
    known = {name: parameters.text(name) for name in names if parameters.text(name)}
    # Telegram's programs take a venue for a place as well.
    venue = {"location": place, "title": "", "address": "", **known}
    media = {"venue": venue, "location": place}
    return deliver(world, parameters, "sendVenue", _NOTHING, media=media, extra={})


def send_contact(world: World, parameters: Parameters) -> dict[str, Any]:
    contact = {name: parameters.text(name) for name in ("phone_number", "first_name", "last_name")}
    for name in ("phone_number", "first_name"):
        if not contact[name]:
            raise bad_request(f'Parameter "{name}" is required')
    media = {"contact": {name: value for name, value in contact.items() if value}}
    return deliver(world, parameters, "sendContact", _NOTHING, media=media, extra={})


def send_dice(world: World, parameters: Parameters) -> dict[str, Any]:
    emoji = parameters.text("emoji", "🎲")
    if emoji not in _DICE:
        raise bad_request("DICE_EMOTICON_INVALID")
    value = random.randint(1, _DICE[emoji])  # noqa: S311 - dice
    media = {"dice": {"emoji": emoji, "value": value}}
    return deliver(world, parameters, "sendDice", _NOTHING, media=media, extra={})


def _place(parameters: Parameters, refusal: str) -> dict[str, float]:
    place = {}
    for name, most in _COORDINATES.items():
        if not (written := parameters.text(name).strip()):
            raise bad_request(f"{name.capitalize()} is empty")
        place[name] = float(written) if _NUMBER.fullmatch(written) else 0.0  # as Telegram reads it
        if abs(place[name]) > most:
            raise bad_request(refusal)
    return place
